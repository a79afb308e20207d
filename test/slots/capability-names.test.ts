// Its process is only for files that patch the realm.
/** The names of capabilities and what they imply, which depend on the slot table alone. */
import {
  type Capability,
  capabilities,
  createExtensions,
  type Extensions,
  filterExtensions,
  resolveCapabilities,
} from "glassine";
import { describe, expect, it } from "vitest";

const names = Object.values(capabilities) as readonly Capability[];

describe("resolved capabilities", () => {
  it("are the names with what they imply, sorted", () => {
    expect(resolveCapabilities(["append_labels", "read_agent"])).toEqual([
      "append_labels",
      "read_agent",
      "read_labels",
    ]);
    expect(resolveCapabilities([])).toEqual([]);
    expect(resolveCapabilities(["read_labels"])).toEqual(["read_labels"]);
    for (const name of names) expect(resolveCapabilities([name])).toContain(name);
  });

  it("never read a list past its end, even in a patched realm", () => {
    const stolen: unknown[] = [];
    const indexes = [1, names.length].map(String);
    for (const past of indexes) {
      Object.defineProperty(Array.prototype, past, {
        configurable: true,
        get(this: unknown) {
          stolen.push(this);
          return "read_labels";
        },
        set: (it: unknown) => void stolen.push(it),
      });
    }
    let found: readonly string[];
    try {
      found = resolveCapabilities(["read_labels"]);
    } finally {
      for (const past of indexes) Reflect.deleteProperty(Array.prototype, past);
      Array.prototype.length = 0;
    }
    expect(stolen).toEqual([]);
    expect(found).toEqual(["read_labels"]);
  });
});

describe("a grant", () => {
  const extensions = createExtensions({ security: { labels: ["PII"] } });
  const labelsFor = (...grant: readonly unknown[]) =>
    (filterExtensions(extensions, grant as never) as Extensions).security?.labels;

  it("opens what its names imply", () => {
    expect(labelsFor("read_labels")).toEqual(["PII"]);
    expect(labelsFor("append_labels")).toEqual(["PII"]);
  });

  it.each(["undefined", "null", "", "toString", "__proto__", "READ_LABELS"])(
    "opens nothing by an unknown name: %j",
    (name) => {
      expect(labelsFor(name)).toBeUndefined();
      expect(labelsFor("read_labels", name)).toEqual(["PII"]);
    },
  );

  it.each([[["read_labels"]], [{ toString: () => "read_labels" }], [null], [5]])(
    "opens nothing by what only resembles a name: %j",
    (name) => {
      expect(labelsFor(name)).toBeUndefined();
    },
  );
});
