/** A union discriminated by one field, read over a shown value and from each origin. */

import { stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { linesIn, problemsOf, readFrom, readingOf } from "./reads.ts";

const union = (a: z.ZodRawShape, b: z.ZodRawShape) =>
  z.object({
    f: z.discriminatedUnion("t", [
      z.object({ t: z.literal("a"), ...a }),
      z.object({ t: z.literal("b"), ...b }),
    ]),
  });

describe("a tag that changes", () => {
  it.each<[string, z.ZodType, z.ZodType, unknown]>([
    ["its type", z.record(z.string(), z.number()), z.object({ n: z.string() }), { n: 1 }],
    ["its checks", z.string(), z.string().max(1), "long"],
  ])("checks the unchanged fields by the new option: %s", (_, before, after, x) => {
    const schema = union({ x: before }, { x: after });
    const shown = readingOf(schema, { f: { t: "a", x } });
    expect(problemsOf(schema, { f: { t: "a", x } }, "host", {}, shown)).toEqual([]);
    expect(problemsOf(schema, { f: { t: "b", x } }, "host", {}, shown)).toHaveLength(1);
  });
});

describe("an option", () => {
  it("of a plugin obeys the rules for plugins", () => {
    const schema = union({ set: stringSet().optional() }, {});
    const value = { f: { t: "a", set: null } };
    expect(problemsOf(schema, value, "host")).toEqual([]);
    expect(problemsOf(schema, value, "plugin")).toEqual([
      "f/set | extensions_shape | an array | null",
    ]);
  });

  it("of a host is read like parsed data: a check does not count its text again", () => {
    const trimmed = z.string().trim();
    const schema = union({ x: trimmed, y: trimmed, z: z.null() }, {});
    const value = { f: { t: "a", x: " x", y: " y", z: null } };
    expect(problemsOf(schema, value, "host", { nodes: 6 })).toEqual([]);
    expect(problemsOf(schema, value, "host", { nodes: 5 })).toHaveLength(1);
  });

  it("of parsed data has no key that counts as text", () => {
    const schema = union({ text: z.string() }, {});
    const text = '{"f":{"t":"a","text":"four"}}';
    expect(linesIn(readFrom(schema, text, { units: "afour".length }))).toEqual([]);
    expect(linesIn(readFrom(schema, text, { units: "afour".length - 1 }))).toHaveLength(1);
  });
});
