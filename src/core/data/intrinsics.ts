/**
 * Intrinsics, captured when this module loads.
 *
 * Rule: code between a plugin's return value and the envelope calls these, never a method found on
 * a prototype. A plugin may patch prototypes and globals after load; what is captured here does not
 * change. For the same reason that code builds lists on null-prototype objects: an index setter on
 * `Array.prototype` would swallow `array[i] = x`.
 */
type Method<This, Args extends readonly unknown[], Result> = (self: This, ...args: Args) => Result;

const uncurryThis = Function.prototype.bind.bind(Function.prototype.call) as <
  This,
  Args extends readonly unknown[],
  Result,
>(
  method: (this: This, ...args: Args) => Result,
) => Method<This, Args, Result>;

export const { apply, defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Reflect;
const { ownKeys: allKeys } = Reflect;
const { getOwnPropertyNames, getOwnPropertySymbols } = Object;
export const { create, freeze, hasOwn, is, isFrozen, keys: enumerableKeys } = Object;
const { setPrototypeOf } = Object;
/** Reads an own property. Inherited ones do not count: a prototype may be patched. */
export function ownValue(value: unknown, key: string | number): unknown {
  if (typeof value !== "object" || value === null || !hasOwn(value, key)) return undefined;
  return (value as Readonly<Record<string | number, unknown>>)[key];
}
/** Reads what a path of own properties leads to. */
export function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let found = value;
  for (let i = 0; i < path.length; i++) found = ownValue(found, path[i] as string | number);
  return found;
}
/** Reads an own property that is data. Runs no getter, but `value` must not be a proxy. */
export function ownData(value: object, key: PropertyKey): unknown {
  return ownValue(getOwnPropertyDescriptor(value, key), "value");
}
export const { isArray } = Array;
const { from: arrayFrom } = Array;
export const { isSafeInteger } = Number;
export const { max, min } = Math;
export const isFiniteNumber: (value: unknown) => boolean = Number.isFinite;
export const objectPrototype: object = Object.prototype;
export const arrayPrototype: object = Array.prototype;
export const rangeErrorPrototype: object = RangeError.prototype;
export const PromiseAtLoad: PromiseConstructor = Promise;
export const promisePrototype: object = Promise.prototype;
export const { parse: parseJson, stringify: stringifyJson } = JSON;
export const { now: dateNow, parse: parseDate } = Date;
const toIsoString: Method<Date, [], string> = uncurryThis(Date.prototype.toISOString);
const DateAtLoad = Date;
/** Formats a time in milliseconds since 1970 as `Date.prototype.toISOString` does. */
export const isoText = (utcMs: number): string => toIsoString(new DateAtLoad(utcMs));
export const monotonicNow: () => number = performance.now.bind(performance);

export const charCodeAt: Method<string, [number], number> = uncurryThis(
  String.prototype.charCodeAt,
);
/** Strict about UTF-8: throws if the percent-encoded bytes are not valid UTF-8. */
export const decodePercent: (text: string) => string = decodeURIComponent;
export const trim: Method<string, [], string> = uncurryThis(String.prototype.trim);
const repeat: Method<string, [number], string> = uncurryThis(String.prototype.repeat);
export const slice: Method<string, [number, number?], string> = uncurryThis(String.prototype.slice);
export const indexOf: Method<string, [string, number?], number> = uncurryThis(
  String.prototype.indexOf,
);
export const startsWith: Method<string, [string, number?], boolean> = uncurryThis(
  String.prototype.startsWith,
);
const textOf: Method<object, [], string> = uncurryThis(
  String.prototype.valueOf as (this: object) => string,
);
/** Whether a value is a `String` object, whatever its prototype. */
export function isTextObject(value: object): boolean {
  try {
    textOf(value);
    return true;
  } catch {
    return false;
  }
}
/** Recognizes a typed array or `DataView`, whatever its prototype. */
export const { isView } = ArrayBuffer;
const lowerCase: Method<string, [], string> = uncurryThis(String.prototype.toLowerCase);
/** Lower case by ASCII rules: the Kelvin sign is not a `k`. */
export function toLowerAscii(text: string): string {
  const lower = lowerCase(text);
  for (let i = 0; i < text.length; i++) if (charCodeAt(text, i) > 0x7f) return lowerAsciiOnly(text);
  return lower;
}

