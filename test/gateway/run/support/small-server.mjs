// A server over stdio that does what the name of a tool says: answer, ask, die, hang, lie.

import process from "node:process";
import { createInterface } from "node:readline";

const send = (message) =>
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const capabilities = { tools: {} };
const serverInfo = { name: "small", version: "1.0.0" };

const large = { content: [{ type: "text", text: "x".repeat(5000) }] };
const write = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const waiting = [];
/** The call that asks the caller, always under the same id. */
let asking;

const tools = {
  answer: (id) => send({ id, result: { content: [{ type: "text", text: String(process.pid) }] } }),
  die: () => process.exit(7),
  ask(id, params) {
    asking = id;
    send({ id: 0, method: "elicitation/create", params });
  },
  hang: () => {},
  spin() {
    for (;;);
  },
  /** Goes on without standard input, and after SIGTERM. */
  stay(id) {
    process.on("SIGTERM", () => {});
    setInterval(() => {}, 1000);
    tools.answer(id);
  },
  twice(id) {
    tools.answer(id);
    tools.answer(id);
  },
  stranger(id) {
    send({ id: "never-asked", result: { content: [] } });
    tools.answer(id);
  },
  noise(id) {
    process.stdout.write("this is no message\n");
    tools.answer(id);
  },
  garbage(id) {
    process.stdout.write("this is no message\n".repeat(1000));
    tools.answer(id);
  },
  confess(id) {
    process.stderr.write(`here: ${process.env.TOKEN}, password=hunter2\n`);
    process.stdout.write(`${process.env.TOKEN}\n`);
    tools.answer(id);
  },
  /** Logs many lines at once, as a batch if that is wished, and then answers, or ends as well. */
  flood(id, { total, isBatch, ends }) {
    const all = Array.from({ length: total }, (_, data) => ({
      jsonrpc: "2.0",
      method: "notifications/message",
      params: { level: "info", data },
    }));
    all.push({ jsonrpc: "2.0", id, result: { content: [] } });
    const text = isBatch ? JSON.stringify(all) : all.map((each) => JSON.stringify(each)).join("\n");
    process.stdout.write(`${text}\n`, () => ends && process.exit(0));
  },
  log(id) {
    send({ method: "notifications/message", params: { level: "info", data: "of a caller" } });
    tools.answer(id);
  },
  large: (id) => send({ id, result: large }),
  "large-last": (id) => write({ result: large, jsonrpc: "2.0", id }),
  "large-hidden": (id) => write({ more: [], id, result: large, jsonrpc: "2.0" }),
  endless: (id) => void process.stdout.write(`{"result":"${id}${"x".repeat(5000)}`),
  batch: (id) =>
    write([
      { jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "x" } },
      { jsonrpc: "2.0", id, result: { content: [{ type: "text", text: "in a batch" }] } },
    ]),
  wait: (id) => void waiting.push(id),
  release(id) {
    for (const each of [...waiting.splice(0), id]) tools.answer(each);
  },
  repeat: (id, args) =>
    send({ id, result: { content: [{ type: "text", text: JSON.stringify(args) }] } }),
  meta: (id, _, meta) =>
    send({ id, result: { content: [{ type: "text", text: JSON.stringify(meta) }] } }),
  token: (id) => send({ id, result: { content: [{ type: "text", text: process.env.TOKEN }] } }),
  environment: (id) =>
    send({ id, result: { content: [{ type: "text", text: Object.keys(process.env).join(" ") }] } }),
};

const unknown = (id) => send({ id, error: { code: -32602, message: "No such tool" } });

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params, result } = JSON.parse(line);
  if (method === "initialize") {
    const { protocolVersion } = params;
    send({ id, result: { protocolVersion, capabilities, serverInfo } });
  } else if (method === undefined)
    send({ id: asking, result: { content: [{ type: "text", text: JSON.stringify(result) }] } });
  else if (method === "tools/call")
    (tools[params.name] ?? unknown)(id, params.arguments, params._meta);
  else if (id !== undefined) send({ id, result: {} });
}
