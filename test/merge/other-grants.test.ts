/** A merge under a grant other than the view's: limits apply to what that grant shows. */
import { defineHost, defineSlots, stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { codeOf } from "../data/support.ts";

const depth = 28;
const names = ["za", "zb", "zc", "zd", "ze", "zf", "zg", "zh"];

/** Nested levels. At the bottom are a set and a string, each with its own capabilities. */
function deepSlot() {
  let schema = z.object({
    set: stringSet().optional(),
    text: z.string().optional(),
  }) as z.ZodObject;
  let fields: object = {
    set: { tier: "monotonic", read: "read_set", write: "write_set" },
    text: { tier: "mutable", read: "read_text", write: "write_text" },
  };
  for (let level = 1; level < depth; level++) {
    schema = z.object({ in: schema.optional() });
    fields = { in: { fields } };
  }
  return {
    tier: "immutable",
    read: "everyone",
    description: "Levels in levels.",
    schema,
    fields,
  } as const;
}

const host = defineHost({
  slots: defineSlots(Object.fromEntries(names.map((name) => [name, deepSlot()])) as never),
});

/** Returns a value for every slot, with `bottom` at its lowest level. */
function allWith(bottom: object): object {
  return Object.fromEntries(
    names.map((name) => {
      let level = { ...bottom };
      for (let above = 1; above < depth; above++) level = { in: level };
      return [name, level];
    }),
  );
}

describe("levels that are empty in a view, and become visible with a change", () => {
  const view = host.filterExtensions(host.createExtensions({} as never), ["read_set"] as never);
  const current = host.createExtensions(allWith({}) as never);
  const mergeWithin = (nodes: number) =>
    host.mergeExtensions(current, allWith({ text: "x" }), ["write_text"] as never, {
      view: view as never,
      limits: { nodes },
    });

  it("count both", () => {
    // The envelope, and per slot: 28 levels and a set as shown, and again 28 levels and a string.
    const whole = 1 + names.length * (depth + 1 + depth + 1);
    expect(codeOf(() => mergeWithin(whole - 1))).toBe("snapshot_limit");
    expect(mergeWithin(whole).rejections).toEqual([]);
  });
});
