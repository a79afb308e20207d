/** docs/memory-node-hooks.md: a table of the memory node's hooks, and the shapes that they use. */
import type * as z from "zod";
import { bands, type HookSpec } from "../../../src/core/hooks/index.ts";
import { inboundForms, rankForms } from "../../../src/memory-node/hooks.ts";
import {
  type MemoryNodeHooks,
  memoryNodeHooks,
  memoryNodeServices,
} from "../../../src/memory-node/index.ts";
import { toJsonSchema } from "../json-schema.ts";
import { readHandles } from "../read-handles.ts";
import { code, either, generatedFrom, page, table } from "./markdown.ts";
import { fieldRows, type JsonSchema } from "./slot-fields.ts";

type Hook = keyof MemoryNodeHooks & string;

const intro = `# Hooks of the memory node

\`glassine/memory-node\` is a host for nodes that store facts and recall them, with 22 hooks and 13 [services](capabilities.md#services-of-the-memory-node).
Its messages and the prefix of its settings, \`STIGMEM_\`, are those of Stigmem, the memory node that it can replace.
Import \`definePlugin\` and \`createPluginManager\` from \`glassine/memory-node\`: the ones in \`glassine\` do not know these hooks.
In [the package of a plugin](write-a-plugin.md#make-it-a-package), the field of package.json is \`stigmem\` in place of \`glassine\`, and the keyword \`stigmem-plugin\`.

\`\`\`ts
import { allow, deny } from "glassine";
import { createPluginManager, definePlugin } from "glassine/memory-node";

const guard = definePlugin({
  name: "own-facts",
  version: "1.0.0",
  hooks: {
    pre_assert_authorize: ({ req, identity }) =>
      req.source === identity.entity_uri ? allow() : deny("you speak for yourself only"),
    recall_filter: (facts) => facts.filter(({ contradicted }) => contradicted !== true),
  },
});
const manager = await createPluginManager({ plugins: [guard] });

const identity = { entity_uri: "agent:ada" };
const tenant = { tenantId: "acme", metadata: {} };
const requestId = "0b6f3a52-6f3c-4d7e-9a39-2f5d4c1b8e70";
const operation = { identity, tenant, requestId };
const req = { entity: "project:apollo", relation: "status", source: "agent:bob" };
const decision = await manager.invoke("pre_assert_authorize", { req, ...operation });
console.log(decision.allow ? "allowed" : decision.reason); // you speak for yourself only

const facts = [{ id: "f1", contradicted: true }, { id: "f2" }];
const kept = await manager.invoke("recall_filter", facts, { operation });
console.log(kept.map(({ id }) => id)); // [ 'f2' ]
\`\`\`

- [source-guard](../examples/source-guard/plugin.ts) is a complete plugin in one file, with [a manager to try it with](../examples/source-guard/main.ts); it needs no node.
- [lifecycle.md](lifecycle.md#hooks-of-other-semantics) describes what a handler of each semantic gets and returns, how it runs, and what \`invoke\` resolves to.
- [The example](../examples/memory-node/main.ts) is a small node with a store and two plugins, and invokes every hook; in a clone, run it with \`npm run start:memory-node\`.

## At a glance

An assertion runs the first six hooks; the node stores the fact between the third and the fourth.
A recall runs the next five; the node searches after the second of them.
Each request starts with \`identity_resolve\` and \`tenant_resolve\`, and \`capability_check\` precedes each protected operation.

A voting or fire-and-forget hook gets its payload as one object.
A filter chain or score hook gets a value: one object or a list. The fields that the table lists after it are in \`context.operation\`, which \`invoke\` takes as \`operation\`.
If the table lists alternative sets of fields, the payload or \`operation\` has exactly one of them.
At a strict hook, the first failure makes \`invoke\` reject, and later handlers do not run.
[The ordering](lifecycle.md#who-runs-first) says who runs first: the node's own handlers (its _core_) or plugins.
The band is the phase of an operation that the hook belongs to; it does not order handlers.`;

const sites = `## What an error does

The manager returns a denial, rejects, or ignores the error; the node decides what follows.
A node that replaces Stigmem does this:`;

