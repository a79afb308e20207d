// Its process is only for files that patch the realm.
/** Parsed text is read in a realm that a plugin has patched, and no patch is called. */
import { jsonObject } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { compile, problemsBy, readBy } from "./reads.ts";
import { changesAfter, patch } from "./realm-patches.ts";

const level = z.object({ a: z.string(), b: z.number().optional() });
const text = '{"a":"x"}';

/** Reads a document while the realm is patched. The schema is compiled before. */
function readWhile(schema: z.ZodType, document: string, patches: () => void): unknown {
  const compiled = compile(schema);
  let read: unknown;
  changesAfter(() => {
    patches();
    read = readBy(compiled, document);
  });
  return read;
}

const readWith = (key: string, descriptor: PropertyDescriptor) =>
  readWhile(level, text, () => patch(Object.prototype, key, descriptor));

describe("a patch on Object.prototype", () => {
  it("is not read if it is enumerable", () => {
    const found = { value: 1, enumerable: true, writable: true };
    expect(readWith("b", found)).toEqual({ a: "x", b: undefined });
    expect(readWith("other", found)).toEqual({ a: "x", b: undefined });
  });

  it("is not seen if it is not enumerable", () => {
    expect(readWith("b", { value: 1 })).toEqual({ a: "x", b: undefined });
  });
});

it("reading calls no setter", () => {
  let met = 0;
  const set = () => {
    met += 1;
  };
  const schema = z.object({ f: z.array(z.string()), g: z.record(z.string(), z.number()) });
  const read = readWhile(schema, '{"g":{"h":-0},"f":["a","b"]}', () => {
    for (const key of ["f", "g", "h"]) patch(Object.prototype, key, { set });
    for (const index of [0, 1, 2]) patch(Array.prototype, index, { set });
  });
  expect(met).toBe(0);
  expect(read).toEqual({ f: ["a", "b"], g: { h: 0 } });
});

it("a tag is not read from a prototype", () => {
  const option = (tag: string) => z.object({ t: z.literal(tag).default(tag) });
  const schema = z.array(z.discriminatedUnion("t", [option("a"), option("b")]));
  const read = readWhile(schema, "[{}]", () => patch(Object.prototype, "t", { value: "a" }));
  expect(read).toBeUndefined();
});

it("a list with holes shows none of its elements to a setter", () => {
  let met = 0;
  const set = () => {
    met += 1;
  };
  const compiled = compile(z.array(jsonObject()));
  // biome-ignore lint/suspicious/noSparseArray: the hole is the subject of this test.
  const holes = [{ a: "secret" }, , { b: "secret" }];
  let problems: readonly string[] = [];
  changesAfter(() => {
    for (const index of [0, 1, 2]) patch(Array.prototype, index, { set });
    problems = problemsBy(compiled, holes);
  });
  expect(problems).toEqual(["1 | snapshot_type | a value | a hole"]);
  expect(met).toBe(0);
});
