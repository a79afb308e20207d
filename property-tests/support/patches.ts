/**
 * Patches of the realm, applied during one call. Meanwhile, only code that takes nothing from
 * prototypes may run: the sources under test, and the few functions captured here.
 */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";

const { defineProperty, deleteProperty, getOwnPropertyDescriptor } = Reflect;
const { assign, create } = Object;
const runNext = setImmediate;
const globals = globalThis as unknown as Record<string, object>;

/** A property to replace. */
export interface Patch {
  readonly name: string;
  readonly target: object;
  readonly key: PropertyKey;
  readonly make: (count: () => never) => PropertyDescriptor;
}

const method = (name: string, target: object, key: PropertyKey): Patch => ({
  name: `${name}.${String(key)}`,
  target,
  key,
  make: (count) => ({ value: count, writable: true, configurable: true }),
});

/** A patch for each method of an object. */
const methodsOf = (name: string, target: object): readonly Patch[] =>
  Reflect.ownKeys(target).flatMap((key) => {
    const { value, configurable } = getOwnPropertyDescriptor(target, key) ?? {};
    const isMethod = typeof value === "function" && key !== "constructor" && configurable === true;
    return isMethod ? [method(name, target, key)] : [];
  });

const statics = [
  "Object",
  "Reflect",
  "Array",
  "Number",
  "String",
  "JSON",
  "Math",
  "Date",
  "Promise",
];
const prototypes = [
  "Array",
  "String",
  "Number",
  "RegExp",
  "Map",
  "Set",
  "WeakMap",
  "WeakSet",
  "Promise",
  "Function",
  "Date",
  "Error",
  "AbortController",
  "Symbol",
];
const iterators: readonly object[] = [
  Reflect.getPrototypeOf([][Symbol.iterator]()) as object,
  Reflect.getPrototypeOf(new Map().entries()) as object,
  Reflect.getPrototypeOf(new Set().values()) as object,
];
const globalFunctions = ["structuredClone", "queueMicrotask", "setTimeout", "clearTimeout"];

/** A forged value that a lookup of a missing property finds. */
const inherited = (target: object, key: string, forge: (count: () => never) => unknown): Patch => ({
  name: `Object.prototype.${key}`,
  target,
  key,
  make: (count) => ({ value: forge(count), writable: true, configurable: true, enumerable: true }),
});
/** Forges an index without throwing, because the runtime's own queues use indexes, too. */
const indexed = (name: string, target: object, key: string): Patch => ({
  name: `${name}[${key}]`,
  target,
  key,
  make: (count) => {
    const note = () => {
      try {
        count();
      } catch {
        // `count` has recorded it.
      }
      return "forged";
    };
    return { get: note, set: note, configurable: true };
  },
});

/** Every property name that the sources between a plugin and the envelope read. */
function namesRead(): readonly string[] {
  const root = new URL("../../src/core/", import.meta.url);
  const text = ["data", "schema", "envelope", "hooks/dispatch"]
    .flatMap((room) => readdirSync(new URL(`${room}/`, root)).map((file) => `${room}/${file}`))
    .map((path) => readFileSync(new URL(path, root), "utf8"))
    .join("\n");
  const names = [...text.matchAll(/\.([a-z][A-Za-z]*)\b|[{,]\s*([a-z][A-Za-z]*)(?=\s*[,}:=])/g)];
  const own = new Set(Reflect.ownKeys(Object.prototype));
  return [...new Set(names.map(([, dotted, braced]) => dotted ?? braced ?? ""))]
    .filter((name) => name !== "" && !own.has(name))
    .sort();
}

const forgeries: readonly ((count: () => never) => unknown)[] = [
  (count) => count,
  () => true,
  () => "forged",
  () => ({ forged: true }),
  () => [],
  () => 0,
];
const names = [
  ...namesRead(),
  "get",
  "set",
  "value",
  "writable",
  "enumerable",
  "configurable",
  "then",
  "toJSON",
  "security",
  "labels",
  "http",
  "delegation",
  "custom",
  "modifiedPayload",
  "violation",
];

const functions: readonly Patch[] = [
  ...statics.flatMap((name) => methodsOf(name, globals[name] as object)),
  ...prototypes.flatMap((name) =>
    methodsOf(`${name}.prototype`, (globals[name] as unknown as { prototype: object }).prototype),
  ),
  ...iterators.map((target) => method("an iterator", target, "next")),
  ...globalFunctions.map((name) => method("globalThis", globalThis, name)),
  method("performance", performance, "now"),
];
const indexes: readonly Patch[] = ["0", "1", "2", "7"].flatMap((key) => [
  indexed("Array.prototype", Array.prototype, key),
  indexed("Object.prototype", Object.prototype, key),
]);

export const patchLists: fc.Arbitrary<readonly Patch[]> = fc
  .tuple(
    fc.oneof(
      { weight: 3, arbitrary: fc.subarray([...functions], { maxLength: 40 }) },
      { weight: 1, arbitrary: fc.constant(functions) },
    ),
    fc.subarray([...indexes]),
    fc.uniqueArray(fc.tuple(fc.constantFrom(...new Set(names)), fc.constantFrom(...forgeries)), {
      selector: ([name]) => name,
      maxLength: 12,
    }),
  )
  .map(([some, places, forged]) => {
    const all = [
      ...some,
      ...places,
      ...forged.map(([name, forge]) => inherited(Object.prototype, name, forge)),
    ];
    // Printed by name, because printing a prototype calls its methods.
    const names = () => all.map(({ name }) => name).join(", ");
    return Object.assign(all, { [fc.toStringMethod]: names });
  });

export interface Patched {
  /** Removes the patches, and returns the names of those that were called. */
  readonly restore: () => readonly string[];
}

/**
 * Applies the patches. Only code under test may run before `restore`, which also runs by itself
 * before the runtime or the test runner gets its next turn.
 */
export function patch(patches: readonly Patch[]): Patched {
  const called: Record<number, string> = create(null);
  let calls = 0;
  const before: Record<number, PropertyDescriptor | undefined> = create(null);
  const after: Record<number, PropertyDescriptor> = create(null);
  for (let i = 0; i < patches.length; i++) {
    const { target, key, name, make } = patches[i] as Patch;
    const found = getOwnPropertyDescriptor(target, key);
    before[i] = found === undefined ? undefined : assign(create(null), found);
    after[i] = assign(
      create(null),
      make(() => {
        called[calls] = name;
        calls += 1;
        throw new PatchCalled(name);
      }),
    );
  }
  let on = true;
  const restore = () => {
    for (let i = patches.length - 1; on && i >= 0; i--) {
      const { target, key } = patches[i] as Patch;
      const known = before[i];
      if (known === undefined) deleteProperty(target, key);
      else defineProperty(target, key, known);
    }
    on = false;
    return Object.values(called);
  };
  runNext(() => restore());
  for (let i = 0; i < patches.length; i++) {
    const { target, key } = patches[i] as Patch;
    defineProperty(target, key, after[i] as PropertyDescriptor);
  }
  return { restore };
}

class PatchCalled {
  readonly patch: string;
  constructor(name: string) {
    this.patch = name;
  }
}
