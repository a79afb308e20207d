/** A merge under another grant than that of the view: limits apply to what it shows. */
import { defineHost, defineSlots, stringSet } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { codeOf } from "../data/support.ts";

const depth = 28;
const names = ["za", "zb", "zc", "zd", "ze", "zf", "zg", "zh"];

/** Levels in levels. At the bottom are a set and a string, each with capabilities of its own. */
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

/** Every slot, down to what stands at its bottom. */
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
    // The envelope, 28 levels and a set of each slot as shown, and as many levels and a string more.
    const whole = 1 + names.length * (depth + 1 + depth + 1);
    expect(codeOf(() => mergeWithin(whole - 1))).toBe("snapshot_limit");
    expect(mergeWithin(whole).rejections).toEqual([]);
  });
});
