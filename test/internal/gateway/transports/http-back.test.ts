/** How the answers of a server over HTTP are handled. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { expect, it, onTestFinished, vi } from "vitest";
import { ByteBudget } from "../../../../src/gateway/transports/byte-budget.ts";
import { HttpBack } from "../../../../src/gateway/transports/http-back.ts";
import { httpAgent } from "../../../../src/gateway/transports/http-client.ts";
import type { Extra, Message } from "../../../../src/gateway/transports/index.ts";
import { afterTest } from "../../../support/cleanup.ts";
import { listening } from "../../../support/listening.ts";

type Answering = (response: ServerResponse, request: IncomingMessage, body: string) => void;

/** The back end for a server that answers with `answering`. */
async function back(answering: Answering, more: object = {}) {
  const seen: IncomingMessage[] = [];
  const { url } = await listening(async (request, response) => {
    seen.push(request);
    let body = "";
    for await (const chunk of request) body += chunk;
    answering(response, request, body);
  });
  const dispatcher = httpAgent();
  const cut: unknown[] = [];
  const end = new HttpBack({
    url: `${url}/mcp`,
    dispatcher,
    headers: () => ({ "x-own": "1" }),
    forward: ["x-tenant"],
    maxBytes: 2000,
    budget: new ByteBudget(4000),
    onCut: (id) => cut.push(id),
    ...more,
  });
  afterTest(() => end.close());
  afterTest(() => dispatcher.destroy());
  const came: { message: Message; extra: Extra | undefined }[] = [];
  let wake = () => {};
  end.onmessage = (message, extra) => {
    came.push({ message: message as Message, extra });
    wake();
  };
  /** Waits for `count` messages, and returns all that have arrived. */
  const messages = async (count: number) => {
    while (came.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return came;
  };
  return { end, seen, cut, messages };
}

const call = { jsonrpc: "2.0", id: 5, method: "tools/call", params: { name: "x" } };
const result = { jsonrpc: "2.0", id: 5, result: { content: [] } };
const note = { jsonrpc: "2.0", method: "notifications/message", params: { data: 1 } };

function json(response: ServerResponse, document: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(document));
}

function events(response: ServerResponse, ...documents: (object | string)[]): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const each of documents)
    response.write(typeof each === "string" ? each : `data: ${JSON.stringify(each)}\n\n`);
  response.end();
}

it("hands on a JSON answer with its status", async () => {
  const { end, messages, seen } = await back((response) => json(response, result, 201));
  const headers = new Headers({ "x-tenant": "t", authorization: "Bearer secret", cookie: "c" });
  await end.send(call, { caller: { request: new Request("http://front", { headers }) } });
  const [first] = await messages(1);
  expect(first).toEqual({ message: result, extra: { relatedRequestId: 5, status: 201 } });
  expect(seen[0]?.headers).toMatchObject({ "x-own": "1", "x-tenant": "t" });
  expect(seen[0]?.headers.authorization).toBeUndefined();
  expect(seen[0]?.headers.cookie).toBeUndefined();
  expect(seen[0]?.headers["accept-encoding"]).toBeUndefined();
});

it("sends on no header that Connection names, since plugins do not see it", async () => {
  const { end, messages, seen } = await back((response) => json(response, result));
  const headers = new Headers({ "x-tenant": "t", connection: "keep-alive, X-Tenant" });
  await end.send(call, { caller: { request: new Request("http://front", { headers }) } });
  await messages(1);
  expect(seen[0]?.headers["x-own"]).toBe("1");
  expect(seen[0]?.headers["x-tenant"]).toBeUndefined();
});

it("hands on a JSON answer that begins with a byte order mark", async () => {
  const { end, messages } = await back((response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(`\uFEFF${JSON.stringify(result)}`);
  });
  await end.send(call);
  expect((await messages(1))[0]?.message).toEqual(result);
});

it("hands on events as they come, with the request that they belong to", async () => {
  const { end, messages } = await back((response) => events(response, note, result));
  await end.send(call);
  expect(await messages(2)).toEqual([
    { message: note, extra: { relatedRequestId: 5 } },
    { message: result, extra: { relatedRequestId: 5, status: 200 } },
  ]);
});

