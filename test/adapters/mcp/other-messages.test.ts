/** Lists, handshakes, sampling, elicitation and notifications: what plugins see and may do. */
import { createExtensions, createPluginManager, definePlugin, deny } from "glassine";
import { createGuard, type GuardEvent, type GuardOptions } from "glassine/mcp";
import { type Message, toolResult as resultPart } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { exchange } from "./support/exchange.ts";
import { denial, fakeManager, gate, settle } from "./support/fake-manager.ts";
import {
  errorAnswer,
  type Json,
  notification,
  rawGuard,
  request,
  result,
  toolCall,
  toolResult,
} from "./support/raw.ts";

interface Tool {
  readonly name: string;
  readonly description: string;
}

/** Changes the content of the only result in a message. */
function rewritten(message: Message, change: (content: Json) => Json): { changed: unknown } {
  const copy = structuredClone(message) as unknown as { content: { content: { content: Json } }[] };
  const part = copy.content[0]?.content;
  if (part === undefined) throw new Error("no part");
  part.content = change(part.content);
  return { changed: copy };
}

describe("a list", () => {
  it("of tools loses what a plugin hides by role, and keeps the rest unchanged", async () => {
    verifies("mcp:guard-others");
    const hider = definePlugin({
      name: "hider",
      version: "1.0.0",
      capabilities: ["read_roles"],
      hooks: {
        "cmf.mcp_response"(message, _context, extensions) {
          const [part] = message.content;
          if (part?.content_type !== "tool_result" || part.content.tool_name !== "tools/list")
            return;
          if (extensions.security?.subject?.roles.includes("admin")) return;
          const content = part.content.content as unknown as { tools: readonly Tool[] };
          const tools = content.tools.filter(({ name }) => !name.startsWith("delete_"));
          const changed = resultPart({ ...part.content, content: { ...content, tools } as never });
          return { modifiedPayload: { ...message, content: [changed] } };
        },
      },
    });
    const manager = await createPluginManager({ plugins: [hider] });
    const list = {
      tools: [
        { name: "read_all", description: "Reads", inputSchema: { type: "object" }, vendor: [1] },
        { name: "delete_all", description: "Deletes", inputSchema: { type: "object" } },
      ],
      nextCursor: "2",
    };
    const as = (role: string): GuardOptions => ({
      envelope: () =>
        createExtensions({ security: { subject: { id: "ada", type: "user", roles: [role] } } }),
    });
    const asAnalyst = await exchange(
      manager as never,
      "tools/list",
      {},
      { result: list },
      as("analyst"),
    );
    expect(asAnalyst.answer.result).toEqual({ tools: [list.tools[0]], nextCursor: "2" });
    const asAdmin = await exchange(
      manager as never,
      "tools/list",
      {},
      { result: list },
      as("admin"),
    );
    expect(asAdmin.answer.result).toEqual(list);
  });

  it("is kept by no shared cache once it was judged for one caller", async () => {
    verifies("mcp:guard-cached");
    const manager = fakeManager({ "cmf.mcp_response": () => {} });
    const list = { tools: [], ttlMs: 60_000, cacheScope: "public" };
    const { answer } = await exchange(manager, "tools/list", {}, { result: list });
    expect(answer.result).toEqual({ ...list, cacheScope: "private" });
    const unjudged = await exchange(fakeManager(), "tools/list", {}, { result: list });
    expect(unjudged.answer.result).toEqual(list);
  });

  it.each([
    ["cmf.mcp_request", "resources/list", {}, { resources: [], ttlMs: 5 }],
    ["cmf.resource_pre_fetch", "resources/read", { uri: "file:///a" }, { contents: [] }],
  ])(
    "is kept by no shared cache if only its request is judged, on %s",
    async (hook, method, params, result) => {
      verifies("mcp:guard-cached");
      const manager = { ...fakeManager(), handles: (name: string) => name === hook };
      const given = { ...result, cacheScope: "public" };
      const { answer } = await exchange(manager, method, params, { result: given });
      expect(answer.result).toEqual({ ...result, cacheScope: "private" });
      expect(given.cacheScope).toBe("public");
    },
  );

  it("is refused with the reason of the plugin that refuses it", async () => {
    const manager = fakeManager({ "cmf.mcp_response": () => denial("poisoned") });
    const list = { resources: [{ uri: "file:///a", name: "<!-- obey -->" }] };
    const { answer } = await exchange(manager, "resources/list", {}, { result: list });
    expect(answer).toMatchObject({ id: 7, error: { code: -32010, message: "poisoned" } });
  });

  it("passes at once, unchanged, if no plugin listens", async () => {
    const { guard, peer, sent, received } = await rawGuard(fakeManager());
    const asked = request(1, "tools/list", { cursor: "a" });
    void guard.send(asked);
    expect(sent()[0]).toBe(asked);
    const answer = result(1, { tools: [] });
    peer(answer);
    expect(received()[0]).toBe(answer);
  });

  it("is remembered as the server sent it", async () => {
    const manager = fakeManager({
      "cmf.mcp_response": (message: Message) => rewritten(message, () => ({ resources: [] })),
    });
    const labels: unknown[] = [];
    const { guard, peer } = await rawGuard(manager, {
      envelope: () => ({ security: { data: { pay: { apply_labels: ["SALARY"] } } } }),
    });
    await guard.send(request(1, "resources/list"));
    peer(result(1, { resources: [{ uri: "file:///a", name: "pay" }] }));
    await settle();
    await guard.send(request(2, "resources/read", { uri: "file:///a" }));
    peer(result(2, { contents: [{ uri: "file:///a", text: "a" }] }));
    await settle();
    for (const { hook, options } of manager.calls) {
      if (hook === "cmf.resource_post_fetch") labels.push(options.extensions);
    }
    expect(JSON.stringify(labels)).toContain("SALARY");
  });

  it("takes time proportional to its length", async () => {
    let invocations = 0;
    const manager = fakeManager({ "cmf.mcp_response": () => void invocations++ });
    const tools = Array.from({ length: 2000 }, (_, at) => ({ name: `t${at}`, description: "x" }));
    const { answer } = await exchange(manager, "tools/list", {}, { result: { tools } });
    expect(answer.result).toEqual({ tools });
    expect(invocations).toBe(1);
  });
});

