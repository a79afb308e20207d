/**
 * Values that no honest plugin returns. Each is made with a `Watch`, which counts every getter,
 * trap or method of it that runs: a safe reader leaves the count at zero.
 */

/** Counts how often code of a hostile value ran. */
export class Watch {
  /** How many getters, traps and methods ran. */
  ran = 0;
  readonly run = (): never => {
    this.ran += 1;
    throw new Error("code of a hostile value ran");
  };
}

/** A value that nobody can trust. */
export interface HostileValue {
  readonly name: string;
  /** `refused`: whatever contains it is refused. `harmless`: it may also pass as data. */
  readonly verdict: "refused" | "harmless";
  /** Makes the value, with new parts for each call. */
  readonly make: (watch: Watch) => unknown;
}

const make = (verdict: HostileValue["verdict"]) => (name: string, maker: HostileValue["make"]) =>
  Object.freeze({ name, verdict, make: maker });
/** A hostile value that has to be refused. */
export const refused = make("refused");
/** A hostile value that may pass as data. */
export const harmless = make("harmless");
const traps = (watch: Watch): ProxyHandler<object> =>
  Object.fromEntries(
    Object.getOwnPropertyNames(Reflect)
      .filter((name) => typeof Reflect.get(Reflect, name) === "function")
      .map((name) => [name, watch.run]),
  );

function revoked(target: object): unknown {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

class Plain {
  labels = ["PII"];
}
class FrozenShell {
  readonly #labels: string[] = [];
  constructor() {
    Object.freeze(this);
  }
  get labels() {
    return this.#labels;
  }
}
function argumentsOf(..._: unknown[]): unknown {
  // biome-ignore lint/complexity/noArguments: a plugin can return this very object.
  return arguments;
}
const promised: string = "then";
class Thenable {
  readonly #watch: Watch;
  constructor(watch: Watch) {
    this.#watch = watch;
  }
  // biome-ignore lint/suspicious/noThenProperty: it is meant to pretend to be a promise.
  then() {
    this.#watch.run();
  }
}
class LyingSet extends Set<string> {
  override has() {
    return true;
  }
}
class LyingArray extends Array<string> {
  override includes() {
    return true;
  }
}

export const bare = (value: object) => Object.setPrototypeOf(value, Object.prototype) as object;

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { value };
  return value;
}
function shared(depth: number): unknown {
  let value: object = { leaf: 1 };
  for (let i = 0; i < depth; i++) value = { a: value, b: value };
  return value;
}
// Large and never changed, so they are made once.
const deep = nested(100_000);
const wide = Object.fromEntries(Array.from({ length: 20_001 }, (_, i) => [`k${i}`, i]));
const dag = shared(25);
const long = "x".repeat(1_048_577);

const accessors: readonly HostileValue[] = [
  refused("getter", (w) => Object.defineProperty({}, "labels", { get: w.run, enumerable: true })),
  refused("getter without a prototype", (w) =>
    Object.defineProperty(Object.create(null), "a", { get: w.run, enumerable: true }),
  ),
  refused("setter", (w) => Object.defineProperty({}, "a", { set: w.run, enumerable: true })),
  refused("getter at an index", (w) =>
    Object.defineProperty(["a"], 0, { get: w.run, enumerable: true }),
  ),
  refused("hidden property", () => Object.defineProperty({}, "labels", { value: [] })),
  refused("symbol key", () => ({ [Symbol("labels")]: [] })),
  refused("toPrimitive", (w) => ({ [Symbol.toPrimitive]: w.run })),
  refused("__proto__ as own key", () => JSON.parse('{"__proto__":{"admin":true}}')),
  refused("lone surrogate as key", () => ({ "\ud800": 1 })),
  refused("key over the limit", () => ({ ["k".repeat(257)]: 1 })),
];

