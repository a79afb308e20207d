import { createExtensions } from "glassine";
import {
  fromElicitationRequest,
  fromElicitationResult,
  fromInputRequests,
  fromInputResponses,
  fromSamplingRequest,
  fromSamplingResult,
  toElicitationRequest,
  toElicitationResult,
  toInputRequests,
  toInputResponses,
  toSamplingRequest,
  toSamplingResult,
} from "glassine/mcp";
import { createMessage, type Message, type MessageInput } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../data/support.ts";
import { verifies } from "../../support/verifies.ts";

const id = "7";
const text = (value: string) => ({ type: "text", text: value });
const paths = ({ lost }: { lost: readonly { path: string }[] }) => lost.map(({ path }) => path);
const message = (role: Message["role"], ...content: object[]) =>
  createMessage({ role, content } as MessageInput);
const part = (value: string) => ({ content_type: "text", text: value });
const resultPart = (tool_name: string, content: unknown = { content: [text("5")] }) => ({
  content_type: "tool_result",
  content: { tool_call_id: "c1", tool_name, content },
});

const request = {
  systemPrompt: "Be brief.",
  maxTokens: 5,
  temperature: 0.5,
  tools: [{ name: "add", description: "Adds.", inputSchema: { type: "object" } }],
  toolChoice: { mode: "auto" },
  messages: [
    { role: "user", content: text("2 + 3?"), _meta: { a: 1 } },
    {
      role: "assistant",
      content: [
        text("I add."),
        { type: "tool_use", id: "c1", name: "add", input: { a: 2, b: 3 }, _meta: {} },
      ],
    },
    {
      role: "user",
      content: [{ type: "tool_result", toolUseId: "c1", content: [text("5")], isError: false }],
    },
  ],
};

