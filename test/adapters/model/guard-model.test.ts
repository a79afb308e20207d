/** `guardModel`: what hooks see of an exchange, and what its outcome is. */
import {
  addLabels,
  createExtensions,
  createPluginManager,
  definePlugin,
  deny,
  type Extensions,
} from "glassine";
import { anthropic } from "glassine/anthropic";
import type { AuditEvent } from "glassine/audit";
import { guardModel, type ModelEnd, type ModelEvent, type ModelGuardOptions } from "glassine/http";
import { memoryLabelStore } from "glassine/labels";
import type { Message } from "glassine/messages";
import { chatCompletions, responses } from "glassine/openai";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";

const request = (content: string) => ({ model: "m", messages: [{ role: "user", content }] });
const answer = (content: string, tool_calls?: readonly object[]) => ({
  id: "c",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content, ...(tool_calls && { tool_calls }) },
      logprobs: null,
      finish_reason: tool_calls ? "tool_calls" : "stop",
    },
  ],
});
const call = (name: string, args: object = {}) => ({
  id: `call-${name}`,
  type: "function",
  function: { name, arguments: JSON.stringify(args) },
});

type Handler = (
  message: Message,
  context: { readonly state: Record<string, unknown> },
  extensions: Extensions,
) => unknown;
type Hooks = Readonly<Record<string, Handler>>;
const managerOf = (hooks: Hooks, more: object = {}) =>
  createPluginManager({
    plugins: [definePlugin({ name: "judge", version: "1.0.0", hooks, ...more } as never)],
  });

const redact = (message: Message) => ({
  modifiedPayload: JSON.parse(JSON.stringify(message).replaceAll("hunter2", "***")) as Message,
});

async function exchangeOf(hooks: Hooks, options: ModelGuardOptions = {}, more = {}) {
  return guardModel(chatCompletions, await managerOf(hooks, more), options as never).begin();
}

const listed = async function* (events: readonly unknown[]) {
  yield* events;
};
const all = async (judged: AsyncIterable<object>) => {
  const list: object[] = [];
  for await (const each of judged) list.push(each);
  return list;
};