describe("the handshake", () => {
  it("shows instructions, and a plugin may rewrite them", async () => {
    const manager = fakeManager({
      "cmf.mcp_response": (message: Message) =>
        rewritten(message, (content) => ({ ...content, instructions: "***" })),
    });
    const params = {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "c", version: "1" },
    };
    const serverResult = {
      protocolVersion: "2025-11-25",
      capabilities: { tools: {} },
      serverInfo: { name: "s", version: "1" },
      instructions: "Obey",
    };
    const { answer } = await exchange(manager, "initialize", params, { result: serverResult });
    expect(answer.result).toEqual({ ...serverResult, instructions: "***" });
    expect(JSON.stringify(manager.calls)).not.toContain("2025-11-25");
  });

  it("is not shown if the host lets it pass", async () => {
    const manager = fakeManager({ "cmf.mcp_response": () => denial("no") });
    const serverResult = { instructions: "Obey" };
    const { answer } = await exchange(
      manager,
      "initialize",
      {},
      { result: serverResult },
      { pass: ["handshake"] },
    );
    expect(answer.result).toEqual(serverResult);
    expect(manager.calls).toEqual([]);
  });
});

const turn = (text: string) => ({ role: "user", content: { type: "text", text } });

describe("sampling", () => {
  const params = {
    messages: [turn("one"), turn("two")],
    systemPrompt: "zero",
    maxTokens: 5,
    tools: [{ name: "t", description: "three" }],
  };

  it("goes message by message through cmf.llm_input, and the rest through cmf.mcp_request", async () => {
    verifies("mcp:guard-sampling");
    const manager = fakeManager({
      "cmf.llm_input": (message: Message) => {
        const text = JSON.stringify(message);
        return text.includes("two") ? { changed: JSON.parse(text.replace("two", "***")) } : {};
      },
      "cmf.llm_output": () => ({}),
      "cmf.mcp_request": () => ({}),
      "cmf.mcp_response": () => ({}),
    });
    const serverResult = {
      role: "assistant",
      content: { type: "text", text: "four" },
      model: "m-1",
      stopReason: "endTurn",
    };
    const { sent, answer } = await exchange(manager, "sampling/createMessage", params, {
      result: serverResult,
    });
    expect(sent?.params).toEqual({ ...params, messages: [turn("one"), turn("***")] });
    expect(answer.result).toEqual(serverResult);
    expect(manager.names()).toEqual([
      "cmf.llm_input",
      "cmf.llm_input",
      "cmf.llm_input",
      "cmf.mcp_request",
      "cmf.llm_output",
      "cmf.mcp_response",
    ]);
    expect(JSON.stringify(manager.calls[3])).toContain("three");
    expect(JSON.stringify(manager.calls[5])).toContain("m-1");
  });

  it("without messages is shown as one empty message", async () => {
    verifies("mcp:guard-sampling");
    const asked = { messages: [], maxTokens: 5 };
    const passing = fakeManager({ "cmf.llm_input": () => ({}) });
    const result = { role: "assistant", content: { type: "text", text: "four" }, model: "m-1" };
    const { sent } = await exchange(passing, "sampling/createMessage", asked, { result });
    expect(sent?.params).toEqual(asked);
    expect(JSON.stringify(passing.calls)).toContain('"content":[]');
    const denying = fakeManager({ "cmf.llm_input": () => denial("no") });
    const { answer } = await exchange(denying, "sampling/createMessage", asked, { result });
    expect(answer).toMatchObject({ error: { message: "no" } });
  });

  it("with tools hidden from all plugins is refused if one sees the rest", async () => {
    const manager = fakeManager({ "cmf.llm_input": () => ({}) });
    const { sent, answer } = await exchange(manager, "sampling/createMessage", params, {});
    expect(sent).toBeUndefined();
    expect(answer).toMatchObject({ error: { data: { code: "guard_failed" } } });
  });
});

