/** Law of immutability: whatever code tries on the objects it receives, they stay the same. */
import fc from "fast-check";
import type { PluginContext } from "glassine";
import { createMessage } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { isObject } from "./support/data.ts";
import { documentsOf, grantsOf } from "./support/documents.ts";
import { functionsOf } from "./support/host-functions.ts";
import { worlds } from "./support/tables.ts";
import { attempts, reachAll, tamper } from "./support/tampering.ts";

const point = "cmf.tool_pre_invoke";
const message = createMessage({
  role: "assistant",
  content: [
    { content_type: "text", text: "ahoy" },
    {
      content_type: "tool_call",
      content: { tool_call_id: "1", name: "add", arguments: { list: [1, { deep: [2] }] } },
    },
  ],
});

/** Everything that must stay: content, own keys, prototypes, and whether it is frozen. */
function stateOf(value: unknown): string {
  const objects = [...reachAll(value, isOwn)];
  const number = new Map(objects.map((object, index) => [object, index]));
  const shape = objects.map((object) => {
    const prototype = Reflect.getPrototypeOf(object);
    const properties = Reflect.ownKeys(object).map((key) => {
      const { value: item, ...flags } = Reflect.getOwnPropertyDescriptor(object, key) ?? {};
      return [
        String(key),
        number.get(item) ?? (isObject(item) ? "own" : String(item)),
        Object.keys(flags).join(),
      ];
    });
    return [prototype === null ? "null" : (number.get(prototype) ?? "realm"), properties];
  });
  const text = JSON.stringify(value, (_, item) => (isObject(item) && isOwn(item) ? "own" : item));
  return `${text} ${JSON.stringify(shape)}`;
}

/** The part of a result with private state: an object for the host only, identified by its id. */
const scopes = new WeakSet<object>();
/** The plugin's own state, and the signal that nobody else receives. */
const isOwn = (value: object) =>
  value instanceof Map || value instanceof AbortSignal || scopes.has(value);

/** What is reachable from any of the values. */
const reachOf = (values: readonly unknown[]): readonly object[] => [
  ...new Set(values.flatMap((value) => [...reachAll(value, isOwn)])),
];

/** The content of a context. The object is the plugin's own; its content is not. */
const saidBy = ({ plugin, hook, capabilities, config, operation, request }: PluginContext) => [
  plugin,
  hook,
  capabilities,
  config,
  operation,
  request,
];

describe.each(worlds)("$name", (world) => {
  const { slots, host } = world;

  it("L27: nothing that a plugin tries on the objects it can reach changes them for anybody", () =>
    fc.assert(
      fc.asyncProperty(
        documentsOf(slots),
        grantsOf(slots),
        attempts,
        attempts,
        async (document, grant, atTurn, later) => {
          const { definePlugin, createPluginManager } = functionsOf(world);
          const extensions = host.createExtensions(document);
          const nobody = await createPluginManager({ plugins: [] });
          const handed: unknown[] = [];
          const tampers = async (payload: unknown, context: PluginContext, view: object) => {
            const inner = await nobody.invoke(point, payload, { parent: context });
            const scope = inner.context;
            scopes.add(scope);
            const things = [payload, view, inner, saidBy(context)];
            const before = stateOf(things);
            handed.push(context, payload, view, inner, ...saidBy(context));
            tamper([scope, ...reachOf(handed)], atTurn);
            expect(stateOf(things)).toBe(before);
          };
          const seen: string[] = [];
          const looks = (payload: unknown, context: PluginContext, view: object) => {
            seen.push(stateOf([payload, saidBy(context), view]));
          };
          const define = (name: string, handler: unknown, mode: string) =>
            definePlugin({
              name,
              version: "1.0.0",
              capabilities: grant,
              hooks: { [point]: { handler, mode, onError: "ignore" } },
            });
          const reachable: unknown[] = [message, extensions];
          const wishes = { extensions, operation: { facts: [{ deep: 1 }] }, request: "r-1" };
          for (const first of [looks, tampers]) {
            const plugins = [define("first", first, "sequential"), define("looks", looks, "audit")];
            const config = { list: [{ deep: 1 }] };
            const manager = await createPluginManager({
              plugins: plugins.map((plugin) => ({ plugin, config })),
            });
            const result = await manager.invoke(point, message, wishes);
            expect(result.errors).toEqual([]);
            expect(result.context.request).toBe("r-1");
            scopes.add(result.context);
            reachable.push(result, ...plugins);
          }
          expect(seen[2]).toBe(seen[1]);
          const before = stateOf(reachable);
          tamper(reachOf([...handed, ...reachable]), later);
          expect(stateOf(reachable)).toBe(before);
        },
      ),
    ));
});
