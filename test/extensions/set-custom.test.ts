import {
  addLabels,
  appendHop,
  createExtensions,
  filterExtensions,
  mergeExtensions,
  setCustom,
} from "glassine";
import { describe, expect, it } from "vitest";
import { codeOf } from "../data/support.ts";

const extensions = createExtensions({
  security: { labels: ["PII"] },
  custom: { kept: { deep: true }, gone: 1 },
});
const all = ["append_labels", "append_delegation"] as const;
const view = filterExtensions(extensions, all);
const applied = (edited: object) => mergeExtensions(extensions, edited, all, { view });

describe("setCustom", () => {
  it("sets a key and shares the others, removes a key, and returns the same view for no change", () => {
    const edited = setCustom(view, "mine", { a: [1] });
    expect(edited.custom?.kept).toBe(view.custom?.kept);
    expect(edited.custom).toEqual({ kept: { deep: true }, gone: 1, mine: { a: [1] } });
    expect(setCustom(view, "gone", undefined).custom).toEqual({ kept: { deep: true } });
    expect(setCustom(view, "gone", 1)).toBe(view);
    expect(setCustom(view, "kept", { deep: true })).toBe(view);
    expect(setCustom(view, "never", undefined)).toBe(view);
  });

  it("creates no slot to remove a key from", () => {
    const empty = createExtensions({});
    const shown = filterExtensions(empty, []);
    expect(setCustom(empty, "never", undefined)).toBe(empty);
    expect(setCustom(shown, "never", undefined)).toBe(shown);
  });

  it("merges as one change", () => {
    expect(applied(setCustom(view, "gone", undefined)).extensions.custom).toEqual({
      kept: { deep: true },
    });
    expect(applied(setCustom(view, "n", -0)).extensions.custom?.n).toBe(0);
  });

  it.each([
    ["nothing", undefined, "undefined"],
    ["a string", "view", "string"],
    [
      "a copy",
      { ...view },
      "an object that this copy of the library did not make: pass it as it is, not { ...extensions }, and load one copy for plugin and host",
    ],
  ])("says what it got instead of the view: %s", (_, given, what) => {
    expect(() => setCustom(given as never, "a", 1)).toThrow(
      `setCustom expects the handler's extensions, its third parameter, got ${what}.`,
    );
  });

  it("refuses what is not JSON, and the key __proto__", () => {
    expect(codeOf(() => setCustom(view, "a", () => 0))).toBe("snapshot_type");
    expect(codeOf(() => setCustom(view, "a", new Date()))).toBe("snapshot_prototype");
    expect(codeOf(() => setCustom(view, "__proto__", { admin: true }))).toBe("snapshot_key");
    expect(codeOf(() => setCustom(view, Symbol("a") as never, 1))).toBe("snapshot_key");
    expect(Object.hasOwn(Object.prototype, "admin")).toBe(false);
  });
});

describe("a key that is not a string", () => {
  let asked = 0;
  const key = {
    length: -1e9,
    toString: () => {
      asked += 1;
      return `k${asked}`;
    },
  };

  it.each([[key], [["mine"]], [1], [undefined], [null]])(
    "is refused, and not converted: %j",
    (odd) => {
      expect(codeOf(() => setCustom(view, odd as never, 1))).toBe("snapshot_key");
      expect(asked).toBe(0);
    },
  );
});

describe("a helper without its capability", () => {
  it("refuses, names the capability, and changes nothing", () => {
    const blind = filterExtensions(extensions, ["read_labels"]) as never;
    for (const run of [
      () => addLabels(blind, "EU"),
      () => appendHop(blind, { subject_id: "b", subject_type: "user" }),
    ]) {
      expect(codeOf(run)).toBe("edit_denied");
      expect(run).toThrow(/append_(labels|delegation)/);
    }
  });

  it("refuses objects that this library did not create", () => {
    for (const foreign of [{}, { security: { labels: [] } }, null, 5, Object.create(view)]) {
      expect(codeOf(() => addLabels(foreign as never, "EU"))).toBe("edit_denied");
      expect(codeOf(() => setCustom(foreign as never, "a", 1))).toBe("edit_denied");
    }
  });
});