it("hands on each message of a batch, in JSON and in events", async () => {
  for (const answering of [json, events]) {
    const { end, messages } = await back((response) => answering(response, [note, result]));
    await end.send(call);
    expect((await messages(2)).map(({ message }) => message)).toEqual([note, result]);
  }
  const { end, messages } = await back(session((response) => events(response, [note, note])));
  await end.send(initialize);
  await messages(1);
  await end.send(initialized);
  expect((await messages(3)).slice(1).map(({ message }) => message)).toEqual([note, note]);
});

it("fetches the rest of a stream that ended early, at once", async () => {
  const { end, messages, cut, seen } = await back((response, { method }) => {
    if (method === "GET") events(response, `id: 2\ndata: ${JSON.stringify(result)}\n\n`);
    else events(response, "id: 1\nretry: 5000\ndata: \n\n");
  });
  await end.send(call);
  expect((await messages(1))[0]?.message).toEqual(result);
  expect(cut).toEqual([5]);
  expect(seen[1]?.headers["last-event-id"]).toBe("1");
});

it("waits as long as the server says before it fetches more of a stream that ends again", async () => {
  const times: number[] = [];
  const { end, messages, cut } = await back((response, { method }) => {
    if (method === "GET") times.push(performance.now());
    const next = times.length < 4 ? "" : JSON.stringify(result);
    events(
      response,
      `id: ${times.length}\nretry: ${times.length < 2 ? 600 : 0}\ndata: ${next}\n\n`,
    );
  });
  await end.send(call);
  expect((await messages(1))[0]?.message).toEqual(result);
  const [first = 0, ...later] = times.slice(1).map((each, at) => each - (times[at] ?? 0));
  expect(first).toBeGreaterThan(550);
  // A server that ends streams at once is not asked again without a pause.
  expect(Math.min(...later)).toBeGreaterThan(200);
  expect(cut).toEqual([5]);
});

it("fetches the rest of a stream that broke, even if that breaks too", async () => {
  let gets = 0;
  const { end, messages, cut } = await back((response, { method }) => {
    if (method === "GET") gets += 1;
    if (gets === 1) response.destroy();
    else if (gets === 2) events(response, result);
    else {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`id: 1\ndata: ${JSON.stringify(note)}\n\n`, () => response.destroy());
    }
  });
  await end.send(call);
  expect((await messages(2)).map(({ message }) => message)).toEqual([note, result]);
  expect(cut).toEqual([5]);
});

it("fetches the rest as often as there is something new in it", async () => {
  let gets = 0;
  const { end, messages } = await back((response, { method }) => {
    if (method === "GET") gets += 1;
    const next = gets < 8 ? note : result;
    events(response, `id: ${gets}\nretry: 0\ndata: ${JSON.stringify(next)}\n\n`);
  });
  await end.send(call);
  const came = (await messages(9)).map(({ message }) => message);
  expect(came).toEqual([...Array.from({ length: 8 }, () => note), result]);
});

it("reads a stream past the answer to another request", async () => {
  const other = { ...result, id: 6 };
  const { end, messages } = await back((response) => events(response, other, result));
  await end.send(call);
  expect((await messages(2)).map(({ message }) => message)).toEqual([other, result]);
});

it("asks again for the rest of a stream that the server still takes for an open one", async () => {
  const refusing = [409, 503];
  const { end, messages, cut } = await back((response, { method }) => {
    const status = method === "GET" ? refusing.shift() : undefined;
    if (status !== undefined) response.writeHead(status).end();
    else if (method === "GET") events(response, result);
    else events(response, "id: 1\ndata: \n\n");
  });
  await end.send(call);
  expect((await messages(1)).map(({ message }) => message)).toEqual([result]);
  expect(cut).toEqual([5]);
});

it("takes no event with a name of its own for a message", async () => {
  const named = (name: string, data: string) => `event: ${name}\nid: ${name}\ndata: ${data}\n\n`;
  const { end, messages, seen } = await back((response, { method }) => {
    const other = named("ping", "2026-11-27") + named("other", JSON.stringify(note));
    if (method === "POST") events(response, other);
    else events(response, named("message", JSON.stringify(result)));
  });
  await end.send(call);
  expect((await messages(1)).map(({ message }) => message)).toEqual([result]);
  expect(seen[1]?.headers["last-event-id"]).toBe("other");
});

