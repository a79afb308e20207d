// A process of its own: it patches the realm.
/** What a list of names grants is told by the names alone, whatever was asked before. */
import { createExtensions, filterExtensions } from "glassine";
import { afterEach, describe, expect, it } from "vitest";
import { changingLength } from "../support/changing-length.ts";

const envelope = createExtensions({
  security: { labels: ["PII"], subject: { id: "u", type: "user" } },
});
const seven = [
  ...["read_labels", "append_labels", "read_headers", "write_headers"],
  ...["read_roles", "read_permissions", "read_claims"],
] as const;
const seen = (names: unknown): { readonly labels?: readonly string[] } | undefined =>
  filterExtensions(envelope, names as never).security as never;

describe("a grant", () => {
  afterEach(() => void Reflect.deleteProperty(Array.prototype, "-1"));

  it("is the same again, and another one for other names of the same number", () => {
    expect(seen(seven)?.labels).toEqual(["PII"]);
    expect(seen([...seven])?.labels).toEqual(["PII"]);
    const others = ["read_agent", ...seven.slice(2), "write_headers"];
    expect(others).toHaveLength(seven.length);
    expect(seen(others)?.labels).toBeUndefined();
    expect(seen(seven)?.labels).toEqual(["PII"]);
  });

  it("is none where the names are no list, and spoils no other", () => {
    for (const length of [
      -1,
      1.5,
      Number.NaN,
      changingLength("7", 0),
      changingLength("7", 0, 40),
    ]) {
      expect(seen({ length })).toEqual(seen([]));
      expect(seen(seven)?.labels).toEqual(["PII"]);
    }
  });

  it("hands nothing of ours to an accessor of a patched prototype", () => {
    const stolen: unknown[] = [];
    Object.defineProperty(Array.prototype, "-1", {
      configurable: true,
      get(this: unknown) {
        stolen.push(this);
        return undefined;
      },
      set(this: unknown) {
        stolen.push(this);
      },
    });
    seen({ length: -1 });
    expect(stolen).toEqual([]);
  });

  it("keeps no value that is no text", () => {
    const before = seen([1, {}] as never);
    expect(before).toEqual(seen([]));
    expect(seen(["read_labels", {}])?.labels).toEqual(["PII"]);
  });
});
