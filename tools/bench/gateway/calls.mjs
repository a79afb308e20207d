/** Opens a connection to one side and times calls over it. */
import { readdir, readFile } from "node:fs/promises";
import { Client } from "undici";

const accept = "application/json, text/event-stream";

/** Returns the message with this id from a body of JSON or an event stream. */
function messageIn(body, type, id) {
  const documents = type.startsWith("text/event-stream")
    ? body.split("\n").flatMap((line) => (line.startsWith("data: {") ? [line.slice(6)] : []))
    : [body];
  return documents.map((each) => JSON.parse(each)).find((each) => each.id === id);
}

const clientInfo = { name: "bench", version: "1.0.0" };
const eras = {
  session: { version: "2025-11-25", meta: {} },
  exchange: {
    version: "2026-07-28",
    meta: {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientInfo": clientInfo,
      "io.modelcontextprotocol/clientCapabilities": {},
    },
  },
};

/**
 * @param url the URL of a side
 * @param era `session` for MCP 2025-11-25, `exchange` for 2026-07-28
 */
export async function connect(url, era) {
  const { origin, pathname: path } = new URL(url);
  const client = new Client(origin, { bodyTimeout: 60_000 });
  const { version, meta } = eras[era];
  const headers = { accept, "content-type": "application/json", "mcp-protocol-version": version };
  let last = 0;

  const post = (message, more) =>
    client.request({
      method: "POST",
      path,
      headers: { ...headers, ...more },
      body: JSON.stringify({ jsonrpc: "2.0", ...message }),
    });

  async function begin() {
    const params = { protocolVersion: version, capabilities: {}, clientInfo };
    const begun = await post({ id: "begin", method: "initialize", params });
    const id = begun.headers["mcp-session-id"];
    await begun.body.text();
    if (id !== undefined) headers["mcp-session-id"] = id;
    await (await post({ method: "notifications/initialized" })).body.dump();
  }
  if (era === "session") await begin();

  const callOf = (name) => {
    last += 1;
    const params = { name, arguments: {}, _meta: { ...meta, progressToken: last } };
    const more = era === "exchange" ? { "mcp-method": "tools/call", "mcp-name": name } : {};
    return [{ id: last, method: "tools/call", params }, more];
  };

  return {
    /** Returns the milliseconds until the whole answer has arrived. */
    async call(name, least) {
      const [message, more] = callOf(name);
      const began = performance.now();
      const { headers: got, body } = await post(message, more);
      const text = await body.text();
      const took = performance.now() - began;
      const found = messageIn(text, got["content-type"], message.id)?.result?.content?.[0]?.text;
      if (!(found?.length >= least)) throw new Error(`${url} answered ${text.slice(0, 300)}`);
      return took;
    },
    /** Returns the milliseconds until the first event of a streamed answer has arrived. */
    async firstEvent() {
      const [message, more] = callOf("stream");
      const began = performance.now();
      const { body } = await post(message, more);
      let took;
      let text = "";
      for await (const chunk of body) {
        text += chunk;
        if (took === undefined && text.includes("notifications/progress"))
          took = performance.now() - began;
      }
      if (took === undefined || !text.includes('"done"'))
        throw new Error(`${url} answered ${text.slice(0, 300)}`);
      return took;
    },
    close: () => client.destroy(),
  };
}

/** Returns the milliseconds of processor time that all threads of a process have used so far. */
export async function processorMs(pid) {
  let ns = 0;
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    const stat = await readFile(`/proc/${pid}/task/${thread}/schedstat`, "utf8").catch(() => "0");
    ns += Number(stat.split(" ")[0]);
  }
  return ns / 1e6;
}
