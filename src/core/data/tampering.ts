/**
 * Detects which intrinsics are no longer as they were when the library loaded.
 *
 * The patches it looks for may be active while it looks. So it reads descriptors, uses only their
 * own properties, and calls only what was captured at load. The only getters it runs are the
 * runtime's own on the global object, as they were captured.
 */
import { quoted } from "../errors/index.ts";
import {
  append,
  apply,
  execPattern,
  freeze,
  getOwnPropertyDescriptor,
  getPrototypeOf,
  hasOwn,
  is,
  type List,
  newList,
  ownKeys,
  symbolDescription,
  toArray,
} from "./intrinsics.ts";

interface WatchedProperty {
  readonly key: PropertyKey;
  readonly descriptor: PropertyDescriptor;
}
interface WatchedObject {
  readonly name: string;
  readonly target: object;
  readonly prototype: object | null;
  readonly properties: readonly WatchedProperty[];
}
/** A global. Runtimes keep some of them behind a getter, so the value is captured as well. */
interface WatchedGlobal extends WatchedProperty {
  readonly key: string;
  readonly value: unknown;
}

// Names that a runtime lacks are not watched.
const constructorNames = `Object Function Array Number Boolean String Symbol BigInt Date RegExp
  Promise Proxy Iterator Map Set WeakMap WeakSet WeakRef FinalizationRegistry ArrayBuffer
  SharedArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray Int16Array Uint16Array
  Int32Array Uint32Array Float32Array Float64Array BigInt64Array BigUint64Array Error
  AggregateError EvalError RangeError ReferenceError SyntaxError TypeError URIError Event
  EventTarget AbortController AbortSignal URL URLSearchParams TextDecoder TextEncoder Buffer`;
const namespaceNames = "Reflect JSON Math Atomics Intl performance";
const functionNames = `globalThis eval isFinite isNaN parseFloat parseInt decodeURI
  decodeURIComponent encodeURI encodeURIComponent setTimeout clearTimeout setInterval
  clearInterval queueMicrotask structuredClone`;

const realm: object = globalThis;
const classes = globalsOf(constructorNames);
const namespaces = globalsOf(namespaceNames);

const watchedGlobals: readonly WatchedGlobal[] = [
  ...classes,
  ...namespaces,
  ...globalsOf(functionNames),
];

const watchedObjects: readonly WatchedObject[] = [
  ...classes.flatMap(({ key, value }) => [
    watch(key, value),
    ...watch(`${key}.prototype`, (value as { prototype?: object }).prototype),
  ]),
  ...namespaces.flatMap(({ key, value }) => watch(key, value)),
  ...unnamed(),
].flat();

/** `Symbol.iterator` and the other well-known symbols. What else `Symbol` has is no key. */
const wellKnownSymbols = ownKeys(Symbol).map((key) => ({
  name: `Symbol.${String(key)}`,
  symbol: Symbol[key as "iterator"] as unknown,
}));

