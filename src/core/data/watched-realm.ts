/**
 * The realm as it is when this module loads: the own properties of built-in constructors, their
 * prototypes, namespaces and iterators, and the global functions that hosts lean on.
 *
 * Plain code, because no plugin can be loaded yet. One descriptor a property and nothing more:
 * every program that loads the library pays for it.
 */
import { getOwnPropertyDescriptor, getPrototypeOf, ownKeys } from "./intrinsics.ts";

interface WatchedProperty {
  readonly key: PropertyKey;
  readonly descriptor: PropertyDescriptor;
}
export interface WatchedObject {
  readonly name: string;
  readonly target: object;
  readonly prototype: object | null;
  readonly properties: readonly WatchedProperty[];
}
/** A global. Runtimes keep some of them behind a getter, so the value is captured, too. */
export interface WatchedGlobal extends WatchedProperty {
  readonly key: string;
  readonly value: unknown;
}

// What a runtime lacks is not watched.
const constructors = `Object Function Array Number Boolean String Symbol BigInt Date RegExp Promise
  Proxy Iterator Map Set WeakMap WeakSet WeakRef FinalizationRegistry ArrayBuffer
  SharedArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array
  Int32Array Uint32Array Float32Array Float64Array BigInt64Array BigUint64Array Error
  AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError Event
  EventTarget AbortController AbortSignal URL URLSearchParams TextDecoder TextEncoder Buffer`;
const namespaces = "Reflect JSON Math Atomics Intl performance";
const functions = `globalThis eval isFinite isNaN parseFloat parseInt decodeURI decodeURIComponent
  encodeURI encodeURIComponent setTimeout clearTimeout setInterval clearInterval queueMicrotask
  structuredClone`;

export const realm: object = globalThis;
const classes = globalsOf(constructors);
const spaces = globalsOf(namespaces);

export const watchedGlobals: readonly WatchedGlobal[] = [
  ...classes,
  ...spaces,
  ...globalsOf(functions),
];

export const watchedObjects: readonly WatchedObject[] = [
  ...classes.flatMap(({ key, value }) => [
    watch(key, value),
    ...watch(`${key}.prototype`, (value as { prototype?: object }).prototype),
  ]),
  ...spaces.flatMap(({ key, value }) => watch(key, value)),
  ...unnamed(),
].flat();

/** `Symbol.iterator` and its like. */
export const wellKnownSymbols: readonly { readonly name: string; readonly symbol: symbol }[] =
  ownKeys(Symbol)
    .map((key) => ({ name: `Symbol.${String(key)}`, symbol: Symbol[key as "iterator"] as unknown }))
    .filter((entry): entry is { name: string; symbol: symbol } => typeof entry.symbol === "symbol");

function globalsOf(names: string): readonly WatchedGlobal[] {
  return names.split(/\s+/).flatMap((key) => {
    // Read before it is described: reading a lazy global puts its value in place.
    const value = (realm as Record<string, unknown>)[key];
    const descriptor = getOwnPropertyDescriptor(realm, key);
    return descriptor === undefined ? [] : [{ key, descriptor, value }];
  });
}

function watch(name: string, target: unknown): readonly WatchedObject[] {
  if (typeof target !== "object" && typeof target !== "function") return [];
  if (target === null) return [];
  const properties = ownKeys(target).map((key) => ({
    key,
    descriptor: getOwnPropertyDescriptor(target, key) as PropertyDescriptor,
  }));
  return [{ name, target, prototype: getPrototypeOf(target), properties }];
}

/** Intrinsics that no global names. The names are those of ECMA-262 §6.1.7.4. */
function unnamed(): readonly WatchedObject[] {
  const above = (value: object): object => getPrototypeOf(value) as object;
  const arrayIterator = above([].values());
  const typedArray = above(Uint8Array) as typeof Uint8Array;
  const generator = above(function* () {}) as GeneratorFunction;
  const asyncGenerator = above(async function* () {}) as AsyncGeneratorFunction;
  const asyncIterator = above(asyncGenerator.prototype);
  const iterator = above(arrayIterator);
  const isNamed =
    (globalThis as { Iterator?: { prototype?: object } }).Iterator?.prototype === iterator;
  return [
    ...(isNamed ? [] : watch("%IteratorPrototype%", iterator)),
    ...watch("%ArrayIteratorPrototype%", arrayIterator),
    ...watch("%MapIteratorPrototype%", above(new Map().values())),
    ...watch("%SetIteratorPrototype%", above(new Set().values())),
    ...watch("%StringIteratorPrototype%", above(""[Symbol.iterator]())),
    ...watch("%RegExpStringIteratorPrototype%", above("".matchAll(/a/g))),
    ...watch("%TypedArray%", typedArray),
    ...watch("%TypedArray%.prototype", typedArray.prototype),
    ...watch("%GeneratorFunction%.prototype", generator),
    ...watch("%GeneratorPrototype%", generator.prototype),
    ...watch(
      "%AsyncFunction%.prototype",
      above(async () => {}),
    ),
    ...watch("%AsyncGeneratorFunction%.prototype", asyncGenerator),
    ...watch("%AsyncGeneratorPrototype%", asyncGenerator.prototype),
    ...watch("%AsyncIteratorPrototype%", asyncIterator),
    ...watch("Performance.prototype", above(performance)),
  ];
}
