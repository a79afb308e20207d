/** Reading runs each check of the schema once. */
import { withRule } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { readGiven } from "./one-value.ts";

/** A check that records the values it receives. */
function noting() {
  const given: unknown[] = [];
  return { given, note: (value: unknown) => given.push(value) > 0 };
}

describe("a check", () => {
  it("receives what was read, once", () => {
    const { given, note } = noting();
    const schema = z.object({ f: z.string().refine(note), g: z.number().optional() }).refine(note);
    expect(readGiven(schema, '{"f":"a"}')).toEqual({ f: "a", g: undefined });
    expect(given).toEqual(["a", { f: "a" }]);
  });

  it("does not receive what is refused", () => {
    const { given, note } = noting();
    expect(readGiven(z.array(z.string().refine(note)), "[5]")).toBeUndefined();
    expect(readGiven(z.array(z.string()).refine(note), "[5]")).toBeUndefined();
    expect(given).toEqual([]);
  });

  it("that returns another value has that value read", () => {
    const make = z.array(z.string()).check((payload) => {
      payload.value = ["made"];
    });
    expect(readGiven(make, '["a"]')).toEqual(["made"]);
    const same = z.array(z.string()).check(() => {});
    expect(readGiven(same, '["a"]')).toEqual(["a"]);
  });

  it("runs even if another one passes", () => {
    const schema = z.array(z.string().min(2).max(3));
    expect(readGiven(schema, '["ab","abc"]')).toEqual(["ab", "abc"]);
    expect(readGiven(schema, '["a"]')).toBeUndefined();
    expect(readGiven(schema, '["abcd"]')).toBeUndefined();
  });
});

describe("a rule", () => {
  it("runs once per reading", () => {
    const { given, note } = noting();
    const schema = z.array(withRule(z.string(), "any", note));
    expect(readGiven(schema, '["a"]')).toEqual(["a"]);
    expect(given).toEqual(["a"]);
    expect(readGiven(schema, '["b"]')).toEqual(["b"]);
    expect(given).toEqual(["a", "b"]);
  });

  it("sees a level as it is stored; checks beside it see it as in zod", () => {
    const rule = noting();
    const check = noting();
    const level = z.object({ a: z.string(), b: z.string().optional() });
    const schema = withRule(level, "any", rule.note).refine(check.note);
    expect(readGiven(schema, '{"a":"x"}')).toBeDefined();
    expect(rule.given.map((value) => Object.keys(value as object))).toEqual([["a", "b"]]);
    expect(check.given.map((value) => Object.keys(value as object))).toEqual([["a"]]);
  });
});