it.each<[what: string, fault: RegExp, answering: Answering]>([
  [
    "a page",
    /: its type is text\/html and its status 200\. Is the URL/,
    (response) => response.setHeader("content-type", "text/html; charset=utf-8").end("<html>"),
  ],
  [
    "nothing",
    /: its type is absent and its status 204/,
    (response) => response.writeHead(204).end(),
  ],
  [
    "another's answer",
    /: it is not JSON with an answer to the request$/,
    (response) => json(response, { ...result, id: 6 }),
  ],
  [
    "a compressed answer",
    /: it is compressed/,
    (response) => response.setHeader("content-encoding", "gzip").end("x"),
  ],
])("says that it got %s in place of an answer", async (_, fault, answering) => {
  const { end, messages } = await back(answering);
  const faults: string[] = [];
  end.onerror = ({ message }) => void faults.push(message);
  await end.send(call);
  const [came] = await messages(1);
  expect(came?.message).toMatchObject({ error: { data: { code: "peer_invalid" } } });
  expect(JSON.stringify(came?.message)).not.toMatch(fault);
  expect(faults).toEqual([expect.stringMatching(fault)]);
});

it.each([404, 405])("doubts the URL of a server that answers with %d", async (status) => {
  const { end } = await back((response) => response.writeHead(status).end());
  const faults: string[] = [];
  end.onerror = ({ message }) => void faults.push(message);
  await end.send(call);
  await expect
    .poll(() => faults)
    .toEqual([expect.stringMatching(/ with 40[45]\. Is the URL that of an MCP endpoint over /)]);
});

it("gives an error without an id the id of its request", async () => {
  const error = { code: -32600, message: "no" };
  const { end, messages } = await back((response) => json(response, { id: null, error }, 400));
  await end.send(call);
  expect((await messages(1))[0]).toMatchObject({
    message: { id: 5, error },
    extra: { status: 400 },
  });
});

it("keeps a 401 to itself, which a client would take for the gateway's", async () => {
  const error = { code: -32001, message: "no token" };
  const { end, messages } = await back((response) => json(response, { id: null, error }, 401));
  await end.send(call);
  expect((await messages(1))[0]).toEqual({
    message: { id: 5, error },
    extra: { relatedRequestId: 5 },
  });
});

const refusals: readonly (readonly [what: string, code: string, answering: Answering])[] = [
  ["a page", "peer_invalid", (response) => response.end("<html>")],
  ["another's answer", "peer_invalid", (response) => json(response, { ...result, id: 6 })],
  ["an empty answer", "peer_invalid", (response) => response.writeHead(202).end()],
  ["a redirect", "peer_refused", (response) => response.writeHead(307, { location: "/" }).end()],
  ["a refusal", "peer_refused", (response) => response.writeHead(401).end("who?")],
  ["too much", "peer_too_large", (response) => json(response, { ...result, x: "x".repeat(3000) })],
  [
    "an event that is too large",
    "peer_too_large",
    (response) => events(response, { ...note, x: "x".repeat(3000) }),
  ],
  ["an event that is no message", "peer_invalid", (response) => events(response, "data: x\n\n")],
  ["half a stream", "peer_unreachable", (response) => events(response, note)],
  ["a connection that breaks", "peer_unreachable", (response) => response.destroy()],
  [
    "compression",
    "peer_invalid",
    (response) => json(response.setHeader("content-encoding", "gzip"), result),
  ],
];

it.each(refusals)("answers with a code for %s", async (_what, code, answering) => {
  const { end, messages } = await back(answering);
  await end.send(call);
  const came = await messages(1);
  await expect
    .poll(() => came.at(-1)?.message)
    .toMatchObject({ id: 5, error: { code: -32014, data: { code } } });
});

it("closes an exchange to cancel its request", async () => {
  let state = "none";
  const { end } = await back(
    (response) => {
      response.on("close", () => {
        state = "closed";
      });
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      state = "open";
    },
    { exchange: { headers: new Headers(), message: call } },
  );
  await end.send(call);
  await expect.poll(() => state).toBe("open");
  const params = { requestId: 5 };
  await end.send({ jsonrpc: "2.0", method: "notifications/cancelled", params });
  await expect.poll(() => state).toBe("closed");
});

