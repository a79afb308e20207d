import {
  fromPromptError,
  fromPromptRequest,
  fromPromptResult,
  fromResourceError,
  fromResourceRequest,
  fromResourceResult,
  toPromptError,
  toPromptRequest,
  toPromptResult,
  toResourceError,
  toResourceRequest,
  toResourceResult,
} from "glassine/mcp";
import { createMessage, type Message, type MessageInput } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../data/support.ts";
import { verifies } from "../../support/verifies.ts";
import { result as promptResult } from "./support/prompt-fixture.ts";

const call = { id: "7", name: "brief" };
const contentOf = (messages: readonly Message[]) =>
  (messages[0] as unknown as { content: readonly [{ content: Record<string, unknown> }] })
    .content[0].content;
const withContent = (messages: readonly Message[], content: object): readonly Message[] => {
  const [message] = messages;
  const [part] = message?.content ?? [];
  const next = { ...part, content: { ...contentOf(messages), ...content } };
  return [createMessage({ ...message, content: [next] } as MessageInput)];
};
const paths = ({ lost }: { lost: readonly { path: string }[] }) => lost.map(({ path }) => path);
const only = "[0].content[0].content";

describe("the params of prompts/get", () => {
  const params = { name: "brief", arguments: { who: "Ann" }, _meta: {} };

  it("are one prompt_request", () => {
    verifies("mcp:prompt-request");
    const { messages, extensions } = fromPromptRequest(params, { id: "7", serverId: "s" });
    expect(messages).toMatchObject([{ role: "user", content: [{ content: { server_id: "s" } }] }]);
    expect(contentOf(messages)).toMatchObject({ prompt_request_id: "7", name: "brief" });
    expect(extensions).toEqual({ mcp: { prompt: { name: "brief", server_id: "s" } } });
    const next = withContent(messages, { arguments: { who: "Bo", age: 5 }, name: "" });
    const written = toPromptRequest(next, { id: "8", onto: params });
    expect(written.document).toEqual({ ...params, name: "", arguments: { who: "Bo" } });
    expect(paths(written)).toEqual([
      `${only}.prompt_request_id`,
      `${only}.server_id`,
      `${only}.name`,
      `${only}.arguments.age`,
    ]);
  });
});

