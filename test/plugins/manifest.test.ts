import { isGlassineError, ManifestError } from "glassine";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { verifies } from "../support/verifies.ts";
import { define, manifest, problemsOf, refusalOf } from "./support.ts";

const only = (field: string, message: string) => [{ field, message }];

describe("name", () => {
  it.each(["abc", "a-1", "a".repeat(64)])("PH-001: takes %j", (name) => {
    verifies("dispatch:manifest");
    expect(define(manifest({ name })).name).toBe(name);
  });

  it.each(["ab", "Abc", "1abc", "a_b", "-abc", "abc\n", "a".repeat(65), "", 7, null, {}])(
    "PH-001: refuses %j, and names the pattern",
    (name) => {
      verifies("dispatch:manifest");
      expect(problemsOf(manifest({ name }))).toEqual([
        { field: "name", message: expect.stringContaining("^[a-z][a-z0-9-]{2,63}$") },
      ]);
    },
  );

  it.each(["core", "system", "host", "unknown", "constructor"])(
    "PH-002: keeps %j for the host",
    (name) => {
      verifies("dispatch:manifest");
      expect(problemsOf(manifest({ name }))).toEqual(
        only("name", `plugin name '${name}' is reserved`),
      );
    },
  );

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
  ])("PH-003: takes %j", (version) => {
    expect(define(manifest({ version })).version).toBe(version);
  });

  it.each(["1.0", "v1.0.0", "1.0.0-", "1.0.0-..", "1.0.0.post1", "1.0.0+", "1.0.0\n", "", 1, null])(
    "PH-003: refuses %j",
    (version) => {
      verifies("dispatch:manifest");
      expect(problemsOf(manifest({ version })).map(({ field }) => field)).toEqual(["version"]);
    },
  );

  it("is required", () => {
    expect(problemsOf({ name: "abc", hooks: {} }).map(({ field }) => field)).toEqual(["version"]);
  });
});

