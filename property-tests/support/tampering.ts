/** What code can try on objects that it can reach. */
import fc from "fast-check";
import { isObject } from "./data.ts";

/** One attempt. Its numbers choose among the available objects and keys. */
export interface Attempt {
  readonly object: number;
  readonly key: number;
  readonly fresh: string | undefined;
  readonly move: number;
  readonly value: unknown;
}

type Move = (target: object, key: PropertyKey, value: unknown) => unknown;

const arrayMethods = ["push", "unshift", "splice", "sort", "reverse", "pop", "shift", "fill"];
const { defineProperty, deleteProperty, setPrototypeOf } = Reflect;
const call = (method: unknown, target: object, ...args: unknown[]) =>
  Reflect.apply(method as () => unknown, target, args);

const moves: readonly Move[] = [
  (target, key, value) => Reflect.set(target, key, value),
  (target, key, value) => {
    (target as Record<PropertyKey, unknown>)[key] = value;
  },
  (target, key, value) => defineProperty(target, key, { value, configurable: true }),
  (target, key, value) => Object.defineProperty(target, key, { get: () => value }),
  (target, key, value) => Reflect.set({}, key, value, target),
  (target, key) => deleteProperty(target, key),
  (target, _key, value) => setPrototypeOf(target, isObject(value) ? value : null),
  (target, _key, value) => call(protoOf("set"), target, isObject(value) ? value : null),
  (target, key, value) => call(method("__defineGetter__"), target, key, () => value),
  (target, key, value) => Object.assign(target, { [key]: value }),
  (target, _key, value) => {
    for (const name of arrayMethods) {
      attempt(() => call(Reflect.get(Array.prototype, name), target, value, 1, value));
    }
  },
  (target) => Object.assign(target, { length: 0 }),
  (target, key, value) => call(Map.prototype.set, target, key, value),
  (target, _key, value) => call(Set.prototype.add, target, value),
  (target) => Object.preventExtensions(target),
  (target, key, value) => {
    // Adds a private field through a base constructor that returns the target.
    class Given {
      constructor() {
        // biome-ignore lint/correctness/noConstructorReturn: the trick under test.
        return target;
      }
    }
    class Adds extends Given {
      readonly #field = [key, value];
      static of = (it: Adds) => it.#field;
    }
    return new Adds();
  },
];

const protoOf = (side: "get" | "set") =>
  Reflect.getOwnPropertyDescriptor(Object.prototype, "__proto__")?.[side];
const method = (name: string) => Reflect.get(Object.prototype, name) as unknown;

function attempt(run: () => unknown): void {
  try {
    run();
  } catch {
    // A refusal with an error is a good outcome.
  }
}

const forged = fc.constantFrom<unknown>("forged", 0, null, undefined, ["forged"], { forged: 1 });

export const attempts: fc.Arbitrary<readonly Attempt[]> = fc.array(
  fc.record({
    object: fc.nat(),
    key: fc.nat(),
    fresh: fc.option(
      fc.constantFrom("forged", "0", "length", "__proto__", "constructor", "then", "labels"),
      { nil: undefined },
    ),
    move: fc.nat(moves.length - 1),
    value: forged,
  }),
  { minLength: 1, maxLength: 30 },
);

/** Makes each attempt on one of the objects, which can be functions. */
export function tamper(objects: readonly object[], tries: readonly Attempt[]): void {
  for (const { object, key, fresh, move, value } of tries) {
    const target = objects[object % Math.max(1, objects.length)];
    if (target === undefined) return;
    const names = Reflect.ownKeys(target);
    const name = fresh ?? names[key % Math.max(1, names.length)] ?? "forged";
    attempt(() => moves[move]?.(target, name, value));
  }
}

const shared: ReadonlySet<unknown> = new Set([
  ...[Object, Array, Function, Map, AbortSignal, EventTarget, Promise].map((of) => of.prototype),
  Reflect.getPrototypeOf(async () => {}),
]);

/**
 * Every object reachable through own properties, prototypes and their accessors, except the
 * realm's own: changing those is another attack (patched realm).
 */
export function reachAll(
  value: unknown,
  leave: (value: object) => boolean = () => false,
  found = new Set<object>(),
): Set<object> {
  const isThing = isObject(value) || typeof value === "function";
  if (!isThing || shared.has(value) || found.has(value) || leave(value)) return found;
  found.add(value);
  for (let holder: object | null = value; holder !== null && !shared.has(holder); ) {
    found.add(holder);
    for (const key of Reflect.ownKeys(holder)) {
      const { value: item, get } = Reflect.getOwnPropertyDescriptor(holder, key) ?? {};
      if (get === undefined) reachAll(item, leave, found);
      else attempt(() => reachAll(call(get, value), leave, found));
    }
    holder = Reflect.getPrototypeOf(holder);
  }
  return found;
}