describe("the hooks of an exchange", () => {
  it("gives each message to cmf.llm_input and cmf.llm_output, then each call alone", async () => {
    const seen: unknown[] = [];
    const note = (hook: string) => (message: Message) => {
      seen.push([hook, message.role, message.content.map((part) => part.content_type)]);
    };
    const exchange = await exchangeOf({
      "cmf.llm_input": note("input"),
      "cmf.llm_output": note("output"),
      "cmf.tool_pre_invoke": note("call"),
    });
    const asked = { ...request("Ahoy"), n: 1 };
    asked.messages.unshift({ role: "system", content: "Be brief." });
    await exchange.judgeRequest(asked);
    const said = await exchange.judgeAnswer(answer("Hm", [call("ls"), call("rm")]));
    expect(said.refusal).toBeUndefined();
    expect(seen).toEqual([
      ["input", "system", ["text"]],
      ["input", "user", ["text"]],
      ["output", "assistant", ["text", "tool_call", "tool_call"]],
      ["call", "assistant", ["tool_call"]],
      ["call", "assistant", ["tool_call"]],
    ]);
  });

  it("gives a request without messages to cmf.llm_input as one empty message", async () => {
    verifies("adapters:no-messages");
    for (const [provider, asked] of [
      [chatCompletions, { model: "m", messages: [] }],
      [responses, { model: "m", input: [], previous_response_id: "resp_1" }],
      [responses, { model: "m", previous_response_id: "resp_1" }],
      [anthropic, { model: "m", max_tokens: 1, messages: [] }],
    ] as const) {
      const seen: Message[] = [];
      const begin = async (handler: Handler) =>
        guardModel(provider, await managerOf({ "cmf.llm_input": handler }), {
          allow: ["reference"],
        }).begin();
      const passing = await begin((message) => void seen.push(message));
      expect((await passing.judgeRequest(asked)).document).toEqual(asked);
      expect(seen).toMatchObject([{ role: "user", content: [] }]);
      const denying = await begin(() => deny("no"));
      expect((await denying.judgeRequest(asked)).refusal?.code).toBe("denied");
    }
  });

  it("writes what a plugin puts into the empty message of a request without messages", async () => {
    const exchange = await exchangeOf({
      "cmf.llm_input": (message) => ({
        modifiedPayload: { ...message, content: [{ content_type: "text", text: "Ahoy" }] },
      }),
    });
    const { document, refusal } = await exchange.judgeRequest({ model: "m", messages: [] });
    expect(refusal).toBeUndefined();
    expect(document).toEqual(request("Ahoy"));
  });

  it("reads nothing, and passes the same object on, where nobody listens", async () => {
    const exchange = await exchangeOf({ "cmf.tool_post_invoke": () => undefined });
    const unreadable = { messages: 1 };
    expect((await exchange.judgeRequest(unreadable)).document).toBe(unreadable);
    expect((await exchange.judgeAnswer(unreadable)).document).toBe(unreadable);
    const events: object[] = [];
    const source = (async function* () {
      yield unreadable;
    })();
    for await (const { event } of exchange.judgeEvents(source)) events.push(event as object);
    expect(events).toEqual([unreadable]);
    expect(events[0]).toBe(unreadable);
  });

  it("passes context and extensions from hook to hook", async () => {
    const seen: unknown[] = [];
    const exchange = await exchangeOf(
      {
        "cmf.llm_input"(_message, context, extensions) {
          context.state.count = 1;
          return { modifiedExtensions: addLabels(extensions, "PII") };
        },
        "cmf.llm_output"(_message, context, extensions) {
          seen.push(context.state.count, extensions.security?.labels);
          seen.push(extensions.llm?.model_id, extensions.completion?.stop_reason);
        },
      },
      {},
      { capabilities: ["append_labels"] },
    );
    await exchange.judgeRequest(request("Ahoy"));
    // The model that was asked stays, whatever the answer says.
    const said = { ...answer("Hm"), model: "n" };
    expect((await exchange.judgeAnswer(said)).refusal).toBeUndefined();
    expect(seen).toEqual([1, ["PII"], "m", "end"]);
  });

  it("does not give calls to cmf.tool_pre_invoke with toolCalls: false", async () => {
    const hooks: Hooks = { "cmf.tool_pre_invoke": () => deny("No tools") };
    const said = answer("Hm", [call("rm")]);
    const without = await exchangeOf(hooks, { toolCalls: false });
    expect((await without.judgeAnswer(said)).document).toBe(said);
    const denied = await (await exchangeOf(hooks)).judgeAnswer(said);
    expect(denied.refusal).toMatchObject({ reason: "No tools", status: 403, plugin: "judge" });
  });
});

