// Only in test:all: it handles input of every large size.
/** The host's limits for documents and for what passes a guard. */
import { createPluginManager, definePlugin } from "glassine";
import * as aiSdk from "glassine/ai-sdk";
import * as anthropic from "glassine/anthropic";
import * as bedrock from "glassine/bedrock";
import * as google from "glassine/google";
import * as mcp from "glassine/mcp";
import type { Message } from "glassine/messages";
import * as openai from "glassine/openai";
import { describe, expect, it } from "vitest";
import { codeOf } from "../data/support.ts";
import { verifies } from "../support/verifies.ts";
import { rawGuard, result, toolCall } from "./mcp/support/raw.ts";

/** An image of 20 MB, as base64. */
const bytes = "A".repeat(28_000_000);
const limits = { units: 64_000_000 };
const raw = Buffer.from(bytes, "base64");
const url = `data:image/png;base64,${bytes}`;
const id = "7";
const call = { id, name: "camera" };

const imageOf = (source: Uint8Array) => ({
  messages: [{ role: "user", content: [{ image: { format: "png", source: { bytes: source } } }] }],
});

type Function = (...given: unknown[]) => unknown;
const translations = Object.entries({
  ...aiSdk,
  ...anthropic,
  ...bedrock,
  ...google,
  ...mcp,
  ...openai,
})
  .filter(([name]) => /^(from|to)[A-Z]/.test(name))
  .map(([name, translate]) => [name, translate as Function] as const);

const dataOf = (messages: readonly Message[]) => JSON.stringify(messages).includes(bytes);

describe("a document over the limits of the library", () => {
  const block = {
    type: "image",
    source: { type: "base64", media_type: "image/png", data: bytes },
  };
  const documents: Record<string, [object, Function, Function]> = {
    "a request to Anthropic": [
      { model: "m", max_tokens: 1, messages: [{ role: "user", content: [block] }] },
      anthropic.fromMessagesRequest as Function,
      anthropic.toMessagesRequest as Function,
    ],
    "a request to Google": [
      { contents: [{ parts: [{ inlineData: { mimeType: "image/png", data: bytes } }] }] },
      google.fromGenerateRequest as Function,
      google.toGenerateRequest as Function,
    ],
    "a request to Bedrock": [
      imageOf(raw),
      bedrock.fromConverseRequest as Function,
      (messages, options) => {
        const { onto } = options as { readonly onto: object };
        const { document } = bedrock.toConverseRequest(
          messages as readonly Message[],
          options as object,
        );
        const [block] = (document as ReturnType<typeof imageOf>).messages[0]?.content ?? [];
        expect(raw.equals(block?.image.source.bytes as Uint8Array)).toBe(true);
        // JSON writes bytes one by one, so they were compared above instead.
        return { document: onto, lost: [] };
      },
    ],
    "a chat request": [
      {
        model: "m",
        messages: [{ role: "user", content: [{ type: "image_url", image_url: { url } }] }],
      },
      openai.fromChatRequest as Function,
      openai.toChatRequest as Function,
    ],
    "a prompt of the AI SDK": [
      [{ role: "user", content: [{ type: "file", data: bytes, mediaType: "image/png" }] }],
      aiSdk.fromPrompt as Function,
      aiSdk.toPrompt as Function,
    ],
    "a result of a tool": [
      { content: [{ type: "image", data: bytes, mimeType: "image/png" }] },
      (document, options) =>
        mcp.fromToolResult(document as object, { ...call, ...(options as object) }),
      (messages, options) =>
        mcp.toToolResult(messages as readonly Message[], { ...call, ...(options as object) }),
    ],
  };

  it.each(Object.entries(documents))(
    "passes if the host allows it: %s",
    (_what, [onto, from, to]) => {
      verifies("adapters:limits");
      expect(codeOf(() => from(onto))).toBe("document_invalid");
      const { messages } = from(onto, { limits }) as mcp.Read;
      expect(dataOf(messages)).toBe(true);
      const { document } = to(messages, { onto, limits }) as mcp.Written<object>;
      expect(document === onto || JSON.stringify(document) === JSON.stringify(onto)).toBe(true);
      expect(codeOf(() => to(messages, { onto }))).toMatch(/^(message|document)_invalid$/);
      // The limits of one call do not apply to the next.
      expect(codeOf(() => from(onto))).toBe("document_invalid");
    },
  );

  it("may be less, too", () => {
    const document = { model: "m", messages: [{ role: "user", content: "Ahoy" }] };
    const narrow = { limits: { units: 10 } };
    expect(codeOf(() => openai.fromChatRequest(document, narrow))).toBe("document_invalid");
    expect(openai.fromChatRequest(document).messages).toHaveLength(1);
  });

  it("is also enforced in a stream", () => {
    const text = "a".repeat(17_000_000);
    const stream = openai.chatStream({ textUnits: 20_000_000, limits });
    stream.push({ choices: [{ index: 0, delta: { role: "assistant", content: text } }] });
    const [part] = stream.current.messages[0]?.content ?? [];
    expect(part?.content_type === "text" && part.text.length).toBe(text.length);
    expect(stream.done).toBe(false);
  });
});