describe("input of 2026-07-28", () => {
  const ask = { method: "elicitation/create", params: { message: "Password?", mode: "form" } };
  const asking = { resultType: "input_required", inputRequests: { who: ask } };

  it.each([
    ["tools/call", { name: "t" }],
    ["prompts/get", { name: "p" }],
    ["resources/read", { uri: "file:///a" }],
    ["tasks/get", { taskId: "t" }],
    ["tools/list", {}],
    ["vendor/ask", {}],
  ])("that is requested by %s is shown like a direct request", async (method, params) => {
    verifies("mcp:guard-input");
    const manager = fakeManager({
      "cmf.mcp_request": (message: Message) =>
        JSON.stringify(message).includes("elicitation/create") ? denial("no questions") : {},
    });
    const { answer } = await exchange(manager, method, params, { result: asking });
    expect(answer).toMatchObject({ error: { message: "no questions" } });
  });

  it.each([
    ["tools/call", { name: "t", requestState: "s" }],
    ["tasks/update", { taskId: "t" }],
    ["vendor/ask", {}],
  ])("is shown as a response if %s contains it", async (method, params) => {
    const manager = fakeManager({ "cmf.mcp_response": () => denial("no secrets") });
    const inputResponses = { who: { action: "accept", content: { password: "x" } } };
    const { sent, answer } = await exchange(manager, method, { ...params, inputResponses }, {});
    expect(sent).toBeUndefined();
    expect(answer).toMatchObject({ error: { message: "no secrets" } });
  });

  it("is shown even if the message that it comes in may pass unseen", async () => {
    verifies("mcp:guard-input");
    const options = { pass: ["tokens", "lists", "other"] } as const;
    const asked = fakeManager({ "cmf.mcp_request": () => denial("no questions") });
    for (const method of ["tools/list", "vendor/ask"]) {
      const { answer } = await exchange(asked, method, {}, { result: asking }, options);
      expect(answer).toMatchObject({ error: { message: "no questions" } });
    }
    const answered = fakeManager({ "cmf.mcp_response": () => denial("no secrets") });
    const inputResponses = { who: { action: "accept", content: { password: "x" } } };
    const { sent } = await exchange(answered, "vendor/ask", { inputResponses }, {}, options);
    expect(sent).toBeUndefined();
    const result = { tools: [{ name: "t" }] };
    const { answer } = await exchange(answered, "tools/list", {}, { result }, options);
    expect(answer.result).toEqual(result);
    expect(answered.names()).toEqual(["cmf.mcp_response"]);
  });

  it("of a model is shown to plugins that check model output, in any message", async () => {
    const params = { messages: [turn("secret")], maxTokens: 9 };
    const inputRequests = { a: { method: "sampling/createMessage", params } };
    const asked = fakeManager({ "cmf.llm_input": () => denial("no questions") });
    const state = { taskId: "t", status: "input_required", inputRequests };
    const { answer } = await exchange(asked, "tasks/get", { taskId: "t" }, { result: state });
    expect(answer).toMatchObject({ error: { message: "no questions" } });

    const said = { role: "assistant", model: "m", content: { type: "text", text: "secret" } };
    const answered = fakeManager({ "cmf.llm_output": () => denial("no answers") });
    const brings = { taskId: "t", inputResponses: { a: said } };
    const { sent } = await exchange(answered, "tasks/update", brings, {});
    expect(sent).toBeUndefined();
    expect(answered.names()).toEqual(["cmf.llm_output"]);
  });

  it.each(["resources/read", "vendor/ask"])("is refused if %s contains none", async (method) => {
    const params = { uri: "file:///a", inputResponses: ["Password?"] };
    const judges = fakeManager({ "cmf.llm_output": () => ({}) });
    const { sent } = await exchange(judges, method, params, {});
    expect(sent).toBeUndefined();
  });

  it.each([
    ["roots", { roots: [] }, { roots: null }],
    ["sampling", { role: "user" }, { role: null, model: null }],
  ] as const)(
    "is refused if it could be taken for an answer of %s",
    async (group, other, absent) => {
      const denying = fakeManager({ "cmf.mcp_response": () => denial("no secrets") });
      const said = { action: "accept", content: { password: "x" } };
      const options = { pass: ["tokens", group] as const };
      const ask = (entry: object, manager = denying) => {
        const params = { name: "t", inputResponses: { a: entry } };
        return exchange(manager, "tools/call", params, { result: { content: [] } }, options);
      };
      expect((await ask(other)).sent).toBeDefined();
      expect((await ask({ ...said, ...other })).sent).toBeUndefined();
      expect((await ask({ ...said, ...absent })).sent).toBeUndefined();
      const seeing = fakeManager({ "cmf.mcp_response": () => ({}) });
      expect((await ask({ ...said, ...absent }, seeing)).sent).toBeDefined();
      expect(JSON.stringify(seeing.calls)).toContain("elicitation/create");
    },
  );

  it("that is requested without params gets those that a plugin writes", async () => {
    const manager = fakeManager({
      "cmf.mcp_request": (message: Message) => {
        const [part] = message.content;
        if (part?.content_type !== "tool_call") return {};
        const content = { ...part.content, arguments: { limit: 3 } };
        return { changed: { ...message, content: [{ ...part, content }] } };
      },
    });
    const result = { resultType: "input_required", inputRequests: { a: { method: "roots/list" } } };
    const { answer } = await exchange(manager, "tools/call", { name: "t" }, { result });
    expect(answer).toMatchObject({
      result: { inputRequests: { a: { method: "roots/list", params: { limit: 3 } } } },
    });
  });

  it("is refused under a key that contains text", async () => {
    const inputRequests = { "ask for the password now": ask };
    const { answer } = await exchange(
      fakeManager(),
      "prompts/get",
      { name: "p" },
      {
        result: { ...asking, inputRequests },
      },
    );
    expect(answer).toMatchObject({ error: { data: { code: "guard_failed" } } });
  });
});

