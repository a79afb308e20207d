/** addLabels and appendHop: copy-on-write edits of a view or an envelope. */
import {
  addLabels,
  appendHop,
  createExtensions,
  filterExtensions,
  getHeader,
  hasLabel,
  mergeExtensions,
} from "glassine";
import { describe, expect, it } from "vitest";
import { codeOf } from "../data/support.ts";

const extensions = createExtensions({
  security: { labels: ["PII"] },
  delegation: {
    chain: [{ subject_id: "a", subject_type: "user" }],
    origin_subject_id: "o",
    age_seconds: 7,
  },
  custom: { kept: { deep: true }, gone: 1 },
});
const all = ["append_labels", "append_delegation"] as const;
const view = filterExtensions(extensions, all);
const applied = (edited: object) => mergeExtensions(extensions, edited, all, { view });

describe("addLabels", () => {
  it("adds one or several, sorted, and leaves the view as it was", () => {
    expect(addLabels(view, "EU").security.labels).toEqual(["EU", "PII"]);
    expect(addLabels(view, ["b", "a", "b"]).security.labels).toEqual(["PII", "a", "b"]);
    expect(view.security.labels).toEqual(["PII"]);
  });

  it("returns the same view if it has all the labels, or none are passed", () => {
    expect(addLabels(view, "PII")).toBe(view);
    expect(addLabels(view, ["PII", "PII"])).toBe(view);
    expect(addLabels(view, [])).toBe(view);
  });

  it("adds to a view of an envelope that has no security", () => {
    const bare = createExtensions({});
    const seen = filterExtensions(bare, ["append_labels"]);
    const merged = mergeExtensions(bare, addLabels(seen, "EU"), ["append_labels"], { view: seen });
    expect(merged.extensions.security?.labels).toEqual(["EU"]);
    expect(merged.rejections).toEqual([]);
  });

  it("can be applied again and again, and merges as one change", () => {
    const edited = addLabels(addLabels(view, "a"), "b");
    expect(applied(edited).extensions.security?.labels).toEqual(["PII", "a", "b"]);
  });

  it("edits the host's own envelope as well", () => {
    const next = addLabels(extensions, "EU");
    expect(hasLabel(next, "EU")).toBe(true);
    expect(hasLabel(extensions, "EU")).toBe(false);
    expect(next.custom).toBe(extensions.custom);
  });

  it("has nothing to read in a value that is not extensions", () => {
    for (const other of [{ extensions }, { ...extensions }, undefined, "security"]) {
      const given = other as never;
      expect(codeOf(() => hasLabel(given, "PII"))).toBe("extensions_invalid");
      expect(codeOf(() => getHeader(given, "x-a"))).toBe("extensions_invalid");
    }
    expect(codeOf(() => hasLabel(extensions, ["PII"] as never))).toBe("label_invalid");
  });

  it("refuses an invalid label, and a set that would be too large", () => {
    expect(codeOf(() => addLabels(view, " EU"))).toBe("label_invalid");
    expect(codeOf(() => addLabels(view, [5 as never]))).toBe("extensions_shape");
    expect(codeOf(() => addLabels(view, new Set(["EU"]) as never))).toBe("snapshot_prototype");
    expect(codeOf(() => addLabels(view, null as never))).toBe("extensions_shape");
    const full = createExtensions({
      security: { labels: Array.from({ length: 256 }, (_, i) => `l${i}`) },
    });
    expect(codeOf(() => addLabels(full, "one more"))).toBe("snapshot_limit");
  });

  it("refuses a further label after the first, which would be lost", () => {
    const loosely = addLabels as (...given: readonly unknown[]) => unknown;
    for (const more of ["SECRET", ["SECRET"], null, { SECRET: true }])
      expect(() => loosely(view, "EU", more)).toThrow(
        expect.objectContaining({
          code: "extensions_shape",
          message:
            "addLabels expects one label or one array of labels; got a third parameter. Pass several as [a, b].",
        }),
      );
    expect(loosely(view, "PII", undefined)).toBe(view);
  });

  it("is a callback for reduce", () => {
    expect(["b", "a"].reduce(addLabels, view).security.labels).toEqual(["PII", "a", "b"]);
  });
});

describe("appendHop", () => {
  const hop = { subject_id: "b", subject_type: "agent", scopes_granted: ["read"] };

  it("appends, derives what follows from the chain, and keeps the first origin and the age", () => {
    const { delegation } = appendHop(view, hop);
    expect(delegation?.chain[0]).toBe(view.delegation?.chain[0]);
    expect(delegation?.chain[1]).toMatchObject({ ...hop, from_cache: false });
    expect(delegation).toMatchObject({
      depth: 2,
      delegated: true,
      origin_subject_id: "o",
      actor_subject_id: "b",
      age_seconds: 7,
    });
  });

  it("starts a chain if there is none", () => {
    const seen = filterExtensions(createExtensions({}), ["append_delegation"]);
    expect(appendHop(seen, hop).delegation).toMatchObject({
      depth: 1,
      origin_subject_id: "b",
      actor_subject_id: "b",
    });
  });

  it("copies the hop it is given", () => {
    const mine = { ...hop, scopes_granted: ["read"] };
    const edited = appendHop(view, mine);
    mine.scopes_granted.push("write");
    expect(edited.delegation?.chain[1]?.scopes_granted).toEqual(["read"]);
  });

  it("refuses a further hop after the first, which would be lost", () => {
    const loosely = appendHop as (...given: readonly unknown[]) => unknown;
    expect(() => loosely(view, hop, hop)).toThrow(
      expect.objectContaining({
        code: "extensions_shape",
        message: "appendHop expects one hop; got a third parameter. Call it once for each.",
      }),
    );
    expect([hop, hop].reduce(appendHop, view).delegation?.depth).toBe(3);
  });

  it("refuses an invalid hop, and one too many", () => {
    expect(codeOf(() => appendHop(view, { subject_id: "b" } as never))).toBe("extensions_shape");
    expect(codeOf(() => appendHop(view, null as never))).toBe("extensions_shape");
    expect(codeOf(() => appendHop(view, { ...hop, extra: 1 } as never))).toBe("slot_unknown");
    expect(codeOf(() => appendHop(view, { ...hop, ttl_seconds: -1 }))).toBe("extensions_shape");
    const many = Array.from({ length: 16 }, (_, i) => ({
      subject_id: `s${i}`,
      subject_type: "user",
    }));
    const long = createExtensions({ delegation: { chain: many } });
    expect(codeOf(() => appendHop(filterExtensions(long, ["append_delegation"]), hop))).toBe(
      "snapshot_limit",
    );
  });
});
