/** Streams of `streamGenerateContent`, assembled and rewritten. */
import { createPluginManager, definePlugin } from "glassine";
import {
  fromGenerateResponse,
  type GenerateResponse,
  generateStream,
  google,
  notAllowed,
  toGenerateEvents,
  toGenerateResponse,
} from "glassine/google";
import { guardModel } from "glassine/http";
import { createMessage } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../data/support.ts";
import { verifies } from "../../support/verifies.ts";
import { answerOf, answers } from "./support/documents.ts";

const chunk = (parts: readonly object[], more: object = {}) => ({
  candidates: [{ content: { parts, role: "model" }, ...more }],
  usageMetadata: { promptTokenCount: 3, totalTokenCount: 3 },
  modelVersion: "gemini-2.5-flash",
  responseId: "r-1",
});
function pushed(events: readonly object[]) {
  const stream = generateStream();
  for (const event of events) stream.push(event);
  return stream;
}
const partsOf = (document: GenerateResponse) => document.candidates?.[0]?.content?.parts;

describe("a stream", () => {
  it("has what the last event says about its candidate", () => {
    verifies("google:stream-later");
    const stream = pushed([
      chunk([{ text: "A" }], { groundingMetadata: { webSearchQueries: ["a"] } }),
      chunk([{ text: "B" }], { groundingMetadata: { webSearchQueries: ["b"] } }),
      chunk([], { groundingMetadata: null, finishReason: "STOP" }),
    ]);
    expect(stream.document.candidates).toMatchObject([
      { groundingMetadata: { webSearchQueries: ["b"] }, content: { parts: [{ text: "AB" }] } },
    ]);
    expect(stream.current.left).toContainEqual(
      expect.objectContaining({ path: "candidates[0].groundingMetadata", kind: "citation" }),
    );
  });

  it("of a call in pieces is content, since only the first piece has the name", () => {
    verifies("google:left");
    // As Vertex AI answers `streamFunctionCallArguments`.
    const partialArgs = [{ jsonPath: "$.city", stringValue: "Oslo" }];
    const calls = [{ name: "f", willContinue: true }, { partialArgs, willContinue: true }, {}];
    const stream = pushed(calls.map((functionCall) => chunk([{ functionCall }])));
    const { messages, left } = stream.current;
    expect(messages[0]?.content).toMatchObject([{ content: { name: "f", arguments: {} } }]);
    expect(notAllowed(left, ["setting"]).map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      "content candidates[0].content.parts[0].functionCall.willContinue",
      "content candidates[0].content.parts[1]",
      "content candidates[0].content.parts[2]",
    ]);
    const onto = stream.document;
    expect(toGenerateResponse(messages, { onto })).toEqual({ document: onto, lost: [] });
  });

  it("is the response that it streams, and its texts are whole", () => {
    verifies("google:streamed");
    const stream = generateStream();
    stream.push(chunk([{ text: "I th", thought: true }]));
    stream.push(chunk([{ text: "ink.", thought: true }, { text: "078-05" }]));
    expect(stream.done).toBe(false);
    stream.push(chunk([{ text: "-1120" }]));
    stream.push(chunk([{ text: "", thoughtSignature: "Eq" }]));
    stream.push(chunk([{ functionCall: { name: "f" } }, { functionCall: { name: "g" } }]));
    stream.push({
      ...chunk([], { finishReason: "STOP" }),
      usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 5, totalTokenCount: 8 },
    });
    expect(stream.done).toBe(true);
    expect(stream.document).toEqual(
      answerOf(
        [
          { text: "I think.", thought: true },
          { text: "078-05-1120", thoughtSignature: "Eq" },
          { functionCall: { name: "f" } },
          { functionCall: { name: "g" } },
        ],
        "STOP",
      ),
    );
    expect(stream.current).toEqual(fromGenerateResponse(stream.document));
  });

  it("keeps texts apart that differ in something else, or are in one event", () => {
    verifies("google:streamed");
    const stream = pushed([
      chunk([{ text: "a" }, { text: "b" }]),
      chunk([{ text: "c", videoMetadata: { fps: 1 } }]),
      chunk([{ text: "d", thoughtSignature: "Eq" }]),
      chunk([{ text: "e" }]),
    ]);
    expect(partsOf(stream.document)).toEqual([
      { text: "a" },
      { text: "b" },
      { text: "c", videoMetadata: { fps: 1 } },
      { text: "d", thoughtSignature: "Eq" },
      { text: "e" },
    ]);
  });

  it("may go on after the finish reason, and that is shown", () => {
    verifies("google:streamed");
    const stream = pushed([
      chunk([{ text: "a" }], { finishReason: "STOP" }),
      chunk([{ text: "b" }]),
    ]);
    expect(partsOf(stream.document)).toEqual([{ text: "ab" }]);
    expect(stream.done).toBe(true);
  });

  it("of a blocked prompt is done, and has no candidate", () => {
    verifies("google:streamed");
    const blocked = { promptFeedback: { blockReason: "SAFETY" } };
    const stream = pushed([blocked]);
    expect([stream.done, stream.document]).toEqual([true, blocked]);
  });

  it("of several candidates has the first, and reports the others", () => {
    verifies("google:stream-refused");
    const other = { index: 1, content: { role: "model", parts: [{ text: "hidden" }] } };
    const stream = pushed([
      chunk([{ text: "a" }]),
      { candidates: [other] },
      { candidates: [...chunk([{ text: "b" }]).candidates, other] },
    ]);
    expect(partsOf(stream.document)).toEqual([{ text: "ab" }]);
    expect(stream.current.left).toMatchObject([
      { path: "usageMetadata.totalTokenCount" },
      { path: "events[1].candidates[0]", kind: "content" },
      { path: "events[2].candidates[1]", kind: "content" },
    ]);
  });

  it("with an error ends there, and is never done", () => {
    verifies("google:stream-refused");
    const error = { code: 503, message: "overloaded", status: "UNAVAILABLE" };
    const stream = pushed([chunk([{ text: "a" }]), { error }]);
    expect(stream.document).toMatchObject({ error });
    expect(stream.current.left).toMatchObject([
      { path: "usageMetadata.totalTokenCount" },
      { path: "error", kind: "content" },
    ]);
    expect(stream.done).toBe(false);
    expect(codeOf(() => stream.push(chunk([])))).toBe("stream_invalid");
  });

  it.each([
    ["a string", "data: {}"],
    ["parts that are no list", { candidates: [{ content: { parts: "a" } }] }],
    ["another role", { candidates: [{ content: { role: "user", parts: [] } }] }],
    ["half of a character", chunk([{ text: "\ud83d" }])],
  ])("with %s is refused, and so is all after it", (_name, event) => {
    verifies("google:stream-refused");
    const stream = generateStream();
    expect(codeOf(() => stream.push(event))).toBe("stream_invalid");
    expect(codeOf(() => stream.push(chunk([])))).toBe("stream_invalid");
    expect(stream.done).toBe(false);
  });
});