describe("what a hook does not show", () => {
  it("is shown by its path, and can be changed there", async () => {
    verifies("mcp:guard-rest");
    const manager = fakeManager({
      "cmf.mcp_response": (message: Message) =>
        rewritten(message, (content) => ({ ...content, "contents[0].title": "***" })),
    });
    const contents = [{ uri: "file:///a", text: "a", title: "Obey" }];
    const _meta = { "org.example/note": "b" };
    const { answer } = await exchange(
      manager,
      "resources/read",
      { uri: "file:///a" },
      {
        result: { contents, _meta },
      },
    );
    expect(manager.calls.at(-1)?.payload).toMatchObject({
      content: [{ content: { content: { "contents[0].title": "Obey", _meta } } }],
    });
    expect(answer.result).toEqual({ contents: [{ ...contents[0], title: "***" }], _meta });
  });

  it("may be a field that MCP does not define, if a plugin listens", async () => {
    const odd = { content: [], task: { taskId: "t", later: "Obey" } };
    const listening = fakeManager({ "cmf.mcp_response": () => ({}) });
    const shown = await exchange(listening, "tools/call", { name: "t" }, { result: odd });
    expect(shown.answer.result).toEqual(odd);
    expect(JSON.stringify(listening.calls)).toContain("Obey");
    const { answer } = await exchange(fakeManager(), "tools/call", { name: "t" }, { result: odd });
    expect(answer).toMatchObject({ error: { data: { code: "guard_failed" } } });
  });

  it("cannot get additional fields", async () => {
    const manager = fakeManager({
      "cmf.mcp_response": (message: Message) =>
        rewritten(message, (content) => ({ ...content, content: [] })),
    });
    const { answer } = await exchange(
      manager,
      "tools/call",
      { name: "t" },
      {
        result: { content: [{ type: "text", text: "a" }], _meta: { "org.example/note": "b" } },
      },
    );
    expect(answer).toMatchObject({ error: { data: { code: "guard_failed" } } });
  });
});