it("no longer waits for a request of a session if the server refuses to hear of its end", async () => {
  let state = "none";
  const { end } = await back((response, _, body) => {
    if (JSON.parse(body).id === undefined) return void response.writeHead(400).end();
    response.on("close", () => {
      state = "closed";
    });
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    state = "open";
  });
  await end.send(call);
  await expect.poll(() => state).toBe("open");
  const params = { requestId: 5 };
  const refused = end.send({ jsonrpc: "2.0", method: "notifications/cancelled", params });
  await expect(refused).rejects.toThrow("with 400");
  await expect.poll(() => state).toBe("closed");
});

it("no longer waits for a request of a session if the server does not answer at all", async () => {
  const timeout = vi.spyOn(AbortSignal, "timeout");
  onTestFinished(() => void vi.restoreAllMocks());
  let open = 0;
  const { end } = await back((response) => {
    open += 1;
    response.on("close", () => {
      open -= 1;
    });
  });
  await end.send(call);
  await expect.poll(() => open).toBe(1);
  const params = { requestId: 5 };
  const late = end.send({ jsonrpc: "2.0", method: "notifications/cancelled", params });
  await expect(late).rejects.toThrow("timeout");
  await expect.poll(() => open).toBe(0);
  // Much shorter than for other notifications: the caller waits for no answer any more.
  expect(timeout.mock.calls).toEqual([[2000]]);
});

it("can cancel a request again that has the id of one that was cancelled", async () => {
  const streams: ServerResponse[] = [];
  const { end } = await back((response, _, body) => {
    if (JSON.parse(body).id === undefined) return void response.writeHead(202).end();
    streams.push(response);
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
  });
  const areClosed = () => streams.map(({ closed }) => closed);
  const params = { requestId: 5 };
  const cancel = () => end.send({ jsonrpc: "2.0", method: "notifications/cancelled", params });
  await end.send(call);
  await expect.poll(areClosed).toEqual([false]);
  // The second begins before the first has ended, whose end must not forget it.
  await Promise.all([cancel(), end.send(call)]);
  await expect.poll(areClosed).toEqual([true, false]);
  await cancel();
  await expect.poll(areClosed).toEqual([true, true]);
});

it("keeps no connection for a notification that the server does not accept", async () => {
  const { timeout } = AbortSignal;
  const asked: number[] = [];
  vi.spyOn(AbortSignal, "timeout").mockImplementation((ms) => {
    asked.push(ms);
    return timeout.call(AbortSignal, 100);
  });
  onTestFinished(() => void vi.restoreAllMocks());
  let open = 0;
  const { end } = await back((response) => {
    open += 1;
    response.on("close", () => {
      open -= 1;
    });
  });
  const late = end.send(note);
  await expect.poll(() => open).toBe(1);
  await expect(late).rejects.toThrow("timeout");
  await expect.poll(() => open).toBe(0);
  expect(asked).toEqual([30_000]);
});

it("keeps nothing of a notification that the server has taken, for however long a session lasts", async () => {
  const { end } = await back((response) => void response.writeHead(202).end());
  const any = vi.spyOn(AbortSignal, "any");
  onTestFinished(() => void vi.restoreAllMocks());
  for (let at = 0; at < 5; at += 1) await end.send(note);
  // A signal keeps an entry for each that is made from it.
  const made = any.mock.calls.flatMap(([from]) => [...from]);
  expect(new Set(made).size).toBe(made.length);
});

it("sends no notification any longer once it is closed", async () => {
  let open = 0;
  const { end } = await back((response) => {
    open += 1;
    response.on("close", () => {
      open -= 1;
    });
  });
  const notified = [1, 2].map(() => end.send(note));
  await expect.poll(() => open).toBe(2);
  await end.close();
  for (const each of notified) await expect(each).rejects.toThrow("aborted");
  await expect.poll(() => open).toBe(0);
});

const initialize = { jsonrpc: "2.0", id: 0, method: "initialize", params: {} };
const initialized = { jsonrpc: "2.0", method: "notifications/initialized" };

/** Answers like a server that names its session `made`; `onGet` answers for its own stream. */
function session(onGet: (response: ServerResponse) => void): Answering {
  return (response, { method }, body) => {
    if (method === "GET") return onGet(response);
    const { id } = method === "POST" ? JSON.parse(body) : {};
    if (id === undefined) return void response.writeHead(202).end();
    response.setHeader("mcp-session-id", "made");
    json(response, { jsonrpc: "2.0", id, result: {} });
  };
}

