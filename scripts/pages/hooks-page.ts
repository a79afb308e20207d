/** docs/hooks.md: every hook of the standard host with its payload. */
import type { HookSpec } from "../../src/hooks/define-hook.ts";
import { messageSchema } from "../../src/messages/index.ts";
import { toJsonSchema } from "../../src/slots/index.ts";
import { code, either, generatedFrom, page, table } from "./markdown.ts";
import { fieldRows, type JsonSchema } from "./slot-fields.ts";

const intro = `# Hooks

A hook is a point in an operation at which plugins run.
The host invokes it with a payload; a plugin registers a handler under its name.

- A _pre_ point comes before something happens, a _post_ point after it.
- A handler of \`message_pre_invoke\` takes part in every pre point, one of \`message_post_invoke\` in every post point. It finds the point in \`context.hook\`.
- A plugin may change the fields listed as writable; an operator can narrow them with \`payloadPolicy\`.

[The specification](../spec/dispatch.md) says in which order handlers run and what becomes of what they return.`;

const older = `## Older payloads

These hooks have payloads of their own, so that plugins written for them move over.
\`headers\` on them is deprecated: unless the manager says \`payloadHeaders: "keep"\`, headers move to the \`http\` slot.`;

const columns = ["Field", "Type", "Default"];

export function hooksPage(hooks: Readonly<Record<string, HookSpec>>): string {
  const rows = Object.entries(hooks).map(([name, spec]) => [
    takesMessage(spec) ? code(name) : `[${code(name)}](#${name})`,
    spec.description,
    spec.covers === undefined ? (spec.side ?? "") : `every ${spec.covers} point`,
    takesMessage(spec) ? "[a message](#messages)" : "its own",
    either(spec.writable ?? [], "and"),
  ]);
  const own = Object.entries(hooks).filter(([, spec]) => !takesMessage(spec));
  return page([
    generatedFrom("the hook table in src/hooks"),
    intro,
    "## At a glance",
    table(["Hook", "When", "Point", "Payload", "Writable"], rows),
    ...messageBlocks(),
    older,
    ...own.map(([name, spec]) => payloadBlock(name, spec)),
  ]);
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
    "What kind a part is, `content_type` says.\nA resource has `content` or `blob`, not both, and `range_end` is not below `range_start`.",
    ...parts.map(partBlock),
  ];
}

function partBlock(part: JsonSchema): string {
  const fields = fieldRows(part).filter(({ path }) => path[0] !== "content_type");
  const kind = String(part.properties?.content_type?.const);
  return `### ${kind}\n\n${table(columns, cellsOf(fields))}`;
}

function payloadBlock(name: string, { description, payload, writable = [] }: HookSpec): string {
  const rows = fieldRows(toJsonSchema(payload) as JsonSchema);
  const writes =
    writable.length === 0 ? "Nothing is writable." : `Writable: ${either(writable, "and")}.`;
  return `### ${name}\n\n${description} ${writes}\n\n${table(columns, cellsOf(rows))}`;
}

function cellsOf(rows: ReturnType<typeof fieldRows>): readonly (readonly string[])[] {
  return rows.map(({ path, type, default: value }) => [
    code(path.join(".").replaceAll(".[]", "[]")),
    type,
    value,
  ]);
}