describe("what plugins changed", () => {
  it("is written over the document", async () => {
    const exchange = await exchangeOf({ "cmf.llm_input": redact, "cmf.llm_output": redact });
    const asked = { ...request("hunter2"), temperature: 0 };
    expect((await exchange.judgeRequest(asked)).document).toEqual({
      ...request("***"),
      temperature: 0,
    });
    const said = answer("Not hunter2", [call("login", { password: "hunter2" })]);
    expect((await exchange.judgeAnswer(said)).document).toEqual(
      answer("Not ***", [call("login", { password: "***" })]),
    );
  });

  it("is written where only a call was rewritten, and the answer is judged again", async () => {
    const rename = (message: Message) => ({
      modifiedPayload: JSON.parse(JSON.stringify(message).replace('"ls"', '"rm"')) as Message,
    });
    const hooks: Hooks = { "cmf.tool_pre_invoke": rename };
    const said = answer("Hm", [call("ls")]);
    const written = await (await exchangeOf(hooks)).judgeAnswer(said);
    expect(JSON.stringify(written.document)).toContain('"name":"rm"');

    const strict: Hooks = {
      ...hooks,
      "cmf.llm_output": (message) =>
        JSON.stringify(message).includes('"rm"') ? deny("No rm") : undefined,
    };
    const judged = await (await exchangeOf(strict)).judgeAnswer(said);
    expect(judged.refusal).toMatchObject({ reason: "No rm" });
  });

  it("is written although logprobs of the old text are dropped", async () => {
    const said = answer("Not hunter2");
    const logprobs = { content: [{ token: "hunter2", logprob: 0, bytes: null, top_logprobs: [] }] };
    const [choice] = said.choices;
    const onto = { ...said, choices: [{ ...choice, logprobs }] };
    const exchange = await exchangeOf({ "cmf.llm_output": redact }, { allow: [] });
    const judged = await exchange.judgeAnswer(onto);
    expect(judged.refusal?.code ?? JSON.stringify(judged.document)).not.toContain("hunter2");
    expect(judged.document).toBeDefined();
  });

  it("is written whatever the order of its keys, also where something is dropped", async () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed);
      if (typeof value !== "object" || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .reverse()
          .map(([key, field]) => [key, reversed(field)]),
      );
    };
    const said = answer("Not hunter2", [call("login", { password: "hunter2", user: "ada" })]);
    const logprobs = { content: [{ token: "hunter2", logprob: 0 }] };
    const onto = { ...said, choices: [{ ...said.choices[0], logprobs }] };
    const exchange = await exchangeOf({
      "cmf.llm_output": (message) => ({
        modifiedPayload: reversed(redact(message).modifiedPayload) as Message,
      }),
    });
    const judged = await exchange.judgeAnswer(onto);
    expect(judged.refusal).toBeUndefined();
    expect(JSON.stringify(judged.document)).not.toContain("hunter2");
  });

  it("survives observers that throw or reject", async () => {
    const exchange = await exchangeOf(
      { "cmf.llm_input": () => undefined },
      {
        onResult: async () => {
          throw new Error("observer");
        },
        onEnd: () => {
          throw new Error("observer");
        },
      },
    );
    expect((await exchange.judgeRequest(request("Ahoy"))).refusal).toBeUndefined();
    exchange.end();
  });

  it("is refused if the format cannot hold it", async () => {
    const events: ModelEvent[] = [];
    const video = (message: Message) => ({
      modifiedPayload: {
        ...message,
        content: [{ content_type: "thinking" as const, text: "Hm" }],
      } as Message,
    });
    const exchange = await exchangeOf(
      { "cmf.llm_input": video },
      { onResult: (event) => events.push(event) },
    );
    expect((await exchange.judgeRequest(request("Ahoy"))).refusal?.code).toBe("edit_unwritable");
    expect(events.at(-1)).toMatchObject({ point: "request", error: { code: "payload_shape" } });
  });
});

