/** Responses of the Messages API as a message, and back. */
import { readFileSync } from "node:fs";
import type Anthropic from "@anthropic-ai/sdk";
import type { BetaRefusalStopDetails } from "@anthropic-ai/sdk/resources/beta/messages";
import { createExtensions, isGlassineError } from "glassine";
import {
  fromMessagesRequest,
  fromMessagesResponse,
  messagesStream,
  notAllowed,
  toMessagesEvents,
  toMessagesResponse,
} from "glassine/anthropic";
import { createMessage, type Message, type MessageInput } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../data/support.ts";
import { verifies } from "../../support/verifies.ts";
import { answer, usage } from "./support/answers.ts";

type Parts = NonNullable<MessageInput["content"]>;

const text = (value: string) => ({ content_type: "text", text: value }) as const;
const said = (...content: Parts) => createMessage({ role: "assistant", content });
const call = { type: "tool_use", id: "1", name: "add", input: { a: 1 } } as Anthropic.ToolUseBlock;
const plain = (value: string): Anthropic.TextBlock => ({
  type: "text",
  text: value,
  citations: null,
});
const only = (document: unknown) => fromMessagesResponse(document).messages[0] as Message;

describe("stop reasons", () => {
  it.each([
    ["end_turn", "end"],
    ["tool_use", "call"],
    ["max_tokens", "max_tokens"],
    ["stop_sequence", "stop_sequence"],
  ] as const)("%s is %s, and back", (stopReason, reason) => {
    verifies("anthropic:stop-reasons");
    const { messages, extensions, left } = fromMessagesResponse(
      answer([], { stop_reason: stopReason }),
    );
    expect(extensions.completion.stop_reason).toBe(reason);
    expect(left).toEqual([]);
    expect(toMessagesResponse(messages, { extensions }).document.stop_reason).toBe(stopReason);
  });

  it.each(["pause_turn", "refusal", "model_context_window_exceeded"] as const)(
    "%s is reported, since the slot has no value for it",
    (stopReason) => {
      verifies("anthropic:stop-reasons");
      const read = fromMessagesResponse(answer([], { stop_reason: stopReason }));
      expect(read.extensions.completion).not.toHaveProperty("stop_reason");
      expect(read.left).toMatchObject([{ path: "stop_reason", kind: "setting" }]);
    },
  );

  it("of a return are an end, which is reported", () => {
    verifies("anthropic:stop-reasons");
    const { document, lost } = toMessagesResponse([said()], {
      extensions: { completion: { stop_reason: "return" } },
    });
    expect(document.stop_reason).toBe("end_turn");
    expect(lost).toMatchObject([{ path: "completion.stop_reason" }]);
  });

  it("follow the calls that an edit removes or adds", () => {
    verifies("anthropic:stop-follows");
    const calling = answer([plain("a"), call], { stop_reason: "tool_use" });
    const stopOf = (messages: readonly Message[], onto: Anthropic.Message) =>
      toMessagesResponse(messages, { onto }).document.stop_reason;
    const message = only(calling);
    expect(stopOf([message], calling)).toBe("tool_use");
    expect(stopOf([said(text("a"))], calling)).toBe("end_turn");
    const ended = answer([plain("a")]);
    expect(stopOf([message], ended)).toBe("tool_use");
    expect(stopOf([said(text("b"))], ended)).toBe("end_turn");
    const cut = answer([call], { stop_reason: "max_tokens" });
    expect(stopOf([said(text("a"))], cut)).toBe("max_tokens");
    expect(toMessagesResponse([message]).document.stop_reason).toBe("tool_use");
  });
});

describe("usage", () => {
  it("counts cache writes and reads as input", () => {
    verifies("anthropic:usage");
    const { extensions, left } = fromMessagesResponse(
      answer([], {
        usage: {
          ...usage,
          input_tokens: 10,
          output_tokens: 5,
          cache_creation_input_tokens: 200,
          cache_read_input_tokens: 3000,
          service_tier: "standard",
        },
      }),
    );
    expect(extensions.completion.tokens).toEqual({
      input_tokens: 3210,
      output_tokens: 5,
      total_tokens: 3215,
    });
    expect(left.map(({ path, kind }) => [path, kind])).toEqual([
      ["usage.cache_creation_input_tokens", "setting"],
      ["usage.cache_read_input_tokens", "setting"],
      ["usage.service_tier", "setting"],
    ]);
  });

  it("that is absent or incomplete has no token counts", () => {
    verifies("anthropic:usage");
    for (const some of [undefined, null, { input_tokens: 1 }]) {
      const document = { ...answer([]), usage: some };
      expect(
        fromMessagesResponse(JSON.parse(JSON.stringify(document))).extensions.completion,
      ).toEqual({ raw_format: "anthropic", model: "claude-opus-4-8", stop_reason: "end" });
    }
  });

  it("with its own total is reported as lost", () => {
    verifies("anthropic:lost");
    const { lost } = toMessagesResponse([said()], {
      extensions: {
        completion: { tokens: { input_tokens: 1, output_tokens: 1, total_tokens: 3 } },
      },
    });
    expect(lost).toMatchObject([{ path: "completion.tokens.total_tokens" }]);
  });
});

