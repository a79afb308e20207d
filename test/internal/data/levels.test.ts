// Its process is only for files that patch the realm.
/** Levels: objects with known keys, read whole or over a shown value. */

import { headerMap, stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { Admitted } from "../../../src/core/data/index.ts";
import { compileSchema, withAliases } from "../../../src/core/schema/index.ts";
import { changesAfter, patch } from "../../data/realm-patches.ts";
import { admitOver, type HowOver, linesIn, valueIn as plainValueIn } from "../../data/support.ts";

/** How to read with a schema. `nodes` is the limit on values. */
type Reading = HowOver & { readonly nodes?: number };

function reading(
  schema: z.ZodType,
  { closed = true, shownWhole = false, ...how }: Reading & Partial<CompileOptions> = {},
): (value: unknown, more?: Reading) => Admitted {
  const compiled = compileSchema(schema, { closed, shownWhole });
  return (value, more) => {
    const { nodes, ...options } = { ...how, ...more };
    const limits = nodes === undefined ? {} : { nodes };
    return admitOver(compiled, value, { ...options, limits });
  };
}
type CompileOptions = Parameters<typeof compileSchema>[1];

const valueIn = (admitted: Admitted) => plainValueIn(admitted) as Record<string, unknown>;

const text = z.string().optional();

describe("a level", () => {
  const read = reading(
    z.object({ b: text, a: z.object({ d: text, c: text }).optional(), e: text }),
  );

  it("has every key, in the order of its schema, whatever was given", () => {
    const value = valueIn(read({ e: "e", a: { c: "c" } }));
    expect(Object.keys(value)).toEqual(["b", "a", "e"]);
    expect(Object.keys(value.a as object)).toEqual(["d", "c"]);
    expect(Object.isFrozen(value) && Object.isFrozen(value.a)).toBe(true);
    expect(Object.keys(valueIn(read({})))).toEqual(["b", "a", "e"]);
  });

  it("counts as one value, and each field as one", () => {
    const value = { b: "b", a: { c: "c" } };
    expect(read(value, { nodes: 4 }).ok).toBe(true);
    expect(linesIn(read(value, { nodes: 3 }))).toHaveLength(1);
  });

  it("restores the depth when it ends", () => {
    const deep = reading(z.object({ a: z.object({ b: z.number() }), c: z.number() }));
    expect(linesIn(deep({ a: { b: "x" }, c: "y" }))).toEqual([
      "a/b | extensions_shape | a number | string",
      "c | extensions_shape | a number | string",
    ]);
  });
});

describe("null", () => {
  const schema = z.object({
    maybe: text,
    value: z.string().nullable().optional(),
    must: z.string().nullable(),
    set: stringSet().optional(),
    headers: headerMap().optional(),
  });
  const read = reading(schema);

  it("is absent where a field may be absent, else a value", () => {
    const value = valueIn(read({ maybe: null, value: null, must: null, set: null, headers: null }));
    expect(value).toStrictEqual({
      maybe: undefined,
      value: undefined,
      must: null,
      set: undefined,
      headers: undefined,
    });
  });

  it("is not what a required field is that is missing", () => {
    expect(linesIn(read({}))).toEqual(["must | extensions_shape | a value | nothing"]);
  });

  it("from a plugin does not clear sets or headers", () => {
    const from = (value: object) => linesIn(read({ must: "m", ...value }, { origin: "plugin" }));
    expect(from({ maybe: null, value: null })).toEqual([]);
    expect(from({ set: null })).toEqual(["set | extensions_shape | an array | null"]);
    expect(from({ headers: null })).toEqual(["headers | extensions_shape | an object | null"]);
  });
});

describe("a level over what was shown", () => {
  const schema = z.object({ a: text, b: text, in: z.object({ c: text, d: text }).optional() });
  const shown = valueIn(reading(schema)({ a: "a", b: "b", in: { c: "c", d: "d" } }));

  it("keeps what is omitted, in a slot and at any depth", () => {
    const over = reading(schema, { partial: true, previous: shown });
    const value = valueIn(over({ b: "B", in: { d: "D" } }));
    expect(value).toEqual({ a: "a", b: "B", in: { c: "c", d: "D" } });
    expect(valueIn(over({}))).toBe(shown);
    expect(valueIn(over({ in: {} }))).toBe(shown);
    expect(valueIn(over({ in: { c: "c" } }))).toBe(shown);
    expect(valueIn(over({ a: "A" })).in).toBe(shown.in);
  });

  it("drops what is omitted if a whole is read", () => {
    const whole = reading(schema, { previous: shown });
    expect(valueIn(whole({ a: "a", b: "b", in: { c: "c", d: "d" } }))).toBe(shown);
    expect(valueIn(whole({ a: "a", in: { c: "c", d: "d" } }))).toEqual({ a: "a", in: shown.in });
    expect(valueIn(whole({ a: "a", b: "b", in: { c: "c" } })).in).toEqual({ c: "c" });
  });

  it("that was not shown is partial in a slot, and whole in a payload", () => {
    const strictly = z.object({ in: z.object({ c: z.string(), d: text }).optional() });
    const slot = reading(strictly, { partial: true, previous: {} });
    expect(valueIn(slot({ in: { d: "D" } }))).toMatchObject({ in: { c: undefined, d: "D" } });
    const payload = reading(strictly, { partial: true, shownWhole: true, previous: {} });
    expect(linesIn(payload({ in: { d: "D" } }))).toEqual([
      "in/c | extensions_shape | a value | nothing",
    ]);
    const known = { in: { c: "c" } };
    expect(valueIn(payload({ in: { d: "D" } }, { previous: known })).in).toEqual({
      c: "c",
      d: "D",
    });
  });

  it("adds no default for what is omitted", () => {
    const defaulted = z.object({ a: z.string().default("d"), b: text });
    const over = reading(defaulted, { partial: true, previous: { a: "mine", b: undefined } });
    expect(valueIn(over({ b: "b" }))).toEqual({ a: "mine", b: "b" });
    expect(valueIn(reading(defaulted)({ b: "b" }))).toEqual({ a: "d", b: "b" });
  });

  it("is compared with its own fields only", () => {
    // A payload need not have every key.
    const bare = Object.freeze({ b: "b" });
    const whole = reading(schema, { previous: bare });
    expect(valueIn(whole({ b: "b" }))).toBe(bare);
    let value: unknown;
    let changed: unknown;
    changesAfter(() => {
      patch(Object.prototype, "a", { value: "stolen", writable: true });
      value = valueIn(whole({ b: "b" }));
      changed = valueIn(whole({ a: "stolen", b: "b" }));
    });
    expect(value).toBe(bare);
    expect(changed).toStrictEqual({ a: "stolen", b: "b", in: undefined });
  });
});

describe("a field under two names", () => {
  const schema = withAliases(z.object({ roles: stringSet().optional(), a: text }), {
    role: "roles",
  });

  it("is stored under the first, whichever was used", () => {
    const read = reading(schema);
    expect(valueIn(read({ role: ["b", "a"] }))).toEqual({ roles: ["a", "b"] });
    expect(valueIn(read({ role: null, roles: ["a"] }))).toEqual({ roles: ["a"] });
    expect(linesIn(read({ role: ["a"], roles: ["a"] }))).toHaveLength(1);
    expect(linesIn(read({ roles: ["a"], role: ["b"], a: 5 }))).toEqual([
      'role | extensions_shape | one "roles" | two that differ',
      "a | extensions_shape | a string | number",
    ]);
  });

  it("keeps what was shown, by either name", () => {
    const shown = valueIn(reading(schema)({ roles: ["a"] }));
    const over = reading(schema, { previous: shown });
    expect(valueIn(over({ role: ["a"] }))).toBe(shown);
    expect(valueIn(over({ role: ["a"], roles: ["a"] }))).toBe(shown);
  });
});

describe("an unknown field", () => {
  const schema = z.object({ a: text });
  const many = Object.fromEntries(Array.from({ length: 130 }, (_, i) => [`x${i}`, i]));

  it("of a host is dropped and listed, up to 100 by default", () => {
    const admitted = reading(schema)({ a: "a", ...many }, { strict: false });
    expect(admitted).toMatchObject({ ok: true, value: { a: "a" }, droppedCount: 130 });
    const { dropped } = admitted as { dropped: readonly unknown[] };
    expect(dropped).toHaveLength(100);
    expect(dropped.slice(0, 2)).toEqual([["x0"], ["x1"]]);
    expect(linesIn(reading(schema)({ a: "a", b: 1 }, { strict: true }))).toEqual([
      "b | slot_unknown | only the field a | an unknown field",
    ]);
  });

  it("of a plugin is kept if the level is open and it is safe to read", () => {
    const open = reading(schema, { closed: false, origin: "plugin", strict: false });
    expect(valueIn(open({ a: "a", b: { c: 1 } }))).toEqual({ a: "a" });
    expect(valueIn(open({ a: "a", b: undefined }))).toEqual({ a: "a" });
    expect(linesIn(open({ b: Number.NaN }))[0]).toContain("snapshot_type");
    expect(linesIn(open({ "\ud800": 1 }))[0]).toContain("snapshot_key");
    expect(linesIn(open({ b: [1, 2, 3] }, { nodes: 4 }))[0]).toContain("snapshot_limit");
    const closed = reading(schema, { origin: "plugin", strict: false });
    expect(linesIn(closed({ b: 1 }))).toEqual([
      "b | slot_unknown | only the field a | an unknown field",
    ]);
    expect(linesIn(closed({ b: Number.NaN }))[0]).toContain("snapshot_type");
    const exact = reading(z.strictObject({ a: text }), { closed: false, origin: "plugin" });
    expect(linesIn(exact({ b: 1 }))).toEqual([
      "b | slot_unknown | only the field a | an unknown field",
    ]);
  });

  it("is reported together with other problems", () => {
    expect(linesIn(reading(schema)({ b: 1, a: 5 }))).toEqual([
      "b | slot_unknown | only the field a | an unknown field",
      "a | extensions_shape | a string | number",
    ]);
  });
});

describe("a level that keeps unknown fields", () => {
  const schema = z.looseObject({ on: z.boolean(), n: z.number().default(1), maybe: text });
  const read = reading(schema);

  it("checks known fields, and keeps the rest unchanged", () => {
    expect(valueIn(read({ on: true, more: { a: null }, maybe: null }))).toEqual({
      on: true,
      n: 1,
      more: { a: null },
    });
    expect(linesIn(read({ on: 1, n: "x", maybe: 5 }))).toEqual([
      "on | extensions_shape | a boolean | number",
      "n | extensions_shape | a number | string",
      "maybe | extensions_shape | a string | number",
    ]);
    expect(linesIn(read({ more: 1 }))).toEqual(["on | extensions_shape | a value | nothing"]);
    expect(valueIn(read({ on: true, n: 2, rest: null }))).toEqual({ on: true, n: 2, rest: null });
    expect(linesIn(read({ on: null }))).toEqual(["on | extensions_shape | a boolean | null"]);
    expect(linesIn(read({ on: true, more: Number.NaN }))).toHaveLength(1);
  });

  it("is the same object if it equals what was shown", () => {
    const shown = valueIn(read({ on: true, more: [1] }));
    expect(valueIn(read({ on: true, more: [1], n: 1 }, { previous: shown }))).toBe(shown);
    expect(valueIn(read({ on: true, more: [1] }, { previous: shown }))).toBe(shown);
    const fewer = valueIn(read({ on: true }, { previous: shown }));
    expect(fewer).toEqual({ on: true, n: 1 });
    const changed = valueIn(read({ on: true, more: [1, 2] }, { previous: shown }));
    expect(changed).toEqual({ on: true, n: 1, more: [1, 2] });
    expect(Object.isFrozen(changed) && Object.isFrozen(changed.more)).toBe(true);
  });

  it("does not run a transform again on its own result", () => {
    const made = z.looseObject({ x: z.string().transform((words) => `${words}!`) });
    const shown = valueIn(reading(made)({ x: "a", y: 1 }));
    expect(shown).toEqual({ x: "a!", y: 1 });
    expect(valueIn(reading(made)({ x: "a!", y: 1 }, { previous: shown }))).toBe(shown);
  });

  it("counts once, even if read twice", () => {
    const value = { on: true, n: 2, more: ["a"] };
    expect(read(value, { nodes: 5 }).ok).toBe(true);
    expect(linesIn(read(value, { nodes: 4 }))).toHaveLength(1);
    const outer = reading(z.object({ in: schema, after: z.number() }));
    expect(outer({ in: value, after: 1 }, { nodes: 7 }).ok).toBe(true);
    expect(linesIn(outer({ in: value, after: 1 }, { nodes: 6 }))).toHaveLength(1);
  });

  it("restores the depth when it ends", () => {
    const outer = reading(z.object({ in: schema, after: z.number() }));
    expect(linesIn(outer({ in: { on: true }, after: "x" }))).toEqual([
      "after | extensions_shape | a number | string",
    ]);
    expect(linesIn(outer({ in: { on: 1 }, after: "x" }))).toHaveLength(2);
  });
});
