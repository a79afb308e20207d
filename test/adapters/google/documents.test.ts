/** Requests and responses of `generateContent` as messages, and back. */
import type {
  Candidate,
  GenerationConfig,
  MediaProcessing,
  Part,
  TextResponseFormat,
  VideoResponseFormat,
} from "@google/genai";
import {
  fromGenerateRequest,
  fromGenerateResponse,
  type GenerateEvent,
  generateStream,
  google,
  notAllowed,
  toGenerateRequest,
  toGenerateResponse,
} from "glassine/google";
import { createMessage, type Message } from "glassine/messages";
import { adapterLaws } from "glassine/testing";
import { describe, expect, it } from "vitest";
import { casesOf } from "../../../property-tests/support/runs.ts";
import { codeOf } from "../../data/support.ts";
import { verifies } from "../../support/verifies.ts";
import { answerOf, answers, recorded, requests } from "./support/documents.ts";

const ask = (parts: readonly object[], role = "user") => ({ contents: [{ role, parts }] });
const partsOf = (parts: readonly object[], role?: string) =>
  fromGenerateRequest(ask(parts, role)).messages.flatMap(({ content }) => content);
const masked = (messages: readonly Message[]) =>
  messages.map((message) =>
    createMessage(JSON.parse(JSON.stringify(message).replaceAll("078-05-1120", "***")) as Message),
  );
const kinds = (left: readonly { readonly kind: string; readonly path: string }[]) =>
  left.map(({ kind, path }) => `${kind} ${path}`);

describe("the laws of a provider", () => {
  const laws = adapterLaws(google, {
    requests,
    answers,
    words: ["role", "finishReason", "mimeType", "outcome", "language"],
    pieceIn(event) {
      const [first, ...more] = (event as GenerateEvent).candidates?.[0]?.content?.parts ?? [];
      const isText = more.length === 0 && first !== undefined && Object.hasOwn(first, "text");
      return isText ? ["candidates", "0", "content", "parts", "0", "text"] : undefined;
    },
  });
  it.each(casesOf(laws))("%s: %s", async (_id, _text, check) => {
    verifies("google:onto", "google:left", "google:streamed", "google:events");
    await check();
  });
});

describe("turns", () => {
  it("are messages, and a user turn with results is several", () => {
    verifies("google:turns");
    const { messages } = fromGenerateRequest({
      systemInstruction: { parts: [{ text: "Be brief." }] },
      contents: [
        { parts: [{ text: "Ahoy" }] },
        { role: "model", parts: [{ functionCall: { id: "1", name: "f" } }] },
        {
          role: "user",
          parts: [{ functionResponse: { id: "1", name: "f", response: {} } }, { text: "And?" }],
        },
      ],
    });
    expect(messages.map(({ role }) => role)).toEqual([
      "system",
      "user",
      "assistant",
      "tool",
      "user",
    ]);
    const { document, lost } = toGenerateRequest(messages);
    expect(document.contents.map(({ role }) => role)).toEqual(["user", "model", "user"]);
    expect(document.systemInstruction).toEqual({ parts: [{ text: "Be brief." }] });
    expect(lost).toEqual([]);
  });

  it("have no role for a system message in the middle, which is reported", () => {
    verifies("google:turns");
    const messages = (["user", "system"] as const).map((role) =>
      createMessage({ role, content: [{ content_type: "text", text: "a" }] }),
    );
    expect(toGenerateRequest(messages).lost).toMatchObject([{ path: "[1]" }]);
  });

  it("go with the system instruction if its message is removed", () => {
    verifies("google:turns");
    const onto = { systemInstruction: { parts: [{ text: "s" }] }, ...ask([{ text: "a" }]) };
    const [, user] = fromGenerateRequest(onto).messages;
    expect(toGenerateRequest([user as Message], { onto }).document).toEqual(ask([{ text: "a" }]));
  });
});