describe("refusals", () => {
  it("content that no plugin saw, unless the host allows it", async () => {
    const hooks: Hooks = { "cmf.llm_input": () => undefined };
    const tools = [{ type: "function", function: { name: "ls", parameters: {} } }];
    const asked = { ...request("Ahoy"), tools };
    const refused = await (await exchangeOf(hooks)).judgeRequest(asked);
    expect(refused.refusal).toMatchObject({ code: "content_unseen", status: 403 });
    const allowed = await (await exchangeOf(hooks, { allow: ["tools"] })).judgeRequest(asked);
    expect(allowed.document).toEqual(asked);
  });

  it("of an answer say to the host alone where the content is", async () => {
    const ends: ModelEnd[] = [];
    const onEnd = (end: ModelEnd) => ends.push(end);
    const exchange = await exchangeOf({ "cmf.llm_output": () => undefined }, { onEnd });
    const [choice] = answer("Ahoy").choices;
    const document = { ...answer("Ahoy"), choices: [{ ...choice, hunter2: "x" }] };
    const { refusal } = await exchange.judgeAnswer(document);
    expect(refusal?.reason).toBe("Part of the document cannot be checked: content");
    exchange.end(refusal);
    expect(ends).toMatchObject([{ unseen: "content choices[0].hunter2" }]);
  });

  it("a request or an answer that cannot be read", async () => {
    const hooks: Hooks = { "cmf.llm_input": () => undefined, "cmf.llm_output": () => undefined };
    const exchange = await exchangeOf(hooks);
    for (const document of [undefined, null, 1, "x", [], { messages: 1 }]) {
      expect((await exchange.judgeRequest(document)).refusal?.code).toBe("request_invalid");
      expect((await exchange.judgeAnswer(document)).refusal?.code).toBe("answer_invalid");
    }
    const cut = { model: "m", messages: [{ role: "user", content: "hunter2 \ud83d" }] };
    const { refusal } = await exchange.judgeRequest(cut);
    expect(refusal?.reason).toBe(
      "The body is not a request of this API: messages[0].content: expected valid Unicode, got a lone surrogate",
    );
  });

  it("a document that exceeds the manager's limits, as too large", async () => {
    const hooks: Hooks = { "cmf.llm_input": () => undefined, "cmf.llm_output": () => undefined };
    const plugin = definePlugin({ name: "judge", version: "1.0.0", hooks } as never);
    const payloadLimits = { units: 1_000, depth: 20 };
    const manager = await createPluginManager({ plugins: [plugin], payloadLimits });
    const [long, deep] = ["a".repeat(2_000), JSON.parse("[".repeat(30) + "]".repeat(30))];
    const guard = guardModel(chatCompletions, manager);
    for (const document of [request(long), { ...request("Ahoy"), extra: deep }]) {
      const { refusal } = await guard.begin().judgeRequest(document);
      expect(refusal).toMatchObject({ code: "request_too_large", status: 413 });
    }
    const events = ["a", "b", "c"].flatMap((letter) => {
      const delta = { role: "assistant", content: letter.repeat(400) };
      const choices = [{ index: 0, delta, finish_reason: letter === "c" ? "stop" : null }];
      return [{ id: "c", object: "chat.completion.chunk", created: 1, model: "m", choices }];
    });
    const streamed = await all(guard.begin().judgeEvents(listed(events)));
    expect(streamed).toHaveLength(1);
    for (const judged of [
      await guard.begin().judgeAnswer(answer(long)),
      await guard.begin().judgeAnswer({ ...answer("Ahoy"), extra: deep }),
      ...streamed,
    ]) {
      expect(judged).toMatchObject({ refusal: { code: "answer_too_large", status: 502 } });
    }
  });

  it("everything once the manager is closed", async () => {
    const manager = await managerOf({ "cmf.llm_input": () => undefined });
    const exchange = guardModel(chatCompletions, manager).begin();
    await manager.close();
    expect((await exchange.judgeRequest(request("Ahoy"))).refusal).toMatchObject({
      code: "guard_failed",
      status: 500,
    });
  });

  it("a plugin that throws, and options that fail", async () => {
    const throws = () => {
      throw new Error("secret");
    };
    const watches = () => undefined;
    const failing = await exchangeOf({ "cmf.llm_input": throws });
    const { refusal } = await failing.judgeRequest(request("Ahoy"));
    expect(refusal).toMatchObject({ status: 403 });
    expect(JSON.stringify(refusal)).not.toContain("secret");
    for (const options of [
      { envelope: throws },
      { envelope: () => 1 },
      { tenant: throws },
      { labels: { session: throws } },
      { labels: { session: () => "" } },
    ] as unknown as readonly ModelGuardOptions[]) {
      // Before anything is sent, also if only the answer is judged.
      for (const hook of ["cmf.llm_input", "cmf.llm_output"] as const) {
        const seen: string[] = [];
        const exchange = await exchangeOf(
          { [hook]: watches },
          { ...options, onResult: ({ point }) => seen.push(point) },
        );
        const judged = await exchange.judgeRequest(request("Ahoy"));
        expect(judged.refusal).toMatchObject({ code: "guard_failed", status: 500 });
        expect(seen).toEqual([Object.keys(options)[0]]);
        // The same if the host goes on with the exchange.
        expect((await exchange.judgeRequest(request("Ahoy"))).refusal?.code).toBe("guard_failed");
      }
    }
  });

  it("misuse, when the guard is made", async () => {
    const manager = await managerOf({});
    const invalid = expect.objectContaining({ code: "options_invalid" });
    expect(() => guardModel({} as never, manager)).toThrow(invalid);
    expect(() => guardModel(chatCompletions, {} as never)).toThrow(invalid);
    for (const options of [
      { alow: [] },
      { allow: "tools" },
      { toolCalls: 1 },
      { labels: {} },
      { labels: { session: "s", store: {} } },
      { onEnd: 1 },
      { access: "some" },
      { tenant: 1 },
    ]) {
      expect(() => guardModel(chatCompletions, manager, options as never)).toThrow(invalid);
    }
    for (const name of ["access", "allow", "envelope", "labels", "onEnd", "tenant", "toolCalls"]) {
      const options = { [name]: null } as never;
      expect(() => guardModel(chatCompletions, manager, options), name).toThrow(invalid);
    }
    expect(() => guardModel(chatCompletions, manager, { toolCalls: null } as never)).toThrow(
      "guardModel expects a boolean as toolCalls, got null.",
    );
  });

  it.each<[unknown, string]>([
    [null, "begin expects its options in an object, got null."],
    [[], "begin expects its options in an object, got array."],
    [{ sigal: AbortSignal.abort() }, 'begin has no option "sigal". Did you mean "signal"?'],
    [{ session: "s" }, 'begin has no option "session".'],
  ])("misuse, when an exchange begins: %j", async (options, message) => {
    const guard = guardModel(chatCompletions, await managerOf({}));
    const invalid = expect.objectContaining({ code: "options_invalid", message });
    expect(() => guard.begin(options as never)).toThrow(invalid);
  });

  it("a plugin whose conditions can never match", async () => {
    const plugin = definePlugin({
      name: "judge",
      version: "1.0.0",
      hooks: { "cmf.llm_input": () => deny("No") },
    });
    const manager = await createPluginManager({
      plugins: [{ plugin, conditions: { tenants: ["acme"] } }],
    });
    const invalid = expect.objectContaining({ code: "options_invalid" });
    expect(() => guardModel(chatCompletions, manager)).toThrow(invalid);
    const exchange = guardModel(chatCompletions, manager, { tenant: "acme" }).begin();
    expect((await exchange.judgeRequest(request("Ahoy"))).refusal?.reason).toBe("No");
  });
});

