import {
  fromTask,
  fromToolCall,
  fromToolError,
  fromToolResult,
  toTask,
  toToolCall,
  toToolError,
  toToolResult,
} from "glassine/mcp";
import { createMessage, type Message, type MessageInput } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../data/support.ts";
import { verifies } from "../../support/verifies.ts";
import { exchange } from "./support/exchange.ts";
import { fakeManager } from "./support/fake-manager.ts";

const call = { id: "7", name: "search" };
const params = {
  name: "search",
  arguments: { q: "lamps", __proto__x: null },
  _meta: { progressToken: 7 },
  task: { ttl: 5 },
  inputResponses: { a: { action: "accept" } },
  requestState: "s",
  vendor: true,
};
const result = {
  content: [
    { type: "text", text: "ssn 078-05-1120", _meta: { a: 1 } },
    { type: "hologram", beam: 1 },
  ],
  structuredContent: { ssn: "078-05-1120" },
  isError: true,
  resultType: "complete",
  ttlMs: 5,
  _meta: { "org.example/tool": "delete_all" },
};

const changed = (messages: readonly Message[], content: object, role?: string) => {
  const [message] = messages;
  const [part] = message?.content ?? [];
  const old = (part as { content: object }).content;
  return [
    createMessage({
      ...message,
      ...(role !== undefined && { role }),
      content: [{ ...part, content: { ...old, ...content } }],
    } as unknown as MessageInput),
  ];
};

describe("the params of tools/call", () => {
  it("have each field that they do not show in `left`, however many there are", () => {
    verifies("mcp:left", "adapters:reports-bounded");
    const names = Array.from({ length: 1500 }, (_, at) => `k${at}`);
    const fields = Object.fromEntries(names.map((name) => [name, 1]));
    const { left } = fromToolCall({ name: "a", arguments: {}, ...fields }, { id: "1" });
    expect(left.map(({ path }) => path)).toEqual(names);
  });

  it("are one tool_call, and what it does not show is reported", () => {
    verifies("mcp:tool-call", "mcp:left", "mcp:wire");
    const { messages, extensions, left } = fromToolCall(params, { id: "7", serverId: "files" });
    expect(messages).toMatchObject([
      {
        role: "assistant",
        content: [
          {
            content_type: "tool_call",
            content: { tool_call_id: "7", name: "search", arguments: params.arguments },
          },
        ],
      },
    ]);
    expect(extensions).toEqual({ mcp: { tool: { name: "search", server_id: "files" } } });
    expect(left.map(({ path, kind }) => [path, kind])).toEqual([
      ["_meta", "setting"],
      ["task", "setting"],
      ["inputResponses", "content"],
      ["requestState", "setting"],
      ["vendor", "content"],
    ]);
  });

  it("keep what messages do not show if one changed", () => {
    verifies("mcp:onto");
    const { messages } = fromToolCall(params, call);
    const next = changed(messages, { name: "find", arguments: { q: "x" } });
    expect(toToolCall(next, { ...call, onto: params })).toEqual({
      document: { ...params, name: "find", arguments: { q: "x" } },
      lost: [],
    });
    expect(toToolCall(messages, { ...call, onto: params }).document).toEqual(params);
  });

  it("are arguments and a name when written fresh", () => {
    const bare = fromToolCall({ name: "search" }, call).messages;
    expect(toToolCall(bare, call).document).toEqual({ name: "search", arguments: {} });
    expect(toToolCall(bare, { ...call, onto: { name: "search" } }).document).toEqual({
      name: "search",
    });
  });

  it("cannot express another id, a namespace, another role, or more than one part", () => {
    verifies("mcp:lost");
    const { messages } = fromToolCall(params, call);
    const next = changed(messages, { tool_call_id: "8", namespace: "n", name: "" }, "user");
    const text = createMessage({ role: "user", content: [{ content_type: "text", text: "x" }] });
    const more = createMessage({
      role: "assistant",
      channel: "final",
      schema_version: "3.0",
      content: [...(messages[0]?.content ?? []), ...text.content],
    } as MessageInput);
    expect(toToolCall([...next, text], call).lost.map(({ path }) => path)).toEqual([
      "[0].role",
      "[1]",
      "[0].content[0].content.tool_call_id",
      "[0].content[0].content.namespace",
      "[0].content[0].content.name",
    ]);
    expect(toToolCall([more], call).lost.map(({ path }) => path)).toEqual([
      "[0].channel",
      "[0].schema_version",
      "[0].content[1]",
    ]);
  });

  it("are refused without a name, and not written without a call", () => {
    expect(codeOf(() => fromToolCall({ arguments: {} }, call))).toBe("document_invalid");
    expect(codeOf(() => fromToolCall({ name: "a", arguments: [] }, call))).toBe("document_invalid");
    expect(codeOf(() => toToolCall([], call))).toBe("message_invalid");
    const { messages } = fromToolCall(params, call);
    expect(codeOf(() => toToolCall(messages, { ...call, onto: {} }))).toBe("document_invalid");
  });
});