describe("the params of sampling/createMessage", () => {
  it("are their messages, after the system prompt", () => {
    verifies("mcp:sampling-request", "mcp:sampling-tools");
    const { messages, left } = fromSamplingRequest(request, { id });
    expect(messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "tool"]);
    expect(messages[0]?.content).toEqual([part("Be brief.")]);
    expect(messages[2]?.content[1]).toEqual({
      content_type: "tool_call",
      content: { tool_call_id: "c1", name: "add", arguments: { a: 2, b: 3 } },
    });
    expect(messages[3]?.content).toMatchObject([resultPart("add")]);
    expect(left.map(({ path, kind }) => [path, kind])).toEqual([
      ["maxTokens", "setting"],
      ["temperature", "setting"],
      ["tools", "tools"],
      ["toolChoice", "setting"],
      ["messages[0]._meta", "setting"],
      ["messages[1].content[1]._meta", "setting"],
      ["messages[2].content", "setting"],
    ]);
    expect(toSamplingRequest(messages, { id, onto: request })).toEqual({
      document: request,
      lost: [],
    });
  });

  it("keep what messages do not show if one changed", () => {
    const { messages } = fromSamplingRequest(request, { id });
    const [, user, assistant, tool] = messages as [Message, Message, Message, Message];
    const next = [message("system", part("Be kind.")), user, assistant, tool];
    const { systemPrompt: _, ...rest } = request;
    expect(toSamplingRequest(next, { id, onto: request }).document).toEqual({
      ...rest,
      systemPrompt: "Be kind.",
    });
    expect(toSamplingRequest(next.slice(1), { id, onto: request }).document).toEqual(rest);
    const said = { ...assistant, content: [part("***"), assistant.content[1]] } as MessageInput;
    const changed = [messages[0] as Message, user, createMessage(said), tool];
    expect(toSamplingRequest(changed, { id, onto: request }).document).toEqual({
      ...request,
      messages: [
        request.messages[0],
        { role: "assistant", content: [text("***"), Object(request.messages[1]?.content)[1]] },
        request.messages[2],
      ],
    });
  });

  it("are written fresh with a limit", () => {
    const { messages } = fromSamplingRequest(request, { id });
    expect(toSamplingRequest(messages, { id, maxTokens: 9 }).document).toEqual({
      systemPrompt: "Be brief.",
      maxTokens: 9,
      messages: [
        { role: "user", content: text("2 + 3?") },
        {
          role: "assistant",
          content: [
            text("I add."),
            { type: "tool_use", id: "c1", name: "add", input: { a: 2, b: 3 } },
          ],
        },
        { role: "user", content: { type: "tool_result", toolUseId: "c1", content: [text("5")] } },
      ],
    });
  });

  it("leave a result without its call unnamed, and report it", () => {
    const document = { maxTokens: 1, messages: [request.messages[2]] };
    const { messages, left } = fromSamplingRequest(document, { id });
    expect(messages[0]?.content).toMatchObject([resultPart("")]);
    expect(left).toMatchObject([
      { path: "maxTokens" },
      { path: "messages[0].content", kind: "setting" },
      { path: "messages[0].content[0].toolUseId", kind: "content" },
    ]);
    expect(toSamplingRequest(messages, { id, onto: document }).document).toEqual(document);
  });

  it("found: name no result after a call with an empty id", () => {
    verifies("mcp:sampling-tools");
    const content = [
      { type: "tool_use", id: "", name: "add", input: {} },
      { type: "tool_result", toolUseId: "", content: [text("5")] },
    ];
    const document = { maxTokens: 1, messages: [{ role: "user", content }] };
    const { messages } = fromSamplingRequest(document, { id });
    expect(messages[0]?.content[1]).toMatchObject({ content: { tool_name: "" } });
    expect(toSamplingRequest(messages, { id, onto: document })).toEqual({ document, lost: [] });
  });

  it("report a call whose id another tool has, since results are named by it", () => {
    verifies("mcp:sampling-tools");
    const use = (name: string) => ({ type: "tool_use", id: "c1", name, input: {} });
    const turn = (...content: object[]) => ({ role: "assistant", content });
    const read = (...messages: object[]) =>
      fromSamplingRequest({ maxTokens: 1, messages }, { id })
        .left.filter(({ kind }) => kind === "content")
        .map(({ path }) => path);
    const [, , results] = request.messages;
    expect(read(turn(use("read"), use("pay")), results ?? {})).toEqual([
      "messages[0].content[1].id",
    ]);
    expect(read(turn(use("read")), turn(use("pay")))).toEqual(["messages[1].content[0].id"]);
    expect(read(turn(use("read"), use("read")), results ?? {})).toEqual([]);
  });

  it("cannot express other roles, or names without a call", () => {
    const written = toSamplingRequest(
      [
        message("system", part("a"), part("b")),
        message("developer", part("a")),
        message("user", resultPart("delete_all")),
        message("assistant", { content_type: "thinking", text: "a" }, part("b")),
        message("tool", part("a")),
        message("user", resultPart("", 5)),
        message("assistant", {
          content_type: "tool_call",
          content: { tool_call_id: "1", name: "a", namespace: "n" },
        }),
        message("user", { content_type: "thinking", text: "a" }),
        message("user"),
      ],
      { id, maxTokens: 1 },
    );
    expect(paths(written)).toEqual([
      "[2].content[0].content.tool_name",
      "[0].role",
      "[1].role",
      "[2].role",
      "[3].content[0]",
      "[4].role",
      "[5].role",
      "[5].content[0].content.content",
      "[6].content[0].content.namespace",
      "[7].content[0]",
    ]);
    expect(Object(written.document).messages).toHaveLength(5);
    const system = { ...message("system", part("a")), channel: "final" } as MessageInput;
    expect(paths(toSamplingRequest([createMessage(system)], { id, maxTokens: 1 }))).toEqual([
      "[0].channel",
    ]);
    expect(codeOf(() => fromSamplingRequest({ messages: [{ role: "god" }] }, { id }))).toBe(
      "document_invalid",
    );
  });
});