describe("a response", () => {
  it("returns extensions that an envelope accepts", () => {
    verifies("anthropic:usage");
    const { extensions } = fromMessagesResponse(answer([plain("a")]));
    expect(createExtensions(extensions)).toMatchObject({
      llm: { model_id: "claude-opus-4-8", provider: "anthropic" },
      completion: { model: "claude-opus-4-8", raw_format: "anthropic", stop_reason: "end" },
      provenance: { message_id: "msg_1" },
    });
  });

  it("leaves over content that a person reads, and unknown fields", () => {
    verifies("anthropic:left");
    const document = {
      ...answer([{ type: "redacted_thinking", data: "EmwK" }], {
        stop_reason: "refusal",
        stop_details: { type: "refusal", category: "cyber", explanation: "no" },
        container: { id: "c", expires_at: "2026-11-20T00:00:00Z", skills: null },
      }),
      later: 1,
    };
    const { left } = fromMessagesResponse(document);
    expect(Object.fromEntries(left.map(({ path, kind }) => [path, kind]))).toEqual({
      "content[0]": "content",
      stop_reason: "setting",
      "stop_details.type": "setting",
      "stop_details.category": "setting",
      "container.id": "setting",
      "container.expires_at": "setting",
      later: "content",
    });
  });

  it("of a web search, and the next request with it, pass with what docs/anthropic.md names", () => {
    verifies("anthropic:left");
    const content = [
      { type: "server_tool_use", id: "s", name: "web_search", input: { query: "q" } },
      {
        type: "web_search_tool_result",
        tool_use_id: "s",
        content: [
          {
            type: "web_search_result",
            url: "https://a",
            title: "T",
            encrypted_content: "Eq",
            page_age: "April 30, 2025",
          },
        ],
      },
      {
        type: "text",
        text: "So it is.",
        citations: [
          {
            type: "web_search_result_location",
            url: "https://a",
            title: "T",
            encrypted_index: "Eo",
            cited_text: "So",
          },
        ],
      },
    ];
    const page = readFileSync("docs/anthropic.md", "utf8");
    const line = page.split("\n").find((each) => each.startsWith("Web search needs")) ?? "";
    const allow = [...line.matchAll(/`"([^"]+)"`/g)].map(([, entry]) => String(entry));
    expect(allow).toHaveLength(4);
    const { left } = fromMessagesResponse({ ...answer([]), content });
    expect(notAllowed(left, [...allow, "setting"])).toEqual([]);
    const again = fromMessagesRequest({
      model: "m",
      max_tokens: 1,
      tools: [{ type: "web_search_20250305", name: "web_search" }],
      messages: [{ role: "assistant", content }],
    });
    expect(notAllowed(again.left, [...allow, "setting"])).toEqual([]);
    for (const entry of allow) {
      const rest = allow.filter((each) => each !== entry);
      const refused = [...left, ...again.left];
      expect(notAllowed(refused, [...rest, "setting"]), entry).not.toEqual([]);
    }
  });

  const refused = answer([plain("I can")], {
    stop_reason: "refusal",
    stop_details: { type: "refusal", category: "cyber", explanation: "About 078-05-1120." },
  });

  it("shows why a model refused as its last text", () => {
    verifies("anthropic:refusal");
    const { messages, left } = fromMessagesResponse(refused);
    expect(messages[0]?.content).toEqual([text("I can"), text("About 078-05-1120.")]);
    expect(notAllowed(left, ["setting"])).toEqual([]);
    const none = { ...refused, stop_details: { ...refused.stop_details, explanation: null } };
    expect(fromMessagesResponse(none).messages[0]?.content).toEqual([text("I can")]);
    const wrong = { ...refused, stop_details: { explanation: 1 } };
    expect(codeOf(() => fromMessagesResponse(wrong))).toBe("document_invalid");
  });

  it("says as settings how a refused request is asked again at a lower price", () => {
    verifies("anthropic:left");
    const stop_details: BetaRefusalStopDetails = {
      type: "refusal",
      category: "bio",
      explanation: null,
      recommended_model: null,
      fallback_credit_token: "fct_1",
      fallback_has_prefill_claim: true,
    };
    const { left } = fromMessagesResponse({ ...answer([]), stop_reason: "refusal", stop_details });
    const found = left.map(({ path }) => path);
    expect(found).toContain("stop_details.fallback_credit_token");
    expect(found).toContain("stop_details.fallback_has_prefill_claim");
    expect(notAllowed(left, ["setting"])).toEqual([]);
  });

  it("writes another reason into its place, and null for none", () => {
    verifies("anthropic:refusal", "anthropic:onto");
    const write = (...content: readonly object[]) =>
      toMessagesResponse([said(...(content as never[]))], { onto: refused });
    const withReason = (explanation: string | null) => ({
      ...refused,
      stop_details: { ...refused.stop_details, explanation },
    });
    const changed = write(text("I can"), text("About ***."));
    expect(changed).toEqual({ document: withReason("About ***."), lost: [] });
    expect(write(text("I can"))).toEqual({ document: withReason(null), lost: [] });
  });

  it("has one reason in a stream: another one is refused", () => {
    verifies("anthropic:refusal", "anthropic:stream-refused");
    const said = (explanation: string) => ({
      type: "message_delta",
      delta: { stop_details: { type: "refusal", explanation } },
    });
    const stream = messagesStream();
    for (const event of toMessagesEvents(answer([])).slice(0, 1)) stream.push(event);
    stream.push(said("one"));
    expect(codeOf(() => stream.push(said("two")))).toBe("stream_invalid");
  });

  it("has the same reason in a stream", () => {
    verifies("anthropic:refusal", "anthropic:events");
    const stream = messagesStream();
    for (const event of toMessagesEvents(refused)) stream.push(event);
    expect(stream.current.messages).toEqual(fromMessagesResponse(refused).messages);
    expect(stream.document).toEqual(refused);
  });

  it("keeps everything else when its text changes", () => {
    verifies("anthropic:onto");
    const onto = answer([plain("078-05-1120"), { type: "redacted_thinking", data: "EmwK" }]);
    const { document, lost } = toMessagesResponse([said(text("***"))], { onto });
    expect(document).toEqual({
      ...onto,
      content: [plain("***"), { type: "redacted_thinking", data: "EmwK" }],
    });
    expect(lost).toEqual([]);
    expect(Object.isFrozen(document.content[0])).toBe(true);
  });

  it("keeps changed thinking without its signature, which is reported", () => {
    verifies("anthropic:signature");
    const onto = answer([{ type: "thinking", thinking: "hm", signature: "EqQB" }]);
    const changed = said({ content_type: "thinking", text: "***" });
    const { document, lost } = toMessagesResponse([changed], { onto });
    expect(document.content).toEqual([{ type: "thinking", thinking: "***", signature: "" }]);
    expect(lost).toMatchObject([{ path: "[0].content[0]" }]);
    expect(toMessagesResponse([changed]).lost).toEqual([]);
  });

  it("written fresh has every field that the SDK's types require", () => {
    verifies("anthropic:onto");
    const { messages, extensions } = fromMessagesResponse(
      answer([plain("a"), { ...call, caller: { type: "direct" } }], { stop_reason: "tool_use" }),
    );
    expect(toMessagesResponse(messages, { extensions }).document).toEqual(
      answer([plain("a"), { ...call, caller: { type: "direct" } }], { stop_reason: "tool_use" }),
    );
  });

  it("is one message of an assistant's text, thinking and calls; the rest is reported", () => {
    verifies("anthropic:lost");
    const image = { content_type: "image", content: { type: "url", data: "https://a" } } as const;
    const user = createMessage({ role: "user", content: [image], channel: "final" });
    const { document, lost } = toMessagesResponse([user, said(text("more"))]);
    expect(document.content).toEqual([]);
    expect(lost.map(({ path }) => path).sort()).toEqual([
      "[0].channel",
      "[0].content[0]",
      "[0].role",
      "[1]",
    ]);
    expect(toMessagesResponse([]).document.content).toEqual([]);
  });

  it.each([
    [{ type: "error", error: { type: "overloaded_error", message: "busy" } }, "type"],
    [{ ...answer([]), role: "user" }, "role"],
    [{ ...answer([]), content: "a" }, "content"],
    [{ ...answer([]), content: [{ type: "tool_use", id: 1, name: "a" }] }, "content[0].id"],
    [{ ...answer([]), usage: { input_tokens: -1, output_tokens: 1 } }, "usage.input_tokens"],
  ])("of the wrong shape is refused with its path: %#", (document, path) => {
    verifies("anthropic:shape");
    let refused: unknown;
    try {
      fromMessagesResponse(document);
    } catch (error) {
      refused = error;
    }
    expect(isGlassineError(refused) && refused.code).toBe("document_invalid");
    expect(String(refused)).toContain(`${path}: expected`);
  });
});