describe("the result of tools/call", () => {
  it("is the result itself, under the name of the call", () => {
    verifies("mcp:tool-result", "mcp:name-of-the-call");
    const { messages, left } = fromToolResult(result, call);
    const { content, structuredContent } = result;
    expect(messages[0]).toMatchObject({ role: "tool" });
    expect(messages[0]?.content).toEqual([
      {
        content_type: "tool_result",
        content: {
          tool_call_id: "7",
          tool_name: "search",
          content: { content, structuredContent },
          is_error: true,
        },
      },
    ]);
    expect(left.map(({ path, kind }) => [path, kind])).toEqual([
      ["_meta", "setting"],
      ["resultType", "setting"],
      ["ttlMs", "setting"],
    ]);
    expect(toToolResult(messages, { ...call, name: "delete_all" }).lost).toMatchObject([
      { path: "[0].content[0].content.tool_name" },
    ]);
  });

  it("may be text or blocks alone", () => {
    verifies("mcp:tool-result-text");
    const { messages } = fromToolResult(result, call);
    const blocks = [{ type: "text", text: "redacted" }];
    for (const content of ["redacted", blocks]) {
      const next = changed(messages, { content, is_error: false });
      const { structuredContent: _, ...rest } = result;
      expect(toToolResult(next, { ...call, onto: result })).toEqual({
        document: { ...rest, content: blocks, isError: false },
        lost: [],
      });
      expect(toToolResult(next, call).document).toEqual({ content: blocks });
    }
  });

  it.each([
    [5, { content: [] }, ["content"]],
    [{ temperature: 5 }, { temperature: 5, content: [] }, ["content"]],
    [{ content: "x" }, { content: [] }, ["content.content"]],
    [[5, { type: "text", text: "a" }], { content: [{ type: "text", text: "a" }] }, ["content[0]"]],
    [{ content: [{ text: "a" }] }, { content: [] }, ["content.content[0]"]],
    [
      { content: [], _meta: {}, isError: false },
      { content: [] },
      ["content._meta", "content.isError"],
    ],
    [
      { content: [], task: { taskId: "x" }, requestState: "s", ttlMs: 1 },
      { content: [] },
      ["content.task", "content.requestState", "content.ttlMs"],
    ],
  ])("cannot be %j", (content, document, paths) => {
    const { messages } = fromToolResult({ content: [] }, call);
    const written = toToolResult(changed(messages, { content }), call);
    expect(written.document).toEqual(document);
    expect(written.lost.map(({ path }) => path)).toEqual(
      paths.map((path) => `[0].content[0].content.${path}`),
    );
  });

  it("of the oldest protocol reports that it has no blocks", () => {
    expect(fromToolResult({ toolResult: 5 }, call).left).toMatchObject([
      { path: "content", kind: "setting" },
    ]);
  });

  it("that is a task shows and changes nothing of it; its status text is reported", () => {
    verifies("mcp:wire", "mcp:left");
    const task = { taskId: "t", status: "working", ttl: null, statusMessage: "Soon", later: 1 };
    const begun = { task };
    const { messages, left } = fromToolResult(begun, call);
    expect(messages[0]?.content[0]).toMatchObject({ content: { content: {} } });
    expect(left.map(({ path, kind }) => [path, kind])).toEqual([
      ["task", "setting"],
      ["task.taskId", "setting"],
      ["task.status", "setting"],
      ["task.ttl", "setting"],
      ["task.statusMessage", "content"],
      ["task.later", "content"],
    ]);
    const content = { content: [], task: { taskId: "other" } };
    const { document, lost } = toToolResult(changed(messages, { content }), {
      ...call,
      onto: begun,
    });
    expect(document).toEqual({ ...begun, content: [] });
    expect(lost).toMatchObject([{ path: "[0].content[0].content.content.task" }]);
    expect(fromToolResult({ content: [], task: "Password?" }, call).left).toMatchObject([
      { path: "task", kind: "content" },
    ]);
    expect(fromToolResult({ content: [], task: null }, call).left).toMatchObject([
      { path: "task", kind: "setting" },
    ]);
  });

  it("that requests input shows the request", () => {
    const asking = {
      resultType: "input_required",
      inputRequests: { a: { method: "roots/list" } },
      requestState: "opaque",
    };
    const { messages, left } = fromToolResult(asking, call);
    expect(messages[0]?.content[0]).toMatchObject({
      content: { content: { inputRequests: asking.inputRequests } },
    });
    expect(left.every(({ kind }) => kind === "setting")).toBe(true);
    expect(toToolResult(messages, { ...call, onto: asking }).document).toEqual(asking);
  });
});

