import type { LanguageModelV3StreamPart } from "@ai-sdk/provider";
import { contentStream, type StreamPartLike, toStreamParts } from "glassine/ai-sdk";
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../data/support.ts";
import { verifies } from "../../support/verifies.ts";

type Event = LanguageModelV3StreamPart | { readonly type: "later" };
const streamOf = (...events: readonly (Event | StreamPartLike)[]) => {
  const stream = contentStream();
  for (const event of events) stream.push(event);
  return stream;
};

const finish: Event = {
  type: "finish",
  finishReason: { unified: "stop", raw: undefined },
  usage: {
    inputTokens: { total: 1, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
    outputTokens: { total: 2, text: undefined, reasoning: undefined },
  },
};
const begun: Event = { type: "text-start", id: "1" };
const piece: Event = { type: "text-delta", id: "1", delta: "a" };
const ended: Event = { type: "text-end", id: "1" };
const input: Event = { type: "tool-input-start", id: "c", toolName: "t" };
const inputPiece: Event = { type: "tool-input-delta", id: "c", delta: "{}" };
const inputEnd: Event = { type: "tool-input-end", id: "c" };
const call: Event = { type: "tool-call", toolCallId: "c", toolName: "t", input: "{}" };
const result: Event = { type: "tool-result", toolCallId: "c", toolName: "t", result: "a" };

describe("a stream", () => {
  it("returns the same result as without streaming", () => {
    verifies("aisdk:streamed-alike");
    const stream = streamOf(
      { type: "stream-start", warnings: [] },
      { type: "response-metadata", id: "r" },
      { type: "response-metadata", modelId: "m", timestamp: new Date(0) },
      { type: "reasoning-start", id: "1" },
      { type: "text-start", id: "1", providerMetadata: { a: {} } },
      { type: "reasoning-delta", id: "1", delta: "Hm" },
      piece,
      { type: "reasoning-delta", id: "1", delta: "", providerMetadata: { a: { signature: "s" } } },
      input,
      inputPiece,
      { ...piece, delta: "b" },
      ended,
      inputEnd,
      call,
      { type: "reasoning-end", id: "1" },
      begun,
      ended,
      finish,
    );
    expect(stream.done).toBe(true);
    expect(stream.document).toEqual({
      content: [
        { type: "reasoning", text: "Hm", providerMetadata: { a: { signature: "s" } } },
        { type: "text", text: "ab", providerMetadata: { a: {} } },
        call,
        { type: "text", text: "" },
      ],
      warnings: [],
      response: { id: "r", modelId: "m", timestamp: new Date(0) },
      finishReason: finish.finishReason,
      usage: finish.usage,
    });
    expect(stream.current.extensions.completion).toMatchObject({
      stop_reason: "end",
      model: "m",
      tokens: { total_tokens: 3 },
    });
  });

  it("shows what has arrived so far", () => {
    verifies("aisdk:stream-current");
    const stream = streamOf(begun, { ...piece, delta: "a\ud83d" }, input, inputPiece);
    expect(stream.done).toBe(false);
    expect(stream.current.messages[0]?.content).toEqual([{ content_type: "text", text: "a" }]);
    expect(stream.current.left).toEqual([
      { path: "toolInputs[0]", kind: "content", reason: expect.any(String) },
    ]);
    stream.push({ ...piece, delta: "\ude00" } as StreamPartLike);
    stream.push(call);
    expect(stream.current.messages[0]?.content).toMatchObject([
      { text: "a\u{1f600}" },
      { content: { name: "t", arguments: {} } },
    ]);
    expect(stream.current.left).toEqual([]);
  });

  it("has one result for a call, the last", () => {
    verifies("aisdk:stream-preliminary");
    const early = { ...result, preliminary: true };
    const other = { ...result, toolCallId: "d" };
    const stream = streamOf(
      early,
      other,
      { ...early, result: "b" },
      { ...result, result: "c" },
      result,
    );
    expect(stream.document.content).toEqual([{ ...result, result: "c" }, other, result]);
  });

  it("reports errors, raw events and unknown events", () => {
    verifies("aisdk:stream-aside", "aisdk:refused");
    const error = { type: "error", error: new Error("e") } as const;
    const raw = { type: "raw", rawValue: 1 } as const;
    const stream = streamOf(raw, raw, { type: "later" }, finish, error, raw);
    expect(stream.current.left.map(({ path, kind }) => [path, kind])).toEqual([
      ["content[0]", "content"],
      ["errors", "content"],
      ["raw", "setting"],
    ]);
  });

  it("keeps the content of its errors, and streams them again", () => {
    verifies("aisdk:stream-aside", "aisdk:stream-events");
    const details = { code: 529, inner: { retry: [1, 2] } };
    const thrown = new Error("e");
    const errors = [details, thrown].map((error) => ({ type: "error", error }) as const);
    const { document, current } = streamOf(...errors, finish);
    expect(Reflect.get(document, "errors")).toEqual([details, thrown]);
    expect(current.left).toMatchObject([{ path: "errors", kind: "content" }]);
    expect(toStreamParts(document).filter(({ type }) => type === "error")).toEqual(errors);
  });

  it("reports unknown fields, and events that are not kept", () => {
    verifies("aisdk:stream-unknown");
    const later = { html: "<b>", none: null };
    const stream = streamOf(
      { type: "stream-start", warnings: [], ...later },
      begun,
      { ...piece, ...later },
      { ...ended, ...later },
      { ...input, title: "Delete all", dynamic: true },
      { ...inputPiece, ...later },
      call,
    );
    expect(stream.current.left).toEqual(
      ["[0].html", "[2].html", "[3].html", "[4].title", "[5].html"].map((path) => ({
        path: `events${path}`,
        kind: "content",
        reason: expect.any(String),
      })),
    );
  });

  it("accepts no more events after a refused one, and is never done", () => {
    verifies("aisdk:stream-faults");
    const stream = streamOf(begun, piece, ended);
    const first = refusalOf(() => stream.push(ended as StreamPartLike));
    expect(refusalOf(() => stream.push(finish as StreamPartLike))).toBe(first);
    expect(stream.done).toBe(false);
    const over = streamOf(finish);
    expect(refusalOf(() => over.push(begun as StreamPartLike)).code).toBe("stream_invalid");
    expect(over.done).toBe(false);
  });

  it.each<[string, readonly (Event | object)[], string]>([
    ["a piece of nothing", [piece], "id"],
    ["a piece after its end", [begun, ended, piece], "id"],
    ["an end of nothing", [ended], "id"],
    ["a piece of another kind", [begun, { ...piece, type: "reasoning-delta" }], "id"],
    ["a second start", [begun, begun], "id"],
    ["a piece of no text", [begun, { ...piece, delta: 1 }], "delta"],
    ["a start without id", [{ type: "text-start" }], "id"],
    ["input of nothing", [inputPiece], "id"],
    ["input after its end", [input, inputEnd, inputPiece], "id"],
    ["a second end of input", [input, inputEnd, inputEnd], "id"],
    ["a second start of input", [input, input], "id"],
    ["input after its call", [input, call, inputPiece], "id"],
    ["a call of another name", [input, { ...call, toolName: "u" }], "toolName"],
    ["text after the end", [finish, begun], "after the end"],
    ["a second end", [finish, finish], "after the end"],
    ["an end while text is open", [begun, { ...piece, delta: "\ud83d" }, finish], "finish"],
    ["half a character", [begun, { ...piece, delta: "\ud83d" }, ended], "delta"],
    ["a call without input", [{ ...call, input: undefined }], "input"],
    ["an odd finish reason", [{ ...finish, finishReason: 3 }], "finishReason"],
    ["an event without type", [{}], "type"],
    ["no event", [null as never], "event"],
  ])("refuses %s", (_name, events, where) => {
    verifies("aisdk:stream-faults", "aisdk:refused");
    const [last, ...before] = [...events].reverse();
    const stream = streamOf(...(before.reverse() as Event[]));
    const { code, message } = refusalOf(() => stream.push(last as StreamPartLike));
    expect(code).toBe("stream_invalid");
    expect(message).toContain(where);
  });

  it("enforces its limits", () => {
    verifies("aisdk:stream-limits");
    const push = (limits: object, ...events: readonly StreamPartLike[]) => {
      const stream = contentStream(limits);
      for (const event of events) stream.push(event);
    };
    expect(refusalOf(() => push({ maxEvents: 1 }, begun, piece)).code).toBe("stream_limit");
    expect(refusalOf(() => push({ textUnits: 1 }, begun, piece, piece)).code).toBe("stream_limit");
    expect(refusalOf(() => push({ textUnits: 1 }, input, inputPiece, inputPiece)).code).toBe(
      "stream_limit",
    );
    expect(refusalOf(() => push({ textUnits: 9 }, call)).code).toBe("stream_limit");
    expect(refusalOf(() => contentStream({ maxEvents: 0 })).code).toBe("options_invalid");
  });

  it("takes time proportional to its events", () => {
    // Quadratic time would be minutes, and the test would time out.
    const count = 300_000;
    const stream = contentStream({ maxEvents: count + 1 });
    stream.push(begun);
    for (let i = 0; i < count; i++) stream.push(piece);
    expect(stream.current.messages[0]?.content).toMatchObject([{ text: "a".repeat(count) }]);
  });
});

it("a result streams as events that rebuild it", () => {
  verifies("aisdk:stream-events");
  const { document } = streamOf(
    { type: "response-metadata", id: "r" },
    begun,
    piece,
    ended,
    call,
    finish,
  );
  const events = toStreamParts<LanguageModelV3StreamPart>(document);
  expect(events.map(({ type }) => type)).toEqual([
    "stream-start",
    "response-metadata",
    "text-start",
    "text-delta",
    "text-end",
    "tool-call",
    "finish",
  ]);
  expect(streamOf(...events).document).toEqual(document);
  expect(Object.isFrozen(events) && events.every(Object.isFrozen)).toBe(true);
});
