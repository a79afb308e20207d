/** Data policies on the results that pass a guard. */
import { withSlots } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { exchange } from "./support/exchange.ts";
import { fakeManager, settle } from "./support/fake-manager.ts";
import { labelled, withPolicies } from "./support/labelled.ts";
import { request, result, toolResult } from "./support/raw.ts";
import { type ToolMessage, withPart } from "./support/tool-fixture.ts";

const data = {
  payroll: { apply_labels: ["SALARY"] },
  sealed: { apply_labels: ["SEALED"], denied_actions: ["receive"] },
  "file:///vault": { apply_labels: ["VAULT"] },
  "file:///closed": { denied_actions: ["read"] },
  vault: { apply_labels: ["BY-NAME"] },
};
const policies = withPolicies(data, ["INTERNAL"]);
const guarded = (acts = {}) =>
  labelled({ envelope: ({ mcp }) => withSlots(policies, { mcp } as never) }, acts);
const outcome = { result: { content: [{ type: "text", text: "secret" }] } };
const denied = { code: -32010, data: { code: "data_action_denied" } };
const contents = (...items: object[]) => ({ result: { contents: items } });

describe("apply_labels", () => {
  it("is on a tool's result before the post hooks, and not on its call", async () => {
    verifies("labels:stamped-early");
    const { tool, labelsAt } = await guarded();
    expect(await tool("payroll", outcome)).toMatchObject(outcome);
    expect(labelsAt("cmf.tool_pre_invoke")).toEqual(["INTERNAL"]);
    expect(labelsAt("cmf.tool_post_invoke")).toEqual(["INTERNAL", "SALARY"]);
    await tool("other", outcome);
    expect(labelsAt("cmf.tool_post_invoke")).toEqual(["INTERNAL"]);
  });

  it("is applied to an error, too", async () => {
    const { tool, labelsAt } = await guarded();
    await tool("payroll", { error: { code: -32603, message: "no salary for 078-05-1120" } });
    expect(labelsAt("cmf.tool_post_invoke")).toEqual(["INTERNAL", "SALARY"]);
  });

  it("is on prompts and resources", async () => {
    const { ask, labelsAt } = await guarded();
    await ask("prompts/get", { name: "payroll" }, { result: { messages: [] } });
    expect(labelsAt("cmf.prompt_post_fetch")).toEqual(["INTERNAL", "SALARY"]);
    const uri = "file:///vault";
    await ask("resources/read", { uri }, contents({ uri, text: "x" }));
    expect(labelsAt("cmf.resource_post_fetch")).toEqual(["INTERNAL", "VAULT"]);
  });

  it("uses the name that was sent, which a plugin may have changed", async () => {
    for (const [asked, called] of [
      ["other", "payroll"],
      ["payroll", "other"],
    ] as const) {
      const manager = fakeManager({
        "cmf.tool_pre_invoke": (message: ToolMessage) => withPart(message, { name: called }),
      });
      const options = { envelope: () => policies };
      await exchange(manager, "tools/call", { name: asked }, outcome, options);
      const labels = called === "payroll" ? ["INTERNAL", "SALARY"] : ["INTERNAL"];
      expect(manager.calls.at(-1)).toMatchObject({
        hook: "cmf.tool_post_invoke",
        options: { extensions: { security: { labels } } },
      });
    }
  });

  it("uses no name from a server", async () => {
    verifies("labels:sent-name");
    const sent = await labelled({ envelope: () => policies });
    await sent.guard.send(request(1, "tools/call", { name: "payroll" }));
    await settle();
    sent.peer(result(1, { content: [], name: "other", tool: "other", _meta: { tool: "other" } }));
    await settle();
    expect(sent.labelsAt("cmf.tool_post_invoke")).toEqual(["INTERNAL", "SALARY"]);
  });

  it("also includes that of the resource with the contents' name or URI", async () => {
    const { ask, labelsAt } = await guarded();
    const odd = "file:///public/../vault";
    await ask("resources/read", { uri: odd }, contents({ uri: "file:///vault", text: "x" }));
    expect(labelsAt("cmf.resource_post_fetch")).toEqual(["INTERNAL", "VAULT"]);
    const named = contents({ uri: "file:///a", name: "vault", text: "x" });
    await ask("resources/read", { uri: "file:///a" }, named);
    expect(labelsAt("cmf.resource_post_fetch")).toEqual(["BY-NAME", "INTERNAL"]);
    // Contents under another name do not hide the resource that was requested.
    const other = contents({ uri: "file:///harmless", name: "harmless", text: "x" });
    await ask("resources/read", { uri: "file:///vault" }, other);
    expect(labelsAt("cmf.resource_post_fetch")).toEqual(["INTERNAL", "VAULT"]);
  });

  it("refuses a result whose policy has an invalid label", async () => {
    const bad = withPolicies({ payroll: { apply_labels: ["\u200b"] } });
    const { tool, errors, seen } = await labelled({ envelope: () => bad });
    expect(await tool("payroll", outcome)).toMatchObject({ error: { code: -32011 } });
    expect(errors).toEqual([{ point: "labels", code: "label_invalid" }]);
    expect(seen.map(({ point }) => point)).toEqual(["cmf.tool_pre_invoke"]);
  });

  it("works with an envelope that the host wrote as a plain document", async () => {
    const plain = { security: { data } };
    const { tool, labelsAt } = await labelled({ envelope: () => plain });
    await tool("payroll", outcome);
    expect(labelsAt("cmf.tool_post_invoke")).toEqual(["SALARY"]);
  });

  it("does not affect calls without an envelope", async () => {
    const { tool, labelsAt } = await labelled();
    expect(await tool("payroll", outcome)).toMatchObject(outcome);
    expect(labelsAt("cmf.tool_post_invoke")).toEqual([]);
  });
});

