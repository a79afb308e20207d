/** What is reported to a host for a value of the wrong shape: place, expectation, value. */

import {
  headerMap,
  instant,
  jsonObject,
  jsonValue,
  labelSet,
  stringSet,
  wholeNumber,
  withRule,
} from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { amount } from "../support/kinds.ts";
import { problemsOf } from "./reads.ts";

type Row = readonly [what: string, schema: z.ZodType, value: unknown, problem: string];
const ofShape = (expected: string, received: string) =>
  `f | extensions_shape | ${expected} | ${received}`;
const expectProblems = (rows: readonly Row[]) =>
  it.each(rows)("%s", (_, schema, value, problem) => {
    const found = problemsOf(z.object({ f: schema }), { f: value });
    expect(found).toEqual([problem]);
  });

describe("a value of another type", () => {
  expectProblems([
    ["a number for a string", z.string(), 5, ofShape("a string", "number")],
    ["null for a string", z.string(), null, ofShape("a string", "null")],
    ["an array for a text", z.string(), [], ofShape("a string", "array")],
    ["an object for a text", z.string(), {}, ofShape("a string", "object")],
    ["a text for a number", z.number(), "x", ofShape("a number", "string")],
    ["a text for a whole number", wholeNumber(), "5", ofShape("a number", "string")],
    ["a truth for an amount", amount(), true, ofShape("a number", "boolean")],
    ["a text for a truth", z.boolean(), "true", ofShape("a boolean", "string")],
    ["a number for an instant", instant(), 5, ofShape("a string", "number")],
    ["an object for a list", z.array(z.number()), {}, ofShape("an array", "object")],
    ["a text for labels", labelSet(), "PII", ofShape("an array", "string")],
    ["a number for an object", jsonObject(), 5, ofShape("an object", "number")],
    ["an array for an object", jsonObject(), [], ofShape("an object", "array")],
    ["an array for headers", headerMap(), [], ofShape("an object", "array")],
    ["a number for a level", z.object({}), 5, ofShape("an object", "number")],
    ["an array for a level", z.object({}), [], ofShape("an object", "array")],
    ["a number for a loose level", z.looseObject({}), 5, ofShape("an object", "number")],
    ["an array for a loose level", z.looseObject({}), [], ofShape("an object", "array")],
    ["null for a loose level", z.looseObject({}), null, ofShape("an object", "null")],
    ["a number for a record", z.record(z.string(), z.string()), 5, ofShape("an object", "number")],
  ]);

  it("inside an element, a header, a record, or an unknown field of a loose level", () => {
    const inside = (schema: z.ZodType, value: unknown) =>
      problemsOf(z.object({ f: schema }), value);
    const ofText = (path: string) => [`${path} | extensions_shape | a string | number`];
    expect(inside(labelSet(), { f: ["a", 5] })).toEqual(ofText("f/1"));
    expect(inside(stringSet(), { f: [5] })).toEqual(ofText("f/0"));
    expect(inside(headerMap(), { f: { a: 5 } })).toEqual(ofText("f/a"));
    expect(inside(z.record(z.string(), z.string()), { f: { a: 5 } })).toEqual(ofText("f/a"));
    expect(inside(z.looseObject({ g: z.string() }), { f: { g: 5 } })).toEqual(ofText("f/g"));
    expect(inside(z.object({}).catchall(z.string()), { f: { g: 5 } })).toEqual(ofText("f/g"));
  });

  it("in parsed text", () => {
    const schema = z.object({ f: z.string() });
    expect(problemsOf(schema, { f: {} }, "parsed")).toEqual([ofShape("a string", "object")]);
  });

  it("as a plugin's header, with the code for headers", () => {
    const headers = z.object({ f: headerMap() });
    const line = "f/a | header_invalid | a string | number";
    expect(problemsOf(headers, { f: { a: 5 } }, "plugin")).toEqual([line]);
    const unsafe = "f/a | snapshot_type | a JSON value | function";
    expect(problemsOf(headers, { f: { a: () => 0 } }, "plugin")).toEqual([unsafe]);
    expect(problemsOf(headers, { f: { a: () => 0 } })).toEqual([unsafe]);
  });
});

