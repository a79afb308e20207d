/** Parsed values are read directly, without checking what kind of object they are. */

import { jsonObject, jsonValue } from "glassine/host";
import { expect, it } from "vitest";
import * as z from "zod";
import { readingOf } from "./reads.ts";

/** A proxy of `value` that records every access. */
function asked<T extends object>(value: T): { readonly value: T; readonly questions: string[] } {
  const questions: string[] = [];
  const traps = ["get", "getOwnPropertyDescriptor", "getPrototypeOf", "has", "ownKeys"] as const;
  const noting = traps.map((trap) => [
    trap,
    (target: object, ...more: unknown[]) => {
      questions.push(trap === "ownKeys" ? trap : `${trap} ${String(more[0])}`);
      return (Reflect[trap] as (...all: unknown[]) => unknown)(target, ...more);
    },
  ]);
  return { value: new Proxy(value, Object.fromEntries(noting) as object), questions };
}

const parsed = (schema: z.ZodType, value: unknown) => readingOf(schema, value, "parsed");

it("a list is read by its length and its elements", () => {
  const { value, questions } = asked(["a", "b"]);
  expect(parsed(z.array(jsonValue()), value)).toEqual(["a", "b"]);
  expect(questions).toEqual(["get length", "get 0", "get 1"]);
});

it.each([
  ["a level", z.object({ a: z.string() })],
  ["a map", jsonObject()],
])("an object is read by its keys and the value of each: %s", (_, schema) => {
  const { value, questions } = asked({ a: "a" });
  expect(parsed(schema, value)).toEqual({ a: "a" });
  // The runtime itself checks whether each key is enumerable.
  expect(questions).toEqual(["ownKeys", "getOwnPropertyDescriptor a", "get a"]);
});

it("a union discriminated by one field reads only the selected option", () => {
  const schema = z.discriminatedUnion("t", [z.object({ t: z.literal("a") })]);
  const { value, questions } = asked({ t: "a" });
  const descriptor = "getOwnPropertyDescriptor t";
  expect(parsed(schema, value)).toEqual({ t: "a" });
  expect(questions).toEqual([descriptor, "get t", "ownKeys", descriptor, "get t"]);
});