describe("the result of sampling/createMessage", () => {
  const result = {
    role: "assistant",
    content: text("5"),
    model: "m-1",
    stopReason: "endTurn",
    _meta: {},
  };

  it("is a message, and a completion", () => {
    verifies("mcp:sampling-result");
    const { messages, extensions, left } = fromSamplingResult(result, { id });
    expect(messages).toMatchObject([{ role: "assistant", content: [part("5")] }]);
    expect(extensions).toEqual({
      completion: { model: "m-1", raw_format: "mcp", stop_reason: "end" },
      llm: { model_id: "m-1" },
    });
    expect(createExtensions(extensions)).toMatchObject(extensions);
    expect(left.map(({ path }) => path)).toEqual(["_meta"]);
    const next = [message("assistant", part("***"))];
    expect(toSamplingResult(next, { id, onto: result }).document).toEqual({
      ...result,
      content: text("***"),
    });
    const { _meta, ...rest } = result;
    expect(toSamplingResult(messages, { id, completion: extensions.completion })).toEqual({
      document: rest,
      lost: [],
    });
  });

  it.each([
    ["toolUse", "call"],
    ["maxTokens", "max_tokens"],
    ["stopSequence", "stop_sequence"],
  ])("stops for %s, which is %s", (stopReason, stop_reason) => {
    const { extensions } = fromSamplingResult({ ...result, stopReason }, { id });
    expect(extensions.completion).toMatchObject({ stop_reason });
  });

  it("reports a stop reason that slots do not have", () => {
    const odd = { ...result, stopReason: "bored" };
    const { messages, extensions, left } = fromSamplingResult(odd, { id });
    expect(extensions.completion).not.toHaveProperty("stop_reason");
    expect(left.map(({ path }) => path)).toEqual(["_meta", "stopReason"]);
    expect(toSamplingResult(messages, { id, onto: odd }).document).toEqual(odd);
  });

  it("needs a message and a model", () => {
    const { messages } = fromSamplingResult(result, { id });
    expect(codeOf(() => toSamplingResult([], { id, onto: result }))).toBe("message_invalid");
    expect(codeOf(() => toSamplingResult(messages, { id }))).toBe("message_invalid");
    const system = [message("system", part("a"))];
    expect(codeOf(() => toSamplingResult(system, { id, onto: result }))).toBe("message_invalid");
    const more = [...messages, ...messages];
    expect(paths(toSamplingResult(more, { id, onto: result }))).toEqual(["[1]"]);
  });
});

const form = {
  message: "Who are you?",
  requestedSchema: { type: "object", properties: { email: { type: "string" } } },
  _meta: { progressToken: 1 },
};
const page = {
  mode: "url",
  message: "Please sign in.",
  url: "https://a.example",
  elicitationId: "e",
};

describe("the params of elicitation/create", () => {
  it.each([form, page])("are the arguments of a call: %j", (params) => {
    verifies("mcp:elicitation-request");
    const { messages } = fromElicitationRequest(params, { id });
    const { _meta, ...shown } = { _meta: undefined, ...params };
    expect(messages).toMatchObject([
      {
        role: "assistant",
        content: [{ content: { tool_call_id: "7", name: "elicitation/create", arguments: shown } }],
      },
    ]);
    expect(toElicitationRequest(messages, { id, onto: params }).document).toEqual(params);
    expect(toElicitationRequest(messages, { id }).document).toEqual(shown);
  });

  it("cannot set wire fields, or be neither a form nor a page", () => {
    const call = (content: object) => [
      message("assistant", {
        content_type: "tool_call",
        content: { tool_call_id: "8", name: "other", namespace: "n", arguments: content },
      }),
    ];
    const written = toElicitationRequest(call({ ...page, _meta: { a: 1 } }), { id, onto: form });
    expect(written.document).toEqual({ ...page, _meta: form._meta });
    expect(paths(written)).toEqual(
      ["tool_call_id", "name", "namespace", "arguments._meta"].map(
        (path) => `[0].content[0].content.${path}`,
      ),
    );
    expect(codeOf(() => toElicitationRequest(call({ message: "a" }), { id }))).toBe(
      "document_invalid",
    );
    expect(codeOf(() => fromElicitationRequest({ message: "a" }, { id }))).toBe("document_invalid");
  });
});

describe("the result of elicitation/create", () => {
  const accepted = { action: "accept", content: { email: "ada@example.com", age: 36 }, _meta: {} };

  it("is data that a policy sees and may change", () => {
    verifies("mcp:elicitation-result");
    const { messages, left } = fromElicitationResult(accepted, { id });
    const { _meta, ...shown } = accepted;
    expect(messages).toMatchObject([
      {
        role: "tool",
        content: [
          { content: { tool_call_id: "7", tool_name: "elicitation/create", content: shown } },
        ],
      },
    ]);
    expect(left).toMatchObject([{ path: "_meta", kind: "setting" }]);
    const answer = (content: object, more: object = {}) => [
      message("tool", {
        content_type: "tool_result",
        content: { tool_call_id: "7", tool_name: "elicitation/create", content, ...more },
      }),
    ];
    const redacted = { action: "accept", content: { email: "***", age: 36 } };
    expect(toElicitationResult(answer(redacted), { id, onto: accepted })).toEqual({
      document: { ...redacted, _meta: {} },
      lost: [],
    });
    const odd = answer({ action: "cancel", resultType: "x" }, { is_error: true, tool_name: "y" });
    expect(paths(toElicitationResult(odd, { id }))).toEqual(
      ["tool_name", "is_error", "content.resultType"].map(
        (path) => `[0].content[0].content.${path}`,
      ),
    );
    expect(codeOf(() => toElicitationResult(answer({ content: {} }), { id }))).toBe(
      "document_invalid",
    );
  });

  it.each(["decline", "cancel"])("may %s", (action) => {
    const { messages } = fromElicitationResult({ action }, { id });
    expect(toElicitationResult(messages, { id }).document).toEqual({ action });
  });
});

