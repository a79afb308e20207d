/**
 * A program of its own, because patches would reach the test runner, too: a plugin patches the
 * realm in its handler, and the run it is part of has to come out as ever.
 */
import process from "node:process";
import { deny } from "glassine";
import {
  bytesOf,
  call,
  hook,
  labelled,
  type Manager,
  manage,
  plugin,
  type Result,
  type Run,
} from "./support.ts";

type Patch = () => void;

// What the handlers of the scene use themselves.
const { assign, create } = Object;
const { from: arrayFrom } = Array;
const { deleteProperty, getOwnPropertyDescriptor, ownKeys } = Reflect;
const defineProperty = (target: object, key: PropertyKey, descriptor: PropertyDescriptor) =>
  Reflect.defineProperty(target, key, assign(create(null), descriptor));
const undo: (() => void)[] = [];
let thefts = 0;

function restore() {
  for (let i = undo.length - 1; i >= 0; i--) undo[i]?.();
  undo.length = 0;
}

/** Replaces properties until `restore`. */
function patch(target: object, properties: Record<PropertyKey, PropertyDescriptor>): Patch {
  return () => {
    const keys = ownKeys(properties);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      const before = getOwnPropertyDescriptor(target, key);
      undo[undo.length] = () => {
        if (before === undefined) deleteProperty(target, key);
        else defineProperty(target, key, before);
      };
      defineProperty(target, key, { configurable: true, ...properties[key] });
    }
  };
}

const throwing = (name: string): PropertyDescriptor => ({
  writable: true,
  value: () => {
    throw new Error(`${name} is patched`);
  },
});
/** Methods that throw when anybody calls them. */
const methods = (target: object, ...names: PropertyKey[]): Patch =>
  patch(target, Object.fromEntries(names.map((name) => [name, throwing(String(name))])));

const plain = (value: unknown): PropertyDescriptor => ({ value, writable: true });
/** Inherited by every plain object, and listed by a loop over keys. */
const inherited = (value: unknown): PropertyDescriptor => ({ ...plain(value), enumerable: true });
const stealing = (forged: unknown): PropertyDescriptor => ({
  get: () => forged,
  set: () => {
    thefts += 1;
  },
});
const indexes = (forged: unknown) =>
  Object.fromEntries([0, 1, 2, 3].map((index) => [index, stealing(forged)]));

const both =
  (...patches: Patch[]): Patch =>
  () => {
    for (let i = 0; i < patches.length; i++) patches[i]?.();
  };
const arrayIterator: object = Object.getPrototypeOf([][Symbol.iterator]());
const signal = AbortSignal.abort();
const forgedThen = (yes: (value: unknown) => void) => yes({ continueProcessing: true });
const then = "then";

export const patches: Record<string, Patch> = {
  "then of all objects": patch(Object.prototype, { [then]: plain(forgedThen) }),
  "then of all objects, listed": patch(Object.prototype, { [then]: inherited(forgedThen) }),
  "elements of all arrays": patch(Array.prototype, indexes({ security: { labels: [] } })),
  "elements of all objects": patch(Object.prototype, indexes({ security: { labels: [] } })),
  "methods of promises": methods(Promise.prototype, "then", "catch", "finally"),
  "functions of Promise": methods(Promise, "all", "race", "allSettled", "any", "resolve", "reject"),
  "Promise itself": methods(globalThis, "Promise"),
  "methods of maps": methods(Map.prototype, "get", "set", "has", "delete", "forEach"),
  "methods of sets": both(
    methods(Set.prototype, "add", "has", "delete", Symbol.iterator),
    patch(Set.prototype, { size: { get: () => Number.POSITIVE_INFINITY } }),
  ),
  "methods of weak maps": methods(WeakMap.prototype, "get", "set", "has", "delete"),
  "methods of weak sets": methods(WeakSet.prototype, "add", "has", "delete"),
  "methods of arrays": methods(
    Array.prototype,
    ...["push", "map", "filter", "some", "every", "includes", "indexOf", "sort", "slice"],
    ...["flatMap", "forEach", "concat", "splice", "join"],
  ),
  "iteration of arrays": both(
    methods(Array.prototype, Symbol.iterator),
    methods(arrayIterator, "next"),
  ),
  "functions of Object": methods(
    Object,
    ...["freeze", "keys", "entries", "fromEntries", "assign", "hasOwn", "is", "isFrozen"],
    ...["create", "defineProperty", "getPrototypeOf", "getOwnPropertyDescriptor"],
  ),
  "functions of Array": methods(Array, "isArray", "from", "of"),
  "parts of descriptors": patch(Object.prototype, {
    get: inherited(() => "forged"),
    value: inherited("forged"),
    enumerable: inherited(true),
    writable: inherited(true),
  }),
  "names of slots, results and options": patch(Object.prototype, {
    security: inherited({ labels: [] }),
    labels: inherited([]),
    http: inherited({ headers: {} }),
    mcp: inherited({ tool: { name: "other" } }),
    code: inherited("forged"),
    plugin: inherited("forged"),
    path: inherited("forged"),
    violation: inherited(undefined),
    modifiedExtensions: inherited({ security: { labels: [] } }),
    modifiedPayload: inherited({ name: "forged", args: {} }),
    metadata: inherited({ forged: true }),
    signal: inherited(signal),
    tenant: inherited("forged"),
    extensions: inherited({}),
    headersField: inherited("args"),
  }),
  "methods of texts": methods(
    String.prototype,
    ...["replace", "replaceAll", "trim", "toLowerCase", "normalize", "split", "charCodeAt"],
  ),
  "methods of patterns": methods(RegExp.prototype, "exec", "test", Symbol.replace),
  "methods of functions": methods(Function.prototype, "call", "apply", "bind"),
  "functions of JSON": methods(JSON, "stringify", "parse"),
  "methods of abort controllers": both(
    methods(AbortController.prototype, "abort"),
    patch(AbortController.prototype, { signal: { get: () => signal } }),
  ),
  clocks: both(
    methods(performance, "now"),
    methods(Date, "now"),
    methods(globalThis, "setTimeout", "clearTimeout", "queueMicrotask"),
  ),
};

