/** A client that starts a session, makes calls of all kinds, ends it, and starts the next. */

const version = "2025-11-25";
const kinds = [
  "answers",
  "answers",
  "answers",
  "answers",
  "large",
  "lies",
  "dies",
  "stops",
  "twice",
  "garbage",
  "hangs",
  "cancelled",
  "forbidden",
  "left",
];
const calls = 20;

/** Runs sessions and counts outcomes in `said`. When `signal` aborts, finishes its session. */
export async function runSessions(url, worker, said, signal) {
  for (let round = 0; !signal.aborted; round += 1) {
    try {
      await session(url, said, worker * 7 + round);
      said.sessions += 1;
    } catch (error) {
      said.faults.push(`a session ended with ${error.cause?.code ?? error.message}`);
      if (said.faults.length > 100) return;
    }
  }
}

async function session(url, said, seed) {
  const begun = await post(url, "initialize", "begin", {
    protocolVersion: version,
    capabilities: {},
    clientInfo: { name: "soak", version: "1.0.0" },
  });
  const own = {
    "mcp-session-id": begun.headers.get("mcp-session-id"),
    "mcp-protocol-version": version,
  };
  await begun.text();
  const notify = async (method, params) => (await post(url, method, undefined, params, own)).text();
  await notify("notifications/initialized");
  for (let at = 0; at < calls; at += 1) {
    const kind = kinds[(seed * 31 + at * 17) % kinds.length];
    const id = at % 2 === 0 ? at : String(at);
    const code = await call(url, kind, id, own, notify);
    if (code === undefined) said.unanswered += 1;
    else said.answered[code] = (said.answered[code] ?? 0) + 1;
  }
  const gone = await fetch(url, { method: "DELETE", headers: own });
  await gone.text();
}

/** Returns `allowed`, an error code or `given_up`; `undefined` unless exactly one answer came. */
async function call(url, kind, id, own, notify) {
  const isGivenUp = kind === "cancelled" || kind === "left";
  const abort = new AbortController();
  const params = { name: isGivenUp ? "hangs" : kind, arguments: { text: "Ann, ann@example.org" } };
  const response = await post(url, "tools/call", id, params, own, abort.signal);
  if (isGivenUp) {
    if (kind === "cancelled") await notify("notifications/cancelled", { requestId: id });
    abort.abort();
    await response.text().catch(() => {});
    // If the client left without canceling, its request runs on until the deadline.
    return "given_up";
  }
  const messages = messagesIn(await response.text()).filter((message) => "id" in message);
  const [answer, ...more] = messages;
  if (answer?.id !== id || more.length > 0) return undefined;
  return answer.error === undefined ? "allowed" : (answer.error.data?.code ?? "error");
}

function messagesIn(text) {
  if (text.startsWith("{")) return [JSON.parse(text)];
  return [...text.matchAll(/^data: (.+)$/gm)].map(([, data]) => JSON.parse(data));
}

function post(url, method, id, params, own = {}, signal) {
  return fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...own,
    },
    body: JSON.stringify({ jsonrpc: "2.0", ...(id !== undefined && { id }), method, params }),
    ...(signal && { signal }),
  });
}
