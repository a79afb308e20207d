/** Streams that cannot be, that are too long, or that hold something unknown. */
import { chatStream, responsesStream } from "glassine/openai";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../admit/support.ts";
import { verifies } from "../../support/verifies.ts";

const chunk = (delta: object, more: object = {}) => ({
  id: "c1",
  choices: [{ index: 0, delta, finish_reason: null, ...more }],
});
const call = (index: unknown, more: object) => chunk({ tool_calls: [{ index, ...more }] });
const begun = call(0, { id: "a", type: "function", function: { name: "f", arguments: "" } });

/** What a stream says to events, the last of which is at fault. */
function faultOf(stream: { push(event: object): void }, events: readonly object[]): unknown {
  for (const event of events.slice(0, -1)) stream.push(event);
  return codeOf(() => stream.push(events.at(-1) as object));
}

describe("chunks that contradict each other are refused", () => {
  it.each<readonly [string, readonly object[]]>([
    ["a call that changes its name", [begun, call(0, { function: { name: "g" } })]],
    ["a call that changes its id", [begun, call(0, { id: "b" })]],
    ["a call that changes its kind", [begun, call(0, { custom: { input: "x" } })]],
    ["a call without an id", [call(0, { function: { name: "f" } })]],
    ["a call out of nowhere", [begun, call(2, { id: "b" })]],
    ["a place that is none", [begun, call(-1, { id: "b" })]],
    ["a choice that is none", [{ choices: [{ index: 999, delta: {} }] }]],
    ["another answer", [chunk({}), { ...chunk({}), id: "c2" }]],
    ["a text after the end", [chunk({}, { finish_reason: "stop" }), chunk({ content: "a" })]],
    ["another end", [chunk({}, { finish_reason: "stop" }), chunk({}, { finish_reason: "length" })]],
    ["a content that is no text", [chunk({ content: 3 })]],
    ["what is no object", [["choices"]]],
    ["anything after an error", [{ error: { message: "overloaded" } }, chunk({})]],
  ])("%s", (_, events) => {
    verifies("openai:stream-refused");
    expect(faultOf(chatStream(), events)).toBe("stream_invalid");
  });

  it("what repeats itself is not refused, nor is usage after the end", () => {
    const stream = chatStream();
    const events = [begun, call(0, { id: "a", function: { name: "f", arguments: "{}" } })];
    for (const event of events) stream.push(event);
    stream.push(chunk({}, { finish_reason: "tool_calls" }));
    stream.push({ id: "c1", choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } });
    expect(stream.done).toBe(true);
    expect(stream.current.extensions.completion).toMatchObject({
      stop_reason: "call",
      tokens: { total_tokens: 3 },
    });
  });

  it("an error in the stream is told as content", () => {
    const stream = chatStream();
    stream.push(chunk({ content: "A" }));
    stream.push({ error: { message: "overloaded" } });
    expect(stream.done).toBe(true);
    expect(stream.current.left).toContainEqual(
      expect.objectContaining({ path: "error", kind: "content" }),
    );
  });
});

const message = { type: "message", id: "m", role: "assistant", status: "in_progress", content: [] };
const added = { type: "response.output_item.added", output_index: 0, item: message };
const here = { output_index: 0, content_index: 0, item_id: "m" };
const block = { type: "output_text", text: "", annotations: [] };
const part = { type: "response.content_part.added", ...here, part: block };
const delta = { type: "response.output_text.delta", ...here, delta: "hi" };
const whole = (text: string) => ({
  ...message,
  status: "completed",
  content: [{ ...block, text }],
});
const done = { type: "response.output_item.done", output_index: 0, item: whole("hi") };
const ended = (output: readonly object[]) => ({
  type: "response.completed",
  response: { id: "r", status: "completed", output },
});
const calling = {
  type: "response.output_item.added",
  output_index: 0,
  item: { type: "function_call", id: "f", call_id: "c", name: "f", arguments: "" },
};
const argued = { output_index: 0, item_id: "f", arguments: "{}" };