function globalsOf(names: string): readonly WatchedGlobal[] {
  return names.split(/\s+/).flatMap((key) => {
    // Read before the descriptor: reading a lazy global puts its value in place.
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

/** Intrinsics without a global name. These names are from ECMA-262 §6.1.7.4. */
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

/** An intrinsic that is not as it was when the library loaded. */
export interface RealmChange {
  /** Printable, on one line, like `Array.prototype.push` or `Set.prototype[Symbol.iterator]`. */
  readonly intrinsic: string;
  /** `replaced`: has another value, getter, setter or prototype, or enumerability changed. */
  readonly change: "replaced" | "added" | "removed";
}

/** A limit, because anybody can add a great many properties. */
const maxChanges = 1000;
/** A name as code can spell it, and not too long. */
const plainName = /^[A-Za-z_$][\w$]{0,63}$/;

/**
 * Returns the intrinsics that are not as they were when this library loaded, in a fixed order; an
 * empty list if nothing was patched. Run it after loading plugins, and whenever you like.
 *
 * It watches the own properties of the built-in constructors, prototypes, namespaces and iterators,
 * and the global functions. It lists at most 1000 changes. It runs no getter that anybody added,
 * and no patch can mislead it. It cannot see what was patched before the library loaded, or what
 * was restored before the check. An intrinsic that was only frozen counts as unchanged.
 *
 * @see spec `dispatch:tampering-detected`
 * @example
 * ```ts
 * import { detectTampering } from "glassine";
 *
 * console.log(detectTampering().length); // 0
 *
 * const { push } = Array.prototype;
 * Array.prototype.push = () => 0;
 * const [change] = detectTampering();
 * Array.prototype.push = push;
 * console.log(change?.intrinsic, change?.change); // Array.prototype.push replaced
 * ```
 */
export function detectTampering(): readonly RealmChange[] {
  const changes = newList<RealmChange>();
  for (let i = 0; i < watchedGlobals.length; i++) {
    const { key, descriptor, value } = watchedGlobals[i] as (typeof watchedGlobals)[number];
    const now = getOwnPropertyDescriptor(realm, key);
    if (now === undefined) addChange(changes, key, "removed");
    else if (differ(descriptor, now) || valueBehind(descriptor) !== value)
      addChange(changes, key, "replaced");
  }
  for (let i = 0; i < watchedObjects.length; i++) {
    compare(watchedObjects[i] as WatchedObject, changes);
  }
  return freeze(toArray(changes));
}

/** The current value of an unchanged global, by its captured descriptor or getter. */
function valueBehind(descriptor: PropertyDescriptor): unknown {
  if (hasOwn(descriptor, "value")) return descriptor.value;
  return apply(descriptor.get as () => unknown, realm, []);
}

function compare(before: WatchedObject, changes: List<RealmChange>): void {
  const { name, target, properties } = before;
  if (getPrototypeOf(target) !== before.prototype)
    addChange(changes, `${name}.[[Prototype]]`, "replaced");
  for (let i = 0; i < properties.length; i++) {
    const { key, descriptor } = properties[i] as (typeof properties)[number];
    const now = getOwnPropertyDescriptor(target, key);
    if (now === undefined) addChange(changes, name + formatKey(key), "removed");
    else if (differ(descriptor, now)) addChange(changes, name + formatKey(key), "replaced");
  }
  const keys = ownKeys(target);
  for (let i = 0; i < keys.length && changes.length < maxChanges; i++) {
    const key = keys[i] as PropertyKey;
    if (!isAmong(properties, key)) addChange(changes, name + formatKey(key), "added");
  }
}

/** Only own properties are read: `Object.prototype.value` may be a patch. */
function differ(before: PropertyDescriptor, now: PropertyDescriptor): boolean {
  if (now.enumerable !== before.enumerable) return true;
  const isData = hasOwn(now, "value");
  if (isData !== hasOwn(before, "value")) return true;
  return isData ? !is(now.value, before.value) : now.get !== before.get || now.set !== before.set;
}

function isAmong(properties: WatchedObject["properties"], key: PropertyKey): boolean {
  for (let i = 0; i < properties.length; i++) if (properties[i]?.key === key) return true;
  return false;
}

function addChange(
  changes: List<RealmChange>,
  intrinsic: string,
  change: RealmChange["change"],
): void {
  if (changes.length < maxChanges) append(changes, freeze({ intrinsic, change } as const));
}

/** Formats a key to follow its owner's name. Quotes all but plain names: anybody can add a key. */
function formatKey(key: PropertyKey): string {
  if (typeof key !== "symbol") {
    const text = `${key as string}`;
    return execPattern(plainName, text) === null ? `[${quoted(text)}]` : `.${text}`;
  }
  for (let i = 0; i < wellKnownSymbols.length; i++) {
    const known = wellKnownSymbols[i];
    if (known?.symbol === key) return `[${known.name}]`;
  }
  const description = symbolDescription(key);
  return `[Symbol(${description === undefined ? "" : quoted(description)})]`;
}
