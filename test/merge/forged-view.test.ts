/** A merge accepts only a view that this library created. */
import { addLabels, createExtensions, filterExtensions, mergeExtensions } from "glassine";
import { describe, expect, it } from "vitest";
import { reach } from "../../property-tests/support/data.ts";
import { codeOf } from "../data/support.ts";

const extensions = createExtensions({ custom: { a: 1 }, security: { labels: ["PII"] } });
const grant = ["append_labels"] as const;
const view = filterExtensions(extensions, grant);

describe("a view that the library did not create", () => {
  it("is refused, whatever it is made of", () => {
    for (const forged of [
      {},
      { ...view },
      structuredClone(view),
      new Proxy(view, {}),
      Object.create(view),
      "view",
    ]) {
      const merge = () =>
        mergeExtensions(extensions, { custom: {} }, grant, { view: forged as object });
      expect(codeOf(merge)).toBe("options_invalid");
    }
  });

  it("cannot bring a live object into the result unread", () => {
    const live = { x: 1 };
    const edited = addLabels(view, "EU");
    const own = () =>
      mergeExtensions(edited as never, { custom: { k: { live, n: 2 } } }, grant, {
        view: { custom: { k: { live, n: 1 } } },
      });
    expect(codeOf(own)).toBe("options_invalid");
  });
});

it("options that are not an object are refused", () => {
  for (const options of [null, "view", 5, true]) {
    const merge = () => mergeExtensions(extensions, {}, grant, options as never);
    expect(codeOf(merge)).toBe("options_invalid");
  }
  expect(mergeExtensions(extensions, {}, grant, undefined).extensions).toBe(extensions);
});

it("options that do not exist, or have another type, are refused", () => {
  for (const options of [{ strct: true }, { strict: 1 }, { plugin: 5 }, { view: null }]) {
    const merge = () => mergeExtensions(extensions, {}, grant, options as never);
    expect(codeOf(merge)).toBe("options_invalid");
  }
});

describe("a value made by merging into one's own view", () => {
  it("is read like any other if a plugin returns it", () => {
    const live = { x: 1 };
    const returned = mergeExtensions(
      addLabels(view, "EU") as never,
      { custom: { k: live } },
      grant,
    ).extensions;
    const merged = mergeExtensions(extensions, returned, grant, { view }).extensions;
    live.x = 2;
    expect(merged.custom).toEqual({ k: { x: 1 } });
    expect([...reach(merged)].every(Object.isFrozen)).toBe(true);
  });

  it("has only the limits of the merge that accepts it", () => {
    const labels = ["a", "b", "c", "d"];
    const limits = { limits: { labels: 2 } };
    expect(
      codeOf(() =>
        mergeExtensions(extensions, addLabels(view, labels), grant, { view, ...limits }),
      ),
    ).toBe("snapshot_limit");
  });
});

describe("a view of the same host", () => {
  it("of another plugin has no effect: capabilities decide what is written", () => {
    const wide = filterExtensions(extensions, ["append_labels", "write_headers"]);
    const { extensions: merged, rejections } = mergeExtensions(
      extensions,
      addLabels(wide, "EU"),
      [],
    );
    expect(merged).toBe(extensions);
    expect(rejections).toMatchObject([{ path: "security.labels", code: "capability_missing" }]);
  });

  it("of an earlier state merges as the difference to that state", () => {
    const later = mergeExtensions(
      extensions,
      { security: { labels: ["PII", "EU"] } },
      grant,
    ).extensions;
    const merged = mergeExtensions(later, addLabels(view, "new"), grant, { view }).extensions;
    expect(merged.security?.labels).toEqual(["EU", "PII", "new"]);
  });
});