const tagged = z.discriminatedUnion("t", [
  z.object({ t: z.literal("a") }),
  z.object({ t: z.literal(1) }),
]);
const ofLabel = (max: number) =>
  `f/0 | label_invalid | a label: 1 to ${max} printable characters in NFC, not padded | a string that does not match`;

describe("a value of the right type that breaks a rule", () => {
  const whole = ofShape("a whole number of at least 0", "a number that does not match");
  const own = ofShape("a value that passes its schema's own check", "another");
  const late = ofShape("a schema whose checks and transforms are synchronous", "another");
  const fails = () => {
    throw new Error("sk-secret");
  };
  expectProblems([
    ["a fraction", wholeNumber(), 1.5, whole],
    ["a negative whole number", wholeNumber(), -1, whole],
    ["a whole number past the safe ones", wholeNumber(), 2 ** 53, whole],
    ["a negative amount", amount(), -0.5, ofShape("a number of at least 0", "a negative one")],
    [
      "a text that is no time",
      instant(),
      "soon",
      ofShape("an RFC 3339 date-time", "a string that does not match"),
    ],
    ["a padded label", labelSet(), [" PII"], ofLabel(128)],
    [
      "another text",
      z.enum(["a", "b"]),
      "c",
      ofShape('one of "a", "b"', "a string that does not match"),
    ],
    ["a number for a name", z.enum(["a", "b"]), 5, ofShape('one of "a", "b"', "number")],
    [
      "no such literal",
      z.literal([1, "x", null]),
      "5",
      ofShape('one of 1, "x", null', "a string that does not match"),
    ],
    [
      "no such literal, where one is nothing",
      z.literal(["a", undefined]),
      "b",
      ofShape('one of "a", undefined', "a string that does not match"),
    ],
    ["too many", z.array(z.number()).max(1), [1, 2], ofShape("at most 1 elements", "more")],
    ["too few", z.array(z.number()).min(1), [], ofShape("at least 1 elements", "fewer")],
    [
      "another tag",
      tagged,
      { t: "b" },
      "f/t | extensions_shape | one of a, 1 | a value that does not match",
    ],
    [
      "a tag that is no text",
      tagged,
      { t: 2 },
      "f/t | extensions_shape | one of a, 1 | a value that does not match",
    ],
    ["no tag", tagged, {}, "f/t | extensions_shape | one of a, 1 | nothing"],
    ["no object to have a tag", tagged, 5, ofShape("an object", "number")],
    ["an array to have a tag", tagged, [], ofShape("an object", "array")],
    ["null to have a tag", tagged, null, ofShape("an object", "null")],
    [
      "what no option takes",
      z.union([z.string(), z.number()]),
      true,
      ofShape("a value that its schema accepts", "another"),
    ],
    ["a lower bound", z.string().min(3), "a", ofShape("at least 3 characters", "fewer")],
    ["a lower bound that is excluded", z.number().gt(3), 3, ofShape("more than 3", "less")],
    ["an upper bound that is excluded", z.number().lt(3), 3, ofShape("less than 3", "more")],
    ["too many in a tuple", z.tuple([z.any()]), [1, 2], ofShape("at most 1 elements", "more")],
    ["no multiple", z.number().multipleOf(2), 3, ofShape("a multiple of 2", "another")],
    [
      "a problem without words",
      z.string().check(({ issues, value: input }) => {
        issues.push({ code: "invalid_value", values: ["b"], input });
      }),
      "a",
      ofShape("a value that its schema accepts", "another"),
    ],
    ["an upper bound of 0", z.number().max(0), 1, ofShape("at most 0", "more")],
    ["a fraction for an integer", z.int(), 1.5, ofShape("a whole number", "another")],
    ["no address", z.email(), "ada", ofShape("a string in the format email", "another")],
    [
      "another type than zod reads",
      z.tuple([z.string(), z.number()]),
      ["a", "b"],
      "f/1 | extensions_shape | a number | another",
    ],
    ["a refinement", z.string().refine(() => false), "a", own],
    [
      "a rule of ours",
      withRule(z.string(), "a text of ours", () => false),
      "a",
      ofShape("a text of ours", "another"),
    ],
    [
      "a refinement that throws",
      z.string().refine(fails),
      "a",
      ofShape("a value on which the schema's checks do not throw", "another"),
    ],
    ["a refinement that waits", z.string().refine(async () => true), "a", late],
    ["a transform that waits", z.string().transform(async () => 1), "a", late],
    [
      "a transform that throws",
      z.string().transform(fails),
      "a",
      ofShape("a value on which the schema does not throw", "another"),
    ],
  ]);

  it("several of them, each by itself", () => {
    const schema = z.object({ f: z.string().regex(/a/).max(2) });
    expect(problemsOf(schema, { f: "bbb" })).toEqual([
      ofShape("a string in the format regex", "another"),
      ofShape("at most 2 characters", "more"),
    ]);
  });

  it("at the place that its check names", () => {
    const path = ["f", "g", Symbol("s") as never, 0];
    const schema = z.object({ f: z.string() }).refine(() => false, { path });
    const place = own.replace("f |", "f/g/(symbol)/0 |");
    expect(problemsOf(schema, { f: "a" })).toEqual([place]);
    expect(problemsOf(z.object({ in: schema }), { in: { f: "a" } })).toEqual([`in/${place}`]);
  });
});

