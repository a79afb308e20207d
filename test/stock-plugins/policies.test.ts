import { createPluginManager } from "glassine";
import { guardModel } from "glassine/http";
import { image, text } from "glassine/messages";
import { chatCompletions } from "glassine/openai";
import { cedarPolicy, celPolicy, rateLimit } from "glassine/plugins";
import { afterEach, describe, expect, it, vi } from "vitest";
import { connect } from "./support/connect.ts";
import { answering, calling, run, user } from "./support/run.ts";

type Made = Awaited<ReturnType<typeof celPolicy>>;

async function codeOf(plugin: Made, name: string, args?: Record<string, unknown>, envelope = {}) {
  const result = await run(plugin, "cmf.tool_pre_invoke", calling(name, args), envelope);
  return result.violation?.code;
}

/** One policy in both languages: only admins may call `wipe`, and nobody with large amounts. */
const engines: readonly (readonly [string, () => Promise<Made>])[] = [
  [
    "celPolicy",
    () =>
      celPolicy({
        policy:
          '(input.name != "wipe" || "admin" in input.extensions.subject.roles)' +
          " && (!has(input.arguments.amount) || input.arguments.amount < 100)",
      }),
  ],
  [
    "cedarPolicy",
    () =>
      cedarPolicy({
        policies: `
          permit(principal, action == Action::"execute", resource)
            unless { resource == Tool::"wipe" };
          permit(principal in Role::"admin", action, resource == Tool::"wipe");
          forbid(principal, action, resource)
            when { context.arguments has amount && context.arguments.amount >= 100 };
        `,
      }),
  ],
];

describe.each(engines)("%s", (_name, make) => {
  it("allows what its policy says, and denies the rest", async () => {
    const plugin = await make();
    expect(await codeOf(plugin, "read", {}, user(["staff"]))).toBeUndefined();
    expect(await codeOf(plugin, "wipe", {}, user(["admin"]))).toBeUndefined();
    expect(await codeOf(plugin, "wipe", {}, user(["staff"]))).toBe("policy_denied");
    expect(await codeOf(plugin, "read", { amount: 99 })).toBeUndefined();
    expect(await codeOf(plugin, "read", { amount: 100 })).toBe("policy_denied");
  });

  it("denies if its policy cannot be evaluated, and quotes nothing", async () => {
    const plugin = await make();
    const message = calling("read", { amount: "hunter2" });
    const result = await run(plugin, "cmf.tool_pre_invoke", message, user(["admin"]));
    expect(result.violation).toEqual({
      plugin: plugin.name,
      code: "policy_failed",
      reason: "The policy could not be evaluated",
    });
    expect(JSON.stringify([result.executions, result.metadata])).not.toContain("hunter2");
  });

  it("guards a server of the SDK", async () => {
    const plugin = await make();
    const { call, calls, close } = await connect([plugin], user(["staff"]));
    expect(await call("wipe")).toMatchObject({ code: "policy_denied", plugin: plugin.name });
    expect(await call("echo", { text: "hi" })).toEqual([{ type: "text", text: "hi" }]);
    expect(calls).toEqual(["echo hi"]);
    await close();
  });
});

describe.each<[string, (decision: "all" | "none" | "texts") => Promise<Made>]>([
  [
    "celPolicy",
    (decision) =>
      celPolicy({
        policy: { all: "true", none: "false", texts: 'input.kind == "text"' }[decision],
        hooks: ["message_pre_invoke", "message_post_invoke"],
      }),
  ],
  [
    "cedarPolicy",
    (decision) =>
      cedarPolicy({
        policies: {
          all: "permit(principal, action, resource);",
          none: "forbid(principal, action, resource);",
          texts: 'permit(principal, action, resource == Message::"text");',
        }[decision],
        hooks: ["message_pre_invoke", "message_post_invoke"],
      }),
  ],
])("%s, for a message without parts", (_name, make) => {
  it.each([
    ["cmf.llm_input", "user"],
    ["cmf.llm_input", "assistant"],
    ["cmf.llm_output", "assistant"],
    ["cmf.resource_post_fetch", "tool"],
  ] as const)("judges it as one with an empty text, at %s with the role %s", async (hook, role) => {
    const codeWith = async (decision: "all" | "none" | "texts") =>
      (await run(await make(decision), hook, { role })).violation?.code;
    expect(await codeWith("none")).toBe("policy_denied");
    expect(await codeWith("texts")).toBeUndefined();
    expect(await codeWith("all")).toBeUndefined();
  });

  it("leaves an empty answer to policies that judge answers", async () => {
    const policy = await celPolicy({ policy: "false" });
    const { continueProcessing } = await run(policy, "cmf.llm_output", { role: "assistant" });
    expect(continueProcessing).toBe(true);
  });
});

