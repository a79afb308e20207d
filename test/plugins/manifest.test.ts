import { isGlassineError, ManifestError } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { define, manifest, problemsOf, refusalOf } from "./support.ts";

const only = (field: string, message: string) => [{ field, message }];

describe("name", () => {
  it.each(["abc", "a-1", "a".repeat(64)])("takes %j", (name) => {
    verifies("dispatch:manifest");
    expect(define(manifest({ name })).name).toBe(name);
  });

  it.each(["ab", "1abc", "a_b", "-abc", "a".repeat(65), "", 7, null, {}])(
    "refuses %j, and names the pattern",
    (name) => {
      expect(problemsOf(manifest({ name }))).toEqual([
        { field: "name", message: expect.stringContaining("^[a-z][a-z0-9-]{2,63}$") },
      ]);
    },
  );

  it.each(["core", "system", "host", "unknown"])("keeps %j for the host", (name) => {
    expect(problemsOf(manifest({ name }))).toEqual(
      only("name", `plugin name '${name}' is reserved`),
    );
  });

  it("is required", () => {
    expect(problemsOf({ version: "1.0.0", hooks: {} }).map(({ field }) => field)).toEqual(["name"]);
  });
});

describe("version", () => {
  it.each([
    "1.0.0",
    "1.0.0a1",
    "1.0.0b22",
    "1.0.0rc2",
    "1.0.0-beta.1",
    "1.0.0+x",
    "1.0.0-beta+x",
    "10.20.30-a-b.0+c.1",
  ])("takes %j", (version) => {
    expect(define(manifest({ version })).version).toBe(version);
  });

  it.each(["1.0", "v1.0.0", "1.0.0-", "1.0.0-..", "1.0.0.post1", "1.0.0+", "1.0.0\n", "", 1, null])(
    "refuses %j",
    (version) => {
      expect(problemsOf(manifest({ version })).map(({ field }) => field)).toEqual(["version"]);
    },
  );

  it("is required", () => {
    expect(problemsOf({ name: "abc", hooks: {} }).map(({ field }) => field)).toEqual(["version"]);
  });
});

describe("description", () => {
  it("may be absent, and is text of at most 2000 characters", () => {
    expect(define(manifest()).description).toBeUndefined();
    expect(define(manifest({ description: "a".repeat(2000) })).description).toHaveLength(2000);
    for (const description of ["a".repeat(2001), 7, null, ["a"]]) {
      expect(problemsOf(manifest({ description })).map(({ field }) => field)).toEqual([
        "description",
      ]);
    }
  });
});

describe("capabilities", () => {
  it("are kept sorted and without repeats", () => {
    const capabilities = ["read_roles", "append_labels", "read_roles"];
    expect(define(manifest({ capabilities })).capabilities).toEqual([
      "append_labels",
      "read_roles",
    ]);
    expect(define(manifest()).capabilities).toEqual([]);
  });

  it("names every unknown one, sorted, and nothing else", () => {
    expect(problemsOf(manifest({ capabilities: ["facts.x", "read_labels", "a.b"] }))).toEqual(
      only("capabilities", "unknown plugin capabilities: a.b, facts.x"),
    );
    const many = Array.from({ length: 20 }, (_, at) => `x.${String(at).padStart(2, "0")}`);
    expect(problemsOf(manifest({ capabilities: many }))).toEqual(
      only("capabilities", `unknown plugin capabilities: ${many.join(", ")}`),
    );
  });

  it("suggests the name that was meant", () => {
    expect(problemsOf(manifest({ capabilities: ["read_label"] }))).toEqual(
      only("capabilities", "unknown plugin capabilities: read_label; did you mean 'read_labels'?"),
    );
  });

  it("repeats no line break or invisible character of a name", () => {
    const [problem] = problemsOf(manifest({ capabilities: ["a\nb\u202e'c\\"] }));
    expect(problem?.message).toBe(
      "unknown plugin capabilities: 'a\\u{a}b\\u{202e}\\u{27}c\\u{5c}'",
    );
  });
});