describe("labels of a session", () => {
  it("reach the next exchange, also from one that was refused", async () => {
    const store = memoryLabelStore();
    const seen: unknown[] = [];
    const manager = await managerOf(
      {
        "cmf.llm_input"(_message, _context, extensions) {
          seen.push(extensions.security?.labels);
          return { modifiedExtensions: addLabels(extensions, "PII") };
        },
        "cmf.llm_output": () => deny("No"),
      },
      { capabilities: ["append_labels"] },
    );
    const guard = guardModel(chatCompletions, manager, {
      envelope: ({ slots }) => createExtensions(slots),
      labels: { store, session: ({ about }) => String(about) },
    });
    const first = guard.begin({ about: "ada" });
    await first.judgeRequest(request("Ahoy"));
    expect((await first.judgeAnswer(answer("Hm"))).refusal?.reason).toBe("No");
    await guard.begin({ about: "ada" }).judgeRequest(request("Ahoy"));
    await guard.begin({ about: "eve" }).judgeRequest(request("Ahoy"));
    expect(seen).toEqual([[], ["PII"], []]);
    expect(await store.load("ada")).toEqual(["PII"]);
  });

  it("a store that fails refuses, unless the host ignores it", async () => {
    const failing = { load: () => Promise.reject(new Error("down")), append: async () => [] };
    const hooks: Hooks = { "cmf.llm_input": () => undefined };
    const labels = { store: failing, session: "s" };
    const refused = await (await exchangeOf(hooks, { labels })).judgeRequest(request("Ahoy"));
    expect(refused.refusal?.code).toBe("guard_failed");
    const seen: string[] = [];
    const ignored = await exchangeOf(hooks, {
      labels: { ...labels, onStoreError: "ignore" },
      onResult: ({ point }) => seen.push(point),
    });
    expect((await ignored.judgeRequest(request("Ahoy"))).document).toEqual(request("Ahoy"));
    expect(seen).toEqual(["labels", "cmf.llm_input"]);
  });
});

