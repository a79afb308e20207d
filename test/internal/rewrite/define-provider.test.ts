/** Tables for a format whose blocks and events have no type, unlike any built-in provider's. */
import { createMessage, type Message } from "glassine/messages";
import { adapterLaws } from "glassine/testing";
import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import { casesOf } from "../../../property-tests/support/runs.ts";
import {
  blockEvents,
  defineProvider,
  type FieldRule,
  fieldOf,
  type JsonObject,
  objectArguments,
  objectIn,
  type StreamTable,
} from "../../../src/providers/rewrite/index.ts";

/** A tool's result as an object; data that is not an object is wrapped in one. */
const response: FieldRule = {
  at: "functionResponse.response",
  read: (value) => value,
  write: (value) => (value === undefined ? {} : { result: value }),
};

const part = z.looseObject({
  text: z.optional(z.string()),
  functionCall: z.optional(z.looseObject({ id: z.string(), name: z.string() })),
});
const parts = z.array(part);
const usage = { promptTokenCount: 3, candidatesTokenCount: 4 };
/** The content of an event, which is in the one field that identifies it. */
const inside = (event: object, name: string) => fieldOf(event, name) as object;
const refusal = () => ({ error: { message: "no" } });

const stream: StreamTable = {
  empty: {},
  content: "candidates.0.content.parts",
  nameOf: (event) => Object.keys(event)[0] ?? "",
  pieces: {
    text: { fits: (block) => "text" in block, text: ["text", "text"] },
    args: { fits: (block) => "functionCall" in block, json: ["args.json", "functionCall.args"] },
  },
  events: {
    begin: {
      fields: ["begin"],
      apply: (answer, event) =>
        answer.begin(objectIn(answer.read(z.looseObject({}), inside(event, "begin")))),
    },
    part: {
      fields: ["part"],
      apply(answer, event) {
        const at = fieldOf(inside(event, "part"), "at");
        const start = fieldOf(inside(event, "part"), "start");
        if (!answer.hasBlock(at))
          answer.beginBlock(at, objectIn(answer.read(part, start as object)));
        else answer.addPiece(at, fieldOf(inside(event, "part"), "piece"));
      },
    },
    over: { fields: ["over"], apply: (answer, event) => answer.endBlock(fieldOf(event, "over")) },
    end: { fields: ["end"], apply: (answer) => answer.end() },
  },
};

const provider = defineProvider({
  vendor: "other",
  guard: {
    name: "other.generate",
    requests: ["POST /generate"],
    namesEvents: false,
    denied: refusal,
    deniedEvent: refusal,
  },
  calls: {
    readRequest: "fromRequest",
    writeRequest: "toRequest",
    readAnswer: "fromAnswer",
    writeAnswer: "toAnswer",
    stream: "answerStream",
    toEvents: "toEvents",
  },
  blocks: {
    kinds: {
      thought: {
        part: "thinking",
        matches: { thought: true },
        fields: { text: "text" },
        resetOnEdit: { thoughtSignature: undefined },
        settings: ["thoughtSignature"],
      },
      text: { part: "text", identifiedBy: ["text"], fields: { text: "text" } },
      call: {
        part: "tool_call",
        identifiedBy: ["functionCall"],
        fields: {
          tool_call_id: "functionCall.id",
          name: "functionCall.name",
          arguments: objectArguments("functionCall.args"),
        },
      },
      result: {
        part: "tool_result",
        identifiedBy: ["functionResponse"],
        fields: {
          tool_call_id: "functionResponse.id",
          tool_name: "functionResponse.name",
          content: response,
        },
      },
      image: {
        part: "image",
        identifiedBy: ["inlineData"],
        fields: { media_type: "inlineData.mimeType", data: "inlineData.data" },
        fixedFields: { type: "base64" },
        needs: ["media_type"],
      },
    },
    places: {
      turn: { name: "message", writes: ["text", "thought", "call", "result", "image"] },
      system: { name: "system prompt", writes: ["text"], isClosed: true },
      answer: { name: "answer", writes: ["text", "thought", "call"] },
    },
  },
  request: {
    schema: z.looseObject({ contents: z.array(z.looseObject({ role: z.string(), parts })) }),
    settings: ["generationConfig"],
    prompt: "systemInstruction.parts",
    turns: "contents",
    content: "parts",
    roles: { user: "user", assistant: "model", tool: "user" },
  },
  answer: {
    schema: z.looseObject({
      candidates: z.array(z.looseObject({ content: z.looseObject({ parts }) })),
    }),
    settings: ["candidates.0.index"],
    constants: ["candidates.0.content.role"],
    content: "candidates.0.content.parts",
    facts: {
      id: "responseId",
      model: "modelVersion",
      stop: { field: "candidates.0.finishReason", reasons: { STOP: "end", MAX: "max_tokens" } },
      usage: {
        field: "usageMetadata",
        input: ["promptTokenCount"],
        output: ["candidatesTokenCount"],
      },
    },
    fresh: ({ model, stop }) => ({
      modelVersion: model,
      candidates: [{ content: { role: "model", parts: [] }, finishReason: stop }],
    }),
  },
  stream,
  events: blockEvents(stream, {
    schema: z.array(z.looseObject({})),
    begin: (answer) => [
      {
        begin: {
          ...answer,
          candidates: (answer.candidates as readonly JsonObject[]).map((candidate) => ({
            ...candidate,
            content: { ...objectIn(candidate.content), parts: [] },
          })),
        },
      },
    ],
    block: (at, start, pieces) => [
      { part: { at, start } },
      ...pieces.map(([, piece]) => ({ part: { at, piece } })),
      { over: at },
    ],
    end: () => [{ end: true }],
  }),
});

