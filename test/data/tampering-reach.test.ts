// A process of its own: it compares the realm with what it was.
/** The parts of the realm that are watched: all that a program relies on. */
import { detectTampering } from "glassine";
import { afterEach, describe, expect, it } from "vitest";
import { changesAfter, patch, remove } from "./realm-patches.ts";

afterEach(() => expect(detectTampering()).toEqual([]));

const above = (value: unknown): object => Object.getPrototypeOf(value) as object;
const generator = above(function* () {}) as GeneratorFunction;
const asyncGenerator = above(async function* () {}) as AsyncGeneratorFunction;
const typedArray = above(Uint8Array) as typeof Uint8Array;

const unnamed: readonly [string, object][] = [
  // Named since Node 22.
  [
    "Iterator" in globalThis ? "Iterator.prototype" : "%IteratorPrototype%",
    above(above([].values())),
  ],
  ["%ArrayIteratorPrototype%", above([].values())],
  ["%MapIteratorPrototype%", above(new Map().values())],
  ["%SetIteratorPrototype%", above(new Set().values())],
  ["%StringIteratorPrototype%", above(""[Symbol.iterator]())],
  ["%RegExpStringIteratorPrototype%", above("".matchAll(/a/g))],
  ["%TypedArray%", typedArray],
  ["%TypedArray%.prototype", typedArray.prototype],
  ["%GeneratorFunction%.prototype", generator],
  ["%GeneratorPrototype%", generator.prototype],
  ["%AsyncFunction%.prototype", above(async () => {})],
  ["%AsyncGeneratorFunction%.prototype", asyncGenerator],
  ["%AsyncGeneratorPrototype%", asyncGenerator.prototype],
  ["%AsyncIteratorPrototype%", above(asyncGenerator.prototype)],
  ["Performance.prototype", above(performance)],
];

const classes = [
  "Object",
  "Function",
  "Array",
  "Number",
  "Boolean",
  "String",
  "Symbol",
  "BigInt",
  "Date",
  "RegExp",
  "Promise",
  "Map",
  "Set",
  "WeakMap",
  "WeakSet",
  "WeakRef",
  "FinalizationRegistry",
  "ArrayBuffer",
  "SharedArrayBuffer",
  "DataView",
  "Int8Array",
  "Uint8Array",
  "Uint16Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Int32Array",
  "Uint32Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
  "Error",
  "AggregateError",
  "EvalError",
  "RangeError",
  "ReferenceError",
  "SyntaxError",
  "TypeError",
  "URIError",
  "Event",
  "EventTarget",
  "AbortController",
  "AbortSignal",
  "URL",
  "URLSearchParams",
  "TextDecoder",
  "TextEncoder",
  "Buffer",
];
const namespaces = ["Reflect", "JSON", "Math", "Atomics", "Intl", "performance"];
const functions = [
  "eval",
  "isFinite",
  "isNaN",
  "parseFloat",
  "parseInt",
  "decodeURI",
  "decodeURIComponent",
  "encodeURI",
  "encodeURIComponent",
  "setTimeout",
  "clearTimeout",
  "setInterval",
  "clearInterval",
  "queueMicrotask",
  "structuredClone",
];
const globalNamed = (name: string) => Reflect.get(globalThis, name) as object;
const named: readonly [string, object][] = [...classes, ...namespaces].flatMap((name) => {
  const value = globalNamed(name);
  const own = Object.hasOwn(value, "prototype");
  const { prototype } = value as { prototype: object };
  return own
    ? [
        [name, value],
        [`${name}.prototype`, prototype],
      ]
    : [[name, value]];
});

describe("what is watched", () => {
  it.each([...named, ...unnamed])("%s: additions to it", (name, target) => {
    expect(changesAfter(() => patch(target, "stowaway", { value: 1 }))).toEqual([
      { intrinsic: `${name}.stowaway`, change: "added" },
    ]);
  });

  it.each([...classes, ...namespaces, ...functions])("%s: the global itself", (name) => {
    const changes = changesAfter(() => remove(globalThis, name));
    expect(changes).toEqual([{ intrinsic: name, change: "removed" }]);
  });

  it.each(
    Reflect.ownKeys(Symbol).flatMap((key) => {
      const symbol = Reflect.get(Symbol, key) as unknown;
      return typeof symbol === "symbol" ? [[String(key), symbol] as const] : [];
    }),
  )("Symbol.%s as a key", (name, symbol) => {
    const { intrinsic } = changesAfter(() => patch(Reflect, symbol, { value: 1 }))[0] ?? {};
    expect(intrinsic).toBe(`Reflect[Symbol.${name}]`);
  });
});