it("ends the session of a server that names it only while the connection ends", async () => {
  let answers = () => {};
  const { end, seen } = await back((response, request, body) => {
    const answering = session(() => {});
    if (!body.includes("initialize")) return answering(response, request, body);
    answers = () => answering(response, request, body);
  });
  await end.send(initialize);
  await expect.poll(() => seen.length).toBe(1);
  const ended = end.close();
  answers();
  await ended;
  expect(seen.map(({ method, headers }) => [method, headers["mcp-session-id"]])).toEqual([
    ["POST", undefined],
    ["DELETE", "made"],
  ]);
});

it("opens no stream of the server's own once the connection has ended", async () => {
  const { end, messages, seen } = await back((response, request, body) => {
    if (!body.includes("initialized")) session(() => {})(response, request, body);
  });
  await end.send(initialize);
  await messages(1);
  const begun = expect(end.send(initialized)).rejects.toThrow("aborted");
  await expect.poll(() => seen.length).toBe(2);
  await end.close();
  await begun;
  await pause(50);
  expect(seen.map(({ method }) => method)).toEqual(["POST", "POST", "DELETE"]);
});

/** Answers everything after `initialize` with 400, as if it did not know the session, unless `ping`. */
function badRequests(ping: (response: ServerResponse, id: unknown) => void): Answering {
  const begin = session((response) => void response.writeHead(405).end());
  return (response, request, body) => {
    const { method, id } = request.method === "POST" ? JSON.parse(body) : {};
    if (method === "ping") return ping(response, id);
    if (method !== "tools/call") return begin(response, request, body);
    // As the example of the official SDK says it.
    const error = { code: -32000, message: "Bad Request: No valid session ID provided" };
    json(response, { jsonrpc: "2.0", error, id: null }, 400);
  };
}

it.each<[what: string, ping: (response: ServerResponse, id: unknown) => void]>([
  ["404", (response) => void response.writeHead(404).end()],
  ["400", (response) => void response.writeHead(400).end()],
  ["400 for no id", (response) => json(response, { jsonrpc: "2.0", id: null, error: {} }, 400)],
  [
    "400 and more than an error needs",
    (response, id) => {
      response.writeHead(400).write(JSON.stringify({ jsonrpc: "2.0", id, error: {} }));
      // It does not end: no more than a little of it is read.
      response.write(" ".repeat(20_000));
    },
  ],
])(
  "ends the session if the server answers a request with 400 and a ping with %s",
  async (_what, ping) => {
    const { end, messages, seen } = await back(badRequests(ping));
    let isClosed = false;
    end.onclose = () => {
      isClosed = true;
    };
    await end.send(initialize);
    await messages(1);
    await end.send(
      { ...call, id: 6 },
      { withHeaders: (own) => new Headers({ ...own, "x-by": "p" }) },
    );
    const code = "peer_session_ended";
    expect((await messages(2))[1]?.message).toMatchObject({ id: 6, error: { data: { code } } });
    await expect.poll(() => isClosed).toBe(true);
    expect(seen.map(({ method }) => method)).toEqual(["POST", "POST", "POST"]);
    expect(seen[2]?.headers).toMatchObject({ "mcp-session-id": "made", "x-by": "p" });
  },
);

it.each<[what: string, ping: (response: ServerResponse, id: unknown) => void]>([
  ["answers a ping", (response, id) => json(response, { jsonrpc: "2.0", id, result: {} })],
  [
    "answers a ping in a stream that it keeps open",
    (response, id) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`data: ${JSON.stringify({ jsonrpc: "2.0", id, result: {} })}\n\n`);
    },
  ],
  ["fails to answer a ping", (response) => response.destroy()],
  [
    "has no ping, and answers every error with 400",
    (response, id) =>
      json(
        response,
        { jsonrpc: "2.0", id, error: { code: -32601, message: "No such method" } },
        400,
      ),
  ],
  ["refuses a ping for another reason", (response) => void response.writeHead(401).end()],
])("hands on an error with 400 if the server %s", async (_what, ping) => {
  const { end, messages } = await back(badRequests(ping));
  await end.send(initialize);
  await messages(1);
  await end.send(call);
  const [, said] = await messages(2);
  expect(said?.message).toMatchObject({ id: 5, error: { code: -32000 } });
  expect(said?.extra).toMatchObject({ status: 400 });
  await end.send(call);
  expect((await messages(3))[2]?.message).toMatchObject({ id: 5, error: { code: -32000 } });
});

