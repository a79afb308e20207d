// A process of its own: it patches the realm.
/** What is taken over in a realm that a plugin has patched: nothing of the realm's is met. */
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { jsonObject } from "../../src/admit/index.ts";
import { patch, told } from "./realm-patches.ts";
import { compile, problemsBy, takenOf } from "./support.ts";

const level = z.object({ a: z.string(), b: z.number().optional() });
const text = '{"a":"x"}';

/** What is taken while `target` has one more property. */
function takenWith(target: object, key: PropertyKey, descriptor: PropertyDescriptor) {
  let taken: object | undefined;
  told(() => {
    patch(target, key, descriptor);
    taken = takenOf(level, text);
  });
  return taken;
}

describe("what every object has", () => {
  it("has everything read the long way where it can be enumerated", () => {
    const found = { value: 1, enumerable: true, writable: true };
    expect(takenWith(Object.prototype, "b", found)).toBeUndefined();
    expect(takenWith(Object.prototype, "other", found)).toBeUndefined();
    expect(takenOf(level, text)).toEqual({ a: "x", b: undefined });
  });

  it("is not seen where it is hidden", () => {
    expect(takenWith(Object.prototype, "b", { value: 1 })).toEqual({ a: "x", b: undefined });
  });
});

it("no setter is met where something is taken over", () => {
  let met = 0;
  const set = () => {
    met += 1;
  };
  const schema = z.object({ f: z.array(z.string()), g: z.record(z.string(), z.number()) });
  let taken: object | undefined;
  told(() => {
    for (const key of ["f", "g", "h"]) patch(Object.prototype, key, { set });
    for (const index of [0, 1, 2]) patch(Array.prototype, index, { set });
    taken = takenOf(schema, '{"g":{"h":-0},"f":["a","b"]}');
  });
  expect(met).toBe(0);
  expect(taken).toEqual({ f: ["a", "b"], g: { h: 0 } });
});

it("a tag is not looked up on a prototype", () => {
  const schema = z.array(z.discriminatedUnion("t", [z.object({ t: z.literal("a") })]));
  let taken: object | undefined;
  told(() => {
    patch(Object.prototype, "t", { value: "a" });
    taken = takenOf(schema, "[{}]");
  });
  expect(taken).toBeUndefined();
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
