/** Streams of ConverseStream, assembled and rewritten. */
import type { ConverseCommandOutput, ConverseStreamOutput } from "@aws-sdk/client-bedrock-runtime";
import { converseStream, fromConverseResponse, toConverseEvents } from "glassine/bedrock";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../data/support.ts";
import { verifies } from "../../support/verifies.ts";
import { answerOf, answers, png } from "./support/documents.ts";

const begin: ConverseStreamOutput = { messageStart: { role: "assistant" } };
const delta = (
  contentBlockIndex: number,
  each: NonNullable<ConverseStreamOutput["contentBlockDelta"]>["delta"],
): ConverseStreamOutput => ({ contentBlockDelta: { delta: each, contentBlockIndex } });
const end = (contentBlockIndex: number): ConverseStreamOutput => ({
  contentBlockStop: { contentBlockIndex },
});
const stop: ConverseStreamOutput = { messageStop: { stopReason: "tool_use" } };
const { usage, metrics } = answerOf([], "");

function pushed(events: readonly object[]) {
  const stream = converseStream<ConverseCommandOutput>();
  for (const event of events) stream.push(event);
  return stream;
}
const contentOf = (events: readonly object[]) =>
  pushed([begin, ...events]).document.output?.message?.content;

describe("a stream", () => {
  it("is the response that it streams, and its texts are whole", () => {
    verifies("bedrock:streamed");
    const stream = pushed([
      begin,
      delta(0, { reasoningContent: { text: "They" } }),
      delta(0, { reasoningContent: { text: " ask." } }),
      delta(0, { reasoningContent: { signature: "Eq" } }),
      end(0),
      delta(1, { reasoningContent: { redactedContent: png } }),
      end(1),
      delta(2, { text: "078-05" }),
      delta(2, { text: "-1120 \ud83d" }),
      delta(2, { text: "\udc4b" }),
      delta(2, { citation: { title: "t" } }),
      delta(2, { citation: { title: "u" } }),
      end(2),
      {
        contentBlockStart: {
          start: { toolUse: { toolUseId: "1", name: "f" } },
          contentBlockIndex: 3,
        },
      },
      delta(3, { toolUse: { input: '{"a":' } }),
      delta(3, { toolUse: { input: "1}" } }),
      end(3),
      {
        contentBlockStart: {
          start: { toolUse: { toolUseId: "2", name: "g" } },
          contentBlockIndex: 4,
        },
      },
      end(4),
      stop,
    ]);
    expect(stream.done).toBe(true);
    stream.push({ metadata: { usage, metrics } });
    expect(stream.document).toEqual(
      answerOf(
        [
          { reasoningContent: { reasoningText: { text: "They ask.", signature: "Eq" } } },
          { reasoningContent: { redactedContent: png } },
          {
            citationsContent: {
              content: [{ text: "078-05-1120 👋" }],
              citations: [{ title: "t" }, { title: "u" }],
            },
          },
          { toolUse: { toolUseId: "1", name: "f", input: { a: 1 } } },
          { toolUse: { toolUseId: "2", name: "g", input: {} } },
        ],
        "tool_use",
      ),
    );
    expect(stream.current).toEqual(fromConverseResponse(stream.document));
  });

  it("shows the arguments of a call once they are whole", () => {
    verifies("bedrock:streamed");
    const start = { toolUse: { toolUseId: "1", name: "f" } };
    const stream = pushed([
      begin,
      { contentBlockStart: { start, contentBlockIndex: 0 } },
      delta(0, { toolUse: { input: '{"a":1}' } }),
    ]);
    expect(stream.current.left).toMatchObject([
      { path: "output.message.content[0].toolUse.input", kind: "content" },
    ]);
    stream.push(end(0));
    expect(stream.current.left).toEqual([]);
  });

  it("has what the provider's own tools returned", () => {
    verifies("bedrock:streamed", "bedrock:ran");
    const start = { toolResult: { toolUseId: "1", type: "f_result" } };
    const events = [
      { contentBlockStart: { start, contentBlockIndex: 0 } },
      delta(0, { toolResult: [{ text: "a" }, { json: ["b"] }] }),
      delta(0, { toolResult: [{ text: "c" }] }),
      end(0),
    ];
    const content = [{ text: "a" }, { json: ["b"] }, { text: "c" }];
    expect(contentOf(events)).toEqual([{ toolResult: { ...start.toolResult, content } }]);
    const again = toConverseEvents(pushed([begin, ...events, stop]).document);
    expect(contentOf(again.slice(1))).toEqual(contentOf(events));
  });

  it("reports an unknown event, an unknown delta, and an unknown field of one", () => {
    verifies("bedrock:stream-refused");
    const stream = pushed([
      begin,
      { somethingNew: { text: "hidden" } },
      delta(0, { text: "a" }),
      { ...delta(0, { somethingNew: "hidden" } as never), other: "hidden" },
      delta(0, { text: "b", other: "hidden" } as never),
    ]);
    expect(stream.current.left.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      "content events[1]",
      "content output.message.content[0]",
      "content events[3].other",
      "content events[4].delta.other",
    ]);
  });

  it("reports an unknown field inside an event, and ignores padding", () => {
    verifies("bedrock:stream-refused");
    const p = "abcdef";
    const toolUse = { toolUseId: "1", name: "f" };
    const events: readonly object[] = [
      { messageStart: { role: "assistant", p, other: "hidden" } },
      { contentBlockDelta: { delta: { text: "a" }, contentBlockIndex: 0, p, other: "hidden" } },
      { contentBlockStop: { contentBlockIndex: 0, p, other: "hidden" } },
      delta(1, { reasoningContent: { signature: "Eq", text: "hidden" } } as never),
      end(1),
      {
        contentBlockStart: {
          start: { toolUse, other: "hidden" },
          contentBlockIndex: 2,
          p,
          another: "hidden",
        },
      },
      delta(2, { toolUse: { input: "{}", other: "hidden" } } as never),
      end(2),
      { messageStop: { stopReason: "tool_use", p } },
      { metadata: { usage, metrics, p } },
    ];
    const stream = pushed(events);
    const content = stream.current.left.filter(({ kind }) => kind === "content");
    expect(content.map(({ path }) => path)).toEqual([
      "output.message.content[2].other",
      "events[0].messageStart.other",
      "events[1].contentBlockDelta.other",
      "events[2].contentBlockStop.other",
      "events[3].delta.reasoningContent.text",
      "events[5].contentBlockStart.another",
      "events[6].delta.toolUse.other",
    ]);
    expect(stream.omitted?.path).toBe("events[0].messageStart.other");
  });

  it.each([
    "internalServerException",
    "modelStreamErrorException",
    "serviceUnavailableException",
    "throttlingException",
    "validationException",
  ])("with %s ends there, and is never done", (name) => {
    verifies("bedrock:stream-refused");
    const stream = pushed([begin, delta(0, { text: "a" }), { [name]: { message: "no" } }]);
    expect(stream.document).toMatchObject({ error: { name, message: "no" } });
    expect(stream.current.left).toMatchObject([{ path: "error", kind: "content" }]);
    expect(stream.done).toBe(false);
    expect(codeOf(() => stream.push(stop))).toBe("stream_invalid");
    expect(toConverseEvents(stream.document).at(-1)).toEqual({ [name]: { message: "no" } });
  });

  it.each([
    ["a string", "data: {}"],
    ["no beginning", delta(0, { text: "a" })],
    ["two beginnings", begin],
    ["another role", { messageStart: { role: "user" } }],
    ["an index that is not the next", delta(1, { text: "a" })],
    ["no delta", { contentBlockDelta: { contentBlockIndex: 0 } }],
    ["arguments without a call", delta(0, { toolUse: { input: "{}" } })],
    ["an end without a beginning", end(0)],
    ["half of a character", delta(0, { text: "\udc4b" })],
    ["a stop reason that is a number", { messageStop: { stopReason: 1 } }],
  ])("with %s is refused, and so is all after it", (name, event) => {
    verifies("bedrock:stream-refused");
    const stream = pushed(/beginning$/.test(name) && name.startsWith("no ") ? [] : [begin]);
    expect(codeOf(() => stream.push(event))).toBe("stream_invalid");
    expect(codeOf(() => stream.push(stop))).toBe("stream_invalid");
    expect(stream.done).toBe(false);
  });
});