describe("parts", () => {
  it.each([
    ["image/png", "image"],
    ["audio/wav", "audio"],
    ["video/mp4", "video"],
    ["application/pdf", "document"],
    ["text/plain", "document"],
  ])("of type %s are of kind %s, as bytes and as a file", (mimeType, kind) => {
    verifies("google:parts");
    const media = [
      { inlineData: { mimeType, data: "AAAA" } },
      { fileData: { mimeType, fileUri: "gs://a/b" } },
    ];
    expect(partsOf(media)).toEqual([
      { content_type: kind, content: { type: "base64", media_type: mimeType, data: "AAAA" } },
      { content_type: kind, content: { type: "url", media_type: mimeType, data: "gs://a/b" } },
    ]);
    const { messages } = fromGenerateRequest(ask(media));
    expect(toGenerateRequest(messages)).toEqual({ document: ask(media), lost: [] });
  });

  it("of bytes that become a file hold no bytes", () => {
    verifies("google:parts", "google:onto");
    const onto = ask([{ inlineData: { mimeType: "image/png", data: "AAAA" } }]);
    const image = createMessage({
      role: "user",
      content: [
        {
          content_type: "image",
          content: { type: "url", media_type: "image/png", data: "gs://a/b" },
        },
      ],
    });
    expect(toGenerateRequest([image], { onto }).document).toEqual(
      ask([{ fileData: { mimeType: "image/png", fileUri: "gs://a/b" } }]),
    );
  });

  it("that are a thought are thinking, and back", () => {
    verifies("google:parts");
    const onto = ask([{ thought: true, text: "hm" }, { text: "a" }], "model");
    const { messages } = fromGenerateRequest(onto);
    expect(messages[0]?.content.map(({ content_type }) => content_type)).toEqual([
      "thinking",
      "text",
    ]);
    expect(toGenerateRequest(messages)).toEqual({ document: onto, lost: [] });
  });

  it("with two things in one show the first, and report the other", () => {
    verifies("google:left");
    const { left } = fromGenerateRequest(
      ask([{ text: "a", functionCall: { name: "f" } }, { inline_data: { data: "AAAA" } }]),
    );
    expect(kinds(left)).toEqual([
      "content contents[0].parts[0].functionCall",
      "content contents[0].parts[1]",
    ]);
  });
});

