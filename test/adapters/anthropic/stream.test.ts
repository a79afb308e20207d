/** Streamed responses, event by event. */
import type Anthropic from "@anthropic-ai/sdk";
import { isGlassineError } from "glassine";
import { fromMessagesResponse, messagesStream, toMessagesEvents } from "glassine/anthropic";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { answer, usage } from "./support/answers.ts";

const start = { type: "message_start", message: answer([], { stop_reason: null }) };
const stop = { type: "message_stop" };
const begin = (index: number, block: object) => ({
  type: "content_block_start",
  index,
  content_block: block,
});
const delta = (index: number, piece: object) => ({
  type: "content_block_delta",
  index,
  delta: piece,
});
const end = (index: number) => ({ type: "content_block_stop", index });
const textBlock = { type: "text", text: "", citations: null };
const callBlock = { type: "tool_use", id: "1", name: "add", input: {} };
const json = (partial_json: string) => ({ type: "input_json_delta", partial_json });
const signed = (signature: string) => ({ type: "signature_delta", signature });
const typed = (text: string) => ({ type: "text_delta", text });

function streamOf(...events: readonly unknown[]) {
  const stream = messagesStream();
  for (const event of events) stream.push(event);
  return stream;
}
const partsOf = (...events: readonly unknown[]) => streamOf(...events).current.messages[0]?.content;

function refusalOf(act: () => unknown) {
  try {
    act();
  } catch (error) {
    if (isGlassineError(error)) return error.code;
    throw error;
  }
  return undefined;
}