describe("streams", () => {
  const streams = [
    [chatCompletions, answer("Not hunter2", [call("login", { password: "hunter2" })])],
    [
      responses,
      {
        id: "r",
        object: "response",
        created_at: 1,
        model: "m",
        status: "completed",
        output: [
          {
            type: "message",
            id: "i",
            role: "assistant",
            status: "completed",
            content: [{ type: "output_text", text: "Not hunter2", annotations: [] }],
          },
        ],
      },
    ],
    [
      anthropic,
      {
        id: "a",
        type: "message",
        role: "assistant",
        model: "m",
        content: [{ type: "text", text: "Not hunter2" }],
        stop_reason: "end_turn",
        stop_sequence: null,
        usage: { input_tokens: 1, output_tokens: 1 },
      },
    ],
  ] as const;

  it.each(streams)("$name: says what the answer would have said", async (provider, document) => {
    const guard = guardModel(provider, await managerOf({ "cmf.llm_output": redact }));
    const whole = await guard.begin().judgeAnswer(document);
    const list = await all(guard.begin().judgeEvents(listed(provider.toEvents(document))));
    const stream = provider.stream();
    for (const { event } of list as { event: object }[]) stream.push(event);
    expect(stream.done).toBe(true);
    expect(JSON.stringify(list)).not.toContain("hunter2");
    expect(stream.current.messages).toEqual(provider.readAnswer(whole.document).messages);
  });

  it.each(streams)(
    "$name: nothing leaves of a denied or broken one",
    async (provider, document) => {
      const events = provider.toEvents(document);
      const denying = guardModel(provider, await managerOf({ "cmf.llm_output": () => deny("No") }));
      expect(await all(denying.begin().judgeEvents(listed(events)))).toEqual([
        { refusal: expect.objectContaining({ reason: "No", status: 403 }) },
      ]);
      const guard = guardModel(provider, await managerOf({ "cmf.llm_output": () => undefined }));
      for (const [given, code] of [
        [events.slice(0, 2), "answer_cut_off"],
        [[], "answer_invalid"],
        [[events[0], "x"], "answer_invalid"],
        [[events[0], { type: "?", choices: 1 }], "answer_invalid"],
      ] as const) {
        const list = await all(guard.begin().judgeEvents(listed(given)));
        expect(list).toEqual([{ refusal: expect.objectContaining({ status: 502 }) }]);
        if (provider === chatCompletions) expect(list).toMatchObject([{ refusal: { code } }]);
      }
    },
  );
});

