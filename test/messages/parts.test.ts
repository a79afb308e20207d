import { isGlassineError } from "glassine";
import {
  audio,
  createMessage,
  document,
  image,
  promptRequest,
  promptResult,
  resource,
  resourceRef,
  text,
  thinking,
  toolCall,
  toolResult,
  video,
} from "glassine/messages";
import { describe, expect, expectTypeOf, it } from "vitest";

const url = { type: "url", data: "https://media.example/pier" } as const;
const file = { resource_request_id: "r", uri: "file:///a", resource_type: "file" } as const;
const made = [
  text("Ahoy"),
  thinking("Hm."),
  toolCall({ tool_call_id: "c", name: "add", arguments: { a: 1 } }),
  toolResult({ tool_call_id: "c", tool_name: "add", content: [1] }),
  resource({ ...file, content: "text" }),
  resourceRef({ ...file, range_start: 1 }),
  promptRequest({ prompt_request_id: "p", name: "greet" }),
  promptResult({
    prompt_request_id: "p",
    prompt_name: "greet",
    messages: [createMessage({ role: "user" })],
  }),
  image(url),
  video({ ...url, duration_ms: 5 }),
  audio({ ...url, media_type: "audio/wav" }),
  document({ ...url, title: "Tides" }),
] as const;

describe("the constructors of parts", () => {
  it("create parts of messages, including defaults", () => {
    const message = createMessage({ role: "assistant", content: made });
    expect(message.content).toEqual(made);
    for (const part of made) expect(Object.isFrozen(part)).toBe(true);
    expect(made.map(({ content_type }) => content_type)).toEqual([
      "text",
      "thinking",
      "tool_call",
      "tool_result",
      "resource",
      "resource_ref",
      "prompt_request",
      "prompt_result",
      "image",
      "video",
      "audio",
      "document",
    ]);
    expect(toolCall({ tool_call_id: "c", name: "add" }).content.arguments).toEqual({});
  });

  it("have exact types for arguments and results", () => {
    expectTypeOf(text("a").text).toEqualTypeOf<string>();
    expectTypeOf(toolCall({ tool_call_id: "c", name: "n" }).content.name).toEqualTypeOf<string>();
    expectTypeOf(image(url).content.type).toEqualTypeOf<"url" | "base64">();
    // @ts-expect-error: a name is required
    expect(() => toolCall({ tool_call_id: "c" })).toThrow("content.name");
    // @ts-expect-error: a source is a URL or base64
    expect(() => image({ type: "file", data: "a" })).toThrow("content.type");
  });

  it("refuse with the path, but without the value", () => {
    const secret = "canary";
    try {
      resource({ ...file, content: secret, blob: secret, size_bytes: -1 });
      expect.unreachable();
    } catch (error) {
      if (!isGlassineError(error)) throw error;
      expect(error.code).toBe("message_invalid");
      expect(error.message).toMatch(/^The resource part is not readable\. /);
      expect(error.data.problems?.map(({ path }) => path.join("."))).toContain(
        "content.size_bytes",
      );
      expect(JSON.stringify([error.message, error.data])).not.toContain(secret);
    }
    expect(() => text(5 as never)).toThrow("a string");
  });

  it("of a prompt accept messages as createMessage does, and existing messages", () => {
    const whole = createMessage({ role: "assistant", content: [text("b")] });
    const { content } = promptResult({
      prompt_request_id: "p",
      prompt_name: "n",
      messages: [{ role: "user", content: [text("a")] }, whole],
    });
    expect(content.messages).toMatchObject([{ schema_version: "2.0", role: "user" }, whole]);
    // @ts-expect-error: a message has a role.
    expect(() => promptResult({ ...content, messages: [{ content: [] }] })).toThrow();
  });
});
