/** docs/hooks.md: every hook of the standard host with its payload. */
import type { HookSpec } from "../../../src/core/hooks/define-hook.ts";
import { messageSchema } from "../../../src/core/messages/index.ts";
import { toJsonSchema } from "../json-schema.ts";
import { code, either, generatedFrom, page, table } from "./markdown.ts";
import { fieldRows, type JsonSchema } from "./slot-fields.ts";

const intro = `# Hooks

A hook is a point in an operation at which plugins run.
The host invokes it with a payload; a plugin registers a handler under its name.

- A _pre_ point comes before something happens, a _post_ point after it.
- A handler of \`message_pre_invoke\` runs at every pre point, a handler of \`message_post_invoke\` at every post point. It finds the point in \`context.hook\`.
- The older hooks and \`evaluate\` are not points: [only their own handlers](#which-hook-to-invoke) run there.
- A plugin may change the fields listed as writable; an operator can narrow them with \`payloadPolicy\`.
- All of these are message hooks. A host may declare hooks of [four other semantics](lifecycle.md#hooks-of-other-semantics); [the memory node](memory-node-hooks.md) has 22 of them.

[The specification](../spec/dispatch.md) says in which order handlers run and what happens to what they return.`;

const invoking = `## Which hook to invoke

A hook runs the handlers registered under its name; a point also runs those of the hook that covers its side.
No other handler runs, however similar the names are:`;

const bypass = `So \`tool_pre_invoke\` and \`cmf.tool_pre_invoke\` are two hooks for one moment, and a plugin may have its guard on either.
_A guard on a hook that you do not invoke is silently bypassed_: nothing fails, and \`executions\` has no record of it.
If you invoke \`message_pre_invoke\` instead of a point, it does not run the handlers of that point either: invoke the point, which runs both.

If both hooks exist, invoke both, as a guard of \`glassine/mcp\` does: first the older hook, if \`manager.handles\` says that a plugin handles it, then always the point, with what the older hook left.
So the point judges what is really sent.

\`\`\`ts
import { createPluginManager, definePlugin, deny, type InvokeOptions, type Json } from "glassine";
import { createMessage } from "glassine/messages";

const guard = definePlugin({
  name: "no-rm",
  version: "1.0.0",
  hooks: { tool_pre_invoke: ({ name }) => (name === "rm" ? deny("rm is not allowed") : undefined) },
});
const manager = await createPluginManager({ plugins: [guard] });

interface Call {
  readonly name: string;
  readonly args: { readonly [name: string]: Json };
}

function toMessage({ name, args }: Call) {
  const content = { tool_call_id: "call-1", name, arguments: args };
  return createMessage({ role: "assistant", content: [{ content_type: "tool_call", content }] });
}

async function beforeTool(call: Call, options: InvokeOptions) {
  if (!manager.handles("tool_pre_invoke")) {
    return manager.invoke("cmf.tool_pre_invoke", toMessage(call), options);
  }
  const older = await manager.invoke("tool_pre_invoke", call, options);
  if (!older.continueProcessing) return older;
  const { payload, extensions, context } = older;
  const left = { ...options, extensions, context };
  return manager.invoke("cmf.tool_pre_invoke", toMessage(payload), left);
}

const call = { name: "rm", args: {} };
const alone = await manager.invoke("cmf.tool_pre_invoke", toMessage(call));
console.log(alone.continueProcessing, alone.executions.length); // true 0
const both = await beforeTool(call, {});
console.log(both.continueProcessing, both.violation?.reason); // false rm is not allowed
\`\`\`

Do the same with post hooks.
A plugin may change the content of a message: send what is in the result's payload, and refuse what you cannot send.
[embed.md](embed.md) shows that, and how to refuse, at the start, a plugin whose hook you never invoke.`;

const older = `## Older payloads

These hooks have payloads of their own, so that plugins written for them can move over.
\`headers\` on them is deprecated: unless the manager sets \`payloadHeaders: "keep"\`, headers move to the \`http\` slot, where \`read_headers\` and \`write_headers\` apply.
A host that passes them gets one \`DeprecationWarning\` for each hook of a manager.`;

const columns = ["Field", "Type", "Default"];

type Rows = readonly (readonly string[])[];

export function hooksPage(hooks: Readonly<Record<string, HookSpec>>): string {
  const rows = Object.entries(hooks).map(([name, spec]) => [
    code(name),
    spec.description,
    spec.covers === undefined ? (spec.side ?? "") : `every ${spec.covers} point`,
    takesMessage(spec) ? "[a message](#messages)" : "[its own](#older-payloads)",
    either(spec.writable ?? [], "and"),
  ]);
  const own = Object.entries(hooks).filter(([, spec]) => !takesMessage(spec));
  return page([
    generatedFrom("the hook table in src/core/hooks"),
    intro,
    streamedLine(hooks),
    "## At a glance",
    table(["Hook", "When", "Point", "Payload", "Writable"], rows),
    invoking,
    runningLines(hooks),
    bypass,
    ...messageBlocks(),
    older,
    table(
      ["Hook", ...columns],
      own.flatMap(([name, { payload }]) =>
        groupOf(name, fieldRows(toJsonSchema(payload) as JsonSchema)),
      ),
    ),
  ]);
}

/** Says which handlers run at each hook: one line per group of hooks, covered ones first. */
function runningLines(hooks: Readonly<Record<string, HookSpec>>): string {
  const covering = Object.entries(hooks).filter(([, { covers }]) => covers !== undefined);
  const line = (names: readonly string[], others: string) =>
    `- ${names.map(code).join(", ")}: their own handlers${others}.`;
  const sideOf = (side: HookSpec["side"]) =>
    Object.keys(hooks).filter((name) => hooks[name]?.side === side);
  const covered = covering.map(([name, { covers }]) =>
    line(sideOf(covers), `, and those of ${code(name)}`),
  );
  return [...covered, line(sideOf(undefined), " and no others")].join("\n");
}

function streamedLine(hooks: Readonly<Record<string, HookSpec>>): string {
  const streamed = Object.keys(hooks).filter((name) => hooks[name]?.streamed === true);
  return `Messages of ${either(streamed, "and")} may be streamed: handlers there may set [\`stream\`](write-a-plugin.md#streamed-answers).`;
}

function takesMessage({ payload }: HookSpec): boolean {
  return payload === messageSchema;
}

function messageBlocks(): readonly string[] {
  const schema = toJsonSchema(messageSchema) as JsonSchema;
  const parts = schema.properties?.content?.items?.oneOf ?? [];
  return [
    "## Messages",
    "A message is a role with content parts. An unknown field is refused.",
    table(columns, cellsOf(fieldRows(schema))),
    "`content_type` says what kind a part is.\nA resource has `content` or `blob`, not both, and `range_end` is not below `range_start`.",
    table(["`content_type`", ...columns], parts.flatMap(partRows)),
  ];
}

function partRows(part: JsonSchema): Rows {
  const fields = fieldRows(part).filter(({ path }) => path[0] !== "content_type");
  return groupOf(String(part.properties?.content_type?.const), fields);
}

/** Rows that have the name of their group before the first of them. */
function groupOf(name: string, fields: ReturnType<typeof fieldRows>): Rows {
  return cellsOf(fields).map((cells, at) => [at === 0 ? code(name) : "", ...cells]);
}

function cellsOf(rows: ReturnType<typeof fieldRows>): Rows {
  return rows.map(({ path, type, default: value }) => [
    code(path.join(".").replaceAll(".[]", "[]")),
    type,
    value,
  ]);
}