describe("hooks", () => {
  it("names every unknown one, sorted, and nothing else", () => {
    const hooks = { recal_filter() {}, health_check() {} };
    expect(problemsOf(manifest({ hooks }))).toEqual(
      only("hooks", "unknown plugin hooks: health_check, recal_filter"),
    );
  });

  it("suggests the name that was meant", () => {
    expect(problemsOf(manifest({ hooks: { tool_pre_invok() {} } }))).toEqual(
      only("hooks", "unknown plugin hooks: tool_pre_invok; did you mean 'tool_pre_invoke'?"),
    );
  });

  it("has one handler a hook, which can be called", () => {
    for (const entry of [3, null, "f", [() => {}], {}, { handler: 3 }, { handle: () => {} }]) {
      const [problem] = problemsOf(manifest({ hooks: { tool_pre_invoke: entry } }));
      expect(problem).toEqual({
        field: "hooks",
        message: "handler for hook 'tool_pre_invoke' is not callable",
      });
    }
  });

  it("passes over a hook that is undefined, so that one can be left out on a condition", () => {
    const plugin = define(
      manifest({ hooks: { tool_pre_invoke: undefined, evaluate: (m: unknown) => void m } }),
    );
    expect(plugin.hooks).toEqual(["evaluate"]);
  });

  it("may be absent, but is never anything else than an object", () => {
    expect(define({ name: "abc", version: "1.0.0" }).hooks).toEqual([]);
    for (const hooks of [null, [], "x", 3, () => {}, new Map()]) {
      expect(problemsOf(manifest({ hooks })).map(({ field }) => field)).toEqual(["hooks"]);
    }
  });
});

describe("dependsOn", () => {
  it("is kept in order, without repeats", () => {
    const dependsOn = ["zzz", "aaa", "zzz"];
    expect(define(manifest({ dependsOn })).dependsOn).toEqual(["zzz", "aaa"]);
  });

  it("names no plugin itself", () => {
    expect(problemsOf(manifest({ name: "self-name", dependsOn: ["self-name"] }))).toEqual(
      only("dependsOn", "plugin cannot depend on itself"),
    );
  });

  it("names plugins", () => {
    expect(problemsOf(manifest({ dependsOn: ["NOT VALID"] }))).toEqual(
      only("dependsOn", "dependsOn has 'NOT VALID', which is no plugin name"),
    );
    for (const dependsOn of ["abc", null, { 0: "abc", length: 1 }]) {
      expect(problemsOf(manifest({ dependsOn })).map(({ field }) => field)).toEqual(["dependsOn"]);
    }
  });

  it("tells what is no text, without running any of it", () => {
    const loud = {
      toString() {
        throw new Error("toString ran");
      },
    };
    const items = [3, null, undefined, Symbol("s"), Object.create(null), loud];
    const problems = problemsOf(manifest({ dependsOn: items }));
    expect(problems.map(({ field }) => field)).toEqual(items.map(() => "dependsOn"));
  });
});

describe("an unknown field", () => {
  it("is refused, with a suggestion", () => {
    expect(problemsOf(manifest({ capabilites: ["read_labels"] }))).toEqual(
      only("capabilites", "unknown manifest field 'capabilites'; did you mean 'capabilities'?"),
    );
  });

  it("is refused where nothing is near", () => {
    expect(problemsOf(manifest({ banana: 1 }))).toEqual(
      only("banana", "unknown manifest field 'banana'"),
    );
  });
});

describe("the error", () => {
  const faulty = {
    dependsOn: ["NOT VALID"],
    hooks: { recal_filter() {} },
    capabilities: ["a.b"],
    description: 3,
    version: "1.0",
    name: "X",
  };

  it("lists all problems, in the order of the fields", () => {
    verifies("dispatch:checked-first");
    const error = refusalOf(faulty);
    expect(error.problems.map(({ field }) => field)).toEqual([
      "name",
      "version",
      "description",
      "capabilities",
      "hooks",
      "dependsOn",
    ]);
    for (const { message } of error.problems) expect(error.message).toContain(message);
    expect(error.message.split("; ")).toHaveLength(6);
  });

  it("is a ManifestError with a code, and names the plugin where it has a name", () => {
    const error = refusalOf(manifest({ name: "pii-scan", version: "1" }));
    expect(error).toBeInstanceOf(ManifestError);
    expect(isGlassineError(error) && error.code).toBe("manifest_invalid");
    expect(error.name).toBe("ManifestError");
    expect(error.message).toMatch(/^Plugin "pii-scan": version /);
    expect(Object.isFrozen(error.problems)).toBe(true);
  });
});