describe("a field", () => {
  const ofField = (expected: string, received: string) =>
    `g | extensions_shape | ${expected} | ${received}`;
  const missing = ofField("a value", "nothing");
  const unknown = "g | slot_unknown | only the field f | an unknown field";
  const f = z.string().optional();

  it("that is missing", () => {
    expect(problemsOf(z.object({ g: z.string() }), {})).toEqual([missing]);
    expect(problemsOf(z.looseObject({ g: z.string() }), {})).toEqual([missing]);
    expect(problemsOf(z.object({ g: jsonValue(), h: z.string() }), { h: 1 })).toEqual([
      "h | extensions_shape | a string | number",
      missing,
    ]);
  });

  it("that is unknown", () => {
    expect(problemsOf(z.object({ f }), { g: 1 })).toEqual([unknown]);
    expect(problemsOf(z.object({ f }), { g: 1 }, "plugin")).toEqual([unknown]);
    expect(problemsOf(z.strictObject({ f }), { g: 1 })).toEqual([
      ofField("only the field f", "an unknown field"),
    ]);
  });

  it.each([
    [0, "no fields"],
    [1, "only the field a"],
    [2, "only the fields a, b"],
    [16, "only the fields a, b, c, d, e, f, h, i, j, k, l, m, n, o, p, q"],
    [17, "only the fields a, b, c, d, e, f, h, i, j, k, l, m, n, o, p, q and 1 more"],
    [18, "only the fields a, b, c, d, e, f, h, i, j, k, l, m, n, o, p, q and 2 more"],
  ])("that is unknown beside %i others", (count, expected) => {
    const names = [..."abcdefhijklmnopqrs"].slice(0, count);
    const schema = z.object(Object.fromEntries(names.map((name) => [name, f])));
    const problem = `g | slot_unknown | ${expected} | an unknown field`;
    expect(problemsOf(schema, { g: 1 })).toEqual([problem]);
  });

  it("that cannot be read is not missing as well", () => {
    const getter = {
      get g() {
        return "a";
      },
    };
    const accessor = "g | snapshot_accessor | a value | a getter or setter";
    expect(problemsOf(z.object({ g: z.string() }), getter)).toEqual([accessor]);
  });
});

it("a label over a limit of the operator reports the limit", () => {
  expect(
    problemsOf(z.object({ f: labelSet() }), { f: ["abc"] }, "host", { labelCodePoints: 2 }),
  ).toEqual([ofLabel(2)]);
});
