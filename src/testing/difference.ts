/** Where two values differ, and how that is shown. */
import * as fc from "fast-check";
import { isObject } from "./data.ts";

interface Difference {
  readonly path: readonly (string | number)[];
  readonly got: unknown;
  readonly expected: unknown;
}

/** The first place at which two values are not the same data with own keys in the same order. */
export function differenceOf(
  got: unknown,
  expected: unknown,
  path: Difference["path"],
): Difference | undefined {
  const here = { path, got, expected };
  if (!isObject(got) || !isObject(expected)) return Object.is(got, expected) ? undefined : here;
  if (Array.isArray(got) !== Array.isArray(expected)) return here;
  const keys = Reflect.ownKeys(expected);
  const others = Reflect.ownKeys(got);
  for (const key of new Set([...keys, ...others])) {
    const inner = [...path, Array.isArray(got) && key !== "length" ? Number(key) : String(key)];
    const found = differenceOf(Reflect.get(got, key), Reflect.get(expected, key), inner);
    if (found !== undefined) return found;
    // One has the key with the value undefined, and the other does not have it.
    if (Object.hasOwn(got, key) !== Object.hasOwn(expected, key)) return keysOf(path, others, keys);
  }
  return keys.every((key, index) => key === others[index]) ? undefined : keysOf(path, others, keys);
}

function keysOf(path: Difference["path"], got: Keys, expected: Keys): Difference {
  return { path, got: { keys: got }, expected: { keys: expected } };
}
type Keys = readonly PropertyKey[];

/** The longest text of a value that is shown whole. */
const maxLength = 200;
/** How much of a longer text is shown before the first difference. */
const before = 40;

/** Two values as text; of long ones, the part where they begin to differ. */
export function shownBoth(one: unknown, two: unknown): readonly [string, string] {
  const texts = [fc.stringify(withoutAbsent(one)), fc.stringify(withoutAbsent(two))] as const;
  const [first, second] = texts;
  if (Math.max(first.length, second.length) <= maxLength) return texts;
  let start = 0;
  while (start < first.length && first[start] === second[start]) start += 1;
  const from = Math.max(0, start - before);
  const part = (text: string) =>
    `${from > 0 ? "…" : ""}${text.slice(from, from + maxLength)}${text.length > from + maxLength ? "…" : ""}`;
  return [part(first), part(second)];
}

/** `value`, printed in counterexamples without the slots and fields that are absent. */
export function printedBriefly<T extends object>(value: T): T {
  return Object.defineProperty(value, fc.toStringMethod, {
    value: () => fc.stringify(withoutAbsent({ ...value })),
  });
}

function withoutAbsent(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutAbsent);
  if (!isObject(value)) return value;
  const present = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(present.map(([key, item]) => [key, withoutAbsent(item)]));
}
