import { createPluginManager, type ExecutionRecord } from "glassine";
import { describe, expect, it, vi } from "vitest";
import { verifies } from "../support/verifies.ts";
import { define, problemsOf, withHandler } from "./support.ts";

/** Calls a plugin with this handler or entry once, and returns its only record. */
async function recordOf(entry: unknown): Promise<ExecutionRecord> {
  const manager = await createPluginManager({ plugins: [define(withHandler(entry))] });
  const { executions } = await manager.invoke("tool_pre_invoke", { name: "add" });
  return executions[0] as ExecutionRecord;
}

const message = (entry: unknown) =>
  problemsOf(withHandler(entry)).map((problem) => problem.message);

describe("a handler that hides its number of parameters", () => {
  it.each([
    ["no parameter", () => {}],
    ["rest parameters alone", (...args: unknown[]) => void args],
    ["a first parameter with a default", (payload = {}) => void payload],
    ["a bound function with nothing left", ((a: unknown) => void a).bind(null, 1)],
    ["a mock", vi.fn()],
    [
      "an own length that is not a number",
      Object.defineProperty((a: unknown) => void a, "length", { value: "2" }),
    ],
    [
      "an own length that is a getter",
      Object.defineProperty((a: unknown) => void a, "length", { get: () => 2 }),
    ],
    [
      "an own length that is NaN",
      Object.defineProperty((a: unknown) => void a, "length", { value: Number.NaN }),
    ],
  ])("PH-044: %s: receives no extensions unless an entry says so", async (_, handler) => {
    expect((await recordOf(handler)).extensions).toBe(false);
    expect((await recordOf({ handler, extensions: false })).extensions).toBe(false);
    expect((await recordOf({ handler, extensions: true })).extensions).toBe(true);
  });

  it("must be a boolean", () => {
    verifies("dispatch:extensions-declared");
    for (const extensions of [1, "true", null, {}]) {
      expect(message({ handler: (payload: unknown) => void payload, extensions })).toEqual([
        "extensions of hook 'tool_pre_invoke' must be a boolean",
      ]);
    }
  });
});

describe("whether a handler receives extensions depends on its length", () => {
  const withRest = (payload: unknown, context: unknown, ...rest: unknown[]) =>
    void [payload, context, rest];
  it.each([
    ["one parameter", (payload: unknown) => void payload, false],
    ["two parameters", (payload: unknown, context: unknown) => void [payload, context], false],
    ["two and rest parameters", withRest, false],
    [
      "a third with a default",
      (p: unknown, c: unknown, extensions = {}) => void [p, c, extensions],
      false,
    ],
    ["three parameters", (p: unknown, c: unknown, e: unknown) => void [p, c, e], true],
    [
      "four parameters",
      (p: unknown, c: unknown, e: unknown, x: unknown) => void [p, c, e, x],
      true,
    ],
    [
      "a bound function with three left",
      ((a: unknown, p: unknown, c: unknown, e: unknown) => void [a, p, c, e]).bind(null, 1),
      true,
    ],
    ["an async function", async (p: unknown, c: unknown, e: unknown) => void [p, c, e], true],
    ["a frozen function", Object.freeze((p: unknown, c: unknown) => void [p, c]), false],
    [
      "a frozen function of three",
      Object.freeze((p: unknown, c: unknown, e: unknown) => void [p, c, e]),
      true,
    ],
    [
      "a method",
      {
        handle(payload: unknown) {
          return void payload;
        },
      }.handle,
      false,
    ],
    [
      "a method named class",
      {
        class(payload: unknown) {
          return void payload;
        },
      }.class,
      false,
    ],
    [
      "a function with a fixed prototype",
      Object.freeze(function old(this: unknown, p: unknown) {
        return void p;
      }),
      false,
    ],
  ])("PH-044: %s", async (_, handler, extensions) => {
    const record = await recordOf(handler);
    expect(record).toMatchObject({ status: "completed", extensions });
  });

  it.each([
    [true, "one", 3],
    [true, "rest", 3],
    [false, "three", 2],
    [false, "rest", 2],
  ])(
    "unless the entry says %s: a handler of %s parameters gets %i",
    async (extensions, of, count) => {
      const counts: number[] = [];
      const handlers: Record<string, unknown> = {
        one: function (payload: unknown) {
          // biome-ignore lint/complexity/noArguments: Their number is what is tested.
          counts.push(arguments.length);
          return void payload;
        },
        three: function (p: unknown, c: unknown, e: unknown) {
          // biome-ignore lint/complexity/noArguments: Their number is what is tested.
          counts.push(arguments.length);
          return void [p, c, e];
        },
        rest: (...args: unknown[]) => void counts.push(args.length),
      };
      expect((await recordOf({ handler: handlers[of], extensions })).extensions).toBe(extensions);
      expect(counts).toEqual([count]);
    },
  );

  it("is decided once: a later change of the length has no effect", async () => {
    verifies("dispatch:arity");
    const handler = vi.fn();
    Object.defineProperty(handler, "length", { value: 2, configurable: true, writable: true });
    const manager = await createPluginManager({ plugins: [define(withHandler(handler))] });
    Object.defineProperty(handler, "length", { value: 3 });
    await manager.invoke("tool_pre_invoke", { name: "add" });
    expect(handler.mock.calls[0]).toHaveLength(2);
  });
});