describe("events", () => {
  it.each(answers.map((answer) => [answer] as const))("of %j are that response", (answer) => {
    verifies("google:events");
    const events = toGenerateEvents(answer);
    expect(pushed(events).document).toEqual(answer);
    expect(pushed(events).done).toBe(true);
  });

  it("keep texts apart that a reader would join", () => {
    verifies("google:events");
    const answer = answerOf(
      [{ text: "a" }, { text: "b" }, { functionCall: { name: "f" } }],
      "STOP",
    );
    const events = toGenerateEvents(answer);
    expect(events.map((event) => partsOf(event))).toEqual([
      [{ text: "a" }],
      [{ text: "" }, { text: "b" }],
      [{ functionCall: { name: "f" } }],
    ]);
    expect(pushed(events).document).toEqual(answer);
  });

  it("keep texts with the same signature apart", () => {
    verifies("google:events");
    const parts = ["a", "b"].map((text) => ({ text, thoughtSignature: "Eq" }));
    const answer = answerOf(parts, "STOP");
    expect(pushed(toGenerateEvents(answer)).document).toEqual(answer);
  });

  it("say how it ended once all of it was said", () => {
    verifies("google:events");
    const events = toGenerateEvents(answerOf([{ text: "a" }], "STOP"));
    expect(events.map(({ candidates }) => candidates?.[0]?.finishReason)).toEqual([
      undefined,
      "STOP",
    ]);
  });

  it("leave before the end also where texts stand next to each other", async () => {
    const manager = await createPluginManager({
      plugins: [
        definePlugin({
          name: "watcher",
          version: "1.0.0",
          hooks: { "cmf.llm_output": { handler: () => undefined, stream: { window: 3 } } },
        }),
      ],
    });
    async function* arriving() {
      yield chunk([{ text: "a long beginning " }]);
      yield chunk([{ text: "and its end" }, { text: "another text" }, { text: "a third" }]);
      yield chunk([{ text: " that goes on" }]);
      yield chunk([], { finishReason: "STOP" });
    }
    const left: object[] = [];
    for await (const judged of guardModel(google, manager).begin().judgeEvents(arriving())) {
      expect(judged.refusal).toBeUndefined();
      if (judged.event !== undefined) left.push(judged.event);
    }
    expect(partsOf(left[0] as GenerateResponse)).toEqual([{ text: "a long beginni" }]);
    expect(
      partsOf(pushed(left).document)
        ?.map(({ text }) => text)
        .join("|"),
    ).toBe("a long beginning and its end|another text|a third that goes on");
  });

  it("in a JSON array lose their other candidates, and say so", () => {
    verifies("google:events");
    const other = { index: 1, content: { role: "model", parts: [{ text: "x" }] } };
    const first = chunk([{ text: "A" }], { finishReason: "STOP" });
    const onto = [{ ...first, candidates: [...first.candidates, other] }];
    const { messages } = fromGenerateResponse(onto);
    const content = [{ content_type: "text" as const, text: "***" }];
    for (const now of [messages, [createMessage({ role: "assistant", content })]]) {
      const { lost } = toGenerateResponse(now, { onto });
      expect(lost.map(({ path, kind }) => ({ path, kind }))).toEqual([
        { path: "onto[0].candidates[1]", kind: undefined },
      ]);
    }
  });

  it("in a JSON array are read and written like a stream", () => {
    verifies("google:events");
    const onto = [
      chunk([{ text: "078-05" }]),
      chunk([{ text: "-1120" }], { finishReason: "STOP" }),
    ];
    const { messages, isCutOff } = fromGenerateResponse(onto);
    expect(messages[0]?.content).toEqual([{ content_type: "text", text: "078-05-1120" }]);
    expect(isCutOff).toBeUndefined();
    expect(fromGenerateResponse(onto.slice(0, 1)).isCutOff).toBe(true);
    const now = createMessage({
      role: "assistant",
      content: [{ content_type: "text", text: "***" }],
    });
    const { document, lost } = toGenerateResponse([now], { onto });
    expect(document).toMatchObject([
      { candidates: [{ content: { parts: [{ text: "***" }] } }] },
      { candidates: [{ finishReason: "STOP" }] },
    ]);
    expect(lost).toEqual([]);
  });
});
