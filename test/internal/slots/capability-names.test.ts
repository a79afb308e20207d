// Its process is only for files that patch the realm.
/** The names of a set of capabilities, and what these imply. */
import { expect, it } from "vitest";
import { compileSlots, standardSlots } from "../../../src/core/slots/index.ts";

const { bits, mask, names, namesOf } = compileSlots(standardSlots).capabilities;

it("depend on the names of the table alone, even in a patched realm", () => {
  const granted = mask(["read_labels"]);
  const stolen: unknown[] = [];
  const past = `${names.length}`;
  Object.defineProperty(Array.prototype, past, {
    configurable: true,
    get(this: unknown) {
      stolen.push(this);
      return "read_labels";
    },
    set: (it: unknown) => void stolen.push(it),
  });
  let found: readonly string[];
  try {
    found = namesOf(granted);
  } finally {
    Reflect.deleteProperty(Array.prototype, past);
  }
  expect(stolen).toEqual([]);
  expect(found).toEqual(["read_labels"]);
});

it("are distinguished by what they imply, even if one was listed alone", () => {
  const alone = namesOf(bits(["append_labels"]));
  expect(alone).toEqual(["append_labels"]);
  expect(mask(alone)).toBe(mask(["append_labels"]));
  expect(mask(alone)).not.toBe(bits(["append_labels"]));
});
