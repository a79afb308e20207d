import { isGlassineError } from "glassine";
import type { AuditEvent } from "glassine/audit";
import { defineHost, headerMap, jsonObject, labelSet, stringSet, wholeNumber } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { verifies } from "../support/verifies.ts";
import { plain } from "./support.ts";

const host = defineHost({
  slots: {
    order: {
      tier: "mutable",
      read: "read_order",
      write: "write_order",
      description: "What zod can say of a field.",
      schema: z.object({
        level: z.union([z.literal("low"), z.literal("high"), wholeNumber()]).optional(),
        mail: z.email().optional(),
        code: z
          .string()
          .transform((text) => text.trim().toUpperCase())
          .optional(),
        even: z
          .number()
          .refine((value) => value % 2 === 0)
          .optional(),
        kind: z
          .discriminatedUnion("type", [
            z.object({ type: z.literal("card"), digits: z.string() }),
            z.object({ type: z.literal("cash") }),
          ])
          .optional(),
        pair: z.tuple([z.string(), z.number()]).optional(),
        when: z.iso.date().default("2026-01-01"),
        size: z.enum(["s", "m"]).default("s"),
        extra: jsonObject().default({}),
        tags: stringSet().default([]),
        marks: labelSet().default([]),
        nested: z.object({ deep: z.object({ flag: z.boolean().default(true) }) }).optional(),
      }),
    },
    span: {
      tier: "mutable",
      read: "everyone",
      write: "everyone",
      description: "A refinement over the whole slot.",
      schema: z
        .object({ from: z.number().default(0), to: z.number().default(1) })
        .refine(({ from, to }) => from <= to),
    },
    bag: {
      tier: "mutable",
      read: "everyone",
      write: "everyone",
      description: "A map of numbers.",
      schema: z.record(z.string(), z.number()),
    },
  },
});

const order = (fields: object) => host.createExtensions({ order: fields as never }).order;

const shared = z.object({ headers: headerMap() });

/** An object of two hundred fields. */
const many = (field: (index: number) => z.ZodType): z.ZodType =>
  z.object(Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`f${i}`, field(i)])));
const lazily = (schema: z.ZodType): z.ZodType => z.lazy(() => schema);
type Chain = { headers: Record<string, string>; next?: Chain | undefined };
const chain: z.ZodType<Chain> = z.object({
  headers: headerMap(),
  next: z.lazy(() => chain).optional(),
});

function problemsOf(input: object): readonly (readonly (string | number)[])[] {
  try {
    host.createExtensions(input as never);
  } catch (error) {
    if (isGlassineError(error)) return error.data.problems?.map(({ path }) => path) ?? [];
    throw error;
  }
  throw new Error("It was accepted.");
}