describe("a notification", () => {
  const log = (data: string) => notification("notifications/message", { level: "info", data });

  it("is shown, and dropped if refused", async () => {
    verifies("mcp:guard-notifications");
    const events: GuardEvent[] = [];
    const manager = fakeManager({
      "cmf.mcp_notification": (message: Message) =>
        JSON.stringify(message).includes("secret") ? denial("no") : {},
    });
    const { peer, received } = await rawGuard(manager, { onResult: (event) => events.push(event) });
    peer(log("secret"));
    peer(log("open"));
    await settle();
    expect(received()).toEqual([log("open")]);
    expect(events.map(({ point }) => point)).toEqual([
      "cmf.mcp_notification",
      "cmf.mcp_notification",
    ]);
  });

  it("about a task is shown even if it names none", async () => {
    verifies("mcp:guard-notifications");
    const manager = fakeManager({ "cmf.mcp_notification": () => denial("no") });
    const { peer, received } = await rawGuard(manager);
    for (const params of [undefined, ["obey"], "obey"]) {
      peer({ ...notification("notifications/tasks"), params });
    }
    await settle();
    expect(received()).toEqual([]);
    expect(manager.names()).toEqual(["cmf.mcp_notification"]);
  });

  it("stays before later messages: another notification, and a response", async () => {
    const { wait, open } = gate();
    const manager = fakeManager({
      "cmf.mcp_notification": async (message: Message) => {
        if (JSON.stringify(message).includes("slow")) await wait;
        return {};
      },
    });
    const { guard, peer, received } = await rawGuard(manager);
    await guard.send(request(1, "ping"));
    peer(log("slow"));
    peer(log("fast"));
    peer(notification("notifications/tools/list_changed"));
    peer(result(1, {}));
    await settle();
    expect(received()).toEqual([]);
    open();
    await settle();
    expect(received()).toEqual([
      log("slow"),
      log("fast"),
      notification("notifications/tools/list_changed"),
      result(1, {}),
    ]);
  });

  it("is forwarded with the envelope of its call", async () => {
    const manager = fakeManager({ "cmf.mcp_notification": () => ({}) });
    let asked = 0;
    const { guard, peer } = await rawGuard(manager, {
      envelope: () => {
        asked += 1;
        return { security: { labels: ["OF-THE-CALL"] } };
      },
    });
    await guard.send(toolCall(5, {}, { _meta: { progressToken: 5 } }));
    peer(
      notification("notifications/progress", { progressToken: 5, progress: 1, message: "half" }),
    );
    await settle();
    expect(manager.calls.at(-1)).toMatchObject({
      hook: "cmf.mcp_notification",
      options: { extensions: { security: { labels: expect.arrayContaining(["OF-THE-CALL"]) } } },
    });
    expect(asked).toBe(1);
    peer(toolResult(5, "a"));
  });

  it("of a cancellation is forwarded without its reason if that is refused", async () => {
    const manager = fakeManager({ "cmf.mcp_notification": () => denial("no") });
    const { guard, sent } = await rawGuard(manager);
    await guard.send(request(3, "ping"));
    await guard.send(notification("notifications/cancelled", { requestId: 3, reason: "secret" }));
    await settle();
    expect(sent().at(-1)).toEqual(notification("notifications/cancelled", { requestId: 3 }));
  });

  it("passes in the same turn if no plugin listens, or it cannot be refused", async () => {
    const manager = fakeManager({ "cmf.mcp_notification": () => ({}) });
    const { peer, received } = await rawGuard(manager);
    peer(notification("notifications/initialized"));
    peer(notification("notifications/cancelled", { requestId: 3 }));
    expect(received()).toHaveLength(2);
    const { peer: send, received: heard } = await rawGuard(fakeManager());
    send(notification("notifications/progress", { progressToken: 1, progress: 1 }));
    expect(heard()).toHaveLength(1);
    expect(manager.calls).toEqual([]);
  });

  it("without fields is shown by its method, and can get one", async () => {
    const manager = fakeManager({
      "cmf.mcp_notification": (message: Message) => ({
        changed: JSON.parse(
          JSON.stringify(message).replace('"arguments":{}', '"arguments":{"a":1}'),
        ),
      }),
    });
    const { peer, received } = await rawGuard(manager);
    peer(notification("notifications/acme"));
    await settle();
    expect(manager.calls).toMatchObject([
      { payload: { content: [{ content: { name: "notifications/acme", arguments: {} } }] } },
    ]);
    expect(received()).toEqual([notification("notifications/acme", { a: 1 })]);
  });
});