describe("policies and limits of requests to a model", () => {
  const requests = [
    { model: "m", messages: [] },
    { model: "m", messages: [{ role: "user", content: [] }] },
    { model: "m", messages: [{ role: "assistant", content: null }] },
  ];
  it.each(requests)("see %j", async (document) => {
    const refusals = [];
    for (const plugin of [
      await celPolicy({ policy: "false" }),
      await cedarPolicy({ policies: "forbid(principal, action, resource);" }),
      rateLimit({ limit: 1, count: ["model"] }, { now: () => 0 }),
    ]) {
      const guard = guardModel(chatCompletions, await createPluginManager({ plugins: [plugin] }));
      await guard.begin().judgeRequest(document);
      refusals.push((await guard.begin().judgeRequest(document)).refusal?.code);
    }
    expect(refusals).toEqual(["policy_denied", "policy_denied", "rate_limited"]);
  });
});

describe("celPolicy", () => {
  it("judges every part of a message", async () => {
    const plugin = await celPolicy({ policy: '!input.content.contains("hunter2")' });
    const denied = async (...texts: string[]) =>
      !(await run(plugin, "cmf.llm_input", { role: "user", content: texts.map(text) }))
        .continueProcessing;
    expect(await denied("a", "b")).toBe(false);
    expect(await denied("a", "hunter2")).toBe(true);
  });

  it("is shown what its capabilities open, at the hooks that it names", async () => {
    const plugin = await celPolicy({
      policy: 'input.hook == "cmf.tool_post_invoke" && !has(input.extensions)',
      hooks: ["message_post_invoke"],
      capabilities: [],
    });
    expect(plugin).toMatchObject({ capabilities: [], hooks: ["message_post_invoke"] });
    const result = await run(plugin, "cmf.tool_post_invoke", answering("read", 1), user(["admin"]));
    expect(result.violation).toBeUndefined();
  });

  it.each([
    ["input.name ==", "cannot be read"],
    ['"read"', "it is of the type string, not bool"],
    ["unknown == 1", "Unknown variable"],
  ])("refuses the policy %j when it is made", async (policy, message) => {
    await expect(celPolicy({ policy })).rejects.toThrow(message);
  });

  it.each(["input.name", "input.constructor == 1", "input.nope"])(
    "denies where %j is not true",
    async (policy) => {
      expect(await codeOf(await celPolicy({ policy }), "read")).toMatch(/^policy_/);
    },
  );
});