it("options of documents may be undefined, in types and at run time", () => {
  const none = undefined;
  const stream = openai.chatStream({ maxEvents: none, textUnits: none, limits: none });
  expect(stream.done).toBe(false);
  const onto = { model: "m", messages: [] };
  const { document } = openai.toChatRequest([], { onto, extensions: none, limits: none });
  expect(document).toEqual(onto);
  expect(openai.toChatResponse([], { onto: none, extensions: none }).document).toBeTypeOf("object");
});

describe("each translation", () => {
  it.each(translations)("%s accepts limits, and refuses unknown ones", (_name, translate) => {
    verifies("adapters:limits");
    expect(() => translate({}, { limits: { depth: 0 } })).toThrow("limits.depth");
    expect(codeOf(() => translate({}, { limits: { size: 1 } }))).toBe("options_invalid");
    expect(codeOf(() => translate({}, { limit: { depth: 1 } }))).toBe("options_invalid");
  });
});

describe("a guard", () => {
  const answer = { content: [{ type: "image", data: bytes, mimeType: "image/png" }] };
  const seen: boolean[] = [];
  const looks = definePlugin({
    name: "looks",
    version: "1.0.0",
    hooks: {
      tool_post_invoke: (payload) => void seen.push(JSON.stringify(payload).includes(bytes)),
    },
  });
  const adds = definePlugin({
    name: "adds",
    version: "1.0.0",
    hooks: {
      message_post_invoke: (message) => {
        const [part] = message.content;
        if (part?.content_type !== "tool_result") return undefined;
        const { content } = part.content.content as unknown as typeof answer;
        const more = { content: [...content, { type: "text", text: "Seen." }] };
        const changed = { ...part, content: { ...part.content, content: more } };
        return { modifiedPayload: { ...message, content: [changed] } };
      },
    },
  });

  async function answered(
    plugin: typeof looks,
    options: { readonly payloadLimits?: typeof limits },
  ) {
    const manager = await createPluginManager({ plugins: [plugin], ...options });
    const { guard, peer, received } = await rawGuard(manager);
    await guard.send(toolCall(1));
    peer(result(1, answer));
    await expect.poll(() => received().length, { timeout: 30_000 }).toBe(1);
    return { manager, message: received()[0] };
  }

  it("passes what the payload limits of its manager allow, and shows it", async () => {
    verifies("adapters:limits");
    const { manager, message } = await answered(looks, { payloadLimits: limits });
    expect(manager.payloadLimits).toMatchObject({ units: 64_000_000, depth: 64 });
    expect(((message as { result: unknown }).result as typeof answer).content[0]?.data.length).toBe(
      bytes.length,
    );
    expect(seen).toEqual([true]);
  });

  it("refuses it by default", async () => {
    const { message } = await answered(looks, {});
    expect(message).toMatchObject({ error: { data: { code: "guard_failed" } } });
  });

  it("writes what a plugin changed under the same limits", async () => {
    const { message } = await answered(adds, { payloadLimits: limits });
    const { content } = (message as { result: unknown }).result as typeof answer;
    expect(content.map(({ type }) => type)).toEqual(["image", "text"]);
    expect(content[0]?.data.length).toBe(bytes.length);
  });
});
