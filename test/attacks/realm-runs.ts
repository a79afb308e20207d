/** Whole runs: handlers that patch the realm during one edit, and guards with conditions. */
import {
  addLabels,
  appendHop,
  type Conditions,
  createExtensions,
  definePlugin,
  deny,
  removeHeader,
  setCustom,
  setHeader,
} from "glassine";
import { createMessage } from "glassine/messages";
import {
  bytesOf,
  type Capability,
  call,
  type FullView,
  hook,
  labelled,
  manage,
  plugin,
} from "../dispatch/support.ts";

const { assign, create } = Object;
type Apply = (() => void) | undefined;

const timestamp = "2026-11-20T10:00:00Z";
const capabilities: readonly Capability[] = ["append_labels", "write_headers", "append_delegation"];
const given = createExtensions({
  security: { labels: ["PII"] },
  http: { headers: { a: "1", "X-Trace": "1" }, request_headers: { "x-trace": "2" } },
});
const edits: Readonly<Record<string, (view: FullView) => object>> = {
  labels: (view) => addLabels(view, ["NEW", "\u00c4"]),
  sets: (view) => setHeader(view, "x-trace", "3"),
  removes: (view) => removeHeader(view, "A"),
  hops: (view) => appendHop(view, { subject_id: "bot", subject_type: "agent", timestamp }),
  custom: (view) => setCustom(view, "k", { deep: [1] }),
  "custom-again": (view) => setCustom(view, "l", null),
  refused: (view) => addLabels(view, " padded"),
};

/** A run in which each handler patches the realm only during its own edit. */
export async function playEdits(apply: Apply, restore: () => void): Promise<string> {
  const plugins = Object.entries(edits).map(([name, edit]) =>
    plugin(
      name,
      (_payload, _context, view) => {
        apply?.();
        try {
          return assign(create(null), { modifiedExtensions: edit(view) });
        } finally {
          restore();
        }
      },
      { capabilities, onError: "ignore" },
    ),
  );
  const manager = await manage(plugins);
  return bytesOf(await manager.invoke(hook, call, { extensions: given, request: "r-1" }));
}

/** A run whose payload has headers, in a realm patched before it. */
export async function playHeaders(apply: Apply, restore: () => void): Promise<string> {
  const manager = await manage([
    plugin("looks", (_payload, _context, _view) => undefined, { capabilities }),
  ]);
  const payload = { name: "add", args: {}, headers: { A: "2", "x-new": "n" } };
  apply?.();
  const running = manager.invoke(hook, payload, { extensions: given, request: "r-1" });
  restore();
  return bytesOf(await running);
}

const conditions: Readonly<Record<string, Conditions>> = {
  tools: { tools: ["x", "a*d"] },
  prompts: { prompts: ["**greet"] },
  resources: { resources: ["file:///**/a*/b*.md"] },
  servers: { servers: ["m*th"] },
  tenants: { tenants: ["acme-*"] },
  every: { tools: ["add"], prompts: ["*"], resources: ["**"], servers: ["**th"], tenants: ["*"] },
  others: { tools: ["sub*"] },
  strangers: { tools: ["add"], tenants: ["other"] },
  deep: { resources: ["**/b/*a*/*c/**"] },
};
const entities = createExtensions({
  mcp: {
    tool: { name: "other", server_id: "math" },
    prompt: { name: "greet" },
    resource: { uri: "file:///srv/a1/b2.md" },
  },
});
const message = createMessage({
  role: "user",
  content: [
    { content_type: "tool_call", content: { tool_call_id: "1", name: "add", arguments: {} } },
    {
      content_type: "tool_result",
      content: { tool_call_id: "1", tool_name: "subtract", content: null },
    },
    {
      content_type: "prompt_request",
      content: { prompt_request_id: "1", name: "a/greet", server_id: "math" },
    },
    { content_type: "prompt_result", content: { prompt_request_id: "1", prompt_name: "x" } },
    {
      content_type: "resource_ref",
      content: {
        resource_request_id: "1",
        uri: "file:///srv/b/xay/zc/a1/b2.md",
        resource_type: "file",
      },
    },
  ],
});

/** Runs of guards with conditions, after a plugin that patches the realm. */
export async function playConditions(apply: Apply, restore: () => void): Promise<string> {
  const handler = (name: string) => (_payload: object, _context: object, view: FullView) =>
    assign(create(null), { modifiedExtensions: addLabels(view, name) });
  const guards = Object.entries(conditions).map(([name, only]) =>
    definePlugin({
      name,
      version: "1.0.0",
      capabilities: ["append_labels"],
      hooks: {
        [hook]: { handler: handler(name) as never, conditions: only },
        evaluate: { handler: handler(name) as never, conditions: only },
      },
    }),
  );
  const patching = definePlugin({
    name: "patches",
    version: "1.0.0",
    hooks: {
      [hook]: { priority: 1, handler: (_payload) => apply?.() },
      evaluate: { priority: 1, handler: (_payload) => apply?.() },
    },
  });
  const denial = deny("rm is not allowed");
  const denying = plugin("denies", (_p, _c) => denial, { conditions: { tools: ["r*", "add"] } });
  const manager = await manage([patching, ...guards, denying]);
  const wishes = { extensions: entities, tenant: "acme-eu", request: "r-1" };
  const older = await manager.invoke(hook, call, wishes);
  restore();
  const newer = await manager.invoke("evaluate", message, { ...wishes, extensions: labelled() });
  restore();
  return `${bytesOf(older)} ${bytesOf(newer)}`;
}
