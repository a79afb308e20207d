import { runInNewContext } from "node:vm";
import { createExtensions, createPluginManager, definePlugin, type ErrorCode } from "glassine";
import { defineHost } from "glassine/host";
import { createMessage, partsOf } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { call, hook, labelled, manage, plugin, tagger } from "./support.ts";

interface Failure {
  readonly code: string;
  readonly message: string;
}
const failureOf = (running: Promise<unknown>): Promise<Failure> =>
  running.then(
    () => ({ code: "accepted", message: "" }),
    (error: Failure) => error,
  );
const making = (options: unknown) => failureOf(createPluginManager(options as never));

describe("createPluginManager", () => {
  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["an array", []],
    ["a string", "plugins"],
    ["a proxy", new Proxy({ plugins: [] }, {})],
    ["no plugins", {}],
    ["plugins in a Set", { plugins: new Set() }],
    ["plugins by name", { plugins: { one: tagger("one") } }],
    ["plugins with a hole", { plugins: new Array(1) }],
    ["a timeout of 0", { plugins: [], timeoutMs: 0 }],
    ["a timeout that is not a number", { plugins: [], timeoutMs: "30s" }],
    ["a timeout too long for a timer", { plugins: [], timeoutMs: 2 ** 31 }],
    ["a strict that is not a boolean", { plugins: [], strict: "yes" }],
    ["timings that are not a boolean", { plugins: [], timings: 1 }],
    ["room for nothing", { plugins: [], maxInFlight: 0 }],
    ["room for half a run", { plugins: [], maxInFlight: 1.5 }],
    ["room for half a task", { plugins: [], maxBackground: 0.5 }],
    ["an unknown limit", { plugins: [], limits: { label: 5 } }],
    ["a limit of 0", { plugins: [], limits: { labels: 0 } }],
    ["a limit that is not a number", { plugins: [], payloadLimits: { nodes: "many" } }],
    ["limits that are not an object", { plugins: [], limits: 5 }],
    ["an unknown header policy", { plugins: [], payloadHeaders: "drop" }],
    ["a sink that is not a function", { plugins: [], onHandlerError: "console" }],
    [
      "a getter",
      Object.defineProperty({ plugins: [] }, "strict", { enumerable: true, get: () => true }),
    ],
  ])("is refused: %s", async (_what, options) => {
    verifies("dispatch:checked-first");
    expect((await making(options)).code).toBe("options_invalid");
  });

  it("suggests a similar option", async () => {
    for (const [slip, meant] of [
      ["timeoutMS", "timeoutMs"],
      ["pluginz", "plugins"],
      ["onHandlerErrors", "onHandlerError"],
      ["maxInflight", "maxInFlight"],
    ] as const) {
      const { code, message } = await making({ plugins: [], [slip]: 1 });
      expect(code).toBe("options_invalid");
      expect(message).toContain(`"${meant}"`);
    }
    expect((await making({ plugins: [], quite_else: 1 })).message).not.toContain("mean");
  });

  it("treats an undefined limit as not set", async () => {
    const many = Array.from({ length: 300 }, (_, i) => `L${i}`);
    const manager = await createPluginManager({
      plugins: [
        plugin("adds", (_p, _c) => ({ modifiedExtensions: { security: { labels: many } } })),
      ],
      limits: { labels: undefined } as never,
    });
    expect((await manager.invoke(hook, call)).violation?.code).toBe("snapshot_limit");
  });

  it("checks plugins of another host against its own slots and hooks", async () => {
    verifies("dispatch:host-checked");
    const { defineHook } = await import("glassine/host");
    const z = await import("zod");
    const host = defineHost({
      slots: {
        billing: {
          tier: "immutable",
          read: "read_billing",
          description: "Who pays.",
          schema: z.object({ account: z.string() }),
        },
      },
      hooks: {
        paid: defineHook({ semantic: "message", description: "Paid.", payload: z.object({}) }),
      },
    });
    const about = { name: "foreign", version: "1.0.0" };
    const reads = host.definePlugin({ ...about, capabilities: ["read_billing"], hooks: {} });
    const pays = host.definePlugin({ ...about, hooks: { paid: (_payload) => undefined } });
    const plain = host.definePlugin({ ...about, hooks: { [hook]: (_payload) => undefined } });
    expect((await making({ plugins: [reads] })).code).toBe("manifest_invalid");
    expect((await making({ plugins: [pays] })).code).toBe("manifest_invalid");
    expect((await making({ plugins: [plain] })).code).toBe("accepted");
    expect((await making({ plugins: [definePlugin({ ...about, hooks: {} })] })).code).toBe(
      "accepted",
    );
  });
});