it("sends the headers of the caller's newest message with what no message causes", async () => {
  const { end, messages, seen } = await back(
    session((response) =>
      response.writeHead(200, { "content-type": "text/event-stream" }).write(":\n\n"),
    ),
  );
  const from = (tenant: string) => ({
    caller: { request: new Request("http://front", { headers: { "x-tenant": tenant } }) },
  });
  await end.send(initialize, from("a"));
  await messages(1);
  await end.send(initialized, from("b"));
  const sent = (method: string) => seen.filter((each) => each.method === method);
  await expect.poll(() => sent("GET").length).toBe(1);
  expect(sent("GET")[0]?.headers).toMatchObject({ "x-own": "1", "x-tenant": "b" });
  await end.send(call, from("c"));
  // The router repeats the handshake by itself, without a message of the caller.
  await end.send({ jsonrpc: "2.0", id: 9, method: "logging/setLevel", params: {} });
  await messages(3);
  await end.close();
  const tenants = seen.map(({ method, headers }) => [method, headers["x-tenant"]]);
  expect(tenants.slice(3)).toEqual([
    ["POST", "c"],
    ["POST", "c"],
    ["DELETE", "c"],
  ]);
});

it("asks for its own headers for each request, and sends none without them", async () => {
  let own: string | undefined = "begin";
  const headers = () => {
    if (own === undefined) throw new Error("The secret is missing.");
    return { "x-own": own };
  };
  const answering = session((response) => response.writeHead(405).end());
  const { end, messages, seen } = await back(answering, { headers });
  const faults: string[] = [];
  end.onerror = ({ message }) => void faults.push(message);
  await end.send(initialize);
  await messages(1);
  own = undefined;
  await end.send(call);
  const [, refused] = await messages(2);
  expect(refused?.message).toMatchObject({ id: 5, error: { data: { code: "peer_unreachable" } } });
  await expect(end.send(note)).rejects.toThrow("The secret is missing.");
  expect(faults).toEqual(["The secret is missing."]);
  own = "stream";
  await end.send(initialized);
  await expect.poll(() => seen.length).toBe(3);
  own = "end";
  await end.close();
  expect(seen.map(({ method, headers }) => [method, headers["x-own"]])).toEqual([
    ["POST", "begin"],
    ["POST", "stream"],
    ["GET", "stream"],
    ["DELETE", "end"],
  ]);
});

it("sends a request when the server knows that the session began, and has its stream", async () => {
  const taken: unknown[] = [];
  const { end, messages } = await back((response, _request, body) => {
    const { id, method = "GET" } = body === "" ? {} : JSON.parse(body);
    setTimeout(
      () => {
        taken.push(method);
        if (method === "GET") response.writeHead(405).end();
        else if (id === undefined) response.writeHead(202).end();
        else json(response, { jsonrpc: "2.0", id, result: {} });
      },
      method === "tools/call" ? 0 : 100,
    );
  });
  await end.send(initialize);
  await messages(1);
  await Promise.all([end.send(initialized), end.send(call)]);
  await messages(2);
  expect(taken).toEqual(["initialize", "notifications/initialized", "GET", "tools/call"]);
});

it("sends requests to a server that does not say whether it has a stream of its own", async () => {
  const { end, messages } = await back(session(() => {}));
  await end.send(initialize);
  await messages(1);
  await Promise.all([end.send(initialized), end.send(call)]);
  expect(await messages(2)).toMatchObject([{ message: { id: 0 } }, { message: { id: 5 } }]);
});

it("listens to a server's own stream once, however often the caller says that it is ready", async () => {
  const { end, messages, seen } = await back(
    session((response) =>
      response.writeHead(200, { "content-type": "text/event-stream" }).write(":\n\n"),
    ),
  );
  await end.send(initialize);
  await messages(1);
  for (let time = 0; time < 5; time += 1) await end.send(initialized);
  await end.send(call);
  await messages(2);
  expect(seen.filter(({ method }) => method === "GET")).toHaveLength(1);
});

