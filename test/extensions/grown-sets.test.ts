import { defineHost } from "glassine/host";
import { describe, expect, it } from "vitest";
import { grown, marked } from "./grown-slots.ts";

describe("the host's own change of a set that grows", () => {
  const host = defineHost({ slots: { grown, marked } });
  const at = (slot: "grown" | "marked", ...seen: string[]) => ({ [slot]: { seen } });

  it.each(["grown", "marked"] as const)("may add anywhere, and remove nothing: %s", (slot) => {
    const extensions = host.createExtensions(at(slot, "b", "d"));
    const next = host.withSlots(extensions, at(slot, "a", "d", "c", "b"));
    expect(next[slot]?.seen).toEqual(["a", "b", "c", "d"]);
    expect(host.withSlots(extensions, at(slot, "d", "b"))[slot]).toBe(extensions[slot]);
    expect(() => host.withSlots(extensions, at(slot, "a", "b", "c"))).toThrow(
      expect.objectContaining({ code: "tier_monotonic" }),
    );
  });
});
