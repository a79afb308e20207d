// Its process is only for files that patch the realm.
/** Patches to Array.prototype are not part of a list, and receive nothing from the library. */
import { createExtensions, filterExtensions } from "glassine";
import { describe, expect, it } from "vitest";

/** Runs `run` with accessors for `keys` on `target`; returns its result and what they received. */
function under<T>(target: object, keys: readonly string[], run: () => T) {
  const stolen: unknown[] = [];
  // Not an assignment, which would call a patched setter.
  const steal = (it: unknown) => {
    Object.defineProperty(stolen, stolen.length, { value: it, configurable: true });
  };
  for (const key of keys) {
    Object.defineProperty(target, key, {
      configurable: true,
      get(this: unknown) {
        steal(this);
        return "read_labels";
      },
      set: steal,
    });
  }
  let result: T;
  try {
    result = run();
  } finally {
    for (const key of keys) Reflect.deleteProperty(target, key);
  }
  return { result, stolen };
}

const envelope = createExtensions({ security: { labels: ["PII"] } });
const seen = (names: readonly string[]) => filterExtensions(envelope, names as never).security;

describe("a grant in a patched realm", () => {
  it.each([1, 2, 31, 32, 40])("of %i names has no others, the first time and again", (count) => {
    const names = Array.from({ length: count }, () => "read_agent");
    const { result, stolen } = under(Array.prototype, ["-1", `${count}`], () => {
      const first = seen(names);
      return { first, again: seen(names) };
    });
    expect(stolen).toEqual([]);
    expect(result).toEqual({ first: undefined, again: undefined });
  });
});