function lowerAsciiOnly(text: string): string {
  let out = "";
  for (let i = 0; i < text.length; i++) {
    const unit = slice(text, i, i + 1);
    out += charCodeAt(unit, 0) > 0x7f ? unit : lowerCase(unit);
  }
  return out;
}
export const normalize: Method<string, [string], string> = uncurryThis(
  String.prototype.normalize as (this: string, form: string) => string,
);
export const symbolDescription: Method<symbol, [], string | undefined> = uncurryThis(
  getOwnPropertyDescriptor(Symbol.prototype, "description")?.get as () => string | undefined,
);
const wellFormed = (String.prototype as { isWellFormed?: (this: string) => boolean }).isWellFormed;
/** False for a string with a lone surrogate. */
export const isWellFormed: (text: string) => boolean =
  wellFormed === undefined
    ? (text) => execPattern(/\p{Cs}/u, text) === null
    : uncurryThis(wellFormed);
/** `map.get(key)` of a WeakMap. */
export const weakGet: <K extends WeakKey, V>(map: WeakMap<K, V>, key: K) => V | undefined =
  uncurryThis(WeakMap.prototype.get) as never;
/** `map.set(key, value)` of a WeakMap. */
export const weakSet: <K extends WeakKey, V>(map: WeakMap<K, V>, key: K, value: V) => unknown =
  uncurryThis(WeakMap.prototype.set) as never;
/** `map.get(key)` of a Map. */
export const mapGet: <K, V>(map: ReadonlyMap<K, V>, key: K) => V | undefined = uncurryThis(
  Map.prototype.get,
) as never;
/** `map.set(key, value)` of a Map. */
export const mapSet: <K, V>(map: Map<K, V>, key: K, value: V) => unknown = uncurryThis(
  Map.prototype.set,
) as never;
const exec: Method<RegExp, [string], RegExpExecArray | null> = uncurryThis(RegExp.prototype.exec);
/** `pattern.exec(text)`. Then clears `RegExp.input`, where any plugin could read the text. */
export function execPattern(pattern: RegExp, text: string): RegExpExecArray | null {
  const found = exec(pattern, text);
  if (found !== null) exec(anything, "");
  return found;
}
const anything = /^/;
export const sortInPlace: Method<unknown[], [(a: never, b: never) => number], unknown[]> =
  uncurryThis(
    Array.prototype.sort as (this: unknown[], by: (a: never, b: never) => number) => unknown[],
  );

/**
 * Checks that only the runtime can make. Without them, a proxy is read once like anything else:
 * safety comes from reading once, and these only make the refusal clear.
 */
interface NativeTypes {
  isProxy(value: unknown): boolean;
  isPromise(value: unknown): boolean;
  isAsyncFunction(value: unknown): boolean;
}
/** An async context: what every `AsyncLocalStorage` holds in it. */
export interface AsyncScope {
  runInAsyncScope<Result>(call: () => Result): Result;
}
interface Builtins {
  readonly "node:util": { readonly types?: NativeTypes };
  readonly "node:async_hooks": { readonly AsyncResource?: new (type: string) => AsyncScope };
}
interface WithBuiltins {
  process?: { getBuiltinModule?: <Id extends keyof Builtins>(id: Id) => Builtins[Id] | undefined };
}
const { process: processAtLoad } = globalThis as WithBuiltins;
const nativeTypes = builtin("node:util")?.types;
const AsyncResourceAtLoad = builtin("node:async_hooks")?.AsyncResource;
const runInScope = AsyncResourceAtLoad?.prototype.runInAsyncScope;

function builtin<Id extends keyof Builtins>(id: Id): Builtins[Id] | undefined {
  try {
    return processAtLoad?.getBuiltinModule?.(id);
  } catch {
    // In the edge runtime of Next.js, the function exists and throws.
    return undefined;
  }
}

/** Returns the current async context; `undefined` where the runtime cannot tell. */
export function currentScope(): AsyncScope | undefined {
  return AsyncResourceAtLoad && new AsyncResourceAtLoad("glassine");
}

/** Makes a call in an async context. */
export function callIn<Result>(scope: AsyncScope | undefined, call: () => Result): Result {
  return scope && runInScope ? apply(runInScope, scope, [call]) : call();
}

export const isProxy: (value: unknown) => boolean = nativeTypes?.isProxy ?? (() => false);
/**
 * Returns all own keys. Listing names and symbols separately takes a quarter of the time. Proxies
 * that can be detected never get here; where they cannot, each is asked once. A contextified `vm`
 * global that looks plain is asked twice, but only its second answer is used.
 */
export const ownKeys: (value: object) => (string | symbol)[] =
  nativeTypes?.isProxy === undefined
    ? allKeys
    : (value) => {
        const symbols = getOwnPropertySymbols(value);
        return symbols.length === 0 ? getOwnPropertyNames(value) : allKeys(value);
      };
