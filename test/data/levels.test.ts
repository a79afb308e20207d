// Its process is only for files that patch the realm.
/** Levels: objects with known keys, read whole or over what was shown. */
import {
  createExtensions,
  decodeExtensions,
  type Extensions,
  filterExtensions,
  type Limits,
  mergeExtensions,
  withSlots,
} from "glassine";
import { headerMap, stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { payloadPartAfter, problemsIn, slotOf } from "./one-slot.ts";
import { changesAfter, patch } from "./realm-patches.ts";
import { refusalOf } from "./support.ts";

const text = z.string().optional();
const lines = (schema: z.ZodType, value: unknown) => problemsIn(() => slotOf(schema).create(value));

describe("a level", () => {
  const schema = z.object({ b: text, a: z.object({ d: text, c: text }).optional(), e: text });
  const { create } = slotOf(schema);

  it("has every key, in the order of its schema, whatever was given", () => {
    const value = create({ e: "e", a: { c: "c" } });
    expect(Object.keys(value)).toEqual(["b", "a", "e"]);
    expect(Object.keys(value.a as object)).toEqual(["d", "c"]);
    expect(Object.isFrozen(value) && Object.isFrozen(value.a)).toBe(true);
    expect(Object.keys(create({}))).toEqual(["b", "a", "e"]);
  });

  it("counts as one value, and each field as one", () => {
    const value = { b: "b", a: { c: "c" } };
    expect(() => create(value, { nodes: 4 })).not.toThrow();
    expect(problemsIn(() => create(value, { nodes: 3 }))).toHaveLength(1);
  });

  it("restores the depth when it ends", () => {
    const deep = z.object({ a: z.object({ b: z.number() }), c: z.number() });
    expect(lines(deep, { a: { b: "x" }, c: "y" })).toEqual([
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
  const { create, envelopeOf, merge } = slotOf(schema);

  it("is absent where a field may be absent, else a value", () => {
    const value = create({ maybe: null, value: null, must: null, set: null, headers: null });
    expect(value).toStrictEqual({
      maybe: undefined,
      value: undefined,
      must: null,
      set: undefined,
      headers: undefined,
    });
  });

  it("is not what a required field is that is missing", () => {
    expect(lines(schema, {})).toEqual(["must | extensions_shape | a value | nothing"]);
  });

  it("from a plugin does not clear sets or headers", () => {
    const before = envelopeOf({ must: "m", set: ["a"], headers: { a: "1" } });
    const from = (value: object) => merge(before, { must: "m", ...value });
    expect(from({ maybe: null, value: null })).toBe(before.shelf);
    const refused = (field: string, expected: string) =>
      expect.objectContaining({
        code: "extensions_shape",
        message: expect.stringContaining(`at shelf.${field}: Expected ${expected}, got null.`),
      });
    expect(() => from({ set: null })).toThrow(refused("set", "an array"));
    expect(() => from({ headers: null })).toThrow(refused("headers", "an object"));
  });
});

describe("a level over what was shown", () => {
  const schema = z.object({ a: text, b: text, in: z.object({ c: text, d: text }).optional() });
  const { envelopeOf, merge, replace } = slotOf(schema);
  const envelope = envelopeOf({ a: "a", b: "b", in: { c: "c", d: "d" } });
  const { shelf: shown } = envelope;

  it("keeps what a plugin omits, at any depth", () => {
    const over = (value: object) => merge(envelope, value);
    expect(over({ b: "B", in: { d: "D" } })).toEqual({ a: "a", b: "B", in: { c: "c", d: "D" } });
    expect(over({})).toBe(shown);
    expect(over({ in: {} })).toBe(shown);
    expect(over({ in: { c: "c" } })).toBe(shown);
    expect(over({ a: "A" }).in).toBe(shown?.in);
  });

  it("drops what the host omits", () => {
    const whole = (value: object) => replace(envelope, value);
    expect(whole({ a: "a", b: "b", in: { c: "c", d: "d" } })).toBe(shown);
    expect(whole({ a: "a", in: { c: "c", d: "d" } })).toEqual({ a: "a", in: shown?.in });
    expect(whole({ a: "a", in: { c: "c", d: "d" } }).in).toBe(shown?.in);
    expect(whole({ a: "a", b: "b", in: { c: "c" } }).in).toEqual({ c: "c" });
  });

  it("adds no default for what is omitted", () => {
    const defaulted = slotOf(z.object({ a: z.string().default("d"), b: text }));
    const mine = defaulted.envelopeOf({ a: "mine" });
    expect(defaulted.merge(mine, { b: "b" })).toEqual({ a: "mine", b: "b" });
    expect(defaulted.create({ b: "b" })).toEqual({ a: "d", b: "b" });
  });

  it("may lack what the plugin cannot see", () => {
    const inner = z.object({ c: z.string().default("c"), d: text });
    const { host, envelopeOf: hiding } = slotOf(z.object({ in: inner.optional() }), {
      fields: { in: { fields: { c: { read: "read_c", write: "write_c" } } } },
    });
    const proposed = { shelf: { in: { d: "D" } } };
    const merged = host.mergeExtensions(
      hiding({ in: { c: "secret", d: "d" } }) as never,
      proposed,
      [],
    );
    expect(merged.extensions).toMatchObject({ shelf: { in: { c: "secret", d: "D" } } });
    expect(merged.rejections).toEqual([]);
  });
});

describe("a level of a payload", () => {
  const few = z.object({ a: text, b: text });
  const strictly = z.object({ c: z.string(), d: text });

  it("is read whole if there was none", async () => {
    const { refusal } = await payloadPartAfter(strictly, undefined, () => ({ d: "D" }));
    expect(refusal).toContain("at payload.part.c on probe. Expected a value, got nothing.");
    const { part } = await payloadPartAfter(few, undefined, () => ({ b: "b" }));
    expect(Object.entries(part as object)).toEqual([
      ["a", undefined],
      ["b", "b"],
    ]);
  });

  it("keeps what is omitted if there was one", async () => {
    const { part } = await payloadPartAfter(strictly, { c: "c" }, () => ({ d: "D" }));
    expect(part).toEqual({ c: "c", d: "D" });
  });

  it("has only keys of its own or of what was shown", async () => {
    const keysOver = async (shown: object) =>
      Object.keys((await payloadPartAfter(few, shown, () => ({ b: "B" }))).part as object);
    expect(await keysOver({ b: "b" })).toEqual(["b"]);
    expect(await keysOver({ b: "b", a: "a" })).toEqual(["b", "a"]);
  });

  it("is compared with its own fields only", async () => {
    const over = (value: object) =>
      payloadPartAfter(few, { b: "b" }, () => {
        patch(Object.prototype, "a", { value: "stolen", writable: true });
        return value;
      });
    const parts: unknown[] = [];
    for (const value of [{ b: "b" }, { a: "stolen", b: "b" }]) {
      try {
        parts.push((await over(value)).part);
      } finally {
        changesAfter(() => {});
      }
    }
    expect(parts.map((part) => Object.keys(part as object))).toEqual([["b"], ["b", "a"]]);
  });
});

describe("a level in place of null", () => {
  const level = z.object({ a: text, b: text }).nullable();

  it("has each field of its schema, in a slot", () => {
    const slot = slotOf(z.object({ in: level, on: z.boolean().optional() }));
    const envelope = slot.envelopeOf({ in: null });
    for (const change of [slot.merge, slot.replace]) {
      expect(Object.keys(change(envelope, { in: {} }).in as object)).toEqual(["a", "b"]);
    }
  });

  it("has each field of its schema, in a payload", async () => {
    const { part } = await payloadPartAfter(level, null, () => ({ b: "b" }));
    expect(Object.entries(part as object)).toEqual([
      ["a", undefined],
      ["b", "b"],
    ]);
  });
});

describe("a part of what was shown", () => {
  const f = z.string();

  it("that is an object is not read again, whatever its field's type", () => {
    const made = f.transform(() => ({ made: "by a transform" }));
    const slot = slotOf(z.object({ f: made, g: text }));
    const envelope = slot.envelopeOf({ f: "a" });
    const part = envelope.shelf?.f as object;
    expect(slot.replace(envelope, { f: part, g: "g" })).toEqual({ f: part, g: "g" });
    expect(slot.replace(envelope, { f: part, g: "g" }).f).toBe(part);
    expect(problemsIn(() => slot.create({ f: { ...part } }))).toHaveLength(1);
  });

  it("that is a string is counted again", () => {
    const slot = slotOf(z.object({ f }));
    const envelope = slot.envelopeOf({ f: "four" });
    expect(slot.replace(envelope, { f: "four" }, { units: 4 })).toBe(envelope.shelf);
    const problems = problemsIn(() => slot.replace(envelope, { f: "four" }, { units: 3 }));
    expect(problems).toHaveLength(1);
  });

  it("that is null is counted again", () => {
    const slot = slotOf(z.object({ f: z.literal(null) }));
    const envelope = slot.envelopeOf({ f: null });
    expect(slot.replace(envelope, { f: null }, { nodes: 2 })).toBe(envelope.shelf);
    const problems = problemsIn(() => slot.replace(envelope, { f: null }, { nodes: 1 }));
    expect(problems).toHaveLength(1);
  });
});

describe("a field under two names", () => {
  const subjectOf = (subject: object) => createExtensions({ security: { subject } });
  const typeIn = (extensions: Extensions) => extensions.security?.subject?.type;
  const textOf = (subject: object) => JSON.stringify({ security: { subject } });

  it("is stored under the first, whichever was used", () => {
    for (const subject of [
      { subject_type: "user" },
      { type: "user" },
      { subject_type: "user", type: "user" },
      { type: "user", subject_type: "user" },
      { subject_type: null, type: "user" },
    ]) {
      for (const extensions of [
        subjectOf(subject),
        decodeExtensions(textOf(subject)).extensions,
        decodeExtensions(textOf(subject), { strict: true }).extensions,
      ]) {
        expect(typeIn(extensions)).toBe("user");
        expect(extensions.security?.subject).not.toHaveProperty("subject_type");
      }
    }
  });

  it("is refused with two values", () => {
    const differ = (name: string) => ({
      path: ["security", "subject", name],
      code: "extensions_shape",
      expected: 'one "type"',
      received: "two that differ",
    });
    const refused = (problems: readonly object[]) =>
      expect.objectContaining({ data: expect.objectContaining({ problems }) });
    const subject = { type: "user", subject_type: "agent" };
    expect(() => subjectOf(subject)).toThrow(refused([differ("subject_type")]));
    expect(() => decodeExtensions(textOf(subject))).toThrow(refused([differ("subject_type")]));
    const other = { subject_type: "agent", type: "user", id: 5 };
    const id = { code: "extensions_shape", expected: "a string", received: "number" };
    expect(() => subjectOf(other)).toThrow(
      refused([differ("type"), { path: ["security", "subject", "id"], ...id }]),
    );
    const envelope = subjectOf({ type: "user" });
    expect(() => withSlots(envelope, { security: { subject } } as never)).toThrow(
      refused([differ("subject_type")]),
    );
    const view = filterExtensions(envelope, ["read_subject"]);
    expect(() =>
      mergeExtensions(envelope, { security: { subject } }, ["read_subject"], { view }),
    ).toThrow(expect.objectContaining({ code: "extensions_shape" }));
  });

  it("keeps what was shown, by either name", () => {
    const envelope = subjectOf({ id: "i", type: "user" });
    for (const subject of [
      { id: "i", subject_type: "user" },
      { id: "i", subject_type: "user", type: "user" },
    ]) {
      const { security } = withSlots(envelope, { security: { subject } } as never);
      expect(security?.subject).toBe(envelope.security?.subject);
    }
  });

  it("that cannot be read under its second name is reported once", () => {
    const subject = {
      get subject_type() {
        return "user";
      },
    };
    expect(problemsIn(() => subjectOf(subject))).toEqual([
      "subject/subject_type | snapshot_accessor | a value | a getter or setter",
    ]);
  });
});

it("a standard level gets the same defaults whether it was given or sent", () => {
  const given = createExtensions({ delegation: {}, security: { client: { client_id: "c" } } });
  const text = '{"delegation":{},"security":{"client":{"client_id":"c"}}}';
  const { extensions } = decodeExtensions(text);
  expect(extensions).toStrictEqual(given);
  expect(extensions.delegation).toMatchObject({ chain: [], depth: 0, delegated: false });
  expect(extensions.security?.client?.trust_level).toBe("third_party");
});

describe("a list with a limit of its own", () => {
  const hop = { subject_id: "s", subject_type: "user" };
  const make = (limits: Partial<Limits>) =>
    createExtensions({ delegation: { chain: [hop, hop] } }, { limits });

  it("is read at the limit, and refused one past it", () => {
    expect(make({ hops: 2 }).delegation?.chain).toHaveLength(2);
    const refused = ["chain | snapshot_limit | at most 1 elements | more"];
    expect(problemsIn(() => make({ hops: 1 }))).toEqual(refused);
    const text = JSON.stringify({ delegation: { chain: [hop, hop] } });
    const decode = (hops: number) => decodeExtensions(text, { limits: { hops } }).extensions;
    expect(decode(2).delegation?.chain).toHaveLength(2);
    expect(problemsIn(() => decode(1))).toEqual(refused);
  });

  it("may be longer than others, and others may be longer", () => {
    expect(make({ labels: 1 }).delegation?.chain).toHaveLength(2);
    const { create } = slotOf(z.object({ f: z.array(z.string()) }));
    expect(create({ f: ["a", "b"] }, { labels: 1, hops: 1, hopScopes: 1 }).f).toEqual(["a", "b"]);
  });
});

describe("an unknown field", () => {
  const schema = z.object({ a: text });
  const many = Object.fromEntries(Array.from({ length: 130 }, (_, i) => [`x${i}`, i]));
  const unknown = "b | slot_unknown | only the field a | an unknown field";

  it("that was sent is dropped and listed, up to 100", () => {
    const { host } = slotOf(schema);
    const decoded = host.decodeExtensions({ shelf: { a: "a", ...many } } as never);
    expect(decoded).toMatchObject({ extensions: { shelf: { a: "a" } }, droppedCount: 130 });
    expect(Object.keys((decoded.extensions as { shelf?: object }).shelf ?? {})).toEqual(["a"]);
    expect(decoded.dropped).toHaveLength(100);
    expect(decoded.dropped.slice(0, 2)).toEqual(["shelf.x0", "shelf.x1"]);
  });

  it("of a host is refused, together with other problems", () => {
    expect(lines(schema, { a: "a", b: 1 })).toEqual([unknown]);
    expect(lines(schema, { b: 1, a: 5 })).toEqual([
      unknown,
      "a | extensions_shape | a string | number",
    ]);
  });

  it("of a plugin is ignored if the level is open and it is safe to read", () => {
    const open = slotOf(schema);
    const before = open.envelopeOf({});
    const from = (value: object) => open.merge(before, value);
    const codeFrom = (value: object) => refusalOf(() => from(value)).code;
    expect(from({ a: "a", b: { c: 1 } })).toStrictEqual({ a: "a" });
    expect(from({ a: "a", b: undefined })).toStrictEqual({ a: "a" });
    expect(codeFrom({ b: Number.NaN })).toBe("snapshot_type");
    expect(codeFrom({ "\ud800": 1 })).toBe("snapshot_key");
    expect(open.merge(before, { b: [1, 2, 3] }, { nodes: 5 })).toBe(before.shelf);
    const { code } = refusalOf(() => open.merge(before, { b: [1, 2, 3] }, { nodes: 4 }));
    expect(code).toBe("snapshot_limit");
  });

  it.each([
    ["closed", schema, { closed: true }],
    ["strict", z.strictObject({ a: text }), {}],
  ])("of a plugin is refused if the level is %s", (_, level, spec) => {
    const { envelopeOf, merge } = slotOf(level, spec);
    const from = (value: object) => refusalOf(() => merge(envelopeOf({}), value));
    expect(from({ b: 1 })).toMatchObject({
      code: "slot_unknown",
      message: expect.stringContaining("Expected only the field a, got an unknown field."),
    });
    expect(from({ b: Number.NaN }).code).toBe("snapshot_type");
  });
});

describe("a level that keeps unknown fields", () => {
  const schema = z.looseObject({ on: z.boolean(), n: z.number().default(1), maybe: text });
  const { create, envelopeOf, merge, replace } = slotOf(schema);

  it("checks known fields, and keeps the rest unchanged", () => {
    expect(create({ on: true, more: { a: null }, maybe: null })).toEqual({
      on: true,
      n: 1,
      more: { a: null },
    });
    expect(lines(schema, { on: 1, n: "x", maybe: 5 })).toEqual([
      "on | extensions_shape | a boolean | number",
      "n | extensions_shape | a number | string",
      "maybe | extensions_shape | a string | number",
    ]);
    expect(lines(schema, { more: 1 })).toEqual(["on | extensions_shape | a value | nothing"]);
    expect(create({ on: true, n: 2, rest: null })).toEqual({ on: true, n: 2, rest: null });
    expect(lines(schema, { on: null })).toEqual(["on | extensions_shape | a boolean | null"]);
    expect(lines(schema, { on: true, more: Number.NaN })).toHaveLength(1);
  });

  it("is the same object if it equals what was there", () => {
    const envelope = envelopeOf({ on: true, more: [1] });
    for (const change of [merge, replace]) {
      expect(change(envelope, { on: true, more: [1], n: 1 })).toBe(envelope.shelf);
      expect(change(envelope, { on: true, more: [1] })).toBe(envelope.shelf);
      expect(change(envelope, { on: true })).toEqual({ on: true, n: 1 });
      const changed = change(envelope, { on: true, more: [1, 2] });
      expect(changed).toEqual({ on: true, n: 1, more: [1, 2] });
      expect(Object.isFrozen(changed) && Object.isFrozen(changed.more)).toBe(true);
    }
  });

  it("does not run a transform again on its own result", () => {
    const made = slotOf(z.looseObject({ x: z.string().transform((words) => `${words}!`) }));
    const envelope = made.envelopeOf({ x: "a", y: 1 });
    expect(envelope.shelf).toEqual({ x: "a!", y: 1 });
    expect(made.replace(envelope, { x: "a!", y: 1 })).toBe(envelope.shelf);
    expect(made.merge(envelope, { x: "a!", y: 1 })).toBe(envelope.shelf);
  });

  it("counts once, even if read twice", () => {
    const value = { on: true, n: 2, more: ["a"] };
    expect(() => create(value, { nodes: 5 })).not.toThrow();
    expect(problemsIn(() => create(value, { nodes: 4 }))).toHaveLength(1);
    const outer = slotOf(z.object({ in: schema, after: z.number() }));
    expect(() => outer.create({ in: value, after: 1 }, { nodes: 7 })).not.toThrow();
    const problems = problemsIn(() => outer.create({ in: value, after: 1 }, { nodes: 6 }));
    expect(problems).toHaveLength(1);
  });

  it("restores the depth when it ends", () => {
    const outer = z.object({ in: schema, after: z.number() });
    expect(lines(outer, { in: { on: true }, after: "x" })).toEqual([
      "after | extensions_shape | a number | string",
    ]);
    expect(lines(outer, { in: { on: 1 }, after: "x" })).toHaveLength(2);
  });
});
