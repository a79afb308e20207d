/** The size of a value, counted as when it is read; kept parts are counted once. */

import { jsonValue } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import {
  addGrowth,
  addSize,
  admit,
  extensionsLimits,
  outgrown,
  outgrows,
  type Size,
} from "../../../src/core/data/index.ts";
import { compileSchema } from "../../../src/core/schema/index.ts";
import { optionsOf } from "../../data/support.ts";

const none = (): Size => ({ nodes: 0, units: 0 });
const sizeOf = (value: unknown) => {
  const sum = none();
  addSize(sum, value);
  return sum;
};

const schema = z.object({
  kind: z.enum(["one", "two"]),
  union: z.union([z.string(), z.array(z.number())]),
  trimmed: z.string().transform((text) => text.trim()),
  tagged: z.discriminatedUnion("is", [z.object({ is: z.literal("dot"), at: z.number() })]),
  loose: z.looseObject({ on: z.boolean(), more: z.array(z.string()).default(["d"]) }),
  list: z.array(z.string()).default(["a", "b"]),
  map: z.record(z.string(), jsonValue()).default({}),
  absent: z.string().optional(),
});
const compiled = compileSchema(schema, { closed: false, shownWhole: true });
const input = {
  kind: "two",
  union: [1, 2, 3],
  trimmed: "text",
  tagged: { is: "dot", at: 1 },
  loose: { on: true, other: { key: null } },
  map: { long: ["x", "yz"], n: 1.5 },
};
const read = (value: unknown, limits: Partial<Size>, origin: "host" | "parsed" | "plugin") =>
  admit(compiled.read, value, optionsOf({ origin, limits }));

describe("the size of a value", () => {
  it.each([
    [undefined, 0, 0],
    [null, 1, 0],
    ["text", 1, 4],
    [[], 1, 0],
    [["a", ["bc"], 1], 5, 3],
    [{ known: "a", absent: undefined, list: [true] }, 4, 1],
    [Object.assign(Object.create(null), { key: "a", k: {} }), 3, 5],
  ])("%j", (value, nodes, units) => {
    expect(sizeOf(value)).toEqual({ nodes, units });
    const kept = none();
    addGrowth(kept, undefined, value);
    expect(kept).toEqual({ nodes, units });
    addSize(kept, value, -1);
    expect(kept).toEqual(none());
  });

  it.each(["host", "parsed"] as const)(
    "is that of reading, even if the schema reads parts twice: %s",
    (origin) => {
      const first = read(input, {}, origin);
      const whole = (first as { value: object }).value;
      const { nodes, units } = sizeOf(whole);
      const again = JSON.parse(JSON.stringify(whole)) as object;
      const exact = { nodes, units: units + (origin === "host" ? "isat".length : 0) };
      expect(read(again, exact, origin)).toMatchObject({ ok: true, value: whole });
      for (const less of [{ nodes: nodes - 1 }, { units: units - 1 }]) {
        expect(read(again, less, origin)).toMatchObject({
          ok: false,
          problems: [{ code: "snapshot_limit" }],
        });
      }
      // Values that the schema adds count like given ones.
      expect(read(input, { nodes: nodes - 1 }, origin).ok).toBe(false);
    },
  );

  it("of what was kept is known: it is not counted again", () => {
    let reads = 0;
    const get = (list: readonly number[], key: string, receiver: unknown) => {
      reads += 1;
      return Reflect.get(list, key, receiver) as unknown;
    };
    const large = new Proxy(Object.freeze(Array(100).fill(1)) as number[], { get } as object);
    expect(sizeOf({ large, a: 1 }).nodes).toBe(103);
    const once = reads;
    expect(once).toBeGreaterThanOrEqual(100);
    expect(sizeOf({ large, b: [2] }).nodes).toBe(104);
    expect(reads).toBe(once);
  });
});

describe("a limit", () => {
  const limits = { ...extensionsLimits, nodes: 5, units: 5 };

  it.each([
    [6, 0, 1, 0, "at most 5 values"],
    [5, 0, 1, 0, undefined],
    [6, 0, 0, 0, undefined],
    [0, 6, 0, 1, "at most 5 UTF-16 units of text"],
    [0, 5, 0, 1, undefined],
    [9, 6, 0, 0, undefined],
    [9, 6, -1, 1, "at most 5 UTF-16 units of text"],
  ])("is exceeded by what is over it and grew", (nodes, units, more, text, expected) => {
    expect(outgrown({ nodes, units }, { nodes: more, units: text }, limits)).toBe(expected);
  });

  it("is exceeded by the result of a change", () => {
    const old = { list: [1, 2, 3, 4, 5, 6] };
    expect(outgrows({ list: old.list, a: 1 }, old, limits)).toBe("at most 5 values");
    expect(outgrows({ list: [1, 2, 3, 4, 5] }, old, limits)).toBeUndefined();
    expect(outgrows({ list: [1, 2, 3] }, { list: [] }, limits)).toBeUndefined();
    expect(outgrows({ a: "123456" }, { a: "" }, limits)).toBe("at most 5 UTF-16 units of text");
    expect(outgrows({ a: "12345" }, { a: "" }, limits)).toBeUndefined();
    expect(outgrows({ a: "123456" }, { b: "123456" }, limits)).toBeUndefined();
  });
});