describe("events", () => {
  it.each(answers.map((answer) => [answer] as const))("of %j are that response", (answer) => {
    verifies("bedrock:events");
    const events = toConverseEvents(answer);
    expect(pushed(events).document).toEqual(answer);
    expect(pushed(events).done).toBe(true);
  });

  it("have a text whose citations are gone", () => {
    verifies("bedrock:events");
    const text = { citationsContent: { content: [{ text: "So it says." }] } };
    const events = toConverseEvents(answerOf([text], "end_turn"));
    expect(events.slice(1, 3)).toEqual([delta(0, { text: "So it says." }), end(0)]);
    expect(pushed(events).current.messages).toEqual(
      fromConverseResponse(answerOf([text], "end_turn")).messages,
    );
  });

  it.each([
    { citationsContent: { content: [{ text: "So " }, { text: "it says." }], citations: [] } },
    { guardContent: { text: { text: "So it says." } } },
  ])("are none for a text that the API does not stream: %j", (text) => {
    verifies("bedrock:unstreamed");
    expect(codeOf(() => toConverseEvents(answerOf([text], "end_turn")))).toBe("document_invalid");
  });

  it("are those of the API", () => {
    verifies("bedrock:events");
    const call = { toolUse: { toolUseId: "1", name: "f", input: { a: 1 } } };
    expect(toConverseEvents(answerOf([{ text: "Ahoy" }, call], "tool_use"))).toEqual([
      begin,
      delta(0, { text: "Ahoy" }),
      end(0),
      {
        contentBlockStart: {
          start: { toolUse: { toolUseId: "1", name: "f" } },
          contentBlockIndex: 1,
        },
      },
      delta(1, { toolUse: { input: '{"a":1}' } }),
      end(1),
      stop,
      { metadata: { usage, metrics } },
    ]);
  });
});