describe("cedarPolicy", () => {
  const all = "permit(principal, action, resource);";

  it("denies if any policy has an error, which Cedar would skip", async () => {
    const policies = `${all} forbid(principal, action, resource) when { context.nope == 1 };`;
    expect(await codeOf(await cedarPolicy({ policies }), "read")).toBe("policy_failed");
  });

  it("takes no entity or function from a caller's arguments", async () => {
    const plugin = await cedarPolicy({ policies: all });
    for (const args of [
      { a: { __entity: { type: "User", id: "root" } } },
      { a: [{ __extn: { fn: "decimal", arg: "1.0" } }] },
    ])
      expect(await codeOf(plugin, "read", args)).toBe("policy_failed");
  });

  it("reads null and other numbers than whole ones", async () => {
    const policies = `permit(principal, action, resource) when {
      context.arguments has n && context.arguments.f == "1.5" && context.arguments.i == 2
    };`;
    const plugin = await cedarPolicy({ policies });
    expect(await codeOf(plugin, "read", { n: null, f: 1.5, i: 2 })).toBeUndefined();
  });

  it("names principals, resources, labels and entities", async () => {
    const policies = `
      permit(principal == User::"ada", action, resource == Tool::"read")
        when { context.labels.contains("PUBLIC") };
      permit(principal, action, resource == Message::"image");
      permit(principal, action, resource in Group::"safe");
    `;
    const entities = [
      { uid: { type: "Tool", id: "list" }, attrs: {}, parents: [{ type: "Group", id: "safe" }] },
    ];
    const plugin = await cedarPolicy({ policies, entities });
    const { security } = user();
    const labelled = { security: { ...security, labels: ["PUBLIC"] } };
    expect(await codeOf(plugin, "read", {}, labelled)).toBeUndefined();
    const unlabelled = { security: { ...security, labels: ["PII"] } };
    expect(await codeOf(plugin, "read", {}, unlabelled)).toBe("policy_denied");
    expect(await codeOf(plugin, "list", {}, unlabelled)).toBeUndefined();
    const picture = image({ type: "url", data: "https://a.example/b.png" });
    const seen = await run(
      plugin,
      "cmf.llm_input",
      { role: "user", content: [picture] },
      unlabelled,
    );
    expect(seen.violation).toBeUndefined();
  });

  it.each([
    ['User::"ada"', { id: "ada", type: "user" }],
    ['Agent::"ada"', { id: "ada", type: "agent" }],
    ['Service::"ada"', { id: "ada", type: "service" }],
    ['System::"ada"', { id: "ada", type: "system" }],
    ['Unknown::"ada"', { id: "ada" }],
    ['Unknown::""', undefined],
  ] as const)("has the principal %s for the subject %j alone", async (principal, subject) => {
    const policies = `permit(principal == ${principal}, action, resource);`;
    const capabilities = ["read_subject"] as const;
    const envelope = subject === undefined ? {} : { security: { subject } };
    expect(
      await codeOf(await cedarPolicy({ policies, capabilities }), "read", {}, envelope),
    ).toBeUndefined();
  });

  it("adds what the operator says of a caller, except roles, teams and permissions", async () => {
    const policies = `
      permit(principal in Group::"safe", action, resource) when { principal.level == 3 };
      forbid(principal in Role::"intern", action, resource);
      forbid(principal, action, resource) when { principal.roles.contains("admin") };
    `;
    const facts = {
      attrs: { level: 3, roles: ["admin"] },
      parents: [{ type: "Group", id: "safe" }],
    };
    const entities = [
      { uid: { type: "User", id: "ada" }, ...facts },
      { uid: { __entity: { type: "User", id: "bob" } }, ...facts },
    ];
    const plugin = await cedarPolicy({ policies, entities });
    expect(await codeOf(plugin, "read", {}, user(["staff"]))).toBeUndefined();
    expect(await codeOf(plugin, "read", {}, user(["staff"], "bob"))).toBeUndefined();
    expect(await codeOf(plugin, "read", {}, user(["intern"], "bob"))).toBe("policy_denied");
    expect(await codeOf(plugin, "read", {}, user(["staff"], "eve"))).toBe("policy_denied");
  });

  it.each([
    [{ policies: "permit(" }, '"policies" cannot be read'],
    [{ policies: all, entities: [{ uid: 1 }] }, '"entities" cannot be read'],
  ])("refuses %j when it is made", async (options, message) => {
    await expect(cedarPolicy(options as never)).rejects.toThrow(message);
  });
});

describe("without the package of the engine", () => {
  const absent = () => {
    throw Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
  };
  const packages = ["@marcbachmann/cel-js", "@cedar-policy/cedar-wasm/nodejs"];
  afterEach(() => packages.map((name) => vi.doUnmock(name)));

  it.each([
    ["celPolicy", "@marcbachmann/cel-js@8", () => celPolicy({ policy: "true" })],
    [
      "cedarPolicy",
      "@cedar-policy/cedar-wasm@4",
      () => cedarPolicy({ policies: "permit(principal, action, resource);" }),
    ],
  ])("%s says to install %s", async (_, install, make) => {
    for (const name of packages) vi.doMock(name, absent);
    await expect(make()).rejects.toMatchObject({
      code: "setting_invalid",
      message: expect.stringContaining(`Run \`npm install ${install}\`.`),
    });
  });
});