const exotic: readonly HostileValue[] = [
  refused("proxy", (w) => new Proxy({}, traps(w))),
  refused("proxy of an array", (w) => new Proxy([], traps(w))),
  refused("proxy of a function", (w) => new Proxy(() => 0, traps(w))),
  refused("proxy of frozen data", (w) => new Proxy(Object.freeze({ labels: [] }), traps(w))),
  refused("proxy as prototype", (w) => Object.create(new Proxy({}, traps(w)))),
  refused("revoked proxy", () => revoked({})),
  refused("revoked proxy of an array", () => revoked([])),
  refused("inherited slot", () => Object.create({ security: { labels: [] } })),
  refused("class instance", () => new Plain()),
  refused("frozen shell", () => new FrozenShell()),
  refused("lying set", () => new LyingSet()),
  refused("lying array", () => new LyingArray("PII")),
  refused("set", () => new Set(["PII"])),
  refused("map", () => new Map([["a", 1]])),
  refused("date", () => new Date(0)),
  refused("pattern", () => /a/),
  refused("error", () => new Error("e")),
  refused("promise", () => Promise.resolve(1)),
  refused("weak map", () => new WeakMap()),
  refused("generator", () => (function* () {})()),
  refused("arguments", () => argumentsOf("a")),
  refused("bytes", () => new Uint8Array(2)),
  refused("array buffer", () => new ArrayBuffer(2)),
  refused("data view", () => new DataView(new ArrayBuffer(2))),
  refused("boxed text", () => Object("PII")),
  refused("boxed text without its prototype", () => bare(Object("PII"))),
  refused("boxed number", () => Object(1)),
  refused("boxed symbol", () => Object(Symbol("s"))),
  refused("global object", () => globalThis),
  refused("promise with its own then", (w) =>
    Object.assign(Promise.resolve(1), { [promised]: w.run }),
  ),
  refused("then as a getter", (w) =>
    Object.defineProperty({}, promised, { get: w.run, enumerable: true }),
  ),
  refused("thenable of a class", (w) => new Thenable(w)),
  refused("function with data", (w) => Object.assign(() => w.run(), { labels: ["PII"] })),
  refused("iterator", () => [1][Symbol.iterator]()),
  refused("weak reference", () => new WeakRef({})),
  refused("array with another prototype", () => Object.setPrototypeOf(["PII"], null)),
  refused("array with a prototype in between", () =>
    Object.setPrototypeOf(["PII"], Object.create(Array.prototype)),
  ),
  refused("array with a getter as length key", (w) =>
    Object.defineProperty(["a"], "01", { get: w.run, enumerable: true }),
  ),
  refused("array with a symbol", () => Object.assign(["a"], { [Symbol.isConcatSpreadable]: true })),
  refused("array with a name", () => Object.assign(["a"], { extra: 1 })),
  refused("array with its own iterator", (w) => Object.assign(["a"], { [Symbol.iterator]: w.run })),
  refused("array with its own includes", (w) => Object.assign(["a"], { includes: w.run })),
  refused("sparse array", () => Object.assign(new Array(3), { 0: "a" })),
  refused("endless array", () => Object.assign([], { length: 4_294_967_295 })),
  refused("undefined in an array", () => [undefined]),
];

const cyclic: readonly HostileValue[] = [
  refused("cycle", () => cycleOf({})),
  refused("cycle of arrays", () => cycleOf([])),
  refused("cycle further down", () => {
    const inner: Record<string, unknown> = {};
    inner.list = [{ inner }];
    return { inner };
  }),
  refused("deep", () => deep),
  refused("shared and exponential", () => dag),
  refused("wide", () => wide),
  refused("long text", () => long),
];

function cycleOf(value: object): object {
  return Object.assign(value, { 0: value });
}

const scalars: readonly HostileValue[] = [
  refused("NaN", () => Number.NaN),
  refused("infinity", () => Number.POSITIVE_INFINITY),
  refused("minus infinity", () => Number.NEGATIVE_INFINITY),
  refused("bigint", () => 1n),
  refused("symbol", () => Symbol.for("labels")),
  refused("function", (w) => w.run),
  refused("class", () => Plain),
  refused("lone surrogate", () => "a\udc00"),
  refused("thenable", (w) => ({ [promised]: w.run })),
  refused("toJSON", (w) => ({ toJSON: w.run })),
  refused("valueOf and toString", (w) => ({ valueOf: w.run, toString: w.run })),
  harmless("undefined", () => undefined),
  harmless("null", () => null),
  harmless("minus zero", () => -0),
  harmless("constructor as own key", () => ({ constructor: { prototype: { admin: true } } })),
  harmless("bytes without their prototype", () => bare(new Uint8Array(2))),
];

const all = Object.freeze([...accessors, ...exotic, ...cyclic, ...scalars]);

/**
 * Values that no reader may trust: accessors, proxies, exotic prototypes, symbols, cycles, and
 * values that are too deep, wide or long.
 *
 * @example
 * ```ts
 * import { mergeExtensions, createExtensions } from "glassine";
 * import { hostileValues, Watch } from "glassine/testing";
 *
 * const getter = hostileValues().find(({ name }) => name === "getter");
 * const watch = new Watch();
 * try {
 *   mergeExtensions(createExtensions({}), { custom: getter?.make(watch) }, []);
 * } catch (error) {
 *   console.log((error as { code?: string }).code, watch.ran); // snapshot_accessor 0
 * }
 * ```
 */
export function hostileValues(): readonly HostileValue[] {
  return all;
}