describe("invoke", () => {
  const cases: readonly [string, ErrorCode, readonly unknown[]][] = [
    ["an unknown hook", "hook_unknown", ["tool_pre_invokes", call]],
    ["a hook of a prototype's name", "hook_unknown", ["__proto__", call]],
    ["a hook that is a method's name", "hook_unknown", ["constructor", call]],
    ["no hook", "hook_unknown", [undefined, call]],
    ["no payload", "payload_invalid", [hook]],
    ["a payload of null", "payload_invalid", [hook, null]],
    ["a payload that lacks a field", "payload_invalid", [hook, {}]],
    ["a payload with a field too many", "payload_invalid", [hook, { name: "a", more: 1 }]],
    [
      "a payload that is not plain data",
      "payload_invalid",
      [hook, { name: "a", args: { f: () => {} } }],
    ],
    ["a payload of another hook", "payload_invalid", ["cmf.llm_input", call]],
    ["an unknown slot", "slot_unknown", [hook, call, { extensions: { secruity: {} } }]],
    ["half-valid extensions", "extensions_invalid", [hook, call, { extensions: { http: 5 } }]],
    [
      "a bad label",
      "extensions_invalid",
      [hook, call, { extensions: { security: { labels: [""] } } }],
    ],
    ["extensions that are a string", "extensions_invalid", [hook, call, { extensions: "{}" }]],
    ["an unknown option", "options_invalid", [hook, call, { extension: {} }]],
    ["options that are null", "options_invalid", [hook, call, null]],
    ["options that are a string", "options_invalid", [hook, call, "extensions"]],
    ["options that are a number", "options_invalid", [hook, call, 5]],
    ["an invalid signal", "options_invalid", [hook, call, { signal: {} }]],
    ["a signal of null", "options_invalid", [hook, call, { signal: null }]],
    [
      "the controller as signal",
      "options_invalid",
      [hook, call, { signal: new AbortController() }],
    ],
    ["a tenant that is not a string", "options_invalid", [hook, call, { tenant: 5 }]],
    ["a request that is not a string", "options_invalid", [hook, call, { request: 5 }]],
    ["an operation that is a string", "options_invalid", [hook, call, { operation: "add" }]],
    [
      "an operation that is not plain data",
      "options_invalid",
      [hook, call, { operation: { f() {} } }],
    ],
    ["an invalid context", "options_invalid", [hook, call, { context: {} }]],
    ["a context of null", "options_invalid", [hook, call, { context: null }]],
    ["a context that is a string", "options_invalid", [hook, call, { context: "c" }]],
    ["an invalid parent", "options_invalid", [hook, call, { parent: {} }]],
    ["a parent of null", "options_invalid", [hook, call, { parent: null }]],
    ["a parent that is a string", "options_invalid", [hook, call, { parent: "p" }]],
  ];

  it.each(cases)("rejects for %s, and runs nothing", async (_what, code, given) => {
    verifies("dispatch:rejects-misuse");
    const turns: string[] = [];
    const manager = await manage([plugin("looks", (_p, _c) => void turns.push("ran"))], {
      maxInFlight: 1,
    });
    const invoke = manager.invoke as (...args: readonly unknown[]) => Promise<unknown>;
    expect((await failureOf(invoke(...given))).code).toBe(code);
    expect(turns).toEqual([]);
    expect((await failureOf(manager.invoke(hook, call))).code).toBe("accepted");
  });

  it("never throws synchronously", async () => {
    const manager = await manage([]);
    const invoke = manager.invoke as (...args: readonly unknown[]) => Promise<unknown>;
    for (const [, , given] of cases)
      expect(invoke(...given).catch(() => {})).toBeInstanceOf(Promise);
  });

  it("suggests a similar hook or option", async () => {
    const manager = await manage([]);
    const hookSlip = await failureOf(manager.invoke("tool_pre_invok" as never, call as never));
    expect(hookSlip.message).toBe("unknown hook 'tool_pre_invok'; did you mean 'tool_pre_invoke'?");
    const optionSlip = await failureOf(manager.invoke(hook, call, { extension: {} } as never));
    expect(optionSlip.message).toContain("extensions");
  });

  it("treats undefined options as omitted", async () => {
    const manager = await manage([tagger("tags")]);
    const nothing = {
      extensions: undefined,
      operation: undefined,
      signal: undefined,
      request: undefined,
      tenant: undefined,
      server: undefined,
      context: undefined,
      parent: undefined,
    };
    expect((await manager.invoke(hook, call, nothing)).continueProcessing).toBe(true);
    expect((await manager.invoke(hook, call, undefined)).continueProcessing).toBe(true);
  });

  it("accepts extensions as data, as an envelope and as parsed JSON", async () => {
    const manager = await manage([]);
    const envelope = labelled("PII");
    for (const extensions of [
      envelope,
      { security: { labels: ["PII"] } },
      JSON.parse(JSON.stringify(envelope)),
    ]) {
      const result = await manager.invoke(hook, call, { extensions });
      expect(result.extensions).toEqual(envelope);
    }
  });
});

