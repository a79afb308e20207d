/** Copies of text that a model may read instead of it: they do not survive a redaction. */

import {
  fromMessagesRequest,
  fromMessagesResponse,
  type MessagesRequest,
  type MessagesResponse,
  messagesStream,
  toMessagesRequest,
  toMessagesResponse,
} from "glassine/anthropic";
import { createMessage, type Message } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";

/** Redacts messages as a plugin would. */
const redacted = (messages: readonly Message[]) =>
  messages.map((message) =>
    createMessage(JSON.parse(JSON.stringify(message).replaceAll("SECRET", "***"))),
  );
const pathsOf = (lost: readonly { readonly path: string }[]) => lost.map(({ path }) => path);

function asRequest(...content: readonly object[]) {
  const onto = { model: "m", messages: [{ role: "assistant", content }] };
  const { messages } = fromMessagesRequest(onto);
  const { document, lost } = toMessagesRequest(redacted(messages), {
    onto: onto as object as MessagesRequest,
  });
  return { content: document.messages[0]?.content, paths: pathsOf(lost), lost };
}

function asResponse(...content: readonly object[]) {
  const onto = { type: "message", role: "assistant", content };
  const { messages } = fromMessagesResponse(onto);
  const { document, lost } = toMessagesResponse(redacted(messages), {
    onto: onto as object as MessagesResponse,
  });
  return { content: document.content, paths: pathsOf(lost), lost };
}

const ways = [
  ["request", asRequest, "onto.messages[0].content"],
  ["response", asResponse, "onto.content"],
] as const;

const called = { type: "server_tool_use", id: "1", name: "web_search", input: { query: "q" } };
const found = (title: string, more: object) => ({
  type: "web_search_result",
  url: `https://${title}.example`,
  title,
  page_age: "2 days ago",
  ...more,
});
const search = (...content: readonly object[]) => ({
  type: "web_search_tool_result",
  tool_use_id: "1",
  content,
});

describe.each(ways)("what is encrypted in a result, in a %s", (_, write, old) => {
  it("disappears with its text, and the other results stay", () => {
    verifies("anthropic:sealed");
    const a = found("Lamp", { encrypted_content: "A" });
    const c = found("Wick", { encrypted_content: "C" });
    const result = search(a, found("SECRET", { encrypted_content: "SECRET" }), c);
    const { content, paths, lost } = write(called, result);
    expect(content).toEqual([called, search(a, c)]);
    const texts = "[0].content[1].content.content";
    const own = [`${texts}[3]`, `${texts}[4]`, `${texts}[5]`];
    expect(paths).toEqual([...own, `${old}[1].content[1]`, texts]);
    expect(lost[0]?.reason).toContain("encrypted");
  });

  it("disappears if one text of several changes, and if it is nested or unknown", () => {
    verifies("anthropic:sealed");
    for (const more of [{ encrypted_content: "SECRET" }, { later: [{ encrypted_later: {} }] }]) {
      const one = { ...found("Lamp", more), url: "SECRET" };
      expect(write(called, search(one)).content).toEqual([called, search()]);
    }
  });

  it("disappears with the only output of a tool, so that the whole result is dropped", () => {
    verifies("anthropic:sealed");
    const output = (stderr: string) => ({
      type: "code_execution_tool_result",
      tool_use_id: "1",
      content: {
        type: "encrypted_code_execution_result",
        encrypted_stdout: "SECRET",
        stderr,
        return_code: 0,
        content: [],
      },
    });
    const { content, paths } = write(called, output("SECRET"));
    expect(content).toEqual([called]);
    expect(paths).toEqual(["[0].content[1].content.content[0]", "[0].content[1]", `${old}[1]`]);
    expect(write(called, output("none"))).toMatchObject({
      content: [called, output("none")],
      paths: [],
    });
  });

  it("does not count if empty: the texts change in place", () => {
    verifies("anthropic:server-results");
    for (const encrypted_content of ["", null]) {
      const { content, paths } = write(called, search(found("SECRET", { encrypted_content })));
      const now = found("***", { encrypted_content });
      expect(content).toEqual([called, search(now)]);
      expect(paths).toEqual([]);
    }
  });
});

describe.each(ways)("what was parsed from text, in a %s", (_, write) => {
  it("disappears with it, and is reported", () => {
    verifies("anthropic:stale");
    const parsed = { type: "text", text: '{"n":"SECRET"}', later: 1 };
    const more = { parsed_output: { n: "SECRET" }, parsed: "SECRET" };
    const { content, paths, lost } = write({ ...parsed, ...more });
    expect(content).toEqual([{ ...parsed, text: '{"n":"***"}' }]);
    expect(paths).toEqual(["[0].content[0]", "[0].content[0]"]);
    expect(lost[0]?.reason).toContain("parsed_output");
  });

  it("stays with an unchanged text, and is not reported if null", () => {
    verifies("anthropic:stale");
    const kept = { type: "text", text: "5", parsed_output: 5 };
    const { content, paths } = write(kept, { type: "text", text: "SECRET", parsed_output: null });
    expect(content).toEqual([kept, { type: "text", text: "***" }]);
    expect(paths).toEqual([]);
  });
});