describe("a host's own schema", () => {
  it("must not contain itself through a getter", async () => {
    const folder = z.object({
      name: z.string(),
      get inside() {
        return z.array(folder).default([]);
      },
    });
    const open = { tier: "mutable", read: "everyone", write: "everyone" } as const;
    const disk = { ...open, description: "What is on the disk.", schema: folder };
    const instead = /contains itself through a getter. Refer to it with z.lazy/;
    const refused = (code: string) => ({ code, message: expect.stringMatching(instead) });
    expect(() => defineHost({ slots: { disk } })).toThrow(
      expect.objectContaining(refused("slot_invalid")),
    );
    const saved = {
      semantic: "message",
      description: "A folder is saved.",
      payload: folder,
    } as const;
    const files = defineHost({ hooks: { saved } });
    const looks = files.definePlugin({
      name: "looks",
      version: "1.0.0",
      hooks: { saved: (_) => {} },
    });
    const types: string[] = [];
    const audit = { sink: ({ eventType }: AuditEvent) => types.push(eventType) };
    const making = files.createPluginManager({ plugins: [looks], audit });
    await expect(making).rejects.toMatchObject(refused("hook_invalid"));
    expect(types).toEqual([]);
  });

  it("may have headers in a slot only in fields of objects", () => {
    verifies("envelope:headers-in-fields");
    const open = { tier: "mutable", read: "everyone", write: "everyone" } as const;
    const define = (schema: z.ZodType) => () =>
      defineHost({ slots: { up: { ...open, description: "Headers.", schema } } });
    const inside = z.object({ kind: z.literal("http"), sent: headerMap() });
    const wide = many((i) => many((j) => (i + j === 398 ? headerMap() : z.string())));
    let later: z.ZodType = headerMap();
    for (let i = 0; i < 1000; i++) later = lazily(later);
    const wholes: Readonly<Record<string, z.ZodType>> = {
      nullable: z.nullable(headerMap()),
      "nullable with a default": z.nullable(headerMap()).default(null),
      "nullable object": inside.nullable(),
      list: z.array(inside),
      "list of what is a field as well": z.array(shared),
      tuple: z.tuple([z.string(), headerMap()]),
      record: z.record(z.string(), inside),
      "loose object": inside.loose(),
      "rest of an object": z.object({}).catchall(headerMap()),
      union: z.union([z.string(), headerMap()]),
      "tagged union": z.discriminatedUnion("kind", [inside]),
      intersection: z.intersection(inside, z.object({})),
      lazy: z.lazy(() => headerMap()),
      "list of lazy": z.array(z.lazy(() => inside)),
      "union of lazy": z.union([z.string(), z.lazy(() => inside)]),
      "lazy in itself": z.array(chain),
      transform: headerMap().transform((headers) => headers),
      preprocess: z.preprocess((headers) => headers, headerMap()),
      catch: headerMap().catch({}),
      "list of what has 40,000 parts": z.array(wide),
      "union of what has 40,000 parts": z.union([z.string(), wide]),
      "a union that has them 1,000 times later": z.union([z.string(), later]),
    };
    for (const [name, schema] of Object.entries(wholes)) {
      expect(define(z.object({ up: schema, shared })), name).toThrow(
        expect.objectContaining({
          code: "slot_invalid",
          message: expect.stringMatching(/^Headers in a slot must be in fields of objects/),
        }),
      );
    }
    const fields = z.object({
      required: headerMap(),
      absent: headerMap().nullish(),
      usual: headerMap().default({}).readonly(),
      deeper: z.object({ up: shared.optional() }).strict().prefault({}),
    });
    expect(define(fields)).not.toThrow();
    let late: z.ZodType | undefined;
    const undefinedYet = z.union([z.string(), z.lazy(() => late as z.ZodType)]);
    expect(define(z.object({ up: undefinedYet }))).not.toThrow();
    late = z.number();
    const undeclared = z.lazy((): z.ZodType => {
      throw new ReferenceError("Cannot access 'late' before initialization");
    });
    expect(define(z.object({ up: z.union([z.string(), undeclared]) }))).not.toThrow();
    const payload = z.object({ all: z.array(inside) });
    expect(() =>
      defineHost({ hooks: { sent: { semantic: "message", description: "Sent.", payload } } }),
    ).not.toThrow();
  });

  it("looks into a schema that is shared by several parts once", () => {
    let shared: z.ZodType = z.string();
    for (let depth = 0; depth < 60; depth++) {
      shared = z.object({ one: shared.optional(), other: shared.optional() });
    }
    const schema = z.object({ all: z.array(shared).optional() });
    defineHost({ slots: { up: { tier: "immutable", description: "Shared.", schema } } });
  });

  it("keeps what a plugin leaves out of a lazy part of a payload", async () => {
    verifies("dispatch:payload-left-out");
    const part = z.object({ name: z.string(), mail: z.string().optional() });
    const saved = {
      semantic: "message",
      description: "A contact is saved.",
      payload: z.object({ owner: z.lazy(() => part) }),
      writable: ["owner"],
    } as const;
    const contacts = defineHost({ hooks: { saved } });
    const renames = contacts.definePlugin({
      name: "renames",
      version: "1.0.0",
      hooks: { saved: () => ({ modifiedPayload: { owner: { name: "Eve" } } }) },
    });
    const manager = await contacts.createPluginManager({ plugins: [renames] });
    const { payload } = await manager.invoke("saved", { owner: { name: "Ada", mail: "a@b" } });
    expect(payload).toEqual({ owner: { name: "Eve", mail: "a@b" } });
  });

  it("reads unions, formats, transforms, refinements and tuples, and freezes their results", () => {
    const read = order({
      level: 3,
      mail: "ada@example.org",
      code: " ab ",
      even: 4,
      kind: { type: "card", digits: "42" },
      pair: ["a", 1],
      tags: ["b", "a", "b"],
      marks: ["PII"],
      nested: { deep: {} },
    });
    expect(plain(read)).toEqual({
      level: 3,
      mail: "ada@example.org",
      code: "AB",
      even: 4,
      kind: { type: "card", digits: "42" },
      pair: ["a", 1],
      when: "2026-01-01",
      size: "s",
      extra: {},
      tags: ["a", "b"],
      marks: ["PII"],
      nested: { deep: { flag: true } },
    });
    for (const part of [read, read?.kind, read?.pair, read?.tags, read?.nested?.deep]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it.each([
    ["level", "middle"],
    ["level", -1],
    ["mail", "ada"],
    ["mail", "\ud800@example.org"],
    ["code", 3],
    ["even", 3],
    ["kind", { type: "cheque" }],
    ["pair", ["a"]],
    ["pair", ["a", 1, 2]],
    ["when", "soon"],
    ["size", "l"],
    ["tags", [1]],
    ["marks", [" PII"]],
    ["nested", { deep: { flag: "yes" } }],
    ["extra", [1]],
  ])("refuses a bad %s, with its path", (field, value) => {
    const [path] = problemsOf({ order: { [field]: value } });
    expect(path?.slice(0, 2)).toEqual(["order", field]);
  });

  it("sees only our copy: a refinement never receives the caller's object", () => {
    const seen: unknown[] = [];
    const watching = defineHost({
      slots: {
        watched: {
          tier: "mutable",
          read: "everyone",
          write: "everyone",
          description: "Watches.",
          schema: z.object({
            inner: z.custom<object>((value) => seen.push(value) > 0).optional(),
          }),
        },
      },
    });
    const inner = { a: 1 };
    const made = watching.createExtensions({ watched: { inner } });
    expect(made.watched?.inner).toEqual({ a: 1 });
    for (const value of seen) expect(value).not.toBe(inner);
  });

  it("that throws refuses the value, and the error does not repeat what it threw", () => {
    const throwing = defineHost({
      slots: {
        thrown: {
          tier: "mutable",
          read: "everyone",
          write: "everyone",
          description: "Throws.",
          schema: z.object({
            secret: z
              .string()
              .refine((text) => {
                throw new Error(`no ${text}`);
              })
              .optional(),
          }),
        },
      },
    });
    try {
      throwing.createExtensions({ thrown: { secret: "hunter2" } });
      expect.unreachable();
    } catch (error) {
      expect(isGlassineError(error) && error.code).toBe("extensions_invalid");
      expect(String(error)).not.toContain("hunter2");
    }
  });

  it("never repeats a value in its problems", () => {
    try {
      order({ mail: "hunter2", when: "hunter2", size: "hunter2", level: "hunter2" });
      expect.unreachable();
    } catch (error) {
      expect(isGlassineError(error) && error.data.problems).toHaveLength(4);
      expect(JSON.stringify(error) + String(error)).not.toContain("hunter2");
    }
  });
});

describe("a plugin's change to such a slot", () => {
  const from = host.createExtensions({ order: { code: " ab ", even: 2, level: "low" } });
  const merge = (change: object) => host.mergeExtensions(from, change, ["write_order"]);

  it("is read by the schema, unchanged parts are not", () => {
    const merged = merge({ order: { code: " cd " } });
    expect(merged.extensions.order).toMatchObject({ code: "CD", even: 2, level: "low" });
    expect(merge({ order: { ...from.order } }).extensions).toBe(from);
    expect(merge({ order: structuredClone(plain(from.order)) }).extensions).toBe(from);
  });

  it.each([{ even: 3 }, { level: "middle" }, { mail: "ada" }, { kind: { type: "cheque" } }])(
    "is refused if it does not fit: %j",
    (fields) => {
      expect(() => merge({ order: fields })).toThrow(
        expect.objectContaining({ code: "extensions_shape" }),
      );
    },
  );

  it("is checked by a refinement of the whole slot after the merge", () => {
    const spanned = host.createExtensions({ span: { from: 5, to: 9 } });
    const moved = host.mergeExtensions(spanned, { span: { from: 7 } }, []);
    expect(moved.extensions.span).toEqual({ from: 7, to: 9 });
    expect(() => host.mergeExtensions(spanned, { span: { from: 10 } }, [])).toThrow(
      expect.objectContaining({ code: "extensions_shape" }),
    );
    expect(problemsOf({ span: { from: 2, to: 1 } })).toEqual([["span"]]);
  });

  it("reads a map of typed values", () => {
    const bagged = host.createExtensions({ bag: { a: 1 } });
    const merged = host.mergeExtensions(bagged, { bag: { a: 1, b: 2 } }, []);
    expect(plain(merged.extensions.bag)).toEqual({ a: 1, b: 2 });
    expect(() => host.mergeExtensions(bagged, { bag: { a: "1" } }, [])).toThrow(
      expect.objectContaining({ code: "extensions_shape" }),
    );
  });
});

it("an envelope with transforms survives encoding and decoding", () => {
  const made = host.createExtensions({
    order: { code: " ab ", kind: { type: "cash" }, pair: ["a", 1] },
    span: { from: 1, to: 2 },
    bag: { a: 1 },
  });
  const { extensions } = host.decodeExtensions(host.encodeExtensions(made));
  expect(extensions).toEqual(made);
});