describe("a resource returned by something else", () => {
  const sealed = withPolicies({
    "file:///vault": { apply_labels: ["VAULT"], allowed_actions: [] },
    "file:///open": { apply_labels: ["OPEN"] },
    named: { apply_labels: ["NAMED"] },
  });
  const embedded = (uri: string, more: object = {}) => ({
    type: "resource",
    resource: { uri, text: "secret", ...more },
  });
  const link = { type: "resource_link", uri: "file:///vault", name: "vault" };
  const toolOutcome = (...content: object[]) => ({ result: { content } });
  const promptOutcome = (content: object) => ({
    result: { messages: [{ role: "user", content }] },
  });
  const started = { result: { task: { taskId: "t", status: "working" } } };
  const finished = {
    result: { taskId: "t", status: "completed", ...toolOutcome(embedded("file:///vault")) },
  };
  const ways: [string, string, object, object][] = [
    [
      "a tool",
      "tools/call",
      { name: "t" },
      toolOutcome({ type: "text", text: "a" }, embedded("file:///vault")),
    ],
    ["a prompt", "prompts/get", { name: "p" }, promptOutcome(embedded("file:///vault"))],
    [
      "a prompt with a list",
      "prompts/get",
      { name: "p" },
      promptOutcome([embedded("file:///vault")]),
    ],
    [
      "the result of a task",
      "tasks/result",
      { taskId: "t" },
      toolOutcome(embedded("file:///vault")),
    ],
    ["a finished task", "tasks/get", { taskId: "t" }, finished],
    [
      "a task that a call is answered by",
      "tools/call",
      { name: "t" },
      { result: { resultType: "task", taskId: "u", result: finished.result } },
    ],
    [
      "a task inside an answer",
      "tools/call",
      { name: "t" },
      { result: { task: { taskId: "u", result: toolOutcome(embedded("file:///vault")).result } } },
    ],
    ...[
      ["what is asked for", embedded("file:///vault")] as const,
      [
        "the result of a tool in what is asked for",
        { type: "tool_result", toolUseId: "1", content: [embedded("file:///vault")] },
      ] as const,
    ].flatMap(([what, block]): [string, string, object, object][] => {
      const messages = [{ role: "user", content: [block] }];
      const k = { method: "sampling/createMessage", params: { maxTokens: 1, messages } };
      const asking = { resultType: "input_required", inputRequests: { k }, requestState: "s" };
      return [
        [`${what}, by a tool`, "tools/call", { name: "t" }, { result: asking }],
        [`${what}, by a prompt`, "prompts/get", { name: "p" }, { result: asking }],
        [`${what}, by a resource`, "resources/read", { uri: "file:///x" }, { result: asking }],
        [
          `${what}, by a task`,
          "tasks/get",
          { taskId: "t" },
          { result: { ...asking, taskId: "t" } },
        ],
      ];
    }),
    [
      "a message of a prompt with a tool's result",
      "prompts/get",
      { name: "p" },
      promptOutcome({ type: "tool_result", content: [embedded("file:///vault")] }),
    ],
  ];

  it.each(ways)("is under its own policy: %s", async (_, method, params, answer) => {
    verifies("labels:embedded");
    const { ask, received, errors } = await labelled({ envelope: () => sealed });
    await ask("tools/call", { name: "t", task: {} }, started);
    await ask(method, params, answer);
    expect(JSON.stringify(received())).not.toContain("secret");
    expect(errors).toEqual([{ point: "data_policy", code: "data_action_denied" }]);
  });

  it("puts its labels on what returns it, by URI and by name", async () => {
    const { ask, tool, labelsAt } = await labelled({ envelope: () => sealed });
    await tool(
      "t",
      toolOutcome(embedded("file:///open"), embedded("file:///x", { name: "named" })),
    );
    expect(labelsAt("cmf.tool_post_invoke")).toEqual(["NAMED", "OPEN"]);
    await ask("prompts/get", { name: "p" }, promptOutcome(embedded("file:///open")));
    expect(labelsAt("cmf.prompt_post_fetch")).toEqual(["OPEN"]);
  });

  it("is not returned by a link", async () => {
    const { tool, ask, labelsAt } = await labelled({ envelope: () => sealed });
    expect(await tool("t", toolOutcome(link))).toMatchObject(toolOutcome(link));
    expect(labelsAt("cmf.tool_post_invoke")).toEqual([]);
    expect(await ask("prompts/get", { name: "p" }, promptOutcome(link))).toMatchObject(
      promptOutcome(link),
    );
  });

  it("does not hide a prompt whose params have a URI next to its name", async () => {
    const { ask } = await labelled({
      envelope: () => withPolicies({ p: { allowed_actions: [] } }),
      pass: ["tokens", "unknown"],
    });
    const params = { name: "p", uri: "file:///open" };
    const got = await ask("prompts/get", params, { result: { messages: [] } });
    expect(got).toMatchObject({ error: denied });
  });
});

