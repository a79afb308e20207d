/** Forged return values: objects of the runtime and of other realms. */
import process from "node:process";
import { types } from "node:util";
import vm from "node:vm";
import { mergeExtensions } from "glassine";
import { expect, it } from "vitest";
import { reach } from "../../property-tests/support/data.ts";
import { plugin, type Run, runOnce } from "../dispatch/support.ts";
import { attack } from "./attack.ts";
import {
  bare,
  everything,
  everywhere,
  extensions,
  type PlaceName,
  refusedAt,
  resultRefused,
  takenAsCustom,
} from "./forged.ts";

function argumentsOf(..._: unknown[]): unknown {
  // biome-ignore lint/complexity/noArguments: the object itself is what a plugin may return.
  return arguments;
}
function strictArguments(..._: unknown[]): object {
  // biome-ignore lint/complexity/noArguments: as above.
  return arguments;
}

attack(
  "A-038",
  "Runtime objects: dates, regular expressions, errors, promises, iterators, `arguments`, module namespaces, the environment, global objects",
  "refused with `snapshot_prototype`, or `snapshot_key` if they have a record's prototype or none",
  () => {
    const bySelf: readonly (readonly [string, () => unknown])[] = [
      ["a date", () => new Date(0)],
      ["a pattern", () => /PII/],
      ["an error", () => new TypeError("forged")],
      ["a promise", () => Promise.resolve({})],
      ["a rejected promise", () => handled(Promise.reject(new Error("forged")))],
      ["a weak map", () => new WeakMap()],
      ["a weak reference", () => new WeakRef({})],
      ["a generator", () => (function* () {})()],
      ["an asynchronous generator", () => (async function* () {})()],
      ["an iterator", () => [].values()],
      ["an address", () => new URL("http://localhost")],
      ["a signal", () => new AbortController().signal],
      ["headers", () => new Headers({ "x-a": "1" })],
      ["a formatter", () => new Intl.NumberFormat()],
      ["a lasting task", () => setTimeout(() => {}, 0).unref()],
      ["the environment", () => process.env],
      ["the global object", () => globalThis],
    ];
    it.each(bySelf)("%s", async (_what, make) => {
      await refusedAt(everywhere, make, "snapshot_prototype");
      const part = () => ({ modifiedPayload: { args: { value: make() } } });
      await resultRefused(part, "snapshot_prototype", "payload");
      await resultRefused(() => ({ metadata: make() }), "snapshot_prototype", "(result).metadata");
    });

    it.each([
      ["arguments", () => argumentsOf("PII")],
      ["strict arguments", () => strictArguments("PII")],
      ["a date with the prototype of a record, and a symbol", () => tagged(bare(new Date(0)))],
      ["a pattern with the prototype of a record", () => bare(/PII/)],
      ["the functions of numbers", () => Math],
      ["the functions of JSON", () => JSON],
    ])("%s", (_what, make) => refusedAt(everywhere, make, "snapshot_key"));

    it("an error with the prototype of a record", async () => {
      // Since Node 22, an error's stack is an accessor.
      const stack = Object.getOwnPropertyDescriptor(new Error("forged"), "stack");
      const code = stack?.get === undefined ? "snapshot_key" : "snapshot_accessor";
      await refusedAt(everywhere, () => bare(new Error("forged")), code);
    });

    it("the namespace of a module", async () => {
      const source: string = "data:text/javascript,export const labels = 'PII'";
      const namespace: unknown = await import(source);
      expect(types.isModuleNamespaceObject(namespace)).toBe(true);
      await refusedAt(["data", "label", "hop", "custom"], () => namespace, "snapshot_key");
      await resultRefused(() => namespace, "snapshot_key", "(result)");
    });

    it("a date with a record's prototype is an empty record", async () => {
      expect(await takenAsCustom(() => ({ date: bare(new Date(0)) }))).toEqual({ date: {} });
    });
  },
);

function tagged(value: object): object {
  return Object.assign(value, { [Symbol.toStringTag]: "Object" });
}

function handled(promise: Promise<unknown>): Promise<unknown> {
  promise.catch(() => undefined);
  return promise;
}