describe("a stream", () => {
  it("shows the text so far, without a lone surrogate", () => {
    verifies("anthropic:streamed");
    const high = "😀".slice(0, 1);
    const low = "😀".slice(1);
    const stream = streamOf(start, begin(0, textBlock), delta(0, typed(`a${high}`)));
    expect(stream.current.messages[0]?.content).toEqual([{ content_type: "text", text: "a" }]);
    stream.push(delta(0, typed(low)));
    expect(stream.current.messages[0]?.content).toEqual([{ content_type: "text", text: "a😀" }]);
    expect(stream.done).toBe(false);
  });

  it("shows the arguments of a call when they are complete", () => {
    verifies("anthropic:streamed");
    const stream = streamOf(start, begin(0, callBlock), delta(0, json('{"a": "x')));
    expect(stream.current.messages[0]?.content).toMatchObject([{ content: { arguments: {} } }]);
    expect(stream.current.left).toMatchObject([{ path: "content[0].input", kind: "content" }]);
    stream.push(delta(0, json('"}')));
    stream.push(end(0));
    expect(stream.current.messages[0]?.content).toMatchObject([
      { content: { tool_call_id: "1", name: "add", arguments: { a: "x" } } },
    ]);
    expect(stream.current.left).toEqual([]);
  });

  it("reports a call as incomplete until it ends, even before its first piece", () => {
    verifies("anthropic:streamed");
    const stream = streamOf(start, begin(0, callBlock));
    const expected = [{ path: "content[0].input", kind: "content" }];
    expect(stream.current.left).toMatchObject(expected);
    stream.push(delta(0, json('{"a":1}')));
    expect(stream.current.left).toMatchObject(expected);
    stream.push(end(0));
    expect(stream.current.left).toEqual([]);
  });

  it.each(['{"to":"evil","to":"ok"}', '{"to":"evil","t\\u006f":"ok"}'])(
    "reports a duplicate key in %s, and shows the last value",
    (input) => {
      verifies("anthropic:arguments");
      const stream = streamOf(start, begin(0, callBlock), delta(0, json(input)), end(0), stop);
      expect(stream.current.messages[0]?.content).toMatchObject([
        { content: { arguments: { to: "ok" } } },
      ]);
      expect(stream.current.left).toMatchObject([{ path: "content[0].input", kind: "content" }]);
      expect(stream.document.content[0]?.input).toEqual({ to: "ok" });
    },
  );

  it("reports a number beyond the range of numbers", () => {
    verifies("anthropic:arguments");
    const input = json('{"account":12345678901234567890}');
    const stream = streamOf(start, begin(0, callBlock), delta(0, input), end(0), stop);
    expect(stream.current.left).toMatchObject([{ path: "content[0].input", kind: "content" }]);
  });

  it.each(['{"a":1e400}', '{"a":"\\ud800"}', `${'{"a":'.repeat(80)}1${"}".repeat(80)}`])(
    "hides an input that no document may contain, and reports it: %j",
    (input) => {
      verifies("anthropic:arguments");
      const stream = streamOf(start, begin(0, callBlock), delta(0, json(input)), end(0), stop);
      expect(stream.current.messages[0]?.content).toMatchObject([{ content: { arguments: {} } }]);
      expect(stream.current.left).toMatchObject([{ path: "content[0].input", kind: "content" }]);
    },
  );

  it("has the summary of a compaction, like the response without streaming", () => {
    verifies("anthropic:streamed", "anthropic:events");
    const block = { type: "compaction", content: "They asked.", encrypted_content: "EqQB" };
    const begun = begin(0, { ...block, content: null, encrypted_content: null });
    const { type: _, ...rest } = block;
    const piece = delta(0, { type: "compaction_delta", ...rest });
    const whole = answer([block as never]);
    const stream = streamOf(start, begun, piece, end(0), {
      type: "message_delta",
      delta: { stop_reason: "end_turn" },
    });
    expect(stream.document).toEqual(whole);
    expect(stream.current).toEqual(fromMessagesResponse(whole));
    expect(toMessagesEvents(whole)).toContainEqual(piece);
  });

  it("keeps the content of an error, and streams it again", () => {
    verifies("anthropic:stream-unknown", "anthropic:events");
    const error = {
      type: "error",
      error: { type: "invalid_request_error", message: "no", details: { at: ["a", { b: 1 }] } },
    };
    const { document, current } = streamOf(start, error);
    expect(document.error).toEqual(error.error);
    expect(current.left).toMatchObject([{ path: "error", kind: "content" }]);
    expect(toMessagesEvents(document).at(-1)).toEqual(error);
    expect(streamOf(error).document.error).toEqual(error.error);
    expect(streamOf(start, { type: "error" }).current.left).toMatchObject([{ path: "error" }]);
  });

  it("reports what the fields of an earlier event had and those of a later one do not", () => {
    verifies("anthropic:stream-unknown");
    const details = (stop_details: object) => ({ type: "message_delta", delta: { stop_details } });
    const events = [details({ note: "hidden" }), details({ type: "refusal" }), details({})];
    const { left } = streamOf(start, ...events).current;
    const content = left.filter(({ kind }) => kind === "content");
    expect(content.map(({ path }) => path)).toEqual(["stop_details.note"]);
  });

  it("accepts no more events after a refused one, and is never done", () => {
    verifies("anthropic:stream-refused");
    const stream = streamOf(start, begin(0, textBlock), end(0));
    expect(refusalOf(() => stream.push(end(0)))).toBe("stream_invalid");
    expect(refusalOf(() => stream.push(stop))).toBe("stream_invalid");
    expect(stream.done).toBe(false);
    const over = streamOf(start, stop);
    expect(refusalOf(() => over.push(start))).toBe("stream_invalid");
    expect(over.done).toBe(false);
  });

  it("reads a call without pieces as one without arguments", () => {
    verifies("anthropic:streamed");
    expect(partsOf(start, begin(0, callBlock), delta(0, json("")), end(0), stop)).toMatchObject([
      { content: { arguments: {} } },
    ]);
  });

  it("reports truncated arguments", () => {
    verifies("anthropic:streamed", "anthropic:arguments");
    const stream = streamOf(start, begin(0, callBlock), delta(0, json('{"a":')), end(0), stop);
    expect(stream.current.left).toMatchObject([{ path: "content[0].input", kind: "content" }]);
    expect(stream.document.content[0]?.input).toBe('{"a":');
  });

  it("reads totals and the stop reason from its end", () => {
    verifies("anthropic:streamed");
    const stream = streamOf(
      start,
      {
        type: "message_delta",
        delta: { stop_reason: "max_tokens", stop_sequence: null },
        usage: { output_tokens: 7, input_tokens: null },
      },
      stop,
    );
    expect(stream.document).toEqual(
      answer([], { stop_reason: "max_tokens", usage: { ...usage, output_tokens: 7 } }),
    );
    expect(stream.done).toBe(true);
  });

  it("is undefined before it starts", () => {
    verifies("anthropic:streamed");
    expect(messagesStream().document).toEqual({
      type: "message",
      role: "assistant",
      content: [],
    });
    expect(partsOf({ type: "ping" })).toEqual([]);
  });

  it("returns the same object until something arrives", () => {
    verifies("anthropic:streamed");
    const stream = streamOf(start, begin(0, textBlock));
    expect(stream.document).toBe(stream.document);
    expect(stream.current).toBe(stream.current);
    expect(Object.isFrozen(stream.current.left)).toBe(true);
  });

  it("takes time proportional to its text, however many pieces there are", () => {
    verifies("anthropic:streamed");
    const stream = streamOf(start, begin(0, textBlock));
    const count = 100_000;
    for (let i = 0; i < count; i++) stream.push(delta(0, typed("ab")));
    stream.push(end(0));
    expect(stream.document.content[0]?.text).toHaveLength(2 * count);
  });
});

