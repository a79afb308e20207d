// A process of its own: it patches the realm.
/** What is taken over in a realm that a plugin has patched: nothing of the realm's is met. */

import { jsonObject } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { extensionsLimits } from "../../src/core/data/index.ts";
import { takeParsed } from "../../src/core/schema/index.ts";
import { patch, told } from "./realm-patches.ts";
import { compile, problemsBy, takenOf } from "./support.ts";

const level = z.object({ a: z.string(), b: z.number().optional() });
const text = '{"a":"x"}';

/** What is taken over of a text while the realm is patched. What it is taken by was compiled before. */
function takenWhile(schema: z.ZodType, document: string, patches: () => void): object | undefined {
  const compiled = compile(schema);
  let taken: object | undefined;
  told(() => {
    patches();
    taken = takeParsed(compiled, JSON.parse(document), extensionsLimits);
  });
  return taken;
}

const takenWith = (key: string, descriptor: PropertyDescriptor) =>
  takenWhile(level, text, () => patch(Object.prototype, key, descriptor));

describe("what every object has", () => {
  it("has everything read the long way where it can be enumerated", () => {
    const found = { value: 1, enumerable: true, writable: true };
    expect(takenWith("b", found)).toBeUndefined();
    expect(takenWith("other", found)).toBeUndefined();
    expect(takenOf(level, text)).toEqual({ a: "x", b: undefined });
  });

  it("is not seen where it is hidden", () => {
    expect(takenWith("b", { value: 1 })).toEqual({ a: "x", b: undefined });
  });
});

it("no setter is met where something is taken over", () => {
  let met = 0;
  const set = () => {
    met += 1;
  };
  const schema = z.object({ f: z.array(z.string()), g: z.record(z.string(), z.number()) });
  const taken = takenWhile(schema, '{"g":{"h":-0},"f":["a","b"]}', () => {
    for (const key of ["f", "g", "h"]) patch(Object.prototype, key, { set });
    for (const index of [0, 1, 2]) patch(Array.prototype, index, { set });
  });
  expect(met).toBe(0);
  expect(taken).toEqual({ f: ["a", "b"], g: { h: 0 } });
});

it("a tag is not looked up on a prototype", () => {
  const option = (tag: string) => z.object({ t: z.literal(tag).default(tag) });
  const schema = z.array(z.discriminatedUnion("t", [option("a"), option("b")]));
  const taken = takenWhile(schema, "[{}]", () => patch(Object.prototype, "t", { value: "a" }));
  expect(taken).toBeUndefined();
  expect(takenOf(schema, '[{"t":"a"}]')).toEqual([{ t: "a" }]);
});

it("a list with holes shows none of its elements to a setter", () => {
  let met = 0;
  const set = () => {
    met += 1;
  };
  const compiled = compile(z.array(jsonObject()));
  // biome-ignore lint/suspicious/noSparseArray: a hole is what is tried here.
  const holes = [{ a: "secret" }, , { b: "secret" }];
  let problems: readonly string[] = [];
  told(() => {
    for (const index of [0, 1, 2]) patch(Array.prototype, index, { set });
    problems = problemsBy(compiled, holes);
  });
  expect(problems).toEqual(["1 | snapshot_type | a value | a hole"]);
  expect(met).toBe(0);
});