/** What a denial or an error at each hook means for the operation that invokes it. */
const atSite = {
  pre_assert_authorize:
    "A denial is reported to `post_assert_audit` as a failure without a fact, and answered with status 403 and the reason. An error ends the assertion.",
  pre_assert_validate:
    "A denial is reported to `post_assert_audit` as a failure without a fact, and answered with status 422 and the reason. An error ends the assertion.",
  pre_assert_transform: "An error ends the assertion: nothing is stored.",
  post_assert_persist:
    "An error is logged and audited. The handler runs inside the transaction of the write, and its error does not undo it.",
  post_assert_propagate: "An error is logged and audited.",
  post_assert_audit:
    "The error reaches the caller. It says so if the fact was stored, and the hook is not invoked again.",
  pre_recall_authorize:
    "A denial is reported to `post_recall_audit` as a failure, and answered with status 403. An error ends the recall.",
  pre_recall_rewrite: "An error ends the recall.",
  recall_filter: "An error ends the recall: unfiltered facts are never returned.",
  recall_rank: "An error ends the recall.",
  post_recall_audit: "The error reaches the caller.",
  federation_peer_authenticate: "A denial is answered with status 403.",
  federation_inbound_validate:
    "A denial rejects this fact, with its id and the reason; the other facts of the batch go on.",
  federation_inbound_filter: "On an error, this fact is not stored.",
  federation_outbound_filter: "On an error, nothing is sent.",
  federation_outbound_sign: "On an error, nothing is sent.",
  identity_resolve:
    "An error refuses the request. The node passes the credentials as `secrets` of the invocation, so that they appear in no record and no log line.",
  tenant_resolve:
    "An error refuses the request, and so does an invalid tenant id: another tenant's data is never served instead.",
  capability_check: "A denial makes the check fail. An error refuses the operation.",
  migration_register: "An error stops the start.",
  audit_emit:
    "The error reaches the node's call of the hook. For an event of the manager itself, the error is counted; see [audit.md](audit.md).",
  config_validate: "A denial or an error refuses the plugin, and with it the start.",
} satisfies { readonly [Each in Hook]: string };

const servicesIntro = `## What the services do

A plugin calls the accessor of [its capability](capabilities.md#services-of-the-memory-node), such as \`context.getFactsReader()\`; it returns a handle, or \`null\` if the host supplies none.
A host supplies handles in \`createPluginManager({ services })\`: [start.ts](../examples/memory-node/start.ts) of the example does that with \`factsReader\`.
\`glassine/memory-node\` exports the type of each.
A call may return its answer or a promise of it, so await the call.`;

const shapesIntro = `## Shapes

The node's own objects are open: the listed fields have a type, and others are kept as JSON data.
A tenant, an outcome, a query, a migration, an event and a plugin have exactly the listed fields.
The \`fact\` of a scored element has the fields of a fact.`;

/** Where to find each shape: in a payload or among the facts that go with it. */
const shapes: readonly (readonly [name: string, hook: Hook, path: string])[] = [
  ["Request to assert", "pre_assert_authorize", "req"],
  ["Fact", "post_assert_persist", "fact"],
  ["Identity", "pre_assert_authorize", "identity"],
  ["Tenant", "pre_assert_authorize", "tenant"],
  ["Outcome", "post_assert_audit", "outcome"],
  ["Query", "pre_recall_authorize", "query"],
  ["Peer", "federation_peer_authenticate", "req"],
  ["Scored element", "recall_rank", "[]"],
  ["Migration", "migration_register", "[]"],
  ["Event", "audit_emit", "event"],
  ["Plugin", "config_validate", "plugin"],
];

export function memoryNodePage(): string {
  const hooks: Readonly<Record<string, HookSpec>> = memoryNodeHooks;
  const rows = Object.entries(hooks).map(([name, spec]) => [
    code(name),
    code(spec.semantic),
    spec.strict === true ? "yes" : "",
    code(spec.ordering ?? "core_first"),
    spec.band === undefined ? "" : `${spec.band} (${bands[spec.band]})`,
    payloadCell(name, spec),
  ]);
  const when = Object.entries(hooks).map(([name, { description }]) => [
    code(name),
    description,
    atSite[name as Hook],
  ]);
  return page([
    generatedFrom("memoryNodeHooks in src/memory-node"),
    intro,
    table(["Hook", "Semantic", "Strict", "Ordering", "Band", "Payload"], rows),
    sites,
    table(["Hook", "When it is invoked", "What a denial or an error does"], when),
    servicesIntro,
    table(["Capability", "Handle", "Call", "What it does"], serviceRows()),
    shapesIntro,
    table(["Shape", "Field", "Type", "Default"], shapes.flatMap(shapeRows)),
  ]);
}