const bytes: readonly (readonly [string, () => object])[] = [
  ["a buffer", () => Buffer.from([1, 2])],
  ["bytes", () => new Uint8Array([1, 2])],
  ["clamped bytes", () => new Uint8ClampedArray([1, 2])],
  ["numbers", () => new Float64Array([1, 2])],
  ["bytes shared with a thread", () => new Uint8Array(new SharedArrayBuffer(2)).fill(1)],
  ["a part of a larger buffer", () => new Uint8Array(new ArrayBuffer(8), 4, 2)],
];

attack(
  "A-039",
  "Buffers and typed arrays, including shared ones, also with a record's prototype",
  "refused with `snapshot_prototype`; one that passes for a record is copied, so later writes have no effect",
  () => {
    it.each([
      ...bytes,
      ["an array buffer", () => new ArrayBuffer(2)],
      ["a shared buffer", () => new SharedArrayBuffer(2)],
      ["a view of data", () => new DataView(new ArrayBuffer(2))],
      ["big numbers", () => new BigInt64Array(1)],
    ] as const)("%s", async (_what, make) => {
      await refusedAt(everywhere, make, "snapshot_prototype");
      const args = () => ({ modifiedPayload: { args: { bytes: make() } } });
      await resultRefused(args, "snapshot_prototype", "payload");
    });

    it.each(bytes)("%s with a record's prototype is copied", async (_what, make) => {
      const dressed = bare(make()) as Record<number, number>;
      const before = [dressed[0], dressed[1]];
      const { custom } = mergeExtensions(extensions, { custom: { dressed } }, []).extensions;
      const forger: Run = (_p, _c) => ({
        modifiedPayload: { args: { dressed } },
        metadata: { dressed },
      });
      const result = await runOnce([plugin("forger", forger)]);
      dressed[0] = 9;
      for (const taken of [
        custom,
        (result.payload as { args: object }).args,
        result.metadata.forger,
      ]) {
        expect(taken).toEqual({ dressed: { 0: before[0], 1: before[1] } });
        expect([...reach(taken)].every((value) => !ArrayBuffer.isView(value))).toBe(true);
      }
    });

    it.each([
      ["big numbers", () => new BigInt64Array(1), "snapshot_type"],
      ["not-a-number", () => new Float64Array([Number.NaN]), "snapshot_type"],
    ] as const)("%s with a record's prototype", (_what, make, code) =>
      refusedAt(["custom", "data", "label"], () => bare(make()), code),
    );
  },
);

attack(
  "A-040",
  "Objects and arrays from another realm",
  "refused with `snapshot_prototype`; with a prototype of this realm they are copied as plain data",
  () => {
    const realm = vm.createContext({});
    const foreign = (code: string) => () => vm.runInContext(`(${code})`, realm) as object;
    const shapes: readonly (readonly [string, PlaceName])[] = [
      ["{ a: 1 }", "custom"],
      ["['PII', 'EU']", "labels"],
      ["new Date(0)", "data"],
      ["new Set(['PII'])", "labels"],
      ["Promise.resolve({})", "whole"],
      ["Object.create({ labels: [] })", "slot"],
      ["new Proxy([], {})", "labels"],
    ];
    it.each(shapes)("%s", async (code, place) => {
      const expected = code.includes("Proxy") ? "snapshot_proxy" : "snapshot_prototype";
      await refusedAt([place, "data", "header"], foreign(code), expected);
      await resultRefused(() => ({ metadata: foreign(code)() }), expected, "(result).metadata");
    });

    it("as the result", () => resultRefused(foreign("{}"), "snapshot_prototype", "(result)"));

    it("disguised with prototypes of this realm, or without one", async () => {
      const list = foreign("[1, { deep: 2 }]")() as unknown[];
      Object.setPrototypeOf(list, Array.prototype);
      bare(list[1] as object);
      const none = foreign("Object.assign(Object.create(null), { a: 1 })")() as { a: number };
      const { custom } = mergeExtensions(
        extensions,
        { custom: { list, none } },
        everything,
      ).extensions;
      list.push("forged");
      none.a = 2;
      expect(custom).toEqual({ list: [1, { deep: 2 }], none: { a: 1 } });
      expect(custom?.list).toBeInstanceOf(Array);
    });
  },
);