describe("events that contradict each other are refused", () => {
  it.each<readonly [string, readonly object[]]>([
    ["a piece of no item", [delta]],
    ["a piece of no part", [added, delta]],
    ["an item out of nowhere", [{ ...added, output_index: 1 }]],
    ["an item twice", [added, added]],
    ["a piece of another item", [added, part, { ...delta, item_id: "x" }]],
    ["a piece of another kind", [added, part, { ...delta, type: "response.refusal.delta" }]],
    ["a text unlike its pieces", [added, part, delta, { ...done, item: whole("ho") }]],
    ["an item without its parts", [added, part, delta, { ...done, item: message }]],
    ["another item in the end", [added, part, { ...done, item: { ...whole("hi"), id: "x" } }]],
    ["a piece after the item's end", [added, part, delta, done, delta]],
    ["an end unlike its pieces", [added, part, delta, ended([whole("ho")])]],
    ["an end unlike its items", [added, part, delta, done, ended([whole("ho")])]],
    ["an end without its items", [added, { ...added, output_index: 1 }, ended([message])]],
    ["anything after the end", [ended([]), ended([])]],
    ["anything after an error", [{ type: "error", message: "x" }, added]],
    [
      "a call that changes its name",
      [calling, { type: "response.function_call_arguments.done", ...argued, name: "g" }],
    ],
    [
      "another response",
      [{ type: "response.created", response: { id: "q", output: [] } }, ended([])],
    ],
    ["what has no type", [{}]],
  ])("%s", (_, events) => {
    verifies("openai:stream-refused");
    expect(faultOf(responsesStream(), events)).toBe("stream_invalid");
  });

  it("an end that repeats no items leaves what was streamed", () => {
    const stream = responsesStream();
    for (const event of [added, part, delta, done, ended([])]) stream.push(event);
    expect(stream.current.messages[0]?.content).toEqual([{ content_type: "text", text: "hi" }]);
  });

  it("an error ends it, and is told as content", () => {
    const stream = responsesStream();
    stream.push({ type: "error", code: "overloaded", message: "later", param: null });
    expect(stream.done).toBe(true);
    expect(stream.document).toMatchObject({ status: "failed", error: { code: "overloaded" } });
    expect(stream.current.left).toContainEqual(
      expect.objectContaining({ path: "error", kind: "content" }),
    );
  });
});

describe("in both", () => {
  it("an event of an unknown kind is told as content, once", () => {
    verifies("openai:stream-unknown");
    const stream = responsesStream();
    stream.push({ type: "response.web_search_call.searching", output_index: 0 });
    for (let i = 0; i < 3; i += 1) stream.push({ type: "response.hologram.delta", delta: "?" });
    const { left } = stream.current;
    expect(left.filter(({ path }) => path.startsWith("events"))).toEqual([
      {
        path: 'events["response.hologram.delta"]',
        kind: "content",
        reason: "an event of a kind that messages do not show",
      },
    ]);
  });

  it("a field of an unknown kind is content, and put together", () => {
    verifies("openai:stream-unknown");
    const stream = chatStream();
    for (const reasoning_content of ["be", "cause"]) stream.push(chunk({ reasoning_content }));
    expect(stream.current.left).toContainEqual(
      expect.objectContaining({ path: "choices[0].message.reasoning_content", kind: "content" }),
    );
    expect(JSON.stringify(stream.document)).toContain("because");
  });

  it("events and texts are limited", () => {
    verifies("openai:stream-limits");
    for (const make of [chatStream, responsesStream]) {
      const few = make({ maxEvents: 1 });
      expect(faultOf(few, [{ type: "x", choices: [] }, { type: "x" }])).toBe("stream_limit");
    }
    const events = [chunk({ content: "1234" }), chunk({ content: "5678" })];
    expect(faultOf(chatStream({ textUnits: 7 }), events)).toBe("stream_limit");
    const texts = [added, part, { ...delta, delta: "x".repeat(500) }];
    expect(faultOf(responsesStream({ textUnits: 500 }), texts)).toBe("stream_limit");
    const long = {
      type: "response.output_text.annotation.added",
      ...here,
      annotation: "x".repeat(500),
    };
    expect(faultOf(responsesStream({ textUnits: 500 }), [added, part, long])).toBe("stream_limit");
  });
});
