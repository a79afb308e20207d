// Its process is only for files that patch the realm.
/** What a list of names grants depends only on the names, whatever was resolved before. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import {
  type Capability,
  capabilities,
  createExtensions,
  filterExtensions,
  mergeExtensions,
  resolveCapabilities,
} from "glassine";
import { defineHost } from "glassine/host";
import { afterEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { changingLength } from "../support/changing-length.ts";

const envelope = createExtensions({
  security: { labels: ["PII"], subject: { id: "u", type: "user" } },
});
const seven = [
  "read_labels",
  "append_labels",
  "read_headers",
  "write_headers",
  "read_roles",
  "read_permissions",
  "read_claims",
] as const;

// `collectGarbage` frees all garbage at once.
setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

const seen = (names: unknown): { readonly labels?: readonly string[] } | undefined =>
  filterExtensions(envelope, names as never).security as never;

/** An array, as far as the runtime says, with this length and this first element. */
const posing = (length: () => unknown, first?: unknown) =>
  new Proxy([], {
    get: (_, key) => (key === "length" ? length() : key === "0" ? first : undefined),
  });

describe("resolved names", () => {
  const other = defineHost({
    slots: {
      first: {
        tier: "immutable",
        read: "aa_first",
        description: "Of a test.",
        schema: z.object({ id: z.string() }),
      },
    },
  });
  const ofOther = other.createExtensions({
    security: { labels: ["PII"] },
    first: { id: "hidden" },
  });

  it("grant what the same names grant, including what they imply", () => {
    const names = fc.subarray([...Object.values(capabilities)]);
    const writes = {
      custom: { a: 1 },
      security: { labels: ["PII", "new"] },
      http: { method: "GET" },
    };
    fc.assert(
      fc.property(names, (some) => {
        const resolved = resolveCapabilities(some);
        expect(filterExtensions(envelope, resolved)).toEqual(filterExtensions(envelope, some));
        expect(filterExtensions(envelope, [...resolved])).toEqual(filterExtensions(envelope, some));
        const view = filterExtensions(envelope, some);
        const merged = (grant: readonly Capability[]) =>
          mergeExtensions(envelope, writes, grant, { view }) as object;
        expect(merged(resolved)).toEqual(merged(some));
      }),
    );
  });

  it("are read by name on a host with other capabilities", () => {
    const all = resolveCapabilities(Object.values(capabilities));
    expect(other.filterExtensions(ofOther, all)).not.toHaveProperty("first.id");
    expect(other.filterExtensions(ofOther, all).security.labels).toEqual(["PII"]);
    const first = other.resolveCapabilities(["aa_first"]);
    expect(filterExtensions(envelope, first as never)).toEqual(filterExtensions(envelope, []));
    expect(other.filterExtensions(ofOther, first).first).toEqual({ id: "hidden" });
  });

  it("cannot be changed", () => {
    const resolved = resolveCapabilities(["read_roles"]);
    expect(Object.isFrozen(resolved)).toBe(true);
    expect(resolved).toEqual(["read_roles", "read_subject"]);
    expect(Reflect.ownKeys(resolved)).toEqual(["0", "1", "length"]);
  });
});

describe("a grant", () => {
  afterEach(() => void Reflect.deleteProperty(Array.prototype, "-1"));

  it("is cached, and differs for other names of the same number", () => {
    expect(seen(seven)?.labels).toEqual(["PII"]);
    expect(seen([...seven])?.labels).toEqual(["PII"]);
    const others = ["read_agent", ...seven.slice(2), "write_headers"];
    expect(others).toHaveLength(seven.length);
    expect(seen(others)?.labels).toBeUndefined();
    expect(seen(seven)?.labels).toEqual(["PII"]);
  });

  it("is empty if the names are not counted, without affecting others", () => {
    for (const length of [
      -1,
      1.5,
      "1",
      { valueOf: () => 1 },
      Number.NaN,
      changingLength("7", 0),
      changingLength("7", 0, 40),
    ]) {
      expect(seen(posing(() => length))).toEqual(seen([]));
      expect(seen(posing(() => length, "read_labels"))).toEqual(seen([]));
      expect(seen(seven)?.labels).toEqual(["PII"]);
    }
  });

  it("passes nothing to an accessor of a patched prototype", () => {
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
    seen(posing(() => -1));
    expect(stolen).toEqual([]);
  });

  it("keeps no value that is not a string", async () => {
    const before = seen([1, {}] as never);
    expect(before).toEqual(seen([]));
    expect(seen(["read_labels", {}])?.labels).toEqual(["PII"]);
    const references = [1, 2, 31, 32].map((count) => {
      const value = {};
      seen(Array.from({ length: count }, () => value));
      return new WeakRef(value);
    });
    // A WeakRef keeps its target alive until the current job ends.
    await new Promise((resolve) => setTimeout(resolve, 0));
    collectGarbage();
    for (const reference of references) expect(reference.deref()).toBeUndefined();
  });

  it("has as many names as were counted first", () => {
    let asked = 0;
    const names = ["read_agent", "read_labels"];
    const growing = new Proxy(names, {
      get(_, key) {
        if (key !== "length") return names[Number(key)];
        asked = Math.min(asked + 1, 2);
        return asked;
      },
    });
    expect(seen(growing)?.labels).toBeUndefined();
    expect(seen(["read_agent", "read_labels"])?.labels).toEqual(["PII"]);
    // Also for lists that are not cached: with too many names, or with one that is not a string.
    for (const first of [32, 1]) {
      let last = first - 1;
      const endless = posing(() => {
        last += 1;
        if (last > first + 99) throw new Error("counted on and on");
        return last;
      });
      expect(seen(endless)).toEqual(seen([]));
    }
  });

  it("reads each name once if the same were resolved before", () => {
    let reads = 0;
    const names = Object.defineProperty(["read_labels"], 0, {
      get: () => {
        reads += 1;
        return "read_labels";
      },
    });
    seen(names);
    reads = 0;
    expect(seen(names)?.labels).toEqual(["PII"]);
    expect(reads).toBe(1);
  });
});