describe("calls without an id", () => {
  const call = (name: string) => ({ functionCall: { name, args: {} } });
  const result = (name: string, output: string) => ({
    functionResponse: { name, response: { output } },
  });
  const onto = {
    contents: [
      { role: "model", parts: [call("f"), call("g"), call("f")] },
      { role: "user", parts: [result("f", "1"), result("f", "2"), result("g", "3")] },
    ],
  };

  it("are matched with results by name and order", () => {
    verifies("google:call-ids");
    const { messages, left } = fromGenerateRequest(onto);
    const ids = messages.map(({ content }) =>
      content.map((part) =>
        "text" in part ? "" : JSON.stringify(part.content).match(/\w#\d/)?.[0],
      ),
    );
    expect(ids).toEqual([
      ["f#1", "g#1", "f#2"],
      ["f#1", "f#2", "g#1"],
    ]);
    expect(left).toEqual([]);
    expect(toGenerateRequest(messages)).toEqual({ document: onto, lost: [] });
  });

  it("are reported where an edit gives a result to another call", () => {
    verifies("google:call-ids");
    const [calls, results] = fromGenerateRequest(onto).messages as [Message, Message];
    const fewer = createMessage({ ...calls, content: calls.content.slice(1) });
    const { lost } = toGenerateRequest([fewer, results], { onto });
    expect(lost).toMatchObject([{ path: "[0].content[1].content.tool_call_id" }]);
  });

  it("get the id that an edit chooses", () => {
    verifies("google:call-ids");
    const edited = JSON.parse(
      JSON.stringify(fromGenerateRequest(onto).messages).replaceAll("g#1", "chosen"),
    ) as Message[];
    const { document, lost } = toGenerateRequest(edited, { onto });
    expect(JSON.stringify(document)).toContain('{"id":"chosen","name":"g","args":{}}');
    expect(lost).toEqual([]);
  });

  it("do not hide a result with the id of another tool's call", () => {
    verifies("google:call-ids");
    const { left } = fromGenerateRequest({
      contents: [
        { role: "model", parts: [{ functionCall: { id: "1", name: "f" } }] },
        { role: "user", parts: [{ functionResponse: { id: "1", name: "g", response: {} } }] },
      ],
    });
    expect(kinds(left)).toEqual(["content contents[1].parts[0].functionResponse.id"]);
  });
});

describe("results", () => {
  it.each([
    [{ output: "a" }, "a", false],
    [{ output: { output: 1 } }, { output: 1 }, false],
    [{ degrees: 20 }, { degrees: 20 }, false],
    [{ error: "e" }, { error: "e" }, true],
    [{}, {}, false],
  ])("%j is read as %j, and can be changed", (response, content, isError) => {
    verifies("google:results");
    const onto = ask([{ functionResponse: { id: "1", name: "f", response } }]);
    const { messages } = fromGenerateRequest(onto);
    expect(messages[0]?.content[0]).toMatchObject({ content: { content, is_error: isError } });
    const other = createMessage({
      role: "tool",
      content: [
        {
          content_type: "tool_result",
          content: { tool_call_id: "1", tool_name: "f", content: ["***"], is_error: false },
        },
      ],
    });
    const written = toGenerateRequest([other], { onto });
    expect(written).toEqual({
      document: ask([{ functionResponse: { id: "1", name: "f", response: { output: ["***"] } } }]),
      lost: [],
    });
  });
});

describe("what the provider ran", () => {
  const parts = [
    { executableCode: { language: "PYTHON", code: "print('078-05-1120')" } },
    { codeExecutionResult: { outcome: "OUTCOME_FAILED", output: "078-05-1120" } },
    { toolCall: { id: "t", toolType: "URL_CONTEXT", args: { url: "https://a.example" } } },
    { toolResponse: { id: "t", toolType: "URL_CONTEXT", response: { text: "078-05-1120" } } },
  ];

  it("is shown as calls in its namespace and their results, and can be redacted", () => {
    verifies("google:ran");
    const onto = ask(parts, "model");
    const { messages } = fromGenerateRequest(onto);
    expect(messages[0]?.content).toMatchObject([
      {
        content_type: "tool_call",
        content: { namespace: "google", name: "code_execution", tool_call_id: "code_execution#1" },
      },
      { content: { tool_call_id: "code_execution#1", content: "078-05-1120", is_error: true } },
      { content: { namespace: "google", name: "URL_CONTEXT" } },
      { content: { tool_name: "URL_CONTEXT", content: { text: "078-05-1120" } } },
    ]);
    const { document, lost } = toGenerateRequest(masked(messages), { onto });
    expect(JSON.stringify(document)).toBe(JSON.stringify(onto).replaceAll("078-05-1120", "***"));
    expect(lost).toEqual([]);
  });

  it("loses code that an edit replaced with something else, and that is reported", () => {
    const onto = answerOf([{ text: "a" }, parts[0] as object], "STOP");
    const { messages } = fromGenerateResponse(onto);
    for (const args of [{}, { code: 1 }]) {
      const edited = JSON.parse(JSON.stringify(messages), (key, value) =>
        key === "arguments" ? args : value,
      ) as Message[];
      const { document, lost } = toGenerateResponse(edited.map(createMessage), { onto });
      expect(document).toEqual(answerOf([{ text: "a" }], "STOP"));
      expect(lost.map(({ path }) => path)).toContain("[0].content[1]");
    }
  });

  it("is never written anew", () => {
    verifies("google:ran");
    const { messages } = fromGenerateRequest(ask(parts, "model"));
    const { document, lost } = toGenerateRequest(messages);
    expect(document.contents).toEqual([{ role: "model", parts: [] }]);
    expect(lost.map(({ path }) => path)).toEqual(
      expect.arrayContaining(["[0].content[0]", "[0].content[2]"]),
    );
  });
});

it("a thought signature goes with the content that it came with, and that is reported", () => {
  verifies("google:signature");
  const call = { functionCall: { id: "1", name: "f", args: { ssn: "078-05-1120" } } };
  const onto = ask(
    [
      { ...call, thoughtSignature: "Eq" },
      { text: "a", thoughtSignature: "Er" },
    ],
    "model",
  );
  const { messages } = fromGenerateRequest(onto);
  const { document, lost } = toGenerateRequest(masked(messages), { onto });
  expect(document.contents[0]?.parts).toEqual([
    { functionCall: { id: "1", name: "f", args: { ssn: "***" } } },
    { text: "a", thoughtSignature: "Er" },
  ]);
  expect(lost).toMatchObject([{ path: "[0].content[0]" }]);
});

describe("what messages do not show", () => {
  it("of a request is reported", () => {
    verifies("google:left");
    const { left } = fromGenerateRequest({
      ...ask([{ functionCall: { name: "f", partialArgs: [{ stringValue: "x" }] } }], "model"),
      tools: [{ functionDeclarations: [] }],
      cachedContent: "cachedContents/1",
      generationConfig: { temperature: 0, responseSchema: {}, responseJsonSchema: {}, unknown: 1 },
      safetySettings: [],
      system_instruction: { parts: [{ text: "hidden" }] },
    });
    expect(kinds(notAllowed(left, ["setting"]))).toEqual([
      "content contents[0].parts[0].functionCall.partialArgs",
      "tools tools",
      "reference cachedContent",
      "content generationConfig.responseSchema",
      "content generationConfig.responseJsonSchema",
      "content generationConfig.unknown",
      "content system_instruction",
    ]);
  });

  it("of how a model is heard and speaks is reported where it is more than a choice", () => {
    verifies("google:left");
    const voiceConfig = { prebuiltVoiceConfig: { voiceName: "Kore" } };
    const cloned = { replicatedVoiceConfig: { voiceSampleAudio: "AAAA" } };
    const speakerVoiceConfigs = [
      { speaker: "Ada", voiceConfig },
      { speaker: "Bob", voiceConfig: cloned },
    ];
    const { left } = fromGenerateRequest({
      ...ask([{ text: "a" }]),
      generationConfig: {
        audioTranscriptionConfig: { languageCodes: ["en"], customVocabulary: ["secret"] },
        speechConfig: { languageCode: "en", multiSpeakerVoiceConfig: { speakerVoiceConfigs } },
      },
    });
    expect(kinds(notAllowed(left, ["setting"]))).toEqual([
      "content generationConfig.audioTranscriptionConfig.customVocabulary",
      "content generationConfig.speechConfig.multiSpeakerVoiceConfig.speakerVoiceConfigs[1].voiceConfig.replicatedVoiceConfig",
    ]);
  });

  it("of how an answer is formed is settings, except a schema and where it is stored", () => {
    verifies("google:left");
    const text: TextResponseFormat = { mimeType: "application/json", schema: { enum: ["a"] } };
    const video: VideoResponseFormat = { resolution: "720p", gcsUri: "gs://a" };
    const config: GenerationConfig = {
      enableAffectiveDialog: true,
      modelSelectionConfig: {},
      responseFormat: [
        { text },
        { audio: { bitRate: 1 } },
        { image: { mimeType: "a" } },
        { video },
      ],
      translationConfig: { targetLanguageCode: "en" },
    };
    const part: Part = {
      inlineData: { mimeType: "video/mp4", data: "AAAA" },
      mediaProcessing: "AGENTIC" as MediaProcessing,
    };
    const { left } = fromGenerateRequest({ ...ask([part]), generationConfig: config });
    expect(kinds(notAllowed(left, ["setting"]))).toEqual([
      "content generationConfig.responseFormat[0].text.schema",
      "content generationConfig.responseFormat[3].video.gcsUri",
    ]);
  });

  it("of an answer that goes on is a setting, and a reference in the request for the rest", () => {
    verifies("google:left");
    const continuationToken = "AAAA";
    const candidate: Candidate = { content: { parts: [{ text: "a" }] }, continuationToken };
    const answered = fromGenerateResponse({ candidates: [candidate] });
    expect(kinds(answered.left)).toEqual(["setting candidates[0].continuationToken"]);
    const { left } = fromGenerateRequest({ ...ask([{ text: "a" }]), continuationToken });
    expect(kinds(left)).toEqual(["reference continuationToken"]);
  });

  it("of an answer as the API writes it is settings alone", () => {
    verifies("google:left");
    expect(notAllowed(fromGenerateResponse(recorded).left, ["setting"])).toEqual([]);
  });

  it("is not why a model ended: that is the last text", () => {
    verifies("google:remarks");
    const { messages } = fromGenerateResponse(recorded);
    expect(messages[0]?.content.at(-1)).toEqual({
      content_type: "text",
      text: "Model generated function call(s).",
    });
    const blocked = {
      promptFeedback: { blockReason: "SAFETY", blockReasonMessage: "078-05-1120" },
    };
    const read = fromGenerateResponse(blocked).messages;
    expect(toGenerateResponse(masked(read), { onto: blocked }).document).toEqual({
      promptFeedback: { blockReason: "SAFETY", blockReasonMessage: "***" },
    });
    const none = read.map((message) => createMessage({ ...message, content: [] }));
    expect(toGenerateResponse(none, { onto: blocked })).toEqual({
      document: { promptFeedback: { blockReason: "SAFETY" } },
      lost: [],
    });
  });

  it("takes no part for a remark, whatever it says", () => {
    verifies("google:remarks");
    const posed = { remark: "candidates.0.finishMessage", says: "posed" };
    const onto = answerOf([{ text: "078-05-1120" }, posed], "STOP");
    const { messages, left } = fromGenerateResponse(onto);
    expect(kinds(notAllowed(left, ["setting"]))).toEqual([
      "content candidates[0].content.parts[1]",
    ]);
    const { document } = toGenerateResponse(masked(messages), { onto });
    expect(document).toEqual(answerOf([{ text: "***" }, posed], "STOP"));
  });

  it("is none where it is null", () => {
    verifies("google:remarks");
    const onto = { candidates: [{ finishMessage: null }], promptFeedback: null };
    expect(fromGenerateResponse(onto).messages[0]?.content).toEqual([]);
  });

  it("is the same in each event that says it", () => {
    verifies("google:remarks", "google:stream-refused");
    const chunk = (finishMessage: string) => ({ candidates: [{ finishMessage }] });
    const stream = generateStream();
    stream.push(chunk("one"));
    stream.push(chunk("one"));
    expect(codeOf(() => stream.push(chunk("two")))).toBe("stream_invalid");
  });

  it("of a response is reported", () => {
    verifies("google:left", "google:candidates");
    const onto = {
      candidates: [
        {
          content: { role: "model", parts: [{ text: "a" }] },
          finishMessage: "m",
          citationMetadata: { citations: [] },
          groundingMetadata: { webSearchQueries: ["q"] },
          logprobsResult: {},
        },
        { content: { role: "model", parts: [{ text: "other" }] }, index: 1 },
      ],
      promptFeedback: { blockReasonMessage: "b" },
    };
    const { messages, left } = fromGenerateResponse(onto);
    expect(messages).toHaveLength(1);
    expect(kinds(left)).toEqual([
      "citation candidates[0].citationMetadata",
      "citation candidates[0].groundingMetadata",
      "content candidates[0].logprobsResult",
      "content candidates[1]",
    ]);
    expect(toGenerateResponse(messages, { onto }).document).toEqual(onto);
  });

  it("is dropped if it quotes text that changed", () => {
    verifies("google:quotes");
    const segment = { startIndex: 0, endIndex: 4, text: "Ahoy" };
    const onto = {
      candidates: [
        {
          content: { role: "model", parts: [{ text: "Ahoy" }] },
          citationMetadata: { citations: [{ startIndex: 0, endIndex: 4 }] },
          groundingMetadata: { groundingSupports: [{ segment, groundingChunkIndices: [0] }] },
          logprobsResult: { chosenCandidates: [{ token: "Ahoy" }] },
          urlContextMetadata: { urlMetadata: [] },
        },
      ],
    };
    const text = { content_type: "text" as const, text: "***" };
    const masked = createMessage({ role: "assistant", content: [text] });
    const { document, lost } = toGenerateResponse([masked], { onto });
    const parts = [{ text: "***" }];
    expect(document).toEqual({
      candidates: [{ content: { role: "model", parts }, urlContextMetadata: { urlMetadata: [] } }],
    });
    expect(lost.map(({ reason }) => reason)).toEqual(
      ["citationMetadata", "groundingMetadata", "logprobsResult"].map(
        (name) => `${name} belongs to the old content and is dropped.`,
      ),
    );
  });
});

it.each([
  ["a part of the wrong type", ask([{ text: 1 }])],
  ["an unknown role", ask([], "function")],
  ["no contents", {}],
])("%s is refused", (_name, document) => {
  verifies("google:shape");
  expect(codeOf(() => fromGenerateRequest(document))).toBe("document_invalid");
});

describe("a response", () => {
  it("without candidates is an empty message, and stays as it is", () => {
    verifies("google:candidates");
    const onto = {
      promptFeedback: { blockReason: "SAFETY" },
      usageMetadata: { promptTokenCount: 1 },
    };
    const { messages } = fromGenerateResponse(onto);
    expect(messages).toMatchObject([{ role: "assistant", content: [] }]);
    expect(toGenerateResponse(messages, { onto })).toEqual({ document: onto, lost: [] });
  });

  it("has its model, id, tokens and stop reason in slots, and is written from them", () => {
    verifies("google:usage", "google:stop-reasons");
    const { messages, extensions } = fromGenerateResponse({
      ...answerOf([{ text: "a" }], "MAX_TOKENS"),
      usageMetadata: {
        promptTokenCount: 1,
        toolUsePromptTokenCount: 2,
        candidatesTokenCount: 4,
        thoughtsTokenCount: 8,
        totalTokenCount: 15,
      },
    });
    expect(extensions).toEqual({
      llm: { provider: "google", model_id: "gemini-2.5-flash" },
      completion: {
        raw_format: "google",
        model: "gemini-2.5-flash",
        stop_reason: "max_tokens",
        tokens: { input_tokens: 3, output_tokens: 12, total_tokens: 15 },
      },
      provenance: { message_id: "r-1" },
    });
    const { document } = toGenerateResponse(messages, { extensions });
    expect(document.candidates?.[0]).toMatchObject({ finishReason: "MAX_TOKENS" });
    expect(fromGenerateResponse(document).extensions).toEqual(extensions);
  });

  it("that stops with a call for the caller stops for it", () => {
    verifies("google:stop-reasons");
    const reasonOf = (parts: readonly object[]) =>
      fromGenerateResponse(answerOf(parts, "STOP")).extensions.completion.stop_reason;
    expect(reasonOf([{ text: "a" }])).toBe("end");
    expect(reasonOf([{ functionCall: { name: "f" } }])).toBe("call");
    expect(reasonOf([{ executableCode: { code: "1" } }])).toBe("end");
    const called = fromGenerateResponse(answerOf([{ functionCall: { name: "f" } }], "STOP"));
    const { document, lost } = toGenerateResponse(called.messages, {
      extensions: called.extensions,
    });
    expect([document.candidates?.[0]?.finishReason, lost]).toEqual(["STOP", []]);
  });

  it("that stops for a reason of the provider's own reports it", () => {
    verifies("google:stop-reasons");
    const { extensions, left } = fromGenerateResponse(answerOf([], "SAFETY"));
    expect(extensions.completion).not.toHaveProperty("stop_reason");
    expect(kinds(left)).toContain("setting candidates[0].finishReason");
  });
});

it("what is written over a stream in an array is frozen", () => {
  verifies("google:events");
  const onto = [{ candidates: [{ content: { parts: [{ text: "a" }] }, finishReason: "STOP" }] }];
  expect(Object.isFrozen(google.writeAnswer(google.readAnswer(onto).messages, { onto }))).toBe(
    true,
  );
});
