// Only in test:all: it measures every function at four or more sizes.
import { createPluginManager, type Plugin } from "glassine";
import { createMessage, toolCall, toolResult } from "glassine/messages";
import * as stock from "glassine/plugins";
import { type Subject, tryGrowth } from "./subjects.ts";

/** A plugin that handles a call whose arguments grow. */
function calling(plugin: Plugin): Subject {
  return {
    seed: { text: "ada" },
    run: async (given: never) => {
      const manager = await createPluginManager({ plugins: [plugin] });
      const part = toolCall({ tool_call_id: "1", name: "read", arguments: given });
      const message = createMessage({ role: "assistant", content: [part] });
      return (await manager.invoke("cmf.tool_pre_invoke", message)).payload;
    },
  };
}

/** A plugin that handles a list that grows. */
function listing(plugin: Plugin): Subject {
  return {
    seed: { tools: [{ name: "read", title: "a" }] },
    run: async (content: never) => {
      const manager = await createPluginManager({ plugins: [plugin] });
      const part = toolResult({ tool_call_id: "1", tool_name: "tools/list", content });
      const message = createMessage({ role: "tool", content: [part] });
      return (await manager.invoke("cmf.mcp_response", message)).payload;
    },
  };
}

/** What a scanner could retry again and again: beginnings and runs of everything it looks for. */
const beginnings = [
  "a",
  "1",
  "1 ",
  "1-",
  "1.",
  ":",
  "a:",
  "@",
  "a@",
  "a.",
  "@a.a",
  "+1",
  "DE89",
  "AA11 ",
  "eyJ",
  "eyJa.",
  "eyJaaaaaaaaaa.eyJ.",
  "AKIA",
  "AKIAAAAAAAAAAAAAAAAA",
  "sk-",
  "ghp_a",
  "sk_live_",
  "-----BEGIN ",
  "-----BEGIN PRIVATE KEY-----",
  "-----BEGIN PRIVATE KEY----------END ",
  "-----END ",
  "token",
  "token=",
  'token="',
  "token:a1b2",
  "password=aB3dE5fG7hJ9kL",
  "QUtJQUFBQUFBQUFBQUFBQUFBQUEg",
  "4111 1111 1111 1111 ",
  "192.0.2.1.",
  "2001:db8:",
  "078-05-1120 ",
  "'a@b.cc",
  "[REDACTED:",
];

function scanning(plugin: Plugin): Subject {
  const families = beginnings.map((each) => ({
    name: JSON.stringify(each),
    input: (count: number) => ({ password: each.repeat(8 * count) }),
  }));
  return { ...calling(plugin), families };
}

const rule = {
  arguments: { text: ["*a*", "**b**"] },
  schema: { type: "object", properties: { text: { type: "string" } } },
};

tryGrowth(stock, {
  allowList: [
    calling(stock.allowList({ tools: { read: rule } })),
    listing(stock.allowList({ tools: { "r*d": {}, "**": {} } })),
  ],
  auditLog: calling(stock.auditLog({}, { write: () => {} })),
  cedarPolicy: calling(
    await stock.cedarPolicy({
      policies: 'permit(principal, action, resource) unless { context.uri like "*a*" };',
    }),
  ),
  celPolicy: calling(await stock.celPolicy({ policy: '!input.uri.contains("a")' })),
  egressGuard: "Reads names and labels.",
  headerWriter: "Reads fields of the subject.",
  piiLabels: [
    scanning(stock.piiLabels({ action: "redact" })),
    calling(stock.piiLabels({ action: "deny" })),
  ],
  rateLimit: "Reads names and the subject; the allowances that it keeps are bounded.",
  roleGuard: "Reads names and roles.",
  secretScanner: [
    scanning(stock.secretScanner({ action: "redact" })),
    calling(stock.secretScanner({ action: "label" })),
  ],
});
