/** The list of content that a host accepts although no plugin sees it. */
import { fromContent, fromModelMessages } from "glassine/ai-sdk";
import { fromMessagesRequest, fromMessagesResponse } from "glassine/anthropic";
import { fromSamplingRequest } from "glassine/mcp";
import {
  fromChatRequest,
  fromChatResponse,
  fromResponsesRequest,
  fromResponsesResponse,
  type Left,
  type LeftKind,
  notAllowed,
} from "glassine/openai";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";

const left = (kind: LeftKind, path: string): Left => ({ kind, path, reason: "It is hidden." });

/** Whether the list covers a reported part. */
const allows = (entries: readonly string[], kind: LeftKind, path: string) =>
  notAllowed([left(kind, path)], entries).length === 0;

describe("a list", () => {
  it.each<[entry: string, kind: LeftKind, path: string, isAllowed: boolean]>([
    ["tools", "tools", "tools", true],
    ["tools", "tools", "(root)", true],
    ["tools", "content", "tools", false],
    ["setting", "content", "temperature", false],
    ["content messages[0].name", "content", "messages[0].name", true],
    ["content messages[0].name", "content", "messages[0].name[2].x", true],
    ["content messages[0].name", "content", "messages[0]", false],
    ["content messages[0].name", "content", "messages[0].names", false],
    ["content messages[0].name", "content", "messages[00].name", false],
    ["content messages[0].name", "content", "messages[10].name", false],
    ["content messages[0].name", "setting", "messages[0].name", false],
    ["content messages[*].name", "content", "messages[12].name", true],
    ["content messages[*].name", "content", "messages.x.name", false],
    ["content messages[*].name", "content", 'messages["*"].name', false],
    ["content *.name", "content", "x.name", true],
    ["content *.name", "content", '["a b"].name', true],
    ["content *.name", "content", "[0].name", false],
    ["content x.*", "content", "x", false],
    ["content [0].a", "content", "[0].a", true],
    ['content metadata["a.b"]', "content", 'metadata["a.b"]', true],
    ['content metadata["a.b"]', "content", "metadata.a.b", false],
    ["content metadata.a.b", "content", 'metadata["a.b"]', false],
    ['content metadata["a"]', "content", "metadata.a", true],
    ['content metadata["a\\u{22}].b"]', "content", 'metadata["a\\u{22}].b"]', true],
    ["content messages", "content", "(root)", false],
    ["content __proto__", "content", "__proto__.x", true],
  ])("%s: %s %s is allowed: %s", (entry, kind, path, isAllowed) => {
    verifies("adapters:allow");
    expect(allows([entry], kind, path)).toBe(isAllowed);
  });

  it("allows nothing if it is empty, and what any of its entries allows", () => {
    verifies("adapters:allow");
    const all = [left("setting", "seed"), left("tools", "tools"), left("content", "a[0]")];
    expect(notAllowed(all, [])).toEqual(all);
    expect(notAllowed(all, ["content a[*]", "setting"])).toEqual([all[1]]);
  });

  it("never covers by a path the reports that are only counted", () => {
    verifies("adapters:allow");
    const hidden = Object.fromEntries(Array.from({ length: 1001 }, (_, at) => [`x${at}`, 1]));
    const messages = [{ role: "user", content: "hi", ...hidden }];
    const { left } = fromChatRequest({ model: "m", messages });
    expect(left).toHaveLength(1001);
    expect(notAllowed(left, ["content messages[0]"])).toMatchObject([{ path: "(root)" }]);
    expect(notAllowed(left, ["content"])).toEqual([]);
  });

  it.each<[entry: unknown, message: string]>([
    [
      "tool",
      'allow has no kind "tool". The kinds are content, tools, citation, reference, setting. Did you mean "tools"?',
    ],
    ["", 'allow has no kind "".'],
    [
      "messages[0].name",
      'The kinds are content, tools, citation, reference, setting. Before a path, write its kind: "content messages[0].name".',
    ],
    ["toString", 'allow has no kind "toString".'],
    ["content ", "with * for any name and [*] for any index."],
    ["content  a", 'allow cannot read the path in "content  a".'],
    ["content messages.0.name", 'allow cannot read the path in "content messages.0.name".'],
    ["content messages[].name", "allow cannot read the path"],
    ["content messages[01]", "allow cannot read the path"],
    ["content messages[-1]", "allow cannot read the path"],
    ["content .a", "allow cannot read the path"],
    ["content a[0]b", "allow cannot read the path"],
    ["content a.b*", "allow cannot read the path"],
    ["content a['b']", "allow cannot read the path"],
    ["content a\nb", 'allow cannot read the path in "content a\\u{a}b".'],
    ["content (root)", 'allow has "content (root)". To allow all of a kind, write content.'],
    [`content ["${"x".repeat(64)}…"]`, "left cuts names that are longer than 64 characters."],
    [7, 'allow expects an array of strings, such as "setting"'],
    [null, "got null."],
  ])("with %j is refused", (entry, message) => {
    verifies("adapters:allow");
    expect(() => notAllowed([], [entry] as string[])).toThrow(
      expect.objectContaining({
        code: "options_invalid",
        message: expect.stringContaining(message),
      }),
    );
  });

  it.each([["a string", "content"], ["nothing"], ["an object", {}]])(
    "that is %s is refused",
    (came, list?: unknown) => {
      const message = expect.stringContaining(`got ${came}.`);
      const expected = expect.objectContaining({ code: "options_invalid", message });
      expect(() => notAllowed([], list as string[])).toThrow(expected);
    },
  );
});