/** The calls of each service. A handle's type has the handle's name, capitalized. */
function serviceRows(): readonly (readonly string[])[] {
  const handles = readHandles();
  return Object.entries(memoryNodeServices).flatMap(([capability, { handle }]) => {
    const calls = handles.get(handle.replace(/^./, (first) => first.toUpperCase()));
    if (calls === undefined) throw new Error(`The handle ${handle} has no type of its name.`);
    return calls.map(({ signature, description }, at) => [
      at === 0 ? code(capability) : "",
      at === 0 ? code(handle) : "",
      code(signature),
      description,
    ]);
  });
}

/** Hooks with fields that come in several forms. */
const forms: { readonly [Each in Hook]?: readonly (readonly string[])[] } = {
  recall_rank: rankForms,
  federation_inbound_validate: inboundForms,
  federation_inbound_filter: inboundForms,
};

function payloadCell(hook: string, { semantic, payload, operation }: HookSpec): string {
  const schema = toJsonSchema(payload) as JsonSchema;
  const given = forms[hook as Hook] ?? [];
  if (semantic === "voting" || semantic === "fire_and_forget") return namesIn(schema, given);
  const value = schema.type === "array" ? "a list" : "one object";
  return `${value}; ${operation === undefined ? "no facts" : namesIn(toJsonSchema(operation) as JsonSchema, given)}`;
}

function namesIn({ properties = {} }: JsonSchema, given: readonly (readonly string[])[]): string {
  const always = Object.keys(properties).filter((name) => !given.flat().includes(name));
  const variants = given.map((form) => `with ${either(form, "and")}`);
  if (variants.length === 0) return either(always, "and");
  return `${either(always, "and")}, ${variants.slice(0, -1).join(", ")}${variants.length > 2 ? "," : ""} or ${variants.at(-1)}`;
}

function shapeRows([name, hook, path]: (typeof shapes)[number]): readonly (readonly string[])[] {
  const schema = toJsonSchema(memoryNodeHooks[hook].payload as z.core.$ZodType) as JsonSchema;
  const found = path === "[]" ? schema.items : schema.properties?.[path];
  if (found === undefined) throw new Error(`${hook} has nothing at ${path}.`);
  const rows = rowsOf(found).filter(([field]) => !field.startsWith("`fact."));
  return rows.map((row, at) => [at === 0 ? name : "", ...row]);
}

type Row = readonly [field: string, type: string, value: string];

function rowsOf(schema: JsonSchema): readonly Row[] {
  const kinds = schema.oneOf ?? [];
  if (kinds.length === 0) return fieldRows(schema).map((row) => rowOf(schema, row));
  const names = kinds.map(({ properties }) => code(String(properties?.kind?.const)));
  const others = kinds.flatMap((kind, at) =>
    fieldRows(kind)
      .map((row) => rowOf(kind, row))
      .filter(([field]) => field !== "`kind`")
      .map(([field, type, value]): Row => [field, type, `${value}, with ${names[at]}`]),
  );
  return [["`kind`", names.join(", "), "required"], ...others];
}

function rowOf({ properties = {} }: JsonSchema, row: ReturnType<typeof fieldRows>[number]): Row {
  const [first = "", ...inner] = row.path;
  const field = properties[first];
  // For an optional field, null means the same as absent, so it is not mentioned.
  const isNullable =
    inner.length === 0 &&
    row.default === "required" &&
    (field?.type?.includes("null") === true ||
      field?.anyOf?.some(({ type }) => type === "null") === true);
  const name = code(row.path.join(".").replaceAll(".[]", "[]"));
  return [name, isNullable ? `${row.type} or null` : row.type, row.default];
}
