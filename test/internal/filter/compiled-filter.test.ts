/** Filters compiled for a grant and a table. */
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { filterFor } from "../../../src/core/envelope/index.ts";
import { compileSlots, standardSlots } from "../../../src/core/slots/index.ts";

describe("a compiled filter", () => {
  it("is created once per grant and table", () => {
    const slots = compileSlots(standardSlots);
    const mask = slots.capabilities.mask(["read_labels"]);
    expect(filterFor(slots, mask)).toBe(filterFor(slots, mask));
    expect(filterFor(slots, 0)).not.toBe(filterFor(slots, mask));
    expect(filterFor(compileSlots(standardSlots), mask)).not.toBe(filterFor(slots, mask));
  });

  it("filters a slot that resembles a standard one by its own fields", () => {
    const security = compileSlots(standardSlots).nodes.find(({ key }) => key === "security");
    const keys = Object.keys(security!.empty);
    const others = [[...keys.slice(0, -1), "other"], keys.slice(0, -1), [...keys, "other"]];
    for (const names of others) {
      const fields = Object.fromEntries(names.map((name) => [name, z.string().optional()]));
      const gates = Object.fromEntries(names.map((name) => [name, { read: `read_${name}` }]));
      const slots = compileSlots({
        security: {
          tier: "immutable",
          read: "everyone",
          description: "Of a test.",
          schema: z.object(fields),
          fields: gates,
        },
      });
      const extensions = { security: Object.fromEntries(names.map((name) => [name, name])) };
      const open = names.at(-1)!;
      const view = filterFor(slots, slots.capabilities.mask([`read_${open}`]))(extensions as never);
      expect(Object.keys(view)).toEqual(["security"]);
      expect(Object.keys(view.security as object)).toEqual(names);
      expect(view.security).toEqual({ [open]: open });
    }
  });
});