/** Recognizes a native promise; where the runtime allows, without running the value's code. */
export const isNativePromise: (value: unknown) => boolean =
  nativeTypes?.isPromise ??
  ((value) => value !== null && getPrototypeOf(value as object) === promisePrototype);

/**
 * Whether the engine itself created a function as `async`, so that it can only return a native
 * promise made by the engine.
 */
export const isAsyncFunction: (value: unknown) => boolean =
  nativeTypes?.isAsyncFunction ?? (() => false);

/** A growable list that no patched prototype can observe. `toArray` turns it into an array. */
export interface List<T> {
  length: number;
  [index: number]: T;
}

/** The prototype of records whose keys are data: empty, frozen, and without a prototype itself. */
const recordPrototype: object = freeze(create(null));
function RecordOfOurs(): void {}
RecordOfOurs.prototype = recordPrototype;
// To JavaScript a function is a constructor, but not to the compiler.
const NewRecord = RecordOfOurs as unknown as new () => Record<string, unknown>;

/**
 * Makes a record whose keys are data. It inherits nothing, like an object without a prototype, but
 * is as fast as any object, whereas the engine keeps those as hash tables.
 */
export function newRecord(): Record<string, unknown> {
  return new NewRecord();
}

/** Makes a frozen record with a value for each key. */
export function recordBy<Value, Key extends string = string>(
  keys: readonly Key[],
  of: (key: Key, index: number) => Value,
): Readonly<Record<Key, Value>> {
  const record = newRecord() as Record<Key, Value>;
  for (let i = 0; i < keys.length; i++) record[keys[i] as Key] = of(keys[i] as Key, i);
  return freeze(record);
}

/** An object with more keys than this is a hash table in the engine in any case. */
const maxFastKeys = 20;

/** The engine describes the keys of each fast object, which is slow if all are different. */
const maxFastValues = 16_000;

/**
 * Makes an object without a prototype, for about `size` keys. Created without one, it would be a
 * hash table from the start; if the prototype is removed while it is empty, it is as fast as any
 * object. `before` is the number of values that came before it in the same document.
 */
export function newMap(size: number, before = 0): Record<string, unknown> {
  const isFast = size <= maxFastKeys && before < maxFastValues;
  return isFast ? setPrototypeOf({}, null) : create(null);
}

/** Copies an object whose keys are data, one level deep. */
export function copiedMap(map: object): Record<string, unknown> {
  const keys = enumerableKeys(map);
  const copy = newMap(keys.length);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    copy[key] = (map as Record<string, unknown>)[key];
  }
  return copy;
}

/** Writes a key, new or not, without running an inherited setter. */
export function put(target: object, key: string, value: unknown): void {
  if (hasOwn(target, key)) (target as Record<string, unknown>)[key] = value;
  else {
    const all = { writable: true, enumerable: true, configurable: true } as const;
    defineProperty(target, key, { __proto__: null, value, ...all } as PropertyDescriptor);
  }
}

// The prototype is an empty frozen object: it has no setters, and creating a list is fast.
const ListOfOurs = function (this: List<unknown>) {
  this.length = 0;
} as unknown as new () => List<never>;
ListOfOurs.prototype = freeze(create(null));

export function newList<T>(): List<T> {
  return new ListOfOurs();
}

export function append<T>(list: List<T>, item: T): void {
  list[list.length] = item;
  list.length += 1;
}

/**
 * Returns its arguments as an array. The engine creates that array: no setter or iterator is
 * involved, and it takes a few nanoseconds.
 */
const collect = (...items: unknown[]): unknown[] => items;

// For each length, the array that new ones are copied from; made on first use.
const maxBlankLength = 256;
const blanks: (null[] | undefined)[] = arrayFrom({ length: maxBlankLength + 1 });

/**
 * Returns the length of a list, or 0 if it is not a valid length: an object in its place could
 * convert to a different number each time, and would become a key in `blanks`.
 */
export function lengthOf({ length }: { readonly length: number }): number {
  return isSafeInteger(length) && length >= 0 ? length : 0;
}

/** Makes an array of nulls. Each element is an own property, so writing one runs no setter. */
export function newArray<T>(length: number): T[] {
  if (length > maxBlankLength) return blankOf(length) as never;
  blanks[length] ??= blankOf(length);
  return apply(collect, undefined, blanks[length] as null[]) as T[];
}

/**
 * Elements of parsed JSON are own properties: no inherited setter runs. `Array.from` of an
 * array-like guarantees that too, but takes five times as long (row G4 of tools/bench/report.md).
 */
function blankOf(length: number): null[] {
  return parseJson(`[${slice(repeat(",null", length), 1)}]`);
}