describe("input of 2026-07-28", () => {
  const asked = {
    resultType: "input_required",
    inputRequests: {
      who: { method: "elicitation/create", params: form },
      model: { method: "sampling/createMessage", params: request },
      where: { method: "roots/list" },
      odd: { method: "vendor/else", params: { a: 1 } },
    },
    requestState: "opaque",
  };
  const params = {
    name: "deploy",
    inputResponses: {
      who: { action: "accept", content: { email: "ada@example.com" } },
      model: { role: "assistant", content: text("5"), model: "m-1" },
      where: { roots: [{ uri: "file:///pier" }] },
      stray: { action: "accept" },
    },
    requestState: "opaque",
  };
  const messagesOf = ({ inputs }: ReturnType<typeof fromInputRequests>) =>
    Object.fromEntries(Object.entries(inputs).map(([key, input]) => [key, input.messages]));

  it("is requested like a direct request, by key", () => {
    verifies("mcp:input-requests");
    const read = fromInputRequests(asked);
    expect(read.inputs.who?.messages).toEqual(fromElicitationRequest(form, { id: "who" }).messages);
    expect(read.inputs.model?.messages).toEqual(
      fromSamplingRequest(request, { id: "model" }).messages,
    );
    expect(read.inputs.where).toMatchObject({
      method: "roots/list",
      messages: [{ content: [{ content: { tool_call_id: "where", name: "roots/list" } }] }],
    });
    expect(read.inputs.odd).toMatchObject({
      method: "vendor/else",
      messages: [],
      left: [{ path: "(root)", kind: "content" }],
    });
    expect(read.left.map(({ path, kind }) => [path, kind])).toEqual([
      ["resultType", "setting"],
      ["requestState", "setting"],
    ]);
    expect(toInputRequests(messagesOf(read), { onto: asked }).document).toEqual(asked);
  });

  it("is no longer requested if removed, and never requested anew", () => {
    const { who } = messagesOf(fromInputRequests(asked));
    const written = toInputRequests(
      { who: who ?? [], odd: who ?? [], ontology: who ?? [] },
      { onto: asked },
    );
    const { inputRequests } = asked;
    expect(written.document).toEqual({
      ...asked,
      inputRequests: { who: inputRequests.who, odd: inputRequests.odd },
    });
    // In brackets: a path that begins with "onto" would be that of a removed item.
    expect(paths(written)).toEqual(['["odd"]', '["ontology"]']);
    const renamed = toInputRequests(
      { who: messagesOf(fromInputRequests(asked)).where ?? [] },
      {
        onto: { inputRequests: { who: { method: "roots/list" } } },
      },
    );
    expect(paths(renamed)).toEqual(['["who"][0].content[0].content.tool_call_id']);
  });

  it("is answered according to the request", () => {
    verifies("mcp:input-responses");
    const read = fromInputResponses(params, { asked });
    expect(read.inputs.who).toMatchObject({
      method: "elicitation/create",
      messages: [
        { content: [{ content: { content: { content: { email: "ada@example.com" } } } }] },
      ],
    });
    expect(read.inputs.model?.extensions).toMatchObject({ completion: { model: "m-1" } });
    expect(read.inputs.where?.messages[0]?.content[0]).toMatchObject({
      content: { tool_name: "roots/list", content: params.inputResponses.where },
    });
    expect(read.inputs.stray).toMatchObject({ messages: [], left: [{ kind: "content" }] });
    expect(toInputResponses(messagesOf(read), { asked, onto: params }).document).toEqual(params);
    const declined = message("tool", {
      content_type: "tool_result",
      content: {
        tool_call_id: "who",
        tool_name: "elicitation/create",
        content: { action: "decline" },
      },
    });
    expect(toInputResponses({ who: [declined] }, { asked, onto: params })).toEqual({
      document: { ...params, inputResponses: { who: { action: "decline" } } },
      lost: [],
    });
  });

  it("may be empty", () => {
    expect(fromInputRequests({ content: [] }).inputs).toEqual({});
    expect(toInputRequests({}, { onto: { content: [] } }).document).toEqual({ content: [] });
    expect(toInputResponses({}, { asked, onto: { name: "a" } }).document).toEqual({ name: "a" });
  });
});