/** A result that no patch of `Object.prototype` can turn into a promise. */
const bare = (parts: object): object => assign(create(null), parts);
const grown = (label: string, given: { security: { labels: readonly string[] } }) => {
  const { labels } = given.security;
  const list = arrayFrom({ length: labels.length + 1 }, (_, i) =>
    i < labels.length ? labels[i] : label,
  );
  return bare({ modifiedExtensions: bare({ security: bare({ labels: list }) }) });
};
const denial = deny({ code: "no", reason: "no", details: { why: "because" } });

const adding =
  (label: string): Run =>
  (_payload, _context, extensions) =>
    grown(label, extensions);
const addingLater =
  (label: string): Run =>
  async (_payload, _context, extensions) => {
    await undefined;
    return grown(label, extensions);
  };

/** Plugins of every kind after one that may patch the realm. */
function scene(apply: Patch | undefined, guarded: boolean): Promise<Manager> {
  let patched = false;
  const guard: Run = async (_payload, _context, extensions) => {
    await undefined;
    return guarded && extensions.security.labels.length > 1 ? denial : undefined;
  };
  return manage([
    plugin("patches", (_p, _c) => {
      // Once: the next run goes by what the patch left.
      if (!patched) apply?.();
      patched = true;
    }),
    plugin("adds", adding("added")),
    plugin("adds-later", addingLater("added-later")),
    plugin("takes-away", (_p, _c) => bare({ modifiedExtensions: { security: { labels: [] } } }), {
      onError: "ignore",
    }),
    plugin("forges", (_p, _c) => bare({ modifiedExtensions: { request: { request_id: "x" } } })),
    plugin("renames", (_p, _c) => bare({ modifiedPayload: { name: "sub", args: { a: 1 } } })),
    plugin(
      "notes",
      (_p, context) => {
        const { state } = context;
        return bare({ metadata: bare({ noted: context.state === state }) });
      },
      { mode: "audit", onError: "ignore" },
    ),
    plugin("beside", adding("beside"), { mode: "concurrent" }),
    plugin("beside-later", addingLater("beside-later"), { mode: "concurrent" }),
    plugin("guard", guard, { mode: "concurrent", extensions: true }),
    plugin("behind", (_p, _c) => undefined, { mode: "fire_and_forget" }),
  ]);
}

async function play(apply: Patch | undefined, guarded: boolean): Promise<string> {
  const manager = await scene(apply, guarded);
  const running = manager.invoke(hook, call, { extensions: labelled("PII"), request: "r-1" });
  const result: Result = await running;
  restore();
  const next = await manager.invoke(hook, call, { request: "r-2" });
  const report = await manager.close();
  return `${bytesOf(result)} ${bytesOf(next)} ${JSON.stringify(report)}`;
}

/** The first place where two texts differ. */
function difference(expected: string, got: string): string {
  let at = 0;
  while (expected[at] === got[at]) at += 1;
  const part = (text: string) => text.slice(Math.max(0, at - 120), at + 200);
  return `expected …${part(expected)}…\n  but got …${part(got)}…\n`;
}

async function main(what: string): Promise<void> {
  for (const guarded of [false, true]) {
    const expected = await play(undefined, guarded);
    const played = await play(patches[what], guarded);
    if (played !== expected) process.stdout.write(difference(expected, played));
  }
  if (thefts > 0) process.stdout.write(`${thefts} values went through a patch\n`);
}

const [, , what] = process.argv;
if (what !== undefined) await main(what);