describe("the settings of an entry", () => {
  const handler = (payload: unknown) => void payload;

  it.each([
    [
      { mode: "parallel" },
      "mode must be one of sequential, transform, audit, concurrent, fire_and_forget, disabled",
    ],
    [
      { mode: "toString" },
      "mode must be one of sequential, transform, audit, concurrent, fire_and_forget, disabled",
    ],
    [
      { mode: null },
      "mode must be one of sequential, transform, audit, concurrent, fire_and_forget, disabled",
    ],
    [{ priority: 1.5 }, "priority must be a whole number"],
    [{ priority: "1" }, "priority must be a whole number"],
    [{ priority: Number.POSITIVE_INFINITY }, "priority must be a whole number"],
    [{ onError: "retry" }, "onError must be one of fail, ignore, disable"],
    [{ timeoutMs: 0 }, "handler timeout must be positive"],
    [{ timeoutMs: -1 }, "handler timeout must be positive"],
    [{ timeoutMs: 2 ** 31 }, "handler timeout cannot exceed 2147483647 ms"],
    [{ timeoutMs: Number.NaN }, "timeoutMs must be a number of milliseconds, or null"],
    [{ timeoutMs: "5s" }, "timeoutMs must be a number of milliseconds, or null"],
    [{ conditions: [] }, "conditions must be a plain object"],
    [{ conditions: null }, "conditions must be a plain object"],
    [
      { conditions: { tool: ["add"], "a b": [] } },
      "conditions may have only tools, prompts, resources, servers, tenants, not tool, 'a b'",
    ],
    [
      { conditions: { tools: [] } },
      "conditions.tools must be a list of 1 to 1000 patterns, none of them empty",
    ],
    [
      { conditions: { tools: "add" } },
      "conditions.tools must be a list of 1 to 1000 patterns, none of them empty",
    ],
    [
      { conditions: { tools: ["add", ""] } },
      "conditions.tools must be a list of 1 to 1000 patterns, none of them empty",
    ],
    [
      { conditions: { tools: [/add/] } },
      "conditions.tools must be a list of 1 to 1000 patterns, none of them empty",
    ],
  ])("%j is refused", (settings, text) => {
    expect(message({ handler, ...settings })).toEqual([`${text} (hook 'tool_pre_invoke')`]);
  });

  it("may have 1000 patterns, and are refused with more", () => {
    const tools = Array.from({ length: 1000 }, (_, i) => `tool${i}`);
    expect(() => message({ handler, conditions: { tools } })).toThrow("was accepted");
    expect(message({ handler, conditions: { tools: [...tools, "one-more"] } })).toEqual([
      "conditions.tools must be a list of 1 to 1000 patterns, none of them empty (hook 'tool_pre_invoke')",
    ]);
  });

  it("are refused when their name is unknown", () => {
    expect(message({ handler, timeout: 3 })).toEqual([
      "hook 'tool_pre_invoke' has the unknown setting 'timeout'; did you mean 'timeoutMs'?",
    ]);
  });

  it("are all reported at once", () => {
    expect(message({ handler, mode: "x", priority: "x", onError: "x", extra: 1 })).toHaveLength(4);
  });

  it("are used as given, and read once", async () => {
    const conditions = { tools: ["add"] };
    const entry = {
      handler,
      mode: "audit",
      priority: -5,
      onError: "disable",
      timeoutMs: null,
      conditions,
    };
    const manager = await createPluginManager({ plugins: [define(withHandler(entry))] });
    entry.mode = "disabled";
    entry.handler = () => {
      throw new Error("replaced");
    };
    conditions.tools[0] = "other";
    const { executions } = await manager.invoke("tool_pre_invoke", { name: "add" });
    expect(executions[0]).toMatchObject({ mode: "audit", status: "completed" });
  });
});

// Found by L24: a handler's name was read before checking that it is not a proxy.
it("a proxy as handler is refused, and no trap of it runs", () => {
  let runs = 0;
  const traps = new Proxy(
    {},
    {
      get: () => () => {
        runs += 1;
        throw new Error("a trap ran");
      },
    },
  );
  const handler = new Proxy(() => undefined, traps);
  for (const entry of [handler, { handler }, { handler, extensions: true }]) {
    expect(message(entry)).toEqual([
      "handler for hook 'tool_pre_invoke' is a proxy; wrap it in a function",
    ]);
  }
  expect(runs).toBe(0);
});