describe("a stream refuses", () => {
  const open = [start, begin(0, textBlock)];
  const thinking = [start, begin(0, { type: "thinking", thinking: "", signature: "" })];
  it.each<[string, readonly unknown[]]>([
    ["what is not an event", [null]],
    ["an event without a type", [{ a: 1 }]],
    ["a block before the message", [begin(0, textBlock)]],
    ["a second message", [start, start]],
    ["an index out of nowhere", [start, begin(1, textBlock)]],
    ["a block that starts twice", [...open, begin(0, textBlock)]],
    ["a piece of a block that never began", [start, delta(0, typed("a"))]],
    ["a piece at no index", [...open, { type: "content_block_delta", delta: typed("a") }]],
    ["a piece of a block that is over", [...open, end(0), delta(0, typed("a"))]],
    ["a piece of another kind", [...open, delta(0, json("{}"))]],
    ["a piece that is not a string", [...open, delta(0, { type: "text_delta", text: 1 })]],
    [
      "a delta that is not an object",
      [...open, { type: "content_block_delta", index: 0, delta: 1 }],
    ],
    ["thinking in a call", [start, begin(0, callBlock), delta(0, { type: "thinking_delta" })]],
    ["an invalid citation", [...open, delta(0, { type: "citations_delta", citation: 1 })]],
    ["half a character", [...open, delta(0, typed("\ud83d")), end(0)]],
    ["half a character in a signature", [...thinking, delta(0, signed("a\ud83d"))]],
    ["the other half in a signature", [...thinking, delta(0, signed("\udca9a"))]],
    ["the end of a block twice", [...open, end(0), end(0)]],
    ["an end while a block is open", [...open, stop]],
    ["anything after the end", [start, stop, begin(0, textBlock)]],
    ["a message after the end", [start, stop, start]],
    ["anything after an error", [start, { type: "error", error: {} }, begin(0, textBlock)]],
    ["a block of the wrong shape", [start, begin(0, { type: "text" })]],
    ["another id at the end", [start, { type: "message_delta", delta: { id: "msg_2" } }]],
    ["an invalid count", [start, { type: "message_delta", usage: { output_tokens: "5" } }]],
    ["a count below zero", [start, { type: "message_delta", usage: { input_tokens: -1 } }]],
    [
      "a reason that is not a string",
      [start, { type: "message_delta", delta: { stop_reason: 5 } }],
    ],
    ["an invalid reason elsewhere", [start, { type: "message_delta", stop_reason: 5 }]],
    ["half a character inside", [...open, delta(0, typed("a\ud83d")), delta(0, typed("b"))]],
    ["other content at the end", [start, { type: "message_delta", delta: {}, content: [] }]],
  ])("%s", (_, events) => {
    verifies("anthropic:stream-refused");
    const stream = messagesStream();
    for (const event of events.slice(0, -1)) stream.push(event);
    expect(refusalOf(() => stream.push(events.at(-1)))).toBe("stream_invalid");
  });

  it("too many events, and text that is too long", () => {
    verifies("anthropic:stream-refused");
    const few = messagesStream({ maxEvents: 2 });
    few.push(start);
    few.push({ type: "ping" });
    expect(refusalOf(() => few.push({ type: "ping" }))).toBe("stream_limit");
    const short = messagesStream({ textUnits: 1000 });
    short.push(start);
    short.push(begin(0, textBlock));
    const long = delta(0, typed("a".repeat(1000)));
    expect(refusalOf(() => short.push(long))).toBe("stream_limit");
    expect(refusalOf(() => messagesStream({ maxEvents: 0 }))).toBe("options_invalid");
  });
});

