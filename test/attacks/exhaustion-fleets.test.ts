// A process of its own: it creates very many objects, and every garbage collection walks them.
/** Exhaustion: very many plugins. */
// Only in test:all: it measures how work grows.
import { createPluginManager, definePlugin, type Plugin } from "glassine";
import { defineHost } from "glassine/host";
import { expect, it } from "vitest";
import * as z from "zod";
import { call, hook, manage, plugin } from "../dispatch/support.ts";
import { attack } from "./attack.ts";

/**
 * How much `run` visits synchronously: iteration steps, array elements that a search or a loop may
 * visit, and lookups in maps and sets.
 */
function workOf(run: () => unknown): number {
  let work = 0;
  const undo: (() => void)[] = [];
  const count = (target: object, key: PropertyKey, weigh: (self: unknown) => number) => {
    const original = Reflect.get(target, key) as (...args: unknown[]) => unknown;
    undo.push(() => Reflect.set(target, key, original));
    Reflect.set(target, key, function counted(this: unknown, ...args: unknown[]) {
      work += weigh(this);
      return Reflect.apply(original, this, args);
    });
  };
  const lengthOf = (self: unknown) => (self as { length: number }).length;
  const searches = ["includes", "indexOf", "find", "findIndex", "some", "every", "slice", "splice"];
  const loops = [
    "map",
    "filter",
    "flatMap",
    "forEach",
    "reduce",
    "sort",
    "concat",
    "join",
    "shift",
  ];
  for (const name of [...searches, ...loops]) count(Array.prototype, name, lengthOf);
  for (const name of ["get", "has", "set"]) count(Map.prototype, name, () => 1);
  for (const name of ["has", "add"]) count(Set.prototype, name, () => 1);
  const iterator = Object.getPrototypeOf([][Symbol.iterator]()) as object;
  count(iterator, "next", () => 1);
  try {
    run();
  } finally {
    for (let i = undo.length - 1; i >= 0; i--) undo[i]?.();
  }
  return work;
}

const handler = () => undefined;
const pre = { handler, extensions: false } as const;
const numbered = (count: number, dependsOn: (i: number) => readonly string[] = () => []) =>
  Array.from({ length: count }, (_, i) =>
    definePlugin({
      name: `plugin-${i}`,
      version: "1.0.0",
      capabilities: ["append_labels"],
      dependsOn: dependsOn(i),
      hooks: { tool_pre_invoke: pre, message_pre_invoke: pre },
    }),
  );

attack(
  "A-174",
  "Register ten thousand plugins, or plugins on a thousand hooks each",
  "the work of registering is proportional to their number; a run touches only handlers of its own hook",
  () => {
    const fleets: Readonly<Record<string, (count: number) => readonly Plugin[]>> = {
      "side by side": (count) => numbered(count),
      "in a row, each after the one before": (count) =>
        numbered(count, (i) => (i === 0 ? [] : [`plugin-${i - 1}`])),
      "in a row, given in the order that is least handy": (count) =>
        numbered(count, (i) => (i === count - 1 ? [] : [`plugin-${i + 1}`])),
    };
    it.each(Object.entries(fleets))("%s", async (_how, fleet) => {
      const measure = (count: number) => {
        const plugins = fleet(count);
        return workOf(() => void createPluginManager({ plugins }));
      };
      const half = measure(1000);
      expect(half).toBeGreaterThan(1000);
      expect(measure(2000)).toBeLessThanOrEqual(2.1 * half);
      const manager = await createPluginManager({ plugins: fleet(10_000) });
      expect(manager.plugins).toHaveLength(10_000);
      expect((await manager.invoke(hook, call)).executions).toHaveLength(10_000);
    });

    it("on a thousand hooks each", async () => {
      const payload = z.strictObject({ a: z.number() });
      const spec = { semantic: "message", description: "One of many.", payload } as const;
      const hooksOf = (count: number) =>
        Object.fromEntries(Array.from({ length: count }, (_, i) => [`own_${i}`, spec]));
      const host = defineHost({ hooks: hooksOf(1000) });
      const manifest = (name: string, hooks: number) => ({
        name,
        version: "1.0.0",
        hooks: Object.fromEntries(Array.from({ length: hooks }, (_, i) => [`own_${i}`, pre])),
      });
      const define = (hooks: number) =>
        Array.from({ length: 20 }, (_, i) => host.definePlugin(manifest(`plugin-${i}`, hooks)));
      const measure = (hooks: number) => {
        const plugins = define(hooks);
        return workOf(() => void host.createPluginManager({ plugins }));
      };
      const none = measure(0);
      const half = measure(500) - none;
      expect(measure(1000) - none).toBeLessThanOrEqual(2.1 * half);
    });

    it("a run of another hook calls none of them, and records none", async () => {
      const turns: number[] = [];
      const crowd = Array.from({ length: 2000 }, (_, i) =>
        plugin(`plugin-${i}`, (_p, _c) => void turns.push(i)),
      );
      const other = definePlugin({
        name: "other",
        version: "1.0.0",
        hooks: { prompt_pre_fetch: pre },
      });
      const manager = await manage([...crowd, other]);
      const { executions } = await manager.invoke("prompt_pre_fetch", { prompt_id: "p" });
      expect(executions.map((record) => record.plugin)).toEqual(["other"]);
      expect(turns).toEqual([]);
    });
  },
);
