// A server over stdio for MCP 2026-07-28. Its tools say what becomes of the subscriptions to it.

import process from "node:process";
import { createInterface } from "node:readline";

const send = (message) =>
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const namedBy = (id) => ({ _meta: { "io.modelcontextprotocol/subscriptionId": id } });
const notifications = { toolsListChanged: true };
const subscriptions = new Set();

const tools = {
  tell: (id) => send({ method: "notifications/tools/list_changed", params: namedBy(id) }),
  end(id) {
    subscriptions.delete(id);
    send({ id, result: { resultType: "complete", ...namedBy(id) } });
  },
  cancel(id) {
    subscriptions.delete(id);
    send({ method: "notifications/cancelled", params: { requestId: id, ...namedBy(id) } });
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (method === "subscriptions/listen") {
    subscriptions.add(id);
    const acknowledged = { notifications, ...namedBy(id) };
    send({ method: "notifications/subscriptions/acknowledged", params: acknowledged });
  } else if (method === "notifications/cancelled") subscriptions.delete(params.requestId);
  else if (method === "tools/call") {
    for (const each of [...subscriptions]) tools[params.name](each);
    send({ id, result: { resultType: "complete", content: [] } });
  }
}