describe("what was parsed from an answer", () => {
  const answer = { role: "assistant", content: "SECRET", parsed_output: "SECRET" };

  it("is dropped in a turn of a request, inside a result, or next to a citation", () => {
    verifies("anthropic:stale", "anthropic:citations");
    const cited = { type: "text", text: "SECRET", citations: [{ cited_text: "SECRET" }] };
    const inner = { ...cited, parsed_output: "SECRET" };
    const result = { type: "tool_result", tool_use_id: "1", content: [inner, inner] };
    const onto = { messages: [answer, { role: "user", content: [result] }] };
    const { messages } = fromMessagesRequest(onto);
    const { document, lost } = toMessagesRequest(redacted(messages), { onto });
    const now = { type: "text", text: "***", citations: null };
    expect(document.messages).toEqual([
      { role: "assistant", content: "***" },
      { role: "user", content: [{ ...result, content: [now, now] }] },
    ]);
    expect(pathsOf(lost)).toEqual([
      "[0].content",
      ...[0, 0, 1, 1].map((i) => `[1].content[0].content.content[${i}]`),
    ]);
  });

  it("is reported if a result is a single string, not a list", () => {
    verifies("adapters:lost-paths", "anthropic:stale");
    const inner = { type: "text", text: "SECRET", parsed_output: "SECRET" };
    const { content, paths } = asResponse({
      type: "mcp_tool_result",
      tool_use_id: "1",
      content: [inner],
    });
    expect(content).toMatchObject([{ content: [{ type: "text", text: "***" }] }]);
    expect(paths).toEqual(["[0].content[0].content.content"]);
  });

  it("stays with an unchanged turn", () => {
    verifies("anthropic:onto");
    const onto = { messages: [answer] };
    const { messages } = fromMessagesRequest(onto);
    expect(toMessagesRequest(messages, { onto })).toEqual({ document: onto, lost: [] });
  });
});

describe("what is next to a removed text or bytes", () => {
  it("is reported for texts that are joined", () => {
    verifies("adapters:gone");
    const cached = { type: "text", text: "b", cache_control: { type: "ephemeral" } };
    const texts = [{ type: "text", text: "SECRET" }, { type: "text", text: "a" }, cached];
    const result = { type: "search_result", source: "s", title: "t", content: texts };
    const source = { type: "content", content: texts };
    const { content, paths } = asRequest(result, { type: "document", source });
    const one = [{ type: "text", text: "***\na\nb" }];
    expect(content).toEqual([
      { ...result, content: one },
      { type: "document", source: { type: "content", content: one } },
    ]);
    const old = "onto.messages[0].content";
    expect(paths).toEqual([`${old}[0].content[2]`, `${old}[1].source.content[2]`]);
  });

  it("is reported for a source that changes its type", () => {
    verifies("adapters:gone");
    const source = { type: "url", url: "https://a", later: "hidden" };
    const blocks = [
      { type: "image", source },
      { type: "document", source },
    ];
    const onto = { messages: [{ role: "user", content: blocks }] };
    const bytes = { type: "base64", data: "AA==", media_type: "image/png" } as const;
    const edited = createMessage({
      role: "user",
      content: [
        { content_type: "image", content: bytes },
        { content_type: "document", content: bytes },
      ],
    });
    const { document, lost } = toMessagesRequest([edited], { onto });
    expect(JSON.stringify(document)).not.toContain("hidden");
    expect(pathsOf(lost)).toEqual([0, 1].map((i) => `onto.messages[0].content[${i}].source.later`));
    const elsewhere = { ...bytes, type: "url", data: "https://b" } as const;
    const kept = createMessage({
      role: "user",
      content: [{ content_type: "image", content: elsewhere }],
    });
    const one = { messages: [{ role: "user", content: blocks.slice(0, 1) }] };
    const said = toMessagesRequest([kept], { onto: one });
    expect(JSON.stringify(said.document)).toContain("hidden");
    expect(pathsOf(said.lost)).not.toContainEqual(expect.stringContaining("later"));
  });
});

describe("an initial input of a call", () => {
  const streamed = (input: unknown, ...pieces: readonly string[]) => {
    const stream = messagesStream();
    const message = { id: "m", type: "message", role: "assistant", model: "m", content: [] };
    stream.push({ type: "message_start", message });
    const block = { type: "tool_use", id: "1", name: "f", input };
    stream.push({ type: "content_block_start", index: 0, content_block: block });
    for (const partial_json of pieces) {
      const delta = { type: "input_json_delta", partial_json };
      stream.push({ type: "content_block_delta", index: 0, delta });
    }
    stream.push({ type: "content_block_stop", index: 0 });
    return stream;
  };

  it("is reported if pieces of another input follow, which the SDK prefers", () => {
    verifies("anthropic:arguments");
    for (const first of [{ a: "hidden" }, "hidden", ["hidden"]]) {
      const { current, document } = streamed(first, '{"b"', ":1}");
      expect(document.content).toMatchObject([{ input: { b: 1 } }]);
      expect(current.left).toMatchObject([{ path: "content[0].input", kind: "content" }]);
    }
  });

  it("is not reported if the pieces are equal", () => {
    verifies("anthropic:arguments");
    expect(streamed({ z: 1 }, '{"z"', ": 1}").current.left).toEqual([]);
  });

  it("is shown if no pieces follow, and not reported if empty", () => {
    verifies("anthropic:arguments");
    for (const pieces of [[], ["", " "]]) {
      const { current } = streamed({ a: 1 }, ...pieces);
      expect(current.messages[0]?.content).toMatchObject([{ content: { arguments: { a: 1 } } }]);
      expect(current.left).toEqual([]);
    }
    for (const first of [{}, null, ""]) {
      expect(streamed(first, '{"b":1}').current.left).toEqual([]);
    }
  });
});