describe("the result of prompts/get", () => {
  it("is one prompt_result, with a part for each block", () => {
    verifies("mcp:prompt-result", "mcp:blocks");
    const { messages, left } = fromPromptResult(promptResult, call);
    const shown = contentOf(messages).messages as readonly Message[];
    expect(contentOf(messages)).toMatchObject({
      prompt_name: "brief",
      content: promptResult.description,
      is_error: false,
    });
    expect(shown.map(({ content }) => content[0]?.content_type)).toEqual([
      "text",
      "image",
      "resource",
      "resource",
      "text",
    ]);
    expect(left.map(({ path, kind }) => [path, kind])).toEqual([
      ["_meta", "setting"],
      ["messages[0].content.annotations", "setting"],
      ["messages[1].content._meta", "setting"],
      ["messages[3].content.title", "setting"],
      ["messages[4].content", "setting"],
    ]);
    expect(toPromptResult(messages, { ...call, onto: promptResult }).document).toEqual(
      promptResult,
    );
  });

  it("keeps a block of an unknown kind, and drops it if its text changed", () => {
    verifies("mcp:unknown-block");
    const { messages } = fromPromptResult(promptResult, call);
    const shown = contentOf(messages).messages as readonly Message[];
    const odd = { role: "assistant", content: [{ content_type: "text", text: "{}" }] };
    const next = withContent(messages, { messages: [...shown.slice(0, 4), odd] });
    const written = toPromptResult(next, { ...call, onto: promptResult });
    expect(written.document).toMatchObject({
      messages: [...promptResult.messages.slice(0, 4), { content: { type: "text", text: "{}" } }],
    });
    expect(paths(written)).toEqual([`${only}.messages[4].content[0]`]);
  });

  it("keeps blocks of other messages if one is removed or moved", () => {
    const { messages } = fromPromptResult(promptResult, call);
    const shown = contentOf(messages).messages as readonly Message[];
    const next = withContent(messages, { messages: [shown[4], shown[1]], content: undefined });
    const { document, lost } = toPromptResult(next, { ...call, onto: promptResult });
    expect(document).toEqual({
      _meta: promptResult._meta,
      messages: [promptResult.messages[4], promptResult.messages[1]],
    });
    // Only the blocks that messages do not show in full are reported.
    expect(lost.map(({ path }) => path)).toEqual(["onto.messages[0]", "onto.messages[3]"]);
  });

  it.each<[string, object, string]>([
    [
      "a role of its own",
      { role: "system", content: [{ content_type: "text", text: "a" }] },
      "role",
    ],
    ["no part", { role: "user", content: [] }, "content"],
    [
      "two parts",
      {
        role: "user",
        content: [
          { content_type: "text", text: "a" },
          { content_type: "text", text: "b" },
        ],
      },
      "content",
    ],
    [
      "thinking",
      { role: "assistant", content: [{ content_type: "thinking", text: "a" }] },
      "content[0]",
    ],
    [
      "an image by URL",
      {
        role: "user",
        content: [{ content_type: "image", content: { type: "url", data: "https://a.example" } }],
      },
      "content[0]",
    ],
    [
      "a call",
      {
        role: "assistant",
        content: [{ content_type: "tool_call", content: { tool_call_id: "1", name: "a" } }],
      },
      "content[0]",
    ],
  ])("cannot hold a message with %s", (_, message, path) => {
    const { messages } = fromPromptResult({ messages: [] }, call);
    const written = toPromptResult(withContent(messages, { messages: [message] }), call);
    expect(written.document).toEqual({ messages: [] });
    expect(paths(written)).toEqual([`${only}.messages[0].${path}`]);
  });

  it("writes what MCP has fields for about media and resources", () => {
    const { messages } = fromPromptResult({ messages: [] }, call);
    const part = (content_type: string, content: object) => ({
      role: "user",
      content: [{ content_type, content }],
    });
    const resource = { resource_request_id: "7", resource_type: "uri", uri: "file:///a" };
    const next = withContent(messages, {
      messages: [
        part("audio", { type: "base64", data: "AA==", media_type: "audio/wav", duration_ms: 5 }),
        part("resource", { ...resource, content: "A", name: "a", annotations: { priority: 1 } }),
        part("resource", { ...resource, name: "a", size_bytes: 3, annotations: { priority: 1 } }),
        part("resource", { ...resource, resource_request_id: "8", resource_type: "file" }),
      ],
    });
    const written = toPromptResult(next, call);
    const annotations = { priority: 1 };
    expect(written.document).toEqual({
      messages: [
        { role: "user", content: { type: "audio", data: "AA==", mimeType: "audio/wav" } },
        {
          role: "user",
          content: {
            type: "resource",
            resource: { uri: "file:///a", text: "A", name: "a" },
            annotations,
          },
        },
        {
          role: "user",
          content: { type: "resource_link", uri: "file:///a", name: "a", size: 3, annotations },
        },
        { role: "user", content: { type: "resource_link", uri: "file:///a", name: "file:///a" } },
      ],
    });
    expect(paths(written)).toEqual(
      [
        "[0].content[0].content.duration_ms",
        "[3].content[0].content.name",
        "[3].content[0].content.resource_request_id",
        "[3].content[0].content.resource_type",
      ].map((path) => `${only}.messages${path}`),
    );
  });

  it.each([
    { type: "text", text: 5 },
    { type: "resource", resource: { uri: "file:///a" } },
    { type: "resource", resource: { uri: "file:///a", text: "a", blob: "AA==" } },
    { type: "resource", resource: { text: "a" } },
    { type: "resource_link", uri: "file:///a", name: 5 },
    { type: "image", mimeType: "image/png" },
    { type: "tool_use", id: "1", name: "a", input: {} },
  ])("shows %j as its JSON text, and reports it", (block) => {
    const document = { messages: [{ role: "user", content: block }] };
    const { messages, left } = fromPromptResult(document, call);
    const [message] = contentOf(messages).messages as readonly Message[];
    expect(message?.content).toEqual([{ content_type: "text", text: JSON.stringify(block) }]);
    expect(left).toMatchObject([{ path: "messages[0].content", kind: "setting" }]);
    expect(toPromptResult(messages, { ...call, onto: document }).document).toEqual(document);
  });

  it("that requests input has no messages, and reports it", () => {
    const asking = { resultType: "input_required", inputRequests: {} };
    const { messages, left } = fromPromptResult(asking, call);
    expect(left).toMatchObject([
      { path: "resultType" },
      { path: "inputRequests", kind: "content" },
    ]);
    expect(toPromptResult(messages, { ...call, onto: asking }).document).toEqual(asking);
    const shown = [{ role: "user", content: [{ content_type: "text", text: "a" }] }];
    expect(
      toPromptResult(withContent(messages, { messages: shown }), { ...call, onto: asking })
        .document,
    ).toMatchObject({ messages: [{ role: "user", content: { text: "a" } }] });
  });

  it("is not an error", () => {
    const { messages } = fromPromptResult({ messages: [] }, call);
    const next = withContent(messages, { is_error: true, error_message: "x", prompt_name: "y" });
    expect(paths(toPromptResult(next, call))).toEqual([
      `${only}.prompt_name`,
      `${only}.is_error`,
      `${only}.error_message`,
    ]);
    expect(codeOf(() => fromPromptResult({}, call))).toBe("document_invalid");
  });
});