const call = { functionCall: { id: "1", name: "look", args: { at: "it" } } };
const answer = {
  candidates: [
    {
      content: {
        role: "model",
        parts: [{ text: "Hm 😀.", thought: true, thoughtSignature: "s" }, { text: "Ahoy" }, call],
      },
      finishReason: "STOP",
      index: 0,
    },
  ],
  usageMetadata: usage,
  modelVersion: "m-1",
  responseId: "r",
};
const request = {
  systemInstruction: { parts: [{ text: "Be brief." }] },
  contents: [
    {
      role: "user",
      parts: [{ text: "Whose?" }, { inlineData: { mimeType: "a/b", data: "aGk=" } }],
    },
    { role: "model", parts: [call] },
    {
      role: "user",
      parts: [{ functionResponse: { id: "1", name: "look", response: { found: "hers" } } }],
    },
  ],
  generationConfig: { temperature: 1 },
  tools: [{ name: "look" }],
};

describe("a format of blocks without a type", () => {
  const laws = adapterLaws(provider, {
    requests: [request],
    answers: [answer],
    words: ["role", "finishReason", "mimeType"],
    pieceIn(event) {
      const text = JSON.stringify(event);
      if (text.includes('"piece":{"text"')) return ["part", "piece", "text"];
      return text.includes('"piece":{"args"') ? ["part", "piece", "args", "json"] : undefined;
    },
  });
  it.each(casesOf(laws, 0.5))("keeps the law %s: %s", (_id, _text, check) => check());

  it("is read by the fields that blocks have, however deep", () => {
    const { messages, left } = provider.readRequest(request);
    expect(
      messages.map(({ role, content }) => [role, ...content.map((p) => p.content_type)]),
    ).toEqual([
      ["system", "text"],
      ["user", "text", "image"],
      ["assistant", "tool_call"],
      ["tool", "tool_result"],
    ]);
    expect(messages[3]?.content[0]).toMatchObject({ content: { tool_name: "look" } });
    expect(left.map(({ path, kind }) => [path, kind])).toEqual([
      ["generationConfig", "setting"],
      ["tools", "tools"],
    ]);
    expect(provider.readAnswer(answer).extensions).toMatchObject({
      llm: { provider: "other", model_id: "m-1" },
      completion: {
        stop_reason: "call",
        tokens: { input_tokens: 3, output_tokens: 4, total_tokens: 7 },
      },
      provenance: { message_id: "r" },
    });
  });

  it("reports other candidates, and a role that no turn has", () => {
    const two = { ...answer, candidates: [...answer.candidates, ...answer.candidates] };
    const { left } = provider.readAnswer(two);
    expect(left.map(({ path }) => path)).toContain("candidates[1]");
    const late = createMessage({ role: "system", content: [{ content_type: "text", text: "a" }] });
    const { lost } = provider.writeRequest([...provider.readRequest(request).messages, late], {
      onto: request,
    });
    expect(lost.map(({ path }) => path)).toEqual(["[4]"]);
  });

  it("keeps its stop reason where it has no word for calls", () => {
    const [message] = provider.readAnswer(answer).messages as [Message];
    const said = createMessage({ ...message, content: message.content.slice(0, 2) });
    const { document } = provider.writeAnswer([said], { onto: answer });
    expect(document).toMatchObject({ candidates: [{ finishReason: "STOP" }] });
    const fresh = provider.writeAnswer([message]);
    expect(fresh.document).toMatchObject({ candidates: [{ finishReason: "STOP" }] });
    expect(fresh.lost).toEqual([]);
  });
});
