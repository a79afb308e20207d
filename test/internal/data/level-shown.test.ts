/** What a level keeps of the shown value, and what it reads again. */

import { stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { compileSchema, withAliases } from "../../../src/core/schema/index.ts";
import {
  admitOver,
  type How,
  linesIn,
  problemsOf,
  readingOf,
  valueIn,
} from "../../data/support.ts";

const text = z.string().optional();

/** Reads over a shown value; omitted fields stay. `shownWhole` is true for payloads. */
function over(
  schema: z.ZodType,
  value: unknown,
  previous: unknown,
  shownWhole: boolean,
  how: How = {},
) {
  const compiled = compileSchema(schema, { closed: true, shownWhole });
  return admitOver(compiled, value, { ...how, partial: true, previous });
}

const inPayload = (schema: z.ZodType, value: unknown, previous: unknown) =>
  valueIn(over(schema, value, previous, true)) as object;

describe("what was shown and is not an object", () => {
  it.each([["a text"], [null], [5]])("is not returned, even if no field differs: %s", (shown) => {
    expect(readingOf(z.object({ a: text }), {}, "host", shown)).toEqual({ a: undefined });
  });

  it("adds no field to a payload, which gets each of its schema's", () => {
    const level = inPayload(z.object({ a: text, b: text }), { b: "b" }, "a text");
    expect(Object.entries(level)).toEqual([
      ["a", undefined],
      ["b", "b"],
    ]);
  });
});

describe("a payload over what was shown", () => {
  const schema = z.object({ a: text, b: text });

  it("keeps what its schema does not know", () => {
    const level = inPayload(schema, { a: "A" }, { a: "a", more: 1 });
    expect(Object.entries(level)).toEqual([
      ["a", "A"],
      ["more", 1],
    ]);
  });

  it("has only keys of its own or of what was shown", () => {
    expect(Object.keys(inPayload(schema, { b: "B" }, { b: "b" }))).toEqual(["b"]);
    expect(Object.keys(inPayload(schema, { b: "B" }, { b: "b", a: "a" }))).toEqual(["b", "a"]);
  });
});

describe("a part of what was shown", () => {
  const f = z.string();

  it("that is an object is not read again, whatever its field's type", () => {
    const part = Object.freeze({ made: "by a transform" });
    const schema = z.object({ f, g: text });
    expect(readingOf(schema, { f: part, g: "g" }, "host", { f: part })).toEqual({
      f: part,
      g: "g",
    });
    expect(problemsOf(schema, { f: { ...part } }, "host", {}, { f: part })).toHaveLength(1);
  });

  it("that is a string is counted again", () => {
    const shown = { f: "four" };
    expect(problemsOf(z.object({ f }), { f: "four" }, "host", { units: 4 }, shown)).toEqual([]);
    expect(problemsOf(z.object({ f }), { f: "four" }, "host", { units: 3 }, shown)).toHaveLength(1);
  });

  it("that is null is counted again", () => {
    const schema = z.object({ f: z.literal(null) });
    expect(problemsOf(schema, { f: null }, "host", { nodes: 2 }, { f: null })).toEqual([]);
    expect(problemsOf(schema, { f: null }, "host", { nodes: 1 }, { f: null })).toHaveLength(1);
  });

  it("that is a string is not checked again", () => {
    const schema = z.object({ f });
    expect(readingOf(schema, { f: "\ud800" }, "host", { f: "\ud800" })).toEqual({ f: "\ud800" });
    expect(problemsOf(schema, { f: "\ud800" }, "host", {}, { f: "\udc00" })).toHaveLength(1);
  });
});

it("two names of one field may not differ in what is read over what was shown", () => {
  const schema = withAliases(z.object({ roles: stringSet().optional() }), { role: "roles" });
  const shown = readingOf(schema, { roles: ["a"] });
  const lines = (value: unknown) => linesIn(over(schema, value, shown, false));
  expect(lines({ role: ["a"], roles: ["a"] })).toEqual([]);
  expect(lines({ role: ["b"], roles: ["c"] })).toEqual([
    'roles | extensions_shape | one "roles" | two that differ',
  ]);
});