describe("the params and the result of resources/read", () => {
  const contents = [
    { uri: "file:///a", mimeType: "text/plain", text: "A", _meta: { b: 1 }, description: "d" },
    { uri: "file:///b", blob: "AAAA" },
  ];
  const document = { contents, ttlMs: 5, cacheScope: "private" };

  it("are a complete resource_ref", () => {
    verifies("mcp:resource-request");
    const params = { uri: "file:///a", _meta: {} };
    const { messages, extensions } = fromResourceRequest(params, { id: "7" });
    expect(extensions).toEqual({ mcp: { resource: { uri: "file:///a" } } });
    const next = withContent(messages, { selector: "#1", range_end: 4, resource_type: "file" });
    const written = toResourceRequest(next, { id: "7", onto: params });
    expect(written.document).toEqual(params);
    expect(paths(written)).toEqual([
      `${only}.resource_type`,
      `${only}.range_end`,
      `${only}.selector`,
    ]);
    expect(paths(toResourceRequest(withContent(messages, { uri: "" }), { id: "7" }))).toEqual([
      `${only}.uri`,
    ]);
  });

  it("are a resource for each of the contents", () => {
    verifies("mcp:resource-result");
    const { messages, left } = fromResourceResult(document, { id: "7" });
    expect(messages[0]?.content).toMatchObject([
      { content: { uri: "file:///a", mime_type: "text/plain", content: "A" } },
      { content: { uri: "file:///b", blob: "AAAA" } },
    ]);
    expect(left.map(({ path, kind }) => [path, kind])).toEqual([
      ["ttlMs", "setting"],
      ["cacheScope", "setting"],
      ["contents[0]._meta", "setting"],
      ["contents[0].description", "content"],
    ]);
    const next = withContent(messages, { content: "***", annotations: { a: 1 } });
    const written = toResourceResult(
      [
        createMessage({
          ...messages[0],
          content: [next[0]?.content[0], messages[0]?.content[1]],
        } as MessageInput),
      ],
      { id: "7", onto: document },
    );
    expect(written.document).toEqual({
      ...document,
      contents: [{ ...contents[0], text: "***" }, contents[1]],
    });
    expect(paths(written)).toEqual([`${only}.annotations`]);
    expect(
      codeOf(() =>
        fromResourceResult({ contents: [{ uri: "a", text: "a", blob: "AA==" }] }, { id: "7" }),
      ),
    ).toBe("document_invalid");
  });

  it("cannot express other parts, or contents without text or a blob", () => {
    const { messages } = fromResourceResult(document, { id: "7" });
    const text = { content_type: "text", text: "a" };
    const empty = withContent(messages, { content: undefined });
    const odd = createMessage({ role: "user", content: [text] } as MessageInput);
    expect(paths(toResourceResult([...empty, odd], { id: "7" }))).toEqual([
      "[1].role",
      "[1]",
      "[1].content[0]",
      "[0].content[0]",
    ]);
    expect(codeOf(() => toResourceResult([], { id: "7" }))).toBe("message_invalid");
  });

  it("request input without contents", () => {
    const asking = { resultType: "input_required", inputRequests: {} };
    const { messages } = fromResourceResult(asking, { id: "7" });
    expect(messages[0]?.content).toEqual([]);
    expect(toResourceResult(messages, { id: "7", onto: asking }).document).toEqual(asking);
  });
});

describe("errors", () => {
  const error = { code: -32602, message: "no Ann", data: { known: ["Bob"] }, vendor: 1 };

  it("of prompts show their message and their data as text", () => {
    const { messages, left } = fromPromptError(error, call);
    expect(contentOf(messages)).toMatchObject({
      is_error: true,
      error_message: "no Ann",
      content: '{"known":["Bob"]}',
    });
    expect(left.map(({ path, kind }) => [path, kind])).toEqual([
      ["code", "setting"],
      ["vendor", "content"],
      ["data", "setting"],
    ]);
    const next = withContent(messages, { content: '{"known":[]}', error_message: "no ***" });
    expect(toPromptError(next, { ...call, onto: error }).document).toEqual({
      ...error,
      message: "no ***",
      data: { known: [] },
    });
    expect(toPromptError(next, call).document).toEqual({
      code: -32603,
      message: "no ***",
      data: '{"known":[]}',
    });
    const odd = withContent(messages, { is_error: false, messages: [{ role: "user" }] });
    expect(paths(toPromptError(odd, call))).toEqual([`${only}.is_error`, `${only}.messages`]);
    expect(
      codeOf(() => toPromptError(withContent(messages, { error_message: undefined }), call)),
    ).toBe("message_invalid");
  });

  it("of resources are text", () => {
    const { messages } = fromResourceError(error);
    expect(messages[0]?.content).toMatchObject([{ text: "no Ann" }, { text: '{"known":["Bob"]}' }]);
    expect(toResourceError(messages, { onto: error }).document).toEqual(error);
    const text = { content_type: "text", text: "a" };
    const long = createMessage({ role: "user", content: [text, text, text] } as MessageInput);
    expect(paths(toResourceError([long, ...messages], {}))).toEqual([
      "[1]",
      "[0].role",
      "[0].content[2]",
    ]);
    expect(codeOf(() => toResourceError([], {}))).toBe("message_invalid");
  });
});
