/** Limits of streamed answers, and what is not an event of one. */
import { contentStream } from "glassine/ai-sdk";
import { messagesStream } from "glassine/anthropic";
import { chatStream, responsesStream } from "glassine/openai";
import { describe, expect, it } from "vitest";
import { codeOf } from "../data/support.ts";

const chunk = (content: string) => ({
  id: "a",
  object: "chat.completion.chunk" as const,
  created: 1,
  model: "m",
  choices: [{ index: 0, delta: { content }, finish_reason: null }],
});

describe("a stream", () => {
  it("may reach its limits, and not exceed them", () => {
    const stream = chatStream({ maxEvents: 2 });
    stream.push(chunk("a"));
    stream.push(chunk("b"));
    expect(codeOf(() => stream.push(chunk("c")))).toBe("stream_limit");
    // The text around it counts as well.
    const limited = chatStream({ textUnits: 8 });
    limited.push(chunk("abc"));
    expect(limited.current.messages).toMatchObject([{ content: [{ text: "abc" }] }]);
    expect(codeOf(() => limited.push(chunk("d")))).toBe("stream_limit");
    expect(codeOf(() => chatStream({ textUnits: 8 }).push(chunk("abcd")))).toBe("stream_limit");
  });

  it.each([0, -1, 1.5, Number.NaN, "3", null])("has whole numbers for limits, not %j", (limit) => {
    expect(codeOf(() => chatStream({ maxEvents: limit as number }))).toBe("options_invalid");
    expect(codeOf(() => chatStream({ textUnits: limit as number }))).toBe("options_invalid");
  });

  it("refuses a string, with advice", () => {
    const streams = [chatStream(), responsesStream(), messagesStream(), contentStream()];
    for (const stream of streams) {
      expect(() => stream.push("[DONE]" as never)).toThrow(
        /^The stream is not readable at (?:event|chunk): expected an object \(parse the JSON of each `data:` line; `\[DONE\]` is not an event\), got a string\.$/,
      );
      expect(stream.done).toBe(false);
    }
  });
});
