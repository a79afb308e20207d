/** The rules also hold if there are more slots, or fields in a level, than bits in a number. */
import { defineHost, defineSlots } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";

const names = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, at) => `${prefix}${at}`);
const description = "Of a test.";

describe("forty slots", () => {
  const all = names(40, "slot_");
  const slot = {
    tier: "mutable",
    read: "everyone",
    write: "everyone",
    description,
    schema: z.object({ text: z.string().optional() }),
  } as const;
  const host = defineHost({
    slots: defineSlots(Object.fromEntries(all.map((name) => [name, slot])) as never),
  });
  const document = (text: string, of: readonly string[]) =>
    Object.fromEntries(of.map((name) => [name, { text }])) as never;
  const envelope = host.createExtensions(document("old", all));

  it.each([[["slot_0"]], [["slot_39"]], [["slot_3", "slot_35"]]])(
    "a change of %j changes nothing else",
    (changed) => {
      const merged = host.mergeExtensions(envelope, document("new", changed), [] as never);
      expect(merged.rejections).toEqual([]);
      const expected = {
        ...(document("old", all) as object),
        ...(document("new", changed) as object),
      };
      expect(JSON.parse(host.encodeExtensions(merged.extensions))).toEqual(expected);
    },
  );
});

describe("a level of forty fields", () => {
  const all = names(40, "field_");
  const schema = z.object(Object.fromEntries(all.map((name) => [name, z.string().optional()])));
  const fields = { field_1: { tier: "immutable" }, field_2: { write: "write_second" } } as const;
  const host = defineHost({
    slots: defineSlots({
      wide: { tier: "mutable", read: "everyone", write: "everyone", description, schema, fields },
    }),
  });
  const wide = Object.fromEntries(all.map((name) => [name, "old"]));
  const envelope = host.createExtensions({ wide });

  it("reports nothing about a field that is returned as it was shown", () => {
    const merged = host.mergeExtensions(envelope, { wide: { ...wide, field_39: "new" } }, []);
    expect(merged.extensions.wide).toEqual({ ...wide, field_39: "new" });
    expect(merged.rejections).toEqual([]);
  });

  it("keeps the fields that the plugin may not change, and reports them", () => {
    const changed = { ...wide, field_1: "new", field_2: "new", field_3: "new" };
    const merged = host.mergeExtensions(envelope, { wide: changed }, []);
    expect(merged.extensions.wide).toEqual({ ...wide, field_3: "new" });
    expect(merged.rejections.map(({ path, code }) => [path, code])).toEqual([
      ["wide.field_1", "tier_immutable"],
      ["wide.field_2", "capability_missing"],
    ]);
  });
});
