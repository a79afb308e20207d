/**
 * Values no honest plugin returns. Each is made over a `Watch`, which counts every getter, trap
 * or method of it that ran: a reader that is safe leaves the count at zero.
 */
import vm from "node:vm";
import fc from "fast-check";
import { chameleon, fixedKeys } from "./chameleons.ts";

export class Watch {
  ran = 0;
  readonly run = (): never => {
    this.ran += 1;
    throw new Error("code of a hostile value ran");
  };
}

export interface Hostile {
  readonly name: string;
  /** `refused`: wherever it stands, the whole value is. `harmless`: it may also pass as data. */
  readonly verdict: "refused" | "harmless";
  readonly make: (watch: Watch) => unknown;
}

const make = (verdict: Hostile["verdict"]) => (name: string, maker: Hostile["make"]) => ({
  name,
  verdict,
  make: maker,
});
const refused = make("refused");
const harmless = make("harmless");

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
  // biome-ignore lint/complexity/noArguments: the object itself is what a plugin may return.
  return arguments;
}
const promised: string = "then";
class Thenable {
  readonly #watch: Watch;
  constructor(watch: Watch) {
    this.#watch = watch;
  }
  // biome-ignore lint/suspicious/noThenProperty: what pretends to be a promise is the point.
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

const realm = vm.createContext({});
const foreign = (code: string) => vm.runInContext(code, realm) as unknown;
const bare = (value: object) => Object.setPrototypeOf(value, Object.prototype) as object;

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

/** A module whose binding changes under the hands of whoever holds its namespace. */
const moduleText =
  "data:text/javascript,export let labels = []; export const add = (l) => { labels = [...labels, l]; };";
const liveModule: unknown = await import(/* @vite-ignore */ moduleText);

/** Globals of other contexts. They look like objects of ours once their prototype is reset. */
const plainGlobal = globalOver({ labels: ["PII"] });
const throwingGlobal = globalOver(
  new Proxy(
    {},
    {
      getOwnPropertyDescriptor: () => {
        throw new Error("a sandbox throws");
      },
    },
  ),
);
const plainLooking = chameleon();
plainLooking.wear(
  Object.fromEntries(["labels", ...fixedKeys].map((key) => [key, () => "one"] as const)),
);

function globalOver(sandbox: object): object {
  return bare(vm.runInContext("this", vm.createContext(sandbox)) as object);
}

const accessors: readonly Hostile[] = [
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

const exotic: readonly Hostile[] = [
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
  refused("buffer", () => Buffer.from("ab")),
  refused("array buffer", () => new ArrayBuffer(2)),
  refused("data view", () => new DataView(new SharedArrayBuffer(2))),
  refused("boxed text", () => Object("PII")),
  refused("boxed text without its prototype", () => bare(Object("PII"))),
  refused("boxed number", () => Object(1)),
  refused("boxed symbol", () => Object(Symbol("s"))),
  refused("global object", () => globalThis),
  refused("environment", () => process.env),
  refused("object of another realm", () => foreign("({ a: 1 })")),
  refused("array of another realm", () => foreign("['PII']")),
  refused("date of another realm", () => foreign("new Date(0)")),
  refused("live module", () => liveModule),
  refused("global of a context", () => plainGlobal),
  refused("global of a context that throws", () => throwingGlobal),
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

const cyclic: readonly Hostile[] = [
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

const scalars: readonly Hostile[] = [
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
  harmless("global of a context that says what it likes", () => plainLooking.object),
  harmless("bytes without their prototype", () => bare(new Uint8Array(2))),
];

export const hostileValues: readonly Hostile[] = [...accessors, ...exotic, ...cyclic, ...scalars];

export const hostiles: fc.Arbitrary<Hostile> = fc.constantFrom(...hostileValues);
export const refusedHostiles = fc.constantFrom(
  ...hostileValues.filter((h) => h.verdict === "refused"),
);

/** Where in a proposal a hostile value is put. Numbers choose among the places there are. */
export interface Place {
  readonly container: number;
  readonly key: number;
  readonly fresh: string | undefined;
}

export const places: fc.Arbitrary<Place> = fc.record({
  container: fc.nat(),
  key: fc.nat(),
  fresh: fc.option(fc.constantFrom("custom", "security", "labels", "evil", "notes", "0"), {
    nil: undefined,
  }),
});

/** Puts `value` into the plain containers of `root`, and gives the root; `value` itself where there is none. */
export function plant(root: unknown, value: unknown, place: Place): unknown {
  const containers: object[] = [];
  const visit = (here: unknown) => {
    if (
      typeof here !== "object" ||
      here === null ||
      Object.isFrozen(here) ||
      containers.includes(here)
    )
      return;
    containers.push(here);
    for (const item of Object.values(here)) visit(item);
  };
  visit(root);
  const target = containers[place.container % Math.max(1, containers.length)];
  if (target === undefined) return value;
  if (Array.isArray(target)) {
    target.splice(place.key % (target.length + 1), 0, value);
    return root;
  }
  const names = Object.keys(target);
  const key = place.fresh ?? names[place.key % Math.max(1, names.length)] ?? "evil";
  Object.defineProperty(target, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
  return root;
}