describe("the record of an exchange", () => {
  const refusing: Handler = (message) =>
    JSON.stringify(message).includes("no") ? deny({ code: "no_way", reason: "No" }) : undefined;

  async function recorded(access: "refused" | "all" | undefined) {
    const events: AuditEvent[] = [];
    const plugin = definePlugin({
      name: "judge",
      version: "1.0.0",
      hooks: { "cmf.llm_input": refusing },
    } as never);
    const manager = await createPluginManager({
      plugins: [plugin],
      audit: { sink: (event) => events.push(event) },
    });
    const requests: string[] = [];
    const guard = guardModel(chatCompletions, manager, {
      ...(access !== undefined && { access }),
      tenant: "acme",
      envelope: ({ slots }) => ({ ...slots, security: { subject: { id: "ada", type: "user" } } }),
      onEnd: (end) => requests.push(end.request),
    });
    for (const document of [request("Ahoy"), request("no"), "not a request"]) {
      const exchange = guard.begin();
      exchange.end((await exchange.judgeRequest(document)).refusal);
      exchange.end();
    }
    await manager.close();
    const written = events.filter(({ eventType }) => eventType === "model.request_ended");
    return { written, requests };
  }

  it.each<["refused" | "all" | undefined, readonly string[]]>([
    [undefined, []],
    ["refused", ["denied", "errored"]],
    ["all", ["allowed", "denied", "errored"]],
  ])("is in the audit trail where the host wants it: %s", async (access, results) => {
    verifies("adapters:access");
    const { written, requests } = await recorded(access);
    expect(written.map(({ metadata }) => metadata.result)).toEqual(results);
    const about = { provider: "openai.chat_completions" };
    const denied = {
      actorUri: "subject:ada",
      targetUri: "openai.chat_completions:m",
      tenantId: "acme",
      outcome: "failure",
      metadata: {
        ...about,
        request: requests[1],
        result: "denied",
        code: "no_way",
        plugin: "judge",
        name: "m",
        subject_id: "ada",
      },
    };
    const unread = {
      actorUri: "system:guard",
      targetUri: "openai.chat_completions:",
      outcome: "failure",
      metadata: {
        ...about,
        request: requests[2],
        result: "errored",
        code: "request_invalid",
        plugin: null,
        name: null,
        subject_id: null,
      },
    };
    const allowed = { outcome: "success", metadata: { code: null, plugin: null } };
    expect(written).toMatchObject([allowed, denied, unread].slice(3 - results.length));
  });

  it("needs the whole manager: a part of one is refused", async () => {
    const { invoke, handles } = await managerOf({});
    const fault = expect.objectContaining({ code: "options_invalid" });
    expect(() => guardModel(chatCompletions, { invoke, handles } as never)).toThrow(fault);
  });
});

describe("the end of an exchange", () => {
  it("is reported once, with its outcome", async () => {
    const ends: ModelEnd[] = [];
    const options = { onEnd: (end: ModelEnd) => ends.push(end) } as ModelGuardOptions;
    const hooks: Hooks = {
      "cmf.llm_input": (message) =>
        JSON.stringify(message).includes("no") ? deny({ code: "no_way", reason: "No" }) : undefined,
    };
    for (const content of ["Ahoy", "no"]) {
      const exchange = await exchangeOf(hooks, options);
      const { refusal } = await exchange.judgeRequest(request(content));
      exchange.end(refusal);
      exchange.end();
    }
    const invalid = await exchangeOf(hooks, options);
    invalid.end((await invalid.judgeRequest(1)).refusal);
    (await exchangeOf(hooks, options)).end(undefined, "aborted");
    expect(ends.map(({ outcome, code, plugin, name }) => [outcome, code, plugin, name])).toEqual([
      ["allowed", undefined, undefined, "m"],
      ["denied", "no_way", "judge", "m"],
      ["errored", "request_invalid", undefined, undefined],
      ["aborted", undefined, undefined, undefined],
    ]);
    expect(ends[0]?.timings.totalMs).toBeGreaterThanOrEqual(0);
  });

  it("counts no time for a request that it did not judge", async () => {
    const ends: ModelEnd[] = [];
    const options = { onEnd: (end: ModelEnd) => ends.push(end) } as ModelGuardOptions;
    const hooks: Hooks = {
      "cmf.llm_output": () => new Promise((done) => setTimeout(done, 20)),
    };
    const exchange = await exchangeOf(hooks, options);
    await exchange.judgeAnswer(answer("Ahoy"));
    exchange.end();
    const { beforeMs, peerMs, afterMs, totalMs } = (ends[0] as ModelEnd).timings;
    expect(peerMs).toBe(0);
    expect(afterMs).toBeGreaterThan(10);
    expect(beforeMs + afterMs).toBeCloseTo(totalMs);
  });
});
