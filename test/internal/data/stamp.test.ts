/** The brand of objects that this library created cannot be forged. */
import { inspect } from "node:util";
import {
  addLabels,
  createExtensions,
  encodeExtensions,
  filterExtensions,
  mergeExtensions,
  withSlots,
} from "glassine";
import { describe, expect, it } from "vitest";
import { createStamp } from "../../../src/core/data/intrinsics.ts";
import { brandOf } from "../../../src/core/envelope/index.ts";
import { codeOf } from "../../data/support.ts";

const envelope = createExtensions({ security: { labels: ["PII"] }, custom: { a: 1 } });
const grant = ["append_labels"] as const;

describe("a stamp", () => {
  it("is read only from the object it was put on", () => {
    const stamp = createStamp<{ readonly by: string }>();
    const other = createStamp<{ readonly by: string }>();
    const value = stamp.put({ a: 1 }, { by: "me" });
    expect(stamp.of(value)).toEqual({ by: "me" });
    expect(other.of(value)).toBeUndefined();
    for (const foreign of [
      { ...value },
      Object.create(value),
      new Proxy(value, {}),
      null,
      5,
      undefined,
    ]) {
      expect(stamp.of(foreign)).toBeUndefined();
    }
  });

  it("is invisible", () => {
    const bare = { security: envelope.security };
    expect(Reflect.ownKeys(envelope)).not.toContain("mark");
    expect(Object.getOwnPropertySymbols(envelope)).toEqual([]);
    expect(inspect(envelope, { showHidden: true })).not.toContain("#info");
    expect(Object.getPrototypeOf(envelope)).toBe(Object.getPrototypeOf(bare));
  });
});

describe("an object that looks like an envelope", () => {
  const forgeries = {
    "a spread": () => ({ ...envelope }),
    "a deep clone": () => structuredClone(envelope),
    "an heir": () => Object.create(envelope) as object,
    "a proxy": () => new Proxy(envelope, {}),
    "a frozen copy with its descriptors": () =>
      Object.freeze(
        Object.create(Object.getPrototypeOf(envelope), Object.getOwnPropertyDescriptors(envelope)),
      ),
  };

  it.each(Object.entries(forgeries))("%s is not taken for one", (_, forge) => {
    const forged = forge() as typeof envelope;
    expect(brandOf(forged)).toBeUndefined();
    expect(codeOf(() => encodeExtensions(forged))).toBe("extensions_invalid");
    expect(codeOf(() => withSlots(forged, {}))).toBe("edit_denied");
    expect(codeOf(() => addLabels(forged, "X"))).toBe("edit_denied");
  });

  it.each(Object.entries(forgeries))(
    "%s of an edited view is read like any proposal",
    (_, forge) => {
      const view = filterExtensions(envelope, grant);
      expect(brandOf(addLabels(view, "EU"))?.editOf).toBe(view);
      expect(brandOf(forge())?.editOf).toBeUndefined();
    },
  );
});

describe("the merged result of an edited view", () => {
  it("is read again if a plugin returns it, since it may not come from its view", () => {
    const view = filterExtensions(envelope, grant);
    const edited = addLabels(view, "EU");
    const own = mergeExtensions(edited as never, { custom: { b: 2 } }, grant).extensions;
    expect(own).not.toBe(edited);
    expect(brandOf(own)?.editOf).toBeUndefined();
    expect(mergeExtensions(envelope, own, grant, { view }).extensions.custom).toEqual({ b: 2 });
  });
});