describe("the error of tools/call", () => {
  const error = { code: -32603, message: "at /srv/7", data: { path: "/srv/7" } };

  it("is a result that is an error", () => {
    verifies("mcp:errors");
    const { messages } = fromToolError(error, call);
    expect(messages[0]?.content[0]).toMatchObject({ content: { content: error, is_error: true } });
    const next = changed(messages, { content: "failed" });
    expect(toToolError(next, { ...call, onto: error })).toEqual({
      document: { code: -32603, message: "failed" },
      lost: [],
    });
    expect(toToolError(next, call).document).toEqual({ code: -32603, message: "failed" });
    const odd = changed(messages, { content: { code: 1, message: "x" }, is_error: false });
    expect(toToolError(odd, { ...call, onto: error })).toMatchObject({
      document: { code: -32603, message: "x" },
      lost: [
        { path: "[0].content[0].content.is_error" },
        { path: "[0].content[0].content.content.code" },
      ],
    });
    expect(codeOf(() => toToolError(changed(messages, { content: {} }), call))).toBe(
      "message_invalid",
    );
  });

  it("found: keeps its code when an edit drops it, and says so", () => {
    verifies("mcp:errors");
    const { messages } = fromToolError(error, call);
    const without = changed(messages, { content: { message: "failed" } });
    expect(toToolError(without, { ...call, onto: error })).toMatchObject({
      document: { code: -32603, message: "failed" },
      lost: [{ path: "[0].content[0].content.content.code" }],
    });
  });
});

describe("a task", () => {
  const task = { taskId: "t", status: "completed", statusMessage: "Done.", result };

  it("shows the result that it contains", () => {
    verifies("mcp:task");
    const { messages, left } = fromTask(task, call);
    expect(messages).toEqual(fromToolResult(result, call).messages);
    expect(left.map(({ path, kind }) => [path, kind])).toEqual([
      ["taskId", "setting"],
      ["status", "setting"],
      ["statusMessage", "content"],
      ["result._meta", "setting"],
      ["result.resultType", "setting"],
      ["result.ttlMs", "setting"],
    ]);
    expect(toTask(messages, { ...call, onto: task }).document).toEqual(task);
    const next = changed(messages, { content: "redacted", tool_call_id: "8" });
    expect(toTask(next, { ...call, onto: task })).toMatchObject({
      document: { ...task, result: { content: [{ text: "redacted" }] } },
      lost: [{ path: "[0].content[0].content.tool_call_id" }],
    });
  });

  it("has none before it is done, and accepts none", () => {
    const working = { taskId: "t", status: "working" };
    expect(fromTask(working, call).messages).toEqual([]);
    const { messages } = fromTask(task, call);
    expect(toTask(messages, { ...call, onto: working })).toMatchObject({
      document: working,
      lost: [{ path: "[0]" }],
    });
  });
});

it("is what the guard shows, which refuses what would be lost", async () => {
  verifies("mcp:guard");
  const manager = fakeManager();
  const answer = { ...result, isError: false };
  const { inputResponses: _, vendor: __, ...known } = params;
  await exchange(manager, "tools/call", known, { result: answer });
  expect(manager.calls.map(({ payload }) => payload)).toEqual([
    fromToolCall(params, call).messages[0],
    fromToolResult(answer, call).messages[0],
  ]);
  const renaming = fakeManager({
    "cmf.tool_post_invoke": (message: Message) => ({
      changed: changed([message], { tool_name: "delete_all" })[0],
    }),
  });
  const refused = await exchange(renaming, "tools/call", known, { result: answer });
  expect(refused.answer).toMatchObject({ error: { code: -32011 } });
});
