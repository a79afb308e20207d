// Its process is only for files that patch the realm.
/** How levels, sets and lists are read in a realm that a plugin has patched. */

import { jsonValue, labelSet, stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { type Admitted, admit } from "../../../src/core/data/index.ts";
import { concat } from "../../../src/core/data/intrinsics.ts";
import { compileSchema } from "../../../src/core/schema/index.ts";
import { changesAfter, patch } from "../../data/realm-patches.ts";
import {
  admitOver,
  compile,
  type HowOver,
  linesIn,
  optionsOf,
  valueIn,
} from "../../data/support.ts";
import { utf8Text } from "../../support/kinds.ts";

const text = z.string().optional();
const few = z.object({ a: text, b: text });
/** More fields than any other level read here, so that no list has an element at that index. */
const fields = Array.from({ length: 60 }, (_, i) => `f${i}`);
const many = z.object(Object.fromEntries(fields.map((key) => [key, text])));
const last = fields.at(-1) as string;

interface Met {
  readonly met: number;
  readonly read: Admitted;
}

/** Reads with accessors at `keys` of every array, and counts how often they are called. */
function reading(
  schema: z.ZodType,
  value: unknown,
  how: Reading,
  keys: readonly PropertyKey[],
): Met {
  const { shownWhole = false, ...rest } = how;
  const compiled = compileSchema(schema, { closed: true, shownWhole });
  let met = 0;
  let read: Admitted | undefined;
  const meet = () => {
    met += 1;
    return true;
  };
  changesAfter(() => {
    for (const key of keys) patch(Array.prototype, key, { get: meet, set: meet });
    read = admitOver(compiled, value, rest);
  });
  return { met, read: read as Admitted };
}
type Reading = HowOver & { readonly shownWhole?: boolean };

describe("what a plugin put on Array.prototype", () => {
  it("is not read past the last field, whatever the order of fields", () => {
    const { met, read } = reading(few, { b: "b", a: "a" }, {}, [2]);
    expect(valueIn(read)).toEqual({ a: "a", b: "b" });
    expect(met).toBe(0);
  });

  it("is not read past the last field of what was shown", () => {
    const previous = valueIn(admit(compile(few).read, { a: "a" }, optionsOf()));
    const { met, read } = reading(few, { a: "a" }, { previous }, [2]);
    expect(valueIn(read)).toBe(previous);
    expect(met).toBe(0);
  });

  it("is not read in a deep value", () => {
    let deep: unknown = "end";
    for (let depth = 0; depth < 20; depth++) deep = { in: deep };
    const beyond = Array.from({ length: 24 }, (_, depth) => depth);
    const { met, read } = reading(jsonValue(), deep, {}, beyond);
    expect(valueIn(read)).toEqual(deep);
    expect(met).toBe(0);
  });

  it("adds no field to a payload", () => {
    const how = { previous: { a: "a" }, partial: true, shownWhole: true };
    const { met, read } = reading(few, { a: "A" }, how, [2]);
    expect(Object.entries(valueIn(read) as object)).toEqual([["a", "A"]]);
    expect(met).toBe(0);
  });

  it("does not learn which fields are present", () => {
    const over = { previous: {}, partial: true };
    expect(reading(many, { [last]: "a" }, over, [59]).met).toBe(0);
    const unsafe = Object.defineProperty({}, last, { get: () => 0, enumerable: true });
    const { met, read } = reading(many, unsafe, over, [59]);
    expect(linesIn(read)).toEqual([`${last} | snapshot_accessor | a value | a getter or setter`]);
    expect(met).toBe(0);
  });

  it("does not learn of an unknown field", () => {
    const unsafe = Object.defineProperty({}, "x", { get: () => 0, enumerable: true });
    const { met, read } = reading(few, unsafe, {}, ["undefined"]);
    expect(linesIn(read)).toEqual(["x | snapshot_accessor | a value | a getter or setter"]);
    expect(met).toBe(0);
  });

  it.each([
    ["a set", stringSet()],
    ["labels", labelSet()],
  ])("does not affect sorting: %s", (_, schema) => {
    const compiled = compile(schema);
    let read: Admitted | undefined;
    changesAfter(() => {
      patch(Array.prototype, "-1", { value: "a" });
      read = admit(compiled.read, ["b", "a"], optionsOf());
    });
    expect(valueIn(read as Admitted)).toEqual(["a", "b"]);
  });

  it("is not read past the last byte", () => {
    const { met, read } = reading(utf8Text(), [0xff], {}, [1, 2]);
    expect(valueIn(read)).toBe("/w==");
    expect(met).toBe(0);
  });

  it("is not read if a list continues beyond the end of another", () => {
    let met = 0;
    const set = () => {
      met += 1;
    };
    let made: readonly string[] = [];
    changesAfter(() => {
      for (const index of [0, 1]) patch(Array.prototype, index, { set });
      made = concat(["a", "b"], ["c"], 2);
    });
    expect(made).toEqual(["a", "b"]);
    expect(met).toBe(0);
  });
});

it("what a plugin put on Object.prototype does not catch a field that a payload lacked", () => {
  const compiled = compileSchema(few, { closed: true, shownWhole: true });
  let met = 0;
  const set = () => {
    met += 1;
  };
  let read: Admitted | undefined;
  changesAfter(() => {
    patch(Object.prototype, "b", { set });
    read = admitOver(compiled, { a: "a", b: "B" }, { previous: { a: "a" }, partial: true });
  });
  expect(Object.entries(valueIn(read as Admitted) as object)).toEqual([
    ["a", "a"],
    ["b", "B"],
  ]);
  expect(met).toBe(0);
});

it("what a plugin put on Object.prototype does not turn a value into an accessor", () => {
  let read: Admitted | undefined;
  const compiled = compile(few);
  changesAfter(() => {
    patch(Object.prototype, "get", { value: () => "forged", writable: true });
    read = admit(compiled.read, { a: "a" }, optionsOf());
  });
  expect(valueIn(read as Admitted)).toEqual({ a: "a", b: undefined });
});