it("fetches the rest of a stream with the headers of its own request", async () => {
  const tenants: unknown[] = [];
  const { end, messages } = await back((response, { method, headers }, body) => {
    if (method === "GET") {
      tenants.push(headers["x-tenant"]);
      events(response, result);
    } else if (body.includes("tools/call")) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write("id: 1\ndata:\n\n");
      setTimeout(() => response.end(), 100);
    } else json(response, { jsonrpc: "2.0", id: 6, result: {} });
  });
  const from = (tenant: string) => ({
    caller: { request: new Request("http://front", { headers: { "x-tenant": tenant } }) },
  });
  await end.send(call, from("a"));
  await end.send({ ...call, id: 6, method: "ping" }, from("b"));
  await messages(2);
  expect(tenants).toEqual(["a"]);
});

it.each([
  [405, []],
  [400, ["The server refused a stream of its own with 400."]],
  [401, ["The server refused a stream of its own with 401."]],
])(
  "says that its own stream was refused, unless the server has none: %s",
  async (status, texts) => {
    const { end, messages, seen } = await back(
      session((response) => response.writeHead(status).end()),
    );
    const errors: string[] = [];
    end.onerror = ({ message }) => errors.push(message);
    await end.send(initialize);
    await messages(1);
    await end.send(initialized);
    await expect.poll(() => seen.at(-1)?.method).toBe("GET");
    await expect.poll(() => errors).toEqual(texts);
  },
);

/** Begins a session whose server handles its own stream with `onGet`; returns when each came. */
async function ownStream(onGet: (response: ServerResponse, count: number) => void) {
  const times: number[] = [];
  const { end, messages } = await back(
    session((response) => {
      times.push(performance.now());
      onGet(response, times.length);
    }),
  );
  const errors: string[] = [];
  end.onerror = ({ message }) => errors.push(message);
  await end.send(initialize);
  await messages(1);
  await end.send(initialized);
  const pauses = () => times.slice(1).map((each, at) => each - (times[at] ?? 0));
  return { messages, errors, pauses };
}

it("opens its own stream again as often as it ends, after a short pause", async () => {
  const { pauses, errors } = await ownStream((response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).write(": here\n\n");
    setTimeout(() => response.end(), 300);
  });
  // Quiet ends used to count as failures, of which five were too many.
  await expect.poll(() => pauses().length, { timeout: 10_000 }).toBe(5);
  expect(Math.min(...pauses())).toBeGreaterThan(500);
  expect(errors).toEqual([]);
});

it("waits as long as the server says before it opens its own stream again", async () => {
  const { messages, pauses } = await ownStream((response) =>
    events(response, `id: 1\ndata: ${JSON.stringify(note)}\n\n`, "retry: 900\n\n"),
  );
  await messages(3);
  expect(Math.min(...pauses())).toBeGreaterThan(850);
});

it.each([
  ["400", (response: ServerResponse) => void response.writeHead(400).end()],
  ["what is not a stream", (response: ServerResponse) => json(response, {})],
])("asks once for a stream of its own from a server that answers with %s", async (_, onGet) => {
  const { pauses, errors } = await ownStream(onGet);
  await expect.poll(() => errors).toHaveLength(1);
  await pause(600);
  expect(pauses()).toEqual([]);
});

it("waits longer each time its own stream is refused, or ends at once", async () => {
  const { pauses, errors } = await ownStream((response, count) => {
    if (count % 2 === 0) events(response);
    else response.writeHead(503).end();
  });
  await expect.poll(() => pauses().length, { timeout: 10_000 }).toBe(2);
  const [first = 0, second = 0] = pauses();
  expect([first > 200, second > 900]).toEqual([true, true]);
  expect(errors[0]).toBe("The server refused a stream of its own with 503.");
});

it.each([
  ["/mcp/?token=secret", / with 307, a redirect to "http:\/\/127\.0\.0\.1:\d+\/mcp\/"\. None is/],
  ["blob:http://ada:secret@example.com/", / with 307, a redirect\. None is/],
])("says where a redirect to %s leads, since it is not followed", async (location, text) => {
  const { end, messages } = await back((response) => response.writeHead(307, { location }).end());
  const errors: string[] = [];
  end.onerror = ({ message }) => errors.push(message);
  await end.send(call);
  await messages(1);
  expect(errors).toEqual([expect.stringMatching(text)]);
});