/** Returns a new array with the items of a list. */
export function toArray<T>(list: List<T>): T[] {
  const { length } = list;
  const items = newArray<T>(length);
  for (let i = 0; i < length; i++) items[i] = list[i] as T;
  return items;
}

// Functions on lists that use neither iteration nor the lists' own methods.

/** The empty list. */
export const none: readonly never[] = freeze([]);

/** Returns a new array: `list`, then `more` from index `from` on. With one list, returns a copy. */
export function concat<T>(list: readonly T[], more: readonly T[] = none, from = 0): T[] {
  const end = max(lengthOf(more), from);
  const length = lengthOf(list);
  const all = newArray<T>(length + end - from);
  for (let i = 0; i < length; i++) all[i] = list[i] as T;
  for (let i = from; i < end; i++) all[length + i - from] = more[i] as T;
  return all;
}

/** Returns a new array with the result of `of` for each item. */
export function mapped<T, U>(list: readonly T[], of: (item: T) => U): U[] {
  const all = newArray<U>(lengthOf(list));
  for (let i = 0; i < all.length; i++) all[i] = of(list[i] as T);
  return all;
}

export function includes<T>(list: readonly T[], item: T): boolean {
  for (let i = 0; i < list.length; i++) if (list[i] === item) return true;
  return false;
}

/** Whether `list` begins with the items of `start`, compared by identity. */
export function beginsWith(list: readonly unknown[], start: readonly unknown[]): boolean {
  if (list.length < start.length) return false;
  for (let i = 0; i < start.length; i++) if (list[i] !== start[i]) return false;
  return true;
}

/** Calls `visit` with each item, in order. */
export function forEach<T>(list: readonly T[] | List<T>, visit: (item: T) => void): void {
  for (let i = 0; i < list.length; i++) visit(list[i] as T);
}

/** Whether any item passes the test. */
export function some<T>(list: readonly T[] | List<T>, test: (item: T) => boolean): boolean {
  for (let i = 0; i < list.length; i++) if (test(list[i] as T)) return true;
  return false;
}

/**
 * Whether `value` has to be awaited: a native promise, or an object with a `then` method of its own
 * or of its class. A `then` on `Object.prototype` is a patch, not a promise; a getter named `then`
 * is never called. A value that throws when it is inspected is not a promise either.
 */
export function isAwaitable(value: unknown): value is PromiseLike<unknown> {
  if (typeof value !== "object") return false;
  return isNativePromise(value) || typeof readDataProperty(value, "then") === "function";
}

/**
 * Reads a property without running a getter or trap. It may be inherited, but not from
 * `Object.prototype` or `Array.prototype`.
 */
export function readDataProperty(value: object | null, key: string): unknown {
  try {
    let holder = value;
    while (holder !== null && holder !== objectPrototype && holder !== arrayPrototype) {
      if (isProxy(holder)) return undefined;
      const descriptor: PropertyDescriptor | undefined = getOwnPropertyDescriptor(holder, key);
      if (descriptor !== undefined) return descriptor.value;
      holder = getPrototypeOf(holder);
    }
  } catch {
    // An object that throws when it is inspected is not awaited.
  }
  return undefined;
}

/**
 * Marks objects this library made.
 *
 * Rule: a stamp is a private field added to the object itself. It cannot be copied by a spread,
 * forged, read by reflection, or seen by `inspect`; and unlike a WeakSet entry it costs nothing to
 * add. Stamp first, then freeze.
 */
export interface Stamp<Info extends object> {
  /** Marks `value` and returns it. `value` must be fresh and not yet frozen. */
  put<T extends object>(value: T, info: Info): T;
  /** The mark of `value`, or `undefined` for anything this library did not mark. */
  of(value: unknown): Info | undefined;
}

/**
 * A constructor that returns its argument, so that a subclass adds its private field to that. A
 * mark that is looked up on every call has a subclass of its own: the engine optimizes each place
 * in the source separately, and all stamps from `createStamp` share one place.
 */
export const BrandCarrier = function (this: unknown, value: object) {
  return value;
} as unknown as new (
  value: object,
) => object;

export function createStamp<Info extends object>(): Stamp<Info> {
  class Marked extends BrandCarrier {
    #info: Info;
    constructor(value: object, info: Info) {
      super(value);
      this.#info = info;
    }
    static of(value: object): Info | undefined {
      return #info in value ? value.#info : undefined;
    }
  }
  return {
    put: (value, info) => {
      new Marked(value, info);
      return value;
    },
    of: (value) => (typeof value === "object" && value !== null ? Marked.of(value) : undefined),
  };
}