describe("close and handles", () => {
  it("report what is wrong with their arguments", async () => {
    const manager = await manage([]);
    expect(() => manager.handles("tool_pre" as never)).toThrow(
      expect.objectContaining({ code: "hook_unknown" }),
    );
    const close = manager.close as (options?: unknown) => Promise<unknown>;
    for (const options of [null, 5, { timeoutMs: "10" }, { timeoutMs: -1 }, { timeout: 10 }]) {
      expect((await failureOf(close(options))).code).toBe("options_invalid");
    }
    expect((await failureOf(close())).code).toBe("accepted");
  });

  it("report whether anything runs on a hook", async () => {
    const manager = await manage([
      tagger("tags"),
      definePlugin({
        name: "off",
        version: "1.0.0",
        hooks: { tool_post_invoke: { mode: "disabled", handler: (_payload) => undefined } },
      }),
      definePlugin({
        name: "covers",
        version: "1.0.0",
        hooks: { message_post_invoke: (_message) => undefined },
      }),
    ]);
    expect(manager.handles(hook)).toBe(true);
    expect(manager.handles("tool_post_invoke")).toBe(false);
    expect(manager.handles("cmf.llm_output")).toBe(true);
    expect(manager.handles("cmf.llm_input")).toBe(false);
  });
});

describe("extensions in the place of options", () => {
  const extensions = createExtensions({ agent: { turn: 1 } });
  it("are refused by invoke and partsOf, which say where they belong", async () => {
    const manager = await manage([tagger("one")]);
    const { code, message } = await failureOf(manager.invoke(hook, call, extensions as never));
    expect([code, message]).toEqual([
      "options_invalid",
      "invoke expects its options in an object, got extensions: pass { extensions }.",
    ]);
    expect(() => partsOf(createMessage({ role: "user" }), extensions as never)).toThrow(
      "partsOf expects its options in an object, got extensions: pass { extensions }.",
    );
  });
});

describe("a value that has no options, in the place of options", () => {
  it.each<[string, unknown]>([
    ["null", null],
    ["number", 3],
    ["string", "options"],
    ["function", () => 1],
    ["a promise", Promise.resolve({ extensions: {} })],
    ["array", []],
    ["an instance of a class", new Map([["extensions", {}]])],
  ])("is refused: %s", async (what, options) => {
    const manager = await manage([tagger("one")]);
    const { code, message } = await failureOf(manager.invoke(hook, call, options as never));
    expect([code, message]).toEqual([
      "options_invalid",
      `invoke expects its options in an object, got ${what}.`,
    ]);
  });

  /** Throws if anything about it is asked, as code of a plugin could. */
  const trapped = new Proxy(
    {},
    {
      getPrototypeOf: () => {
        throw new Error("asked");
      },
    },
  );
  const instances: readonly object[] = [
    new Map(),
    new Date(),
    new (class {})(),
    Object.create({}),
    Object.create({ isPrototypeOf: () => true }),
    Object.create(Object.create(null)),
    Object.create(trapped),
  ];
  it.each(instances.map((instance) => [instance]))(
    "is refused if it inherits from any other: %#",
    (options) => {
      expect(() => partsOf(createMessage({ role: "user" }), options)).toThrow(
        "partsOf expects its options in an object, got an instance of a class.",
      );
    },
  );

  it("is accepted if it is an empty object, also of another realm", async () => {
    const manager = await manage([tagger("one")]);
    for (const options of [{}, Object.create(null), runInNewContext("({})")])
      expect((await manager.invoke(hook, call, options)).continueProcessing).toBe(true);
  });
});

describe("the secrets of a run", () => {
  const manager = () => manage([tagger("one")]);

  it.each<[Readonly<Record<string, string>>, string, string]>([
    [{ Authorization: "Bearer hunter2" }, "hunter2", "[REDACTED]"],
    [{ Cookie: "session=hunter2" }, "hunter2", "[REDACTED]"],
    [{ "X-Api-Key": "hunter2" }, "hunter2", "[REDACTED]"],
    [{ Accept: "text/plain", "X-Request-Id": "r-42" }, "text/plain r-42", "text/plain r-42"],
    [{ Cookie: "" }, "a", "a"],
    [{ Cookie: "a=abc" }, "abc", "abc"],
    [{ Cookie: "a=abcd" }, "abcd", "[REDACTED]"],
    [{ Cookie: "a=;" }, "a", "a"],
    [{ Cookie: "a=;" }, "a=;", "[REDACTED]"],
  ])(
    "are the values of the sensitive ones of %j, and their last words",
    async (headers, said, logged) => {
      const lines: string[] = [];
      const throwing = plugin("throws", (_payload, _context) => {
        throw new Error(`got ${said} here`);
      });
      const logger = { error: (line: string) => void lines.push(line) };
      const { invoke } = await manage([throwing], { logger });
      await invoke(hook, call, { extensions: createExtensions({ http: { headers } }) });
      expect(lines.join()).toContain(`got ${logged} here`);
    },
  );

  it.each<[string, unknown]>([
    ["a string", "hunter2"],
    ["an empty string among them", ["hunter2", ""]],
    ["more than 1000", new Array(1001).fill("hunter2")],
  ])("are refused with their limit: %s", async (_what, secrets) => {
    const failure = await failureOf((await manager()).invoke(hook, call, { secrets } as never));
    expect(failure).toMatchObject({
      code: "options_invalid",
      message: "secrets must be an array of at most 1000 strings, none of them empty.",
    });
  });

  it("may be 1000", async () => {
    const secrets = new Array(1000).fill("hunter2");
    const running = (await manager()).invoke(hook, call, { secrets });
    expect((await failureOf(running)).code).toBe("accepted");
  });
});