it("what is not the left of a document is refused", () => {
  const read = fromChatRequest({ messages: [] });
  expect(() => notAllowed(read as never, ["setting"])).toThrow(
    "notAllowed expects the left that a from… function returned, got an object.",
  );
});

describe("the kinds of left", () => {
  const kinds = ({ left }: { readonly left: readonly Left[] }) =>
    left.map(({ kind, path }) => `${kind} ${path}`);
  const chat = (message: object, more = {}) =>
    kinds(fromChatRequest({ messages: [message], ...more }));
  const blockOf = (block: object) => chat({ role: "user", content: [block] });
  const itemOf = (item: object, more = {}) =>
    kinds(fromResponsesRequest({ input: [item], ...more }));
  const anthropic = (block: object, more = {}) =>
    kinds(
      fromMessagesRequest({ messages: [{ role: "user", content: [block] }], ...more } as never),
    );

  it("are tools for the definitions of a request, and nowhere else", () => {
    verifies("adapters:left-kinds");
    const tools = [{ type: "function", function: { name: "f" } }];
    expect(chat({ role: "user", tools }, { tools, functions: [] })).toEqual([
      "content messages[0].tools",
      "tools tools",
      "tools functions",
    ]);
    expect(itemOf({ role: "user", content: "a" }, { tools })).toEqual(["tools tools"]);
    expect(anthropic({ type: "text", text: "a", tools }, { tools })).toEqual([
      "content messages[0].content[0].tools",
      "tools tools",
    ]);
    const asked = fromSamplingRequest({ messages: [], maxTokens: 1, tools: [] }, {
      id: 1,
    } as never);
    expect(kinds(asked)).toContain("tools tools");
  });

  it("are citation for what quotes sources", () => {
    verifies("adapters:left-kinds");
    const annotations = [{ type: "url_citation", url: "https://a.example", title: "A" }];
    const choice = { index: 0, message: { content: "a", annotations }, finish_reason: "stop" };
    expect(kinds(fromChatResponse({ object: "chat.completion", choices: [choice] }))).toEqual([
      "citation choices[0].message.annotations",
    ]);
    const content = [{ type: "output_text", text: "a", annotations }];
    const output = [{ type: "message", role: "assistant", id: "m", status: "completed", content }];
    expect(kinds(fromResponsesResponse({ output } as never))).toContain(
      "citation output[0].content[0].annotations",
    );
    const cited = [{ type: "text", text: "a", citations: [{ type: "char_location" }] }];
    const answer = { type: "message", role: "assistant", content: cited };
    expect(kinds(fromMessagesResponse(answer as never))).toContain("citation content[0].citations");
  });

  it("are reference for what is only named, and says nothing else", () => {
    verifies("adapters:left-kinds");
    expect(blockOf({ type: "file", file: { file_id: "f" } })).toEqual([
      "reference messages[0].content[0]",
    ]);
    expect(blockOf({ type: "file", file: { file_id: "f", filename: "obey.txt" } })).toEqual([
      "content messages[0].content[0]",
    ]);
    expect(blockOf({ type: "file", file: { file_id: "f" }, note: "obey" })).toEqual([
      "content messages[0].content[0]",
    ]);
    expect(itemOf({ type: "item_reference", id: "m" }, { previous_response_id: "r" })).toEqual([
      "reference input[0]",
      "reference previous_response_id",
    ]);
    expect(itemOf({ type: "item_reference", id: "m", note: "obey" })).toEqual(["content input[0]"]);
    const said = { role: "user", content: "a" };
    for (const conversation of ["c", { id: "c" }]) {
      expect(itemOf(said, { conversation })).toEqual(["reference conversation"]);
    }
    for (const conversation of [{ id: "c", note: "obey" }, { id: ["obey"] }, ["obey"]]) {
      expect(itemOf(said, { conversation })).toEqual(["content conversation"]);
    }
    expect(itemOf(said, { previous_response_id: { note: "obey" } })).toEqual([
      "content previous_response_id",
    ]);
    expect(chat({ role: "assistant", audio: { id: "a" } })).toContain(
      "reference messages[0].audio",
    );
    expect(chat({ role: "assistant", audio: { id: "a", note: "obey" } })).toContain(
      "content messages[0].audio",
    );
    expect(itemOf({ role: "user", content: "a" }, { prompt: { id: "p", variables: {} } })).toEqual([
      "content prompt",
    ]);
    const source = { type: "file", file_id: "f" };
    expect(anthropic({ type: "document", source })).toEqual(["reference messages[0].content[0]"]);
    expect(anthropic({ type: "document", source, title: "obey" })).toEqual([
      "content messages[0].content[0]",
    ]);
  });

  it("are the same in the AI SDK", () => {
    verifies("adapters:left-kinds");
    const approval = { type: "tool-approval-response", approvalId: "a", approved: true };
    const { left } = fromModelMessages([{ role: "tool", content: [approval] }] as never);
    expect(notAllowed(left, ["content [*].content"])).toEqual([]);
    const result = fromContent({ content: [], warnings: [], finishReason: "stop" } as never);
    expect(result.left.every(({ kind }) => kind === "setting")).toBe(true);
  });
});
