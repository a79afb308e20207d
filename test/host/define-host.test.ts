import { capabilities, createExtensions, isGlassineError, slotNames } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { extensions, host, plain } from "./support.ts";

/** Returns the code and slot of the error that `run` throws. */
function refused(run: () => unknown) {
  try {
    run();
  } catch (error) {
    if (isGlassineError(error)) return { code: error.code, slot: error.data.slot };
    throw error;
  }
  throw new Error("Nothing was refused.");
}

describe("the envelope of a host", () => {
  it("has its own slots after the standard ones, with their defaults, frozen", () => {
    verifies("envelope:host-slots");
    expect(Object.keys(extensions)).toEqual(Object.keys(host.slotNames));
    expect(Object.keys(extensions).slice(-4)).toEqual(["billing", "notes", "trail", "review"]);
    expect(extensions.billing).toEqual({ account: "acme", cents: 0 });
    expect(extensions.review?.marks).toEqual(["held", "seen"]);
    for (const part of [extensions.billing, extensions.trail?.stops, extensions.trail?.stops[0]]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it("is unknown to the standard host", () => {
    expect(refused(() => createExtensions({ billing: { account: "acme" } } as never)).code).toBe(
      "slot_unknown",
    );
    expect(refused(() => createExtensions(extensions as never)).code).toBe("slot_unknown");
  });

  it("refuses what its slots do not accept, and names the place", () => {
    for (const billing of [{}, { account: 3 }, { account: "a", extra: 1 }, "acme"]) {
      expect(["extensions_invalid", "slot_unknown"]).toContain(
        refused(() => host.createExtensions({ billing } as never)).code,
      );
    }
    try {
      host.createExtensions({ billing: { account: "a", cents: "1" } } as never);
    } catch (error) {
      expect(isGlassineError(error) && error.data.problems?.[0]?.path).toEqual([
        "billing",
        "cents",
      ]);
    }
  });

  it("survives encoding and decoding", () => {
    const text = host.encodeExtensions(extensions);
    expect(JSON.parse(text)).toEqual(plain(extensions));
    expect(host.decodeExtensions(text).extensions).toEqual(extensions);
    const { dropped } = host.decodeExtensions({ billing: { account: "a", extra: 1 }, other: {} });
    expect(dropped).toEqual(["billing.extra", "other"]);
  });

  it("is replaced by the host slot by slot, and what grows only grows", () => {
    const next = host.withSlots(extensions, { billing: { account: "other" } });
    expect(next.billing?.account).toBe("other");
    expect(next.notes).toBe(extensions.notes);
    expect(refused(() => host.withSlots(extensions, { trail: { stops: [] } }))).toEqual({
      code: "tier_monotonic",
      slot: "trail",
    });
    expect(refused(() => host.withSlots(extensions, { review: { marks: ["seen"] } }))).toEqual({
      code: "tier_monotonic",
      slot: "review.marks",
    });
  });
});

describe("the view of a host's slots", () => {
  it("shows what is granted, and hides the rest as if it were absent", () => {
    const none = host.filterExtensions(extensions, []);
    const absent = host.filterExtensions(
      host.createExtensions({ review: { policy: "strict" }, security: { labels: [] } }),
      [],
    );
    expect(none).toEqual(absent);
    expect(plain(none)).toEqual({ review: { policy: "strict" } });
    expect(plain(host.filterExtensions(extensions, ["read_billing"]))).toMatchObject({
      billing: { account: "acme", cents: 0 },
    });
    const marks = host.filterExtensions(extensions, ["read_marks"]);
    expect(marks.review).toEqual({ marks: ["held", "seen"], policy: "strict" });
    expect(host.filterExtensions(host.createExtensions({}), ["read_marks"]).review.marks).toEqual(
      [],
    );
  });

  it("shares what is wholly visible", () => {
    const view = host.filterExtensions(extensions, ["read_billing", "read_trail"]);
    expect(view.billing).toBe(extensions.billing);
    expect(view.trail).toBe(extensions.trail);
  });

  it("counts a write as its read", () => {
    const view = host.filterExtensions(extensions, ["write_notes", "append_trail", "append_marks"]);
    expect(view.notes).toBe(extensions.notes);
    expect(view.trail).toBe(extensions.trail);
    expect(view.review.marks).toEqual(["held", "seen"]);
    expect(host.resolveCapabilities(["append_marks"])).toEqual(["append_marks", "read_marks"]);
  });
});

describe("the merge of a host's slots", () => {
  it("keeps an immutable slot, and says so", () => {
    const merged = host.mergeExtensions(
      extensions,
      { billing: { account: "mine" } },
      ["read_billing"],
      { plugin: "thief" },
    );
    expect(merged.extensions).toBe(extensions);
    expect(merged.rejections).toMatchObject([
      { plugin: "thief", path: "billing", code: "tier_immutable" },
    ]);
  });

  it("replaces a mutable slot with its capability, and only with it", () => {
    const change = { notes: { text: "second" } };
    const merged = host.mergeExtensions(extensions, change, ["write_notes"]);
    expect(merged.extensions.notes).toEqual({ text: "second", author: undefined });
    expect(merged.extensions.billing).toBe(extensions.billing);
    const denied = host.mergeExtensions(extensions, change, ["read_notes"]);
    expect(denied.extensions).toBe(extensions);
    expect(denied.rejections).toMatchObject([{ path: "notes", code: "capability_missing" }]);
  });

  it("grows a monotonic list, whose beginning stays", () => {
    const grown = host.mergeExtensions(
      extensions,
      { trail: { stops: [{ at: "a" }, { at: "b" }] } },
      ["append_trail"],
    );
    expect(grown.extensions.trail?.stops).toEqual([{ at: "a" }, { at: "b" }]);
    for (const stops of [[], [{ at: "b" }], [{ at: "b" }, { at: "a" }]]) {
      const run = () => host.mergeExtensions(extensions, { trail: { stops } }, ["append_trail"]);
      expect(refused(run)).toEqual({ code: "tier_monotonic", slot: "trail" });
    }
  });

  it("grows a monotonic set, and keeps the field beside it", () => {
    const grown = host.mergeExtensions(
      extensions,
      { review: { marks: ["seen", "held", "done"] } },
      ["append_marks"],
    );
    expect(grown.extensions.review).toEqual({ marks: ["done", "held", "seen"], policy: "strict" });
    const run = () => host.mergeExtensions(extensions, { review: { marks: [] } }, ["append_marks"]);
    expect(refused(run)).toEqual({ code: "tier_monotonic", slot: "review.marks" });
  });

  it("makes a slot that was not there", () => {
    const bare = host.createExtensions({});
    const all = ["write_notes", "append_trail", "append_marks"] as const;
    const made = host.mergeExtensions(
      bare,
      { notes: { text: "n" }, trail: { stops: [{ at: "z" }] }, review: { marks: ["new"] } },
      all,
    );
    expect(made.rejections).toEqual([]);
    expect(plain(made.extensions)).toEqual({
      notes: { text: "n" },
      trail: { stops: [{ at: "z" }] },
      review: { marks: ["new"] },
    });
    const { extensions: again } = host.mergeExtensions(bare, { billing: { account: "x" } }, all);
    expect(again).toBe(bare);
  });

  it("leaves untouched what a proposal leaves out, hidden slots included", () => {
    const merged = host.mergeExtensions(extensions, { custom: { a: 1 } }, []);
    for (const slot of ["billing", "notes", "trail", "review", "security"] as const) {
      expect(merged.extensions[slot]).toBe(extensions[slot]);
    }
  });

  it("returns the same envelope if the view comes back unchanged", () => {
    const view = host.filterExtensions(extensions, ["append_trail", "write_notes"]);
    const back = host.mergeExtensions(extensions, structuredClone(plain(view)), [
      "append_trail",
      "write_notes",
    ]);
    expect(back.extensions).toBe(extensions);
    expect(back.rejections).toEqual([]);
  });
});

describe("drafts of a host's slots", () => {
  it("write what may be written, even if the slot does not exist yet", () => {
    const all = ["write_notes", "append_trail", "append_marks", "append_labels"] as const;
    for (const from of [extensions, host.createExtensions({})]) {
      const view = host.filterExtensions(from, all);
      const next = host.amend(view, (draft) => {
        draft.notes.text = "drafted";
        draft.trail.stops.push({ at: "z" });
        draft.review.marks.push("drafted");
        draft.security.labels.push("EU");
      });
      const { extensions: merged, rejections } = host.mergeExtensions(from, next, all, { view });
      expect(rejections).toEqual([]);
      expect(merged.notes?.text).toBe("drafted");
      expect(merged.trail?.stops.at(-1)).toEqual({ at: "z" });
      expect(merged.review?.marks).toContain("drafted");
      expect(merged.security?.labels).toContain("EU");
    }
  });

  it("return the same object if nothing was changed", () => {
    const view = host.filterExtensions(host.createExtensions({}), ["write_notes", "append_trail"]);
    expect(host.amend(view, () => {})).toBe(view);
  });
});

describe("the names of a host", () => {
  it("are constants, own names beside the standard ones", () => {
    expect(host.slotNames).toMatchObject({ ...slotNames, billing: "billing", review: "review" });
    expect(host.capabilities).toEqual({
      ...capabilities,
      read_billing: "read_billing",
      read_notes: "read_notes",
      write_notes: "write_notes",
      read_trail: "read_trail",
      append_trail: "append_trail",
      read_marks: "read_marks",
      append_marks: "append_marks",
    });
    expect(host.hookNames.invoice_paid).toBe("invoice_paid");
    expect(host.hookNames["cmf.tool_pre_invoke"]).toBe("cmf.tool_pre_invoke");
    for (const names of [host, host.slotNames, host.capabilities, host.hookNames]) {
      expect(Object.isFrozen(names)).toBe(true);
    }
    expect(slotNames).not.toHaveProperty("billing");
  });

  it("lists capabilities sorted", () => {
    const names = Object.keys(host.capabilities);
    expect(names).toEqual([...names].sort());
  });
});
