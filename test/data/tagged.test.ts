// Its process is only for files that patch the realm.
/** Unions discriminated by one field: read once, with the option that the tag names. */
import { defineHost } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { problemsOf, readingOf } from "./reads.ts";
import { refusalOf } from "./support.ts";

const option = (t: z.ZodType, rest: z.ZodRawShape = {}) => z.object({ t, ...rest });
const refused = (expected: string) => [
  `f/t | extensions_shape | ${expected} | a value that does not match`,
];
const f = (...options: readonly z.ZodType[]) =>
  z.object({ f: z.discriminatedUnion("t", options as never) });

describe("the tag", () => {
  it.each<[string, readonly z.ZodType[], unknown, string]>([
    ["a number beside a string", [option(z.literal("1")), option(z.literal(2))], 1, "1, 2"],
    ["a string beside a number", [option(z.literal("1")), option(z.literal(2))], "2", "1, 2"],
    ["a member of every object", [option(z.literal("a"))], "constructor", "a"],
  ])("is distinguished by its type, too: %s", (_, options, t, names) => {
    expect(problemsOf(f(...options), { f: { t } })).toEqual(refused(`one of ${names}`));
  });

  it.each([null, true, 2, "a", undefined])("may be any literal: %s", (t) => {
    const options = [option(z.literal(["a", null])), option(z.literal([true, 2]))];
    const schema = f(...options, option(z.undefined().optional(), { none: z.boolean() }));
    const value = t === undefined ? { none: true } : { t };
    expect(readingOf(schema, { f: value })).toMatchObject({ f: value });
  });

  it("does not select an option that may omit it", () => {
    const schema = f(option(z.literal("a").optional()), option(z.literal("b").optional()));
    expect(problemsOf(schema, { f: {} })[0]).toBe("f/t | extensions_shape | one of a, b | nothing");
    expect(readingOf(schema, { f: { t: "b" } })).toEqual({ f: { t: "b" } });
  });

  it("is not found on a prototype, and no getter of it runs", () => {
    let ran = 0;
    const value = {
      get t() {
        ran += 1;
        return "a";
      },
    };
    const schema = f(option(z.literal("a")));
    expect(problemsOf(schema, { f: value })).toEqual([
      "f/t | snapshot_accessor | a value | a getter or setter",
    ]);
    const inherited = Object.create({ t: "a" }) as object;
    expect(problemsOf(schema, { f: inherited })[0]).toContain("snapshot_prototype");
    expect(ran).toBe(0);
  });

  it("is read again over what was shown, and unchanged parts are not transformed again", () => {
    const made = option(z.literal("a"), { x: z.string().transform((text) => `${text}!`) });
    const schema = f(made, option(z.literal("b")));
    const shown = readingOf(schema, { f: { t: "a", x: "x" } });
    expect(shown).toEqual({ f: { t: "a", x: "x!" } });
    expect(readingOf(schema, structuredClone(shown), "host", shown)).toBe(shown);
    expect(readingOf(schema, { f: { t: "b" } }, "host", shown)).toEqual({ f: { t: "b" } });
    expect(readingOf(schema, { f: { t: "a", x: "y" } }, "host", shown)).toEqual({
      f: { t: "a", x: "y!" },
    });
  });

  it("that changes leaves nothing of the previous option, even in a patched realm", () => {
    const optional = z.string().optional();
    const schema = f(
      option(z.literal("a"), { x: optional }),
      option(z.literal("b"), { y: optional }),
    );
    const shown = readingOf(schema, { f: { t: "a", x: "1" } });
    Object.defineProperty(Object.prototype, "y", { value: "patched", configurable: true });
    try {
      const read = readingOf(schema, { f: { t: "b" } }, "plugin", shown) as { f: object };
      expect(Object.entries(read.f)).toEqual([
        ["t", "b"],
        ["y", undefined],
      ]);
    } finally {
      Reflect.deleteProperty(Object.prototype, "y");
    }
  });

  it("is left to zod if a union falls back", () => {
    const caught = option(z.literal("b").catch("b"));
    const schema = z.object({
      f: z.discriminatedUnion("t", [option(z.literal("a")), caught] as never, {
        unionFallback: true,
      }),
    });
    expect(readingOf(schema, { f: { t: "z" } })).toEqual({ f: { t: "b" } });
  });
});

describe("a union whose options cannot be distinguished", () => {
  // zod cannot detect the fault in these when the union is created.
  const lazily = (schema: z.ZodType) => z.lazy(() => schema);
  const inner = z.discriminatedUnion("u", [lazily(z.string()) as never]);
  it.each<[string, readonly z.ZodType[]]>([
    ["an option without the tag", [option(z.literal("a")), lazily(z.object({}))]],
    ["an option whose tag is any text", [option(z.string())]],
    ["one tag for two", [option(z.literal("a")), option(z.literal("a"))]],
    ["one number for two", [option(z.literal(1)), option(z.literal([2, 1]))]],
    ["an option that is a spoilt union", [inner]],
    ["an option that is no object", [lazily(z.string())]],
  ])("is refused when it is declared: %s", async (_, options) => {
    const schema = f(...options);
    const description = "Of a test.";
    const slot = { tier: "immutable", read: "everyone", description, schema } as const;
    const hook = { semantic: "voting", description, payload: schema } as const;
    const ofSlot = refusalOf(() => defineHost({ slots: { own: slot } }));
    const { createPluginManager } = defineHost({ hooks: { own: hook } });
    const ofHook = await createPluginManager({ plugins: [] }).catch((error) => error);
    expect(ofSlot).toMatchObject({ code: "slot_invalid", data: { discriminator: "t" } });
    expect(ofHook).toMatchObject({ code: "hook_invalid", data: { discriminator: "t" } });
    expect(ofHook.message).toBe(
      'Each option of a union discriminated by "t" needs values for that field that no other option has: z.literal or z.enum.',
    );
  });
});