describe("a streamed image", () => {
  const start = {
    contentBlockStart: { start: { image: { format: "png" } }, contentBlockIndex: 0 },
  };
  const bytes = (...values: readonly number[]) => ({
    image: { source: { bytes: new Uint8Array(values) } },
  });
  const image = (...values: readonly number[]) => [
    { image: { format: "png", source: { bytes: new Uint8Array(values) } } },
  ];

  it("has its bytes, and is streamed with them again", () => {
    verifies("bedrock:streamed", "bedrock:events");
    const events = [begin, start, delta(0, bytes(1, 2, 3) as never), end(0), stop];
    const stream = pushed(events);
    expect(stream.current.left).toEqual([]);
    expect(stream.current.messages[0]?.content).toMatchObject([
      { content_type: "image", content: { media_type: "image/png", data: "AQID" } },
    ]);
    expect(stream.document.output?.message?.content).toEqual(image(1, 2, 3));
    expect(toConverseEvents(stream.document).slice(0, 5)).toEqual(events);
  });

  it("joins its pieces, whatever their length", () => {
    verifies("bedrock:streamed");
    const events = [
      start,
      delta(0, bytes(1) as never),
      delta(0, bytes(2, 3, 4, 5) as never),
      end(0),
    ];
    expect(contentOf(events)).toEqual(image(1, 2, 3, 4, 5));
  });

  it("shows an error in place of the image as content", () => {
    verifies("bedrock:stream-refused");
    const failed = delta(0, { image: { error: { message: "no" } } } as never);
    const stream = pushed([begin, start, failed, end(0), stop]);
    expect(stream.current.left).toMatchObject([{ kind: "content" }]);
    expect(contentOf(toConverseEvents(stream.document).slice(1))).toEqual([
      { image: { format: "png", error: { message: "no" } } },
    ]);
  });
});
