import vm from "node:vm";
import { definePlugin } from "glassine";
import { describe, expect, it } from "vitest";
import { excessOf } from "../support/growth.ts";
import { verifies } from "../support/verifies.ts";
import { define, manifest, problemsOf, refusalOf, withHandler } from "./support.ts";

/** Expects a manifest to be refused for a problem with `field`. */
function expectProblem(input: unknown, field: string): void {
  expect(problemsOf(input).map((problem) => problem.field)).toContain(field);
}

describe("a manifest is a plain object", () => {
  it.each([
    ["nothing", undefined],
    ["null", null],
    ["a string", "plugin"],
    ["a number", 1],
    ["a function", () => {}],
    ["an array", [manifest()]],
    ["a Map", new Map(Object.entries(manifest()))],
  ])("not %s", (_, input) => {
    expect(problemsOf(input)).toHaveLength(1);
    expectProblem(input, "(manifest)");
  });

  it("may have no prototype", () => {
    const input = Object.assign(Object.create(null), manifest());
    expect(define(input).name).toBe("plugin");
  });

  it("not a global of another context that throws when it is read", () => {
    const throws = () => {
      throw new Error("read");
    };
    const sandbox = new Proxy({}, { getOwnPropertyDescriptor: throws });
    const looksPlain = vm.runInContext("this", vm.createContext(sandbox)) as object;
    Object.setPrototypeOf(looksPlain, Object.prototype);
    expectProblem(looksPlain, "(manifest)");
    expectProblem({ ...manifest(), hooks: looksPlain }, "hooks");
  });

  it("reports an unknown field on one line, whatever its name", () => {
    const input = { ...manifest(), "x\nlevel=error": 1 };
    expect(refusalOf(input).message).toBe("unknown manifest field 'x\\u{a}level=error'");
  });

  it("reads no inherited field", () => {
    const patched = Object.prototype as { capabilities?: readonly string[] };
    patched.capabilities = ["read_labels"];
    try {
      expect(define(manifest()).capabilities).toEqual([]);
    } finally {
      delete patched.capabilities;
    }
  });
});

describe("a manifest of another kind", () => {
  class Guard {
    name = "guard";
    version = "1.0.0";
    hooks = {};
  }

  it.each([
    [new Guard(), "an object of a class"],
    [[], "array"],
    [null, "null"],
    [undefined, "undefined"],
    ["guard", "string"],
    [() => ({}), "function"],
    [Promise.resolve({}), "a promise"],
    [new Proxy({}, {}), "an object of a class"],
  ])("is named: %o", (value, got) => {
    const message = `(manifest) must be a plain object, got ${got}`;
    expect(problemsOf(value)).toEqual([{ field: "(manifest)", message }]);
  });
});

describe("every part is plain", () => {
  const handler = (payload: unknown) => void payload;

  it.each([
    ["a Map", new Map([["tool_pre_invoke", handler]])],
    ["an array", [handler]],
    [
      "a class instance",
      new (class Hooks {
        tool_pre_invoke = handler;
      })(),
    ],
    ["a proxy", new Proxy({ tool_pre_invoke: handler }, {})],
    ["an object that inherits its hooks", Object.create({ tool_pre_invoke: handler })],
  ])("hooks: not %s", (_, hooks) => {
    expectProblem(manifest({ hooks }), "hooks");
  });

  it("a symbol is not a field", () => {
    expectProblem({ ...manifest(), [Symbol("name")]: 1 }, "(manifest)");
    expectProblem(manifest({ hooks: { [Symbol("hook")]: handler } }), "hooks");
    expectProblem(withHandler({ handler, [Symbol("mode")]: "audit" }), "hooks");
  });

  it("an entry is not a class instance", () => {
    class Entry {
      handler = handler;
    }
    expectProblem(withHandler(new Entry()), "hooks");
    expectProblem(withHandler(Object.create({ handler })), "hooks");
  });

  it("many unknown fields are reported in linear time", async () => {
    // All of one length, since how long a name is decides which known fields it is compared with.
    const nameOf = (at: number) => `field_${String(at).padStart(5, "0")}`;
    const input = (count: number) =>
      manifest(Object.fromEntries(Array.from({ length: count }, (_, at) => [nameOf(at), at])));
    expect(problemsOf(input(5000))).toHaveLength(5000);
    expect(await excessOf({ input, run: problemsOf })).toBeUndefined();
  });
});

describe("a manifest is read once", () => {
  it("PH-010: later changes have no effect", () => {
    verifies("dispatch:registered-once");
    const entry = {
      handler: (...given: [unknown, unknown, unknown]) => void given,
      extensions: true,
      mode: "audit",
    };
    const input = {
      name: "plugin",
      version: "1.0.0",
      description: "first",
      requiresHost: ">=0.0.1",
      capabilities: ["read_labels"],
      asyncSafe: false,
      hooks: { tool_pre_invoke: entry } as Record<string, unknown>,
      dependsOn: ["other"],
    };
    const plugin = definePlugin(input as never);
    const before = JSON.stringify(plugin);
    input.name = "renamed";
    input.description = "second";
    input.requiresHost = "*";
    input.asyncSafe = true;
    input.capabilities.push("append_labels");
    input.hooks.evaluate = entry.handler;
    input.dependsOn.length = 0;
    expect(JSON.stringify(plugin)).toBe(before);
    expect(plugin).toEqual({
      name: "plugin",
      version: "1.0.0",
      description: "first",
      requiresHost: ">=0.0.1",
      capabilities: ["read_labels"],
      asyncSafe: false,
      hooks: ["tool_pre_invoke"],
      dependsOn: ["other"],
    });
  });

  it("does not change the input", () => {
    const input = { ...manifest(), capabilities: ["read_roles", "read_labels"], hooks: {} };
    define(input);
    expect(input.capabilities).toEqual(["read_roles", "read_labels"]);
    expect(Object.isFrozen(input) || Object.isFrozen(input.capabilities)).toBe(false);
  });

  it("PH-010: the result is frozen", () => {
    const plugin = define(manifest({ capabilities: ["read_labels"], dependsOn: ["other"] }));
    for (const part of [plugin, plugin.capabilities, plugin.hooks, plugin.dependsOn]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
    const open = plugin as { name: string; extra?: number };
    expect(() => {
      open.name = "other";
    }).toThrow(TypeError);
    expect(() => {
      open.extra = 1;
    }).toThrow(TypeError);
    expect(() => (plugin.capabilities as string[]).push("append_labels")).toThrow(TypeError);
  });
});