describe("denied_actions and allowed_actions", () => {
  it("keep a result from leaving, and from every post hook", async () => {
    verifies("labels:actions-out");
    const { tool, ask, seen, errors } = await guarded();
    const answer = await tool("sealed", outcome);
    expect(answer).toMatchObject({ error: denied });
    expect(JSON.stringify(answer)).not.toMatch(/secret|sealed|SEALED/);
    expect(seen.map(({ point }) => point)).toEqual(["cmf.tool_pre_invoke"]);
    expect(errors).toEqual([{ point: "data_policy", code: "data_action_denied" }]);
    const uri = "file:///closed";
    const read = await ask("resources/read", { uri }, contents({ uri, text: "x" }));
    expect(read).toMatchObject({ error: denied });
    const around = await ask("resources/read", { uri: "file:///x" }, contents({ uri, text: "x" }));
    expect(around).toMatchObject({ error: denied });
    const prompt = await ask("prompts/get", { name: "sealed" }, { result: { messages: [] } });
    expect(prompt).toMatchObject({ error: denied });
  });

  it("keep an error from leaving as well", async () => {
    const { tool } = await guarded();
    const error = { code: -1, message: "secret" };
    expect(await tool("sealed", { error })).toMatchObject({ error: denied });
  });

  it("can be answered by a tool result", async () => {
    const options = { envelope: () => policies, onDeny: "tool_result" } as const;
    const { tool } = await labelled(options);
    expect(await tool("sealed", outcome)).toMatchObject({
      result: {
        isError: true,
        content: [{ text: 'The data policy does not allow the action "receive"' }],
      },
    });
  });

  it("apply to results that a peer requests", async () => {
    const { guard, peer, sent } = await guarded();
    peer(request(1, "tools/call", { name: "sealed" }));
    await settle();
    await guard.send(toolResult(1, "secret"));
    expect(sent()).toEqual([expect.objectContaining({ error: expect.objectContaining(denied) })]);
  });
});

describe("the late result of a task", () => {
  const made = (id: number) => result(id, { task: { taskId: "t1", status: "working" } });
  const text = (id: number) => toolResult(id, "secret");

  it("is labelled and checked for the tool that started it", async () => {
    const parts = await guarded();
    await parts.guard.send(request(1, "tools/call", { name: "payroll", task: {} }));
    parts.peer(made(1));
    await settle();
    await parts.guard.send(request(2, "tasks/result", { taskId: "t1" }));
    parts.peer(text(2));
    await settle();
    expect(parts.labelsAt("cmf.tool_post_invoke")).toEqual(["INTERNAL", "SALARY"]);
    expect(parts.received().at(-1)).toEqual(text(2));
  });

  it("is labelled and checked by every policy if its tool is unknown", async () => {
    const data = { payroll: { apply_labels: ["SALARY"] }, hr: { apply_labels: ["HR"] } };
    const parts = await labelled({ envelope: () => withPolicies(data) });
    await parts.guard.send(request(1, "tasks/result", { taskId: "unknown" }));
    parts.peer(text(1));
    await settle();
    expect(parts.labelsAt("cmf.tool_post_invoke")).toEqual(["HR", "SALARY"]);

    const closed = await guarded();
    await closed.guard.send(request(1, "tasks/get", { taskId: "unknown" }));
    closed.peer(result(1, { taskId: "unknown", status: "completed", result: text(1).result }));
    await settle();
    expect(closed.received().at(-1)).toMatchObject({ result: { result: { isError: true } } });
    expect(JSON.stringify(closed.received())).not.toContain("secret");
  });

  it("is refused if a policy denies it, also in a notification", async () => {
    const { peer, received, errors } = await guarded();
    const params = { taskId: "unknown", status: "completed", result: text(1).result };
    peer({ jsonrpc: "2.0", method: "notifications/tasks", params });
    await settle();
    expect(JSON.stringify(received())).not.toContain("secret");
    expect(errors).toEqual([{ point: "data_policy", code: "data_action_denied" }]);
  });

  it("of a plain envelope is labelled before a manager has read it", async () => {
    const plain = { security: { labels: ["INTERNAL"], data: { payroll: data.payroll } } };
    const parts = await labelled({ envelope: () => plain });
    await parts.guard.send(request(1, "tasks/result", { taskId: "unknown" }));
    parts.peer(text(1));
    await settle();
    expect(parts.labelsAt("cmf.tool_post_invoke")).toEqual(["INTERNAL", "SALARY"]);
    expect(plain.security.labels).toEqual(["INTERNAL"]);
  });
});