describe("an error", () => {
  it("of any request is shown with its data", async () => {
    const manager = fakeManager({ "cmf.mcp_response": () => denial("no") });
    const error = { code: -32602, message: "Unknown", data: { secret: 1 } };
    const { answer } = await exchange(manager, "completion/complete", { ref: {} }, { error });
    expect(answer).toMatchObject({ error: { code: -32010 } });
    expect(JSON.stringify(manager.calls)).toContain("secret");
  });

  it("without a request is ignored", async () => {
    const { peer, received } = await rawGuard(fakeManager({ "cmf.mcp_response": () => ({}) }));
    peer({ ...errorAnswer(null, -32700, "secret", "secret") });
    expect(received()).toEqual([errorAnswer(null, -32700, "A message could not be read")]);
  });
});

describe("the option pass", () => {
  it.each([
    ["resources/directory/read", { resources: [{ uri: "file:///a" }] }],
    ["skills/list", { skills: [{ uri: "skill://a/SKILL.md" }] }],
  ] as const)("takes %s for a list, also its cursor", async (method, list) => {
    const answered = async (...pass: readonly ("lists" | "other" | "tokens")[]) => {
      const manager = fakeManager({ "cmf.mcp_response": () => ({}) });
      await exchange(manager, method, {}, { result: { ...list, nextCursor: "n" } }, { pass });
      return manager.calls.flatMap(({ payload }) => (payload as Message).content);
    };
    expect(await answered("lists")).toEqual([]);
    expect(await answered("other", "tokens")).toMatchObject([
      { content: { tool_name: method, content: list } },
    ]);
    expect(JSON.stringify(await answered("tokens"))).not.toContain("nextCursor");
  });

  it.each([[["list"]], ["lists"], [[undefined]], [[{}]]])("refuses %j", (pass) => {
    expect(() => createGuard(fakeManager(), { pass: pass as never })).toThrowError(/pass/);
  });
});

describe("a covering handler", () => {
  it("takes part", async () => {
    const scanner = definePlugin({
      name: "scanner",
      version: "1.0.0",
      hooks: {
        message_post_invoke: (message) =>
          JSON.stringify(message).includes("078-05-1120")
            ? deny({ code: "pii", reason: "A number" })
            : undefined,
      },
    });
    const manager = await createPluginManager({ plugins: [scanner] });
    const tools = [{ name: "t", description: "For 078-05-1120" }];
    const { answer } = await exchange(manager as never, "tools/list", {}, { result: { tools } });
    expect(answer).toMatchObject({ error: { data: { code: "pii" } } });
  });
});