describe("description", () => {
  it("is refused if every access throws", () => {
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    expect(problemsOf(manifest({ description: proxy }))).toEqual([
      { field: "description", message: "description must be a string of at most 2000 characters" },
    ]);
  });

  it("may be absent, and is a string of at most 2000 characters", () => {
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

  it("escapes line breaks and invisible characters of a name", () => {
    const [problem] = problemsOf(manifest({ capabilities: ["a\nb\u202e'c\\"] }));
    expect(problem?.message).toBe(
      "unknown plugin capabilities: 'a\\u{a}b\\u{202e}\\u{27}c\\u{5c}'",
    );
  });
});

describe("hooks", () => {
  it("PH-005, PH-110: names every unknown one, sorted, and nothing else", () => {
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

  it("name a misspelled handler", () => {
    const hooks = { tool_pre_invoke: { handlr: () => {} } };
    expect(problemsOf(manifest({ hooks })).map(({ message }) => message)).toEqual([
      "handler for hook 'tool_pre_invoke' is not callable",
      "hook 'tool_pre_invoke' has the unknown setting 'handlr'; did you mean 'handler'?",
    ]);
  });

  it("PH-006: have one handler per hook, which is a function", () => {
    for (const entry of [
      3,
      undefined,
      null,
      "f",
      [() => {}],
      {},
      { handler: 3 },
      { handle: () => {} },
    ]) {
      const [problem] = problemsOf(manifest({ hooks: { tool_pre_invoke: entry } }));
      expect(problem).toEqual({
        field: "hooks",
        message: "handler for hook 'tool_pre_invoke' is not callable",
      });
    }
  });

  it("may be absent, otherwise it is an object", () => {
    expect(define({ name: "abc", version: "1.0.0" }).hooks).toEqual([]);
    for (const hooks of [null, [], "x", 3, () => {}, new Map()]) {
      expect(problemsOf(manifest({ hooks })).map(({ field }) => field)).toEqual(["hooks"]);
    }
  });
});

describe("hooks with names of inherited properties", () => {
  it.each(["toString", "constructor", "hasOwnProperty", "__proto__"])(
    "PH-007: %s is unknown, and reaches nothing",
    (name) => {
      const before = Object.getOwnPropertyNames(Object.prototype);
      const hooks = Object.defineProperty(JSON.parse(`{ ${JSON.stringify(name)}: 1 }`), name, {
        value: { polluted: (payload: unknown) => void payload },
      });
      expect(problemsOf(manifest({ hooks }))).toEqual(
        only(
          "hooks",
          `unknown plugin hooks: ${name}; hookNames lists this host's hooks, and a hook of another host needs that host's definePlugin`,
        ),
      );
      expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
      expect({}).not.toHaveProperty("polluted");
    },
  );
});

describe("requiresHost", () => {
  it("is kept unchanged: a host checks it when the plugin registers", () => {
    for (const requiresHost of [">=1.0.0", "not-a-specifier", ""])
      expect(define(manifest({ requiresHost })).requiresHost).toBe(requiresHost);
    expect(define(manifest()).requiresHost).toBeUndefined();
  });

  it.each([1, null, ["*"], {}])("is a string, not %j", (requiresHost) => {
    expect(problemsOf(manifest({ requiresHost }))).toEqual(
      only("requiresHost", "requiresHost must be a range of versions such as >=1.2.0"),
    );
  });
});

describe("asyncSafe", () => {
  it("is true unless it says otherwise", () => {
    expect(define(manifest()).asyncSafe).toBe(true);
    expect(define(manifest({ asyncSafe: true })).asyncSafe).toBe(true);
    expect(define(manifest({ asyncSafe: false })).asyncSafe).toBe(false);
  });

  it.each([0, 1, "false", null, {}])("is not %j", (asyncSafe) => {
    expect(problemsOf(manifest({ asyncSafe }))).toEqual(
      only("asyncSafe", "asyncSafe must be a boolean"),
    );
  });
});

describe("routes", () => {
  const text = "routes must be an array, of at most 1000 routes";

  it.each([null, "/health", {}, new Set(), { length: 0 }, new Proxy([], {}), Array(1001).fill(1)])(
    "are an array, not %o",
    (routes) => {
      expect(problemsOf(manifest({ routes }))).toEqual(only("routes", text));
    },
  );

  it("may contain anything, which is not inspected", () => {
    const throws = () => {
      throw new Error("read");
    };
    const untouchable = new Proxy({}, { get: throws, ownKeys: throws, getPrototypeOf: throws });
    expect(define(manifest({ routes: [untouchable, null, undefined, 1] })).name).toBe("plugin");
  });
});

describe("healthCheck", () => {
  it.each([
    ["a string", "healthy"],
    ["null", null],
    ["an object", { check() {} }],
    ["a class", class Check {}],
    ["a generator", function* check() {}],
    ["a proxy", new Proxy(() => {}, {})],
  ])("is a function, not %s", (_, healthCheck) => {
    expect(problemsOf(manifest({ healthCheck }))).toEqual(
      only("healthCheck", "health_check must be callable"),
    );
  });

  it.each([() => {}, async () => {}, function check() {}])("may be %o", (healthCheck) => {
    expect(define(manifest({ healthCheck })).name).toBe("plugin");
  });
});

describe("configSchema", () => {
  const text =
    "configSchema must be an object with parse(value) or safeParse(value), and not a proxy";
  const throws = () => {
    throw new Error("read");
  };

  it.each([
    ["a string", "object"],
    ["null", null],
    ["an object without a method", { validate: () => true }],
    ["one whose method is not a function", { parse: true }],
    ["a function without a method", () => true],
    ["a proxy", new Proxy({ parse: (value: unknown) => value }, {})],
    ["a method that is a proxy", { parse: new Proxy((value: unknown) => value, {}) }],
    [
      "a getter of its own",
      {
        get parse() {
          return throws();
        },
      },
    ],
    [
      "a getter of its class that throws",
      Object.create({
        get safeParse() {
          return throws();
        },
      }),
    ],
  ])("is not %s", (_, configSchema) => {
    expect(problemsOf(manifest({ configSchema }))).toEqual(only("configSchema", text));
  });

  it.each([
    ["of zod", z.object({ level: z.number() })],
    ["with parse", { parse: (value: unknown) => value }],
    ["with safeParse", { safeParse: (data: unknown) => ({ success: true, data }) }],
    ["that is a function", Object.assign(() => {}, { parse: (value: unknown) => value })],
    [
      "of a class",
      new (class Schema {
        parse(value: unknown) {
          return value;
        }
      })(),
    ],
  ])("may be a schema %s", (_, configSchema) => {
    expect(define(manifest({ configSchema })).name).toBe("plugin");
  });
});

describe("dependsOn", () => {
  it("is kept in order, without repeats", () => {
    const dependsOn = ["zzz", "aaa", "zzz"];
    expect(define(manifest({ dependsOn })).dependsOn).toEqual(["zzz", "aaa"]);
  });

  it("PH-011: names no plugin itself", () => {
    expect(problemsOf(manifest({ name: "self-name", dependsOn: ["self-name"] }))).toEqual(
      only("dependsOn", "plugin cannot depend on itself"),
    );
  });

  it("PH-011: names plugins", () => {
    expect(problemsOf(manifest({ dependsOn: ["NOT VALID"] }))).toEqual(
      only("dependsOn", "dependsOn has 'NOT VALID', which is not a plugin name"),
    );
    for (const dependsOn of ["abc", null, { 0: "abc", length: 1 }]) {
      expect(problemsOf(manifest({ dependsOn })).map(({ field }) => field)).toEqual(["dependsOn"]);
    }
  });

  it("reports what is not a string, without running any of it", () => {
    const loud = {
      toString() {
        throw new Error("toString ran");
      },
    };
    const items = [3, null, undefined, Symbol("s"), Object.create(null), loud];
    for (const item of items) {
      expect(problemsOf(manifest({ dependsOn: [item] }))).toEqual(
        only("dependsOn", "dependsOn has a name that is not a string"),
      );
    }
  });
});

describe("an unknown field", () => {
  it("PH-008: is refused, with a suggestion", () => {
    expect(problemsOf(manifest({ capabilites: ["read_labels"] }))).toEqual(
      only("capabilites", "unknown manifest field 'capabilites'; did you mean 'capabilities'?"),
    );
  });

  it("is refused with the place that it belongs to, where it is a setting of a hook", () => {
    for (const field of ["onError", "timeoutMs", "conditions", "mode", "priority", "stream"]) {
      expect(problemsOf(manifest({ [field]: 1 }))).toEqual(
        only(
          field,
          `unknown manifest field '${field}'; it is a setting of a hook: { hooks: { HOOK: { handler, ${field} } } }`,
        ),
      );
    }
  });

  it("is refused without a similar name", () => {
    expect(problemsOf(manifest({ banana: 1 }))).toEqual(
      only("banana", "unknown manifest field 'banana'"),
    );
  });
});

describe("the error", () => {
  const faulty = {
    dependsOn: ["NOT VALID"],
    configSchema: {},
    healthCheck: 1,
    routes: {},
    hooks: { recal_filter() {} },
    asyncSafe: 1,
    capabilities: ["a.b"],
    requiresHost: 1,
    description: 3,
    version: "1.0",
    name: "X",
  };

  it("PH-009: lists exactly the problems, in the order of the fields", () => {
    verifies("dispatch:checked-first");
    const error = refusalOf({ ...faulty, extra: 1 });
    expect(error.problems.map(({ field }) => field)).toEqual([
      "extra",
      "name",
      "version",
      "description",
      "requiresHost",
      "capabilities",
      "asyncSafe",
      "hooks",
      "routes",
      "healthCheck",
      "configSchema",
      "dependsOn",
    ]);
    expect(error.message).toBe(error.problems.map(({ message }) => message).join("; "));
  });

  it("PH-009: with four problems has their four messages", () => {
    const four = { name: "core", capabilities: ["a.b"], healthCheck: 1, dependsOn: ["NOT VALID"] };
    expect(refusalOf(manifest(four)).message).toBe(
      "plugin name 'core' is reserved; unknown plugin capabilities: a.b; health_check must be callable; dependsOn has 'NOT VALID', which is not a plugin name",
    );
  });

  it("is a ManifestError with a code, and the plugin's name if it is valid", () => {
    const error = refusalOf(manifest({ name: "pii-scan", version: "1" }));
    expect(error).toBeInstanceOf(ManifestError);
    expect(isGlassineError(error) && error.code).toBe("manifest_invalid");
    expect(error.name).toBe("ManifestError");
    expect(error.message).toBe("version must be a semantic version such as 1.0.0");
    expect(error.data).toEqual({ plugin: "pii-scan", manifestProblems: error.problems });
    expect(Object.isFrozen(error.problems)).toBe(true);
    for (const name of ["core", "NOT VALID", 7])
      expect(refusalOf(manifest({ name, version: "1" })).data).not.toHaveProperty("plugin");
  });
});