it("a number of tokens so far is no part of an answer, but any other value is content", () => {
  verifies("anthropic:stream-hints");
  const thought = (estimated_tokens: unknown) =>
    streamOf(
      start,
      begin(0, { type: "thinking", thinking: "", signature: "" }),
      delta(0, { type: "thinking_delta", thinking: "Hm", estimated_tokens }),
      delta(0, signed("S")),
      end(0),
      stop,
    );
  for (const hint of [null, 0, 64]) {
    const { current, omitted } = thought(hint);
    expect(omitted).toBeUndefined();
    expect(current.left.filter(({ kind }) => kind !== "setting")).toEqual([]);
  }
  const path = "events[2].delta.estimated_tokens";
  expect(thought("hidden").omitted).toMatchObject({ path, kind: "content" });
});

it("says as settings what became of the request's thinking and credit", () => {
  verifies("anthropic:left");
  const dropped = { type: "thinking_dropped", path: "messages.1.content.0", reason: "r" };
  const fallback_credit = { status: { type: "not_applied", reason: "expired" } };
  const { left } = fromMessagesResponse({
    ...answer([]),
    input_transformations: [dropped],
    usage: { ...usage, fallback_credit },
  });
  expect(left.length).toBeGreaterThan(3);
  expect(left.filter(({ kind }) => kind !== "setting")).toEqual([]);
});

describe("what is unknown in a stream", () => {
  it("is reported as content: events, deltas, errors", () => {
    verifies("anthropic:stream-unknown");
    const { current, done } = streamOf(
      start,
      { type: "later_event", text: "a" },
      begin(0, { type: "later", content: "" }),
      delta(0, { type: "later_delta", content: "a" }),
      end(0),
      { type: "error", error: { type: "overloaded_error", message: "busy" } },
    );
    expect(current.left.map(({ path, kind }) => [path, kind])).toEqual([
      ["content[0]", "content"],
      ["error", "content"],
      ["events[1]", "content"],
      ["content[0]", "content"],
    ]);
    expect(done).toBe(false);
  });

  it("may be a field of a delta or of a ping", () => {
    verifies("anthropic:stream-unknown");
    const { current } = streamOf(
      start,
      { type: "ping", note: "read this" },
      begin(0, textBlock),
      delta(0, { ...typed("a"), html: "<b>", none: null }),
      end(0),
      { ...stop, delta: { text: "more" } },
    );
    expect(current.left.map(({ path, kind }) => [path, kind])).toEqual([
      ["events[1].note", "content"],
      ["events[3].delta.html", "content"],
      ["events[5].delta", "content"],
    ]);
  });

  it("may be a field of an event", () => {
    verifies("anthropic:stream-unknown");
    const { current } = streamOf(start, { ...stop, "amazon-bedrock-invocationMetrics": { a: 1 } });
    expect(current.left.map(({ path }) => path)).toEqual([
      'events[1]["amazon-bedrock-invocationMetrics"]',
    ]);
  });

  it("may be a block with an input that also comes in pieces", () => {
    verifies("anthropic:stream-unknown");
    const later = { type: "later_tool_use", input: {} };
    const { document } = streamOf(start, begin(0, later), delta(0, json('{"a":1}')), end(0), stop);
    expect(document.content).toEqual([{ type: "later_tool_use", input: { a: 1 } }]);
  });
});

describe("the events of a response", () => {
  const cited: Anthropic.TextBlock = {
    type: "text",
    text: "Ahoy",
    citations: [
      {
        type: "search_result_location",
        cited_text: "a",
        search_result_index: 0,
        source: "s",
        start_block_index: 0,
        end_block_index: 1,
        title: null,
      },
    ],
  };

  it("are in the provider's order, with text, inputs, citations and signatures as pieces", () => {
    verifies("anthropic:events");
    const response = answer(
      [
        { type: "thinking", thinking: "hm", signature: "EqQB" },
        cited,
        { ...callBlock, type: "tool_use", caller: { type: "direct" }, input: { a: 1 } },
      ],
      { stop_reason: "tool_use" },
    );
    const events = toMessagesEvents(response);
    expect(events.map((event) => (event.delta as { type?: string })?.type ?? event.type)).toEqual([
      "message_start",
      "content_block_start",
      "thinking_delta",
      "signature_delta",
      "content_block_stop",
      "content_block_start",
      "text_delta",
      "citations_delta",
      "content_block_stop",
      "content_block_start",
      "input_json_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
    expect(Object.isFrozen(events[0]?.message)).toBe(true);
    const stream = streamOf(...events);
    expect(stream.document).toEqual(response);
    expect(stream.current).toEqual(fromMessagesResponse(response));
  });

  it("of anything but a response are refused", () => {
    verifies("anthropic:shape");
    expect(refusalOf(() => toMessagesEvents({ content: [] }))).toBe("document_invalid");
  });
});
