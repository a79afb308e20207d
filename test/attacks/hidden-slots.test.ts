/** A slot private to its host: the table names no reader. */
import type { Capability } from "glassine";
import { defineHost } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { verifies } from "../support/verifies.ts";
import { attack } from "./attack.ts";

const text = z.object({ key: z.string() });
const open = { description: "Of a test.", schema: text } as const;
const host = defineHost({
  slots: {
    sealed: { ...open, tier: "immutable" },
    posted: { ...open, tier: "immutable", read: "everyone" },
    shared: { ...open, tier: "mutable", read: "everyone", write: "everyone" },
  },
});
const all = Object.keys(host.capabilities) as Capability[];
const extensions = host.createExtensions({
  sealed: { key: "secret" },
  posted: { key: "posted" },
  shared: { key: "shared" },
});

const codeOf = (slot: object) => {
  try {
    defineHost({ slots: { mine: { ...open, ...slot } as never } });
  } catch (error) {
    return (error as { code?: string }).code;
  }
  return undefined;
};

attack(
  "A-292",
  "Read or change a host's own slot whose table entry names no reader",
  "it is in no view, whatever is granted, and a change is ignored with `tier_immutable`",
  () => {
    it.each<[string, Capability[]]>([
      ["nothing", []],
      ["every capability", all],
    ])("with %s", async (_, capabilities) => {
      verifies("envelope:host-slot-readers");
      const seen: object[] = [];
      const curious = host.definePlugin({
        name: "curious",
        version: "1.0.0",
        capabilities,
        hooks: {
          evaluate(_message, _context, view) {
            seen.push(view);
            // @ts-expect-error: no view type has it.
            const hidden: unknown = view.sealed;
            expect(hidden).toBeUndefined();
            return {
              modifiedExtensions: { sealed: { key: "mine" }, shared: { key: "new" } } as never,
            };
          },
        },
      });
      const manager = await host.createPluginManager({ plugins: [curious] });
      const result = await manager.invoke("evaluate", { role: "user" }, { extensions });
      expect(JSON.stringify(seen)).not.toContain("secret");
      expect(seen).toMatchObject([{ posted: { key: "posted" }, shared: { key: "shared" } }]);
      expect(result.extensions.sealed).toBe(extensions.sealed);
      expect(result.extensions.shared).toEqual({ key: "new" });
      expect(result.rejections).toMatchObject([{ path: "sealed", code: "tier_immutable" }]);
      expect(result.executions[0]?.saw).not.toContain("sealed");
    });

    it("in a view that is identical to one without it", () => {
      const { sealed: _, ...others } = { ...extensions };
      const without = host.createExtensions(others);
      for (const grant of [[], all]) {
        const views = [extensions, without].map((each) => host.filterExtensions(each, grant));
        expect(views[0]).toStrictEqual(views[1]);
      }
    });
  },
);

describe("a table", () => {
  it.each<[string, object]>([
    ["a slot that can change and has no writer", { tier: "mutable", read: "everyone" }],
    ["a slot that can change, and neither reader nor writer", { tier: "mutable" }],
    ["a writer without a reader", { tier: "mutable", write: "write_mine" }],
    ["everyone as writer without a reader", { tier: "mutable", write: "everyone" }],
    [
      "everyone as writer of a field without a reader",
      { tier: "immutable", fields: { key: { tier: "mutable", write: "everyone" } } },
    ],
    ["a gate inside a hidden slot", { tier: "immutable", fields: { key: { read: "read_key" } } }],
    [
      "everyone as reader of a field",
      { tier: "immutable", read: "read_mine", fields: { key: { read: "everyone" } } },
    ],
    [
      "a field that can change and has no writer",
      { tier: "immutable", read: "everyone", fields: { key: { tier: "mutable" } } },
    ],
    [
      "a writer who is everyone, of what not everyone reads",
      { tier: "mutable", read: "read_mine", write: "everyone" },
    ],
  ])("with %s is refused", (_, slot) => {
    verifies("envelope:host-slot-readers");
    expect(codeOf(slot)).toBe("slot_invalid");
  });

  it("does not treat everyone as a capability", () => {
    expect(Object.keys(host.capabilities)).not.toContain("everyone");
    expect(() => host.resolveCapabilities(["everyone" as never])).toThrow("not a capability");
    expect(codeOf({ tier: "immutable", read: "everyone" })).toBeUndefined();
    expect(codeOf({ tier: "mutable", read: "everyone", write: "write_mine" })).toBeUndefined();
  });
});
