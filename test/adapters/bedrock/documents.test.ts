/** Requests and responses of Converse as messages, and back. */
import { createContext, runInContext } from "node:vm";
import type { ContentBlock, ConverseCommandInput } from "@aws-sdk/client-bedrock-runtime";
import {
  bedrock,
  converseStream,
  fromConverseRequest,
  fromConverseResponse,
  notAllowed,
  toConverseRequest,
  toConverseResponse,
} from "glassine/bedrock";
import { createMessage, type Message } from "glassine/messages";
import { adapterLaws } from "glassine/testing";
import { describe, expect, it } from "vitest";
import { casesOf } from "../../../property-tests/support/runs.ts";
import { codeOf } from "../../data/support.ts";
import { verifies } from "../../support/verifies.ts";
import { answerOf, answers, png, requests } from "./support/documents.ts";

const ask = (content: ContentBlock[], role: "user" | "assistant" = "user") =>
  ({ modelId: "m", messages: [{ role, content }] }) satisfies ConverseCommandInput;
const partsOf = (content: ContentBlock[], role?: "user" | "assistant") =>
  fromConverseRequest(ask(content, role)).messages.flatMap((message) => message.content);
const masked = (messages: readonly Message[]) =>
  messages.map((message) =>
    createMessage(JSON.parse(JSON.stringify(message).replaceAll("078-05-1120", "***")) as Message),
  );
const kinds = (left: readonly { readonly kind: string; readonly path: string }[]) =>
  left.map(({ kind, path }) => `${kind} ${path}`);

describe("the laws of a provider", () => {
  const laws = adapterLaws(bedrock, {
    requests,
    answers,
    words: ["role", "stopReason", "type", "format", "status", "latency", "uri"],
    pieceIn(event) {
      const { delta } = Object(Object(event).contentBlockDelta);
      const keys = ["contentBlockDelta", "delta"];
      if (typeof delta?.text === "string") return [...keys, "text"];
      if (typeof delta?.toolUse?.input === "string") return [...keys, "toolUse", "input"];
      const isReasoning = typeof delta?.reasoningContent?.text === "string";
      return isReasoning ? [...keys, "reasoningContent", "text"] : undefined;
    },
  });
  it.each(casesOf(laws))("%s: %s", async (_id, _text, check) => {
    verifies("bedrock:onto", "bedrock:left", "bedrock:streamed", "bedrock:events");
    await check();
  });
});

describe("turns", () => {
  it("are messages, and a user turn with results is several", () => {
    verifies("bedrock:turns");
    const onto: ConverseCommandInput = {
      modelId: "m",
      system: [{ text: "Be brief." }, { cachePoint: { type: "default" } }],
      messages: [
        { role: "user", content: [{ text: "Ahoy" }] },
        { role: "assistant", content: [{ toolUse: { toolUseId: "1", name: "f", input: {} } }] },
        {
          role: "user",
          content: [{ toolResult: { toolUseId: "1", content: [{ text: "r" }] } }, { text: "And?" }],
        },
      ],
    };
    const { messages, extensions } = fromConverseRequest(onto);
    expect(messages.map(({ role }) => role)).toEqual([
      "system",
      "user",
      "assistant",
      "tool",
      "user",
    ]);
    expect(extensions.llm).toEqual({ provider: "bedrock", model_id: "m" });
    const { document, lost } = toConverseRequest<ConverseCommandInput>(messages, {
      extensions: { llm: { model_id: "m" } },
    });
    expect(document.messages).toEqual(onto.messages);
    expect(document.system).toEqual([{ text: "Be brief." }]);
    expect(lost).toEqual([]);
  });

  it("may be absent, and stay so", () => {
    verifies("bedrock:turns", "bedrock:onto");
    const onto = { modelId: "m", promptVariables: { bytes: { text: "v" } } };
    const { messages, left } = fromConverseRequest(onto);
    expect([messages, kinds(left)]).toEqual([[], ["content promptVariables"]]);
    expect(toConverseRequest([], { onto }).document).toEqual(onto);
  });
});

describe("blocks", () => {
  it("are parts of messages", () => {
    verifies("bedrock:blocks", "bedrock:bytes");
    expect(
      partsOf([
        { text: "a" },
        { guardContent: { text: { text: "g", qualifiers: ["query"] } } },
        { citationsContent: { content: [{ text: "c" }, { text: "d" }] } },
        { image: { format: "jpeg", source: { bytes: png } } },
        { audio: { format: "mp3", source: { s3Location: { uri: "s3://b/a" } } } },
        { video: { format: "three_gp", source: { bytes: png } } },
        { document: { format: "docx", name: "n", source: { bytes: png } } },
        { document: { format: "md", name: "n", context: "x", source: { text: "t" } } },
        { document: { name: "n", source: { content: [{ text: "t" }, { text: "u" }] } } },
        { searchResult: { source: "s", title: "n", content: [{ text: "t" }] } },
        { reasoningContent: { reasoningText: { text: "hm" } } },
      ]),
    ).toMatchObject([
      { content_type: "text", text: "a" },
      { content_type: "text", text: "g" },
      { content_type: "text", text: "c\nd" },
      { content_type: "image", content: { media_type: "image/jpeg", data: "iVBORw==" } },
      { content_type: "audio", content: { type: "url", data: "s3://b/a" } },
      { content_type: "video", content: { media_type: "video/3gpp" } },
      { content_type: "document", content: { type: "base64", title: "n" } },
      { content_type: "resource", content: { content: "t", name: "n", description: "x" } },
      { content_type: "resource", content: { content: "t\nu" } },
      { content_type: "resource", content: { uri: "s", name: "n", content: "t" } },
      { content_type: "thinking", text: "hm" },
    ]);
  });

  it("with bytes keep them, and new ones have bytes", () => {
    verifies("bedrock:bytes", "bedrock:onto");
    const onto = ask([
      { text: "078-05-1120" },
      { image: { format: "png", source: { bytes: Buffer.from(png) } } },
      { toolUse: { toolUseId: "1", name: "f", input: { $bytes: "iVBORw==" } } },
    ]);
    const { messages } = fromConverseRequest(onto);
    const { document, lost } = toConverseRequest(masked(messages), { onto });
    expect(lost).toEqual([]);
    const content = document.messages[0]?.content ?? [];
    expect(content[0]).toEqual({ text: "***" });
    expect(content[1]?.image?.source?.bytes).toEqual(new Uint8Array(png));
    expect(content[2]).toEqual(onto.messages[0]?.content[2]);
    const image = createMessage({
      role: "user",
      content: [
        {
          content_type: "image",
          content: { type: "base64", media_type: "image/png", data: "iVBORw==" },
        },
      ],
    });
    expect(toConverseRequest<ConverseCommandInput>([image]).document.messages).toEqual([
      { role: "user", content: [{ image: { format: "png", source: { bytes: png } } }] },
    ]);
  });

  it.each([
    ["a URL outside S3", { type: "url", media_type: "image/png", data: "https://a.test/b" }],
    ["a type of another medium", { type: "base64", media_type: "audio/wav", data: "AAAA" }],
    ["no base64", { type: "base64", media_type: "image/png", data: "no" }],
    ["no type", { type: "base64", data: "AAAA" }],
  ] as const)("cannot hold an image with %s, which is reported", (_name, content) => {
    verifies("bedrock:bytes");
    const image = createMessage({ role: "user", content: [{ content_type: "image", content }] });
    const { document, lost } = toConverseRequest<ConverseCommandInput>([image]);
    expect(document.messages).toEqual([{ role: "user", content: [] }]);
    expect(lost).toMatchObject([{ path: "[0].content[0]" }]);
  });

  it("lose what is bound to their text if that changes", () => {
    verifies("bedrock:bound");
    const onto = ask(
      [
        { reasoningContent: { reasoningText: { text: "078-05-1120", signature: "Eq" } } },
        {
          citationsContent: { content: [{ text: "078-05-1120" }], citations: [{ title: "t" }] },
        },
        { reasoningContent: { reasoningText: { text: "b", signature: "Er" } } },
      ],
      "assistant",
    );
    const { messages } = fromConverseRequest(onto);
    const { document, lost } = toConverseRequest(masked(messages), { onto });
    expect(document.messages[0]?.content).toEqual([
      { reasoningContent: { reasoningText: { text: "***" } } },
      { citationsContent: { content: [{ text: "***" }] } },
      onto.messages[0]?.content[2],
    ]);
    expect(lost.map(({ path }) => path)).toEqual(["[0].content[0]", "[0].content[1]"]);
  });
});

describe("results", () => {
  const resultOf = (
    content: NonNullable<ContentBlock["toolResult"]>["content"],
    status?: "error",
  ) => ask([{ toolResult: { toolUseId: "1", content, ...(status && { status }) } }]);
  const contentOf = (onto: ReturnType<typeof ask>) => {
    const [part] = fromConverseRequest(onto).messages[0]?.content ?? [];
    return part?.content_type === "tool_result" ? part.content : undefined;
  };
  const rewritten = (onto: ReturnType<typeof ask>, content: unknown, is_error = false) => {
    const [message] = fromConverseRequest(onto).messages;
    const [part] = message?.content ?? [];
    if (message === undefined || part?.content_type !== "tool_result") throw new Error("no result");
    const now = { ...part, content: { ...part.content, content: content as never, is_error } };
    const { document, lost } = toConverseRequest([createMessage({ ...message, content: [now] })], {
      onto,
    });
    expect(lost).toEqual([]);
    return document.messages[0]?.content[0]?.toolResult;
  };

  it("are a text, data, or parts", () => {
    verifies("bedrock:results");
    expect(contentOf(resultOf([{ text: "a" }]))).toMatchObject({ content: "a", is_error: false });
    expect(contentOf(resultOf([{ json: { a: [1] } }], "error"))).toMatchObject({
      content: { a: [1] },
      is_error: true,
    });
    expect(contentOf(resultOf([{ json: { a: 1 } }, { text: "b" }]))).toMatchObject({
      content: [{ text: '{"a":1}' }, { text: "b" }],
    });
  });

  it("are written as what they were, or as what they became", () => {
    verifies("bedrock:results");
    const data = resultOf([{ json: { ssn: "078-05-1120" } }]);
    expect(rewritten(data, { ssn: "***" })?.content).toEqual([{ json: { ssn: "***" } }]);
    expect(rewritten(data, ["***"])?.content).toEqual([{ json: ["***"] }]);
    expect(rewritten(data, "[redacted]")?.content).toEqual([{ text: "[redacted]" }]);
    expect(rewritten(resultOf([{ text: "a" }]), { a: 1 })?.content).toEqual([{ json: { a: 1 } }]);
    expect(rewritten(resultOf([{ text: "a" }], "error"), "b")).toEqual({
      toolUseId: "1",
      status: "success",
      content: [{ text: "b" }],
    });
    expect(rewritten(resultOf([{ text: "a" }]), "a", true)).toMatchObject({ status: "error" });
  });

  it("of the provider's own tools are in its namespace, and not written anew", () => {
    verifies("bedrock:ran");
    const content: ContentBlock[] = [
      { toolUse: { toolUseId: "1", name: "f", input: {}, type: "server_tool_use" } },
      { toolResult: { toolUseId: "1", content: [{ text: "r" }], type: "f_result" } },
    ];
    const onto = answerOf(content, "end_turn");
    const { messages, extensions } = fromConverseResponse(onto);
    expect(messages[0]?.content[0]).toMatchObject({ content: { namespace: "bedrock" } });
    expect(extensions.completion.stop_reason).toBe("end");
    expect(toConverseResponse(messages, { onto }).document).toEqual(onto);
    const { lost } = toConverseResponse(messages);
    expect(lost.map(({ path }) => path)).toEqual(["[0].content[0]", "[0].content[1]"]);
  });
});

describe("left", () => {
  it("names what a model reads, and settings", () => {
    verifies("bedrock:left");
    const { left } = fromConverseRequest({
      modelId: "m",
      messages: [{ role: "user", content: [{ text: "a" }, { cachePoint: { type: "default" } }] }],
      toolConfig: { tools: [{ toolSpec: { name: "f", inputSchema: { json: {} } } }] },
      inferenceConfig: { topP: 1, unknown: 1 },
      guardrailConfig: { guardrailIdentifier: "g", guardrailVersion: "1" },
      additionalModelRequestFields: { top_k: 1, system: "hidden" },
      outputConfig: { effort: "low", textFormat: { type: "json_schema" } },
    });
    expect(kinds(notAllowed(left, ["setting"]))).toEqual([
      "tools toolConfig",
      "content inferenceConfig.unknown",
      "content additionalModelRequestFields.system",
      "content outputConfig.textFormat",
    ]);
    expect(kinds(left)).toContain("setting messages[0].content[1]");
  });

  it.each([
    [{ thinking: { type: "enabled", budget_tokens: 1024, display: "omitted" } }, []],
    [{ reasoning_config: { type: "enabled", budget_tokens: 1024 } }, []],
    [{ reasoningConfig: { type: "enabled", maxReasoningEffort: "low" } }, []],
    [{ thinking: { type: "enabled", hint: "a" } }, ["thinking.hint"]],
    [{ reasoningConfig: { budget: { text: "a" } } }, ["reasoningConfig.budget"]],
    [{ reasoning_config: "a" }, ["reasoning_config"]],
  ])("knows the settings of thinking, %j", (additionalModelRequestFields, content) => {
    verifies("bedrock:left");
    const { left } = fromConverseRequest({ modelId: "m", additionalModelRequestFields });
    const path = "content additionalModelRequestFields";
    expect(kinds(notAllowed(left, ["setting"]))).toEqual(content.map((at) => `${path}.${at}`));
  });

  it("names a status of a result that is neither of the two", () => {
    verifies("bedrock:left");
    const statusOf = (status: string) =>
      fromConverseRequest(ask([{ toolResult: { toolUseId: "1", content: [], status } as never }]));
    const path = "messages[0].content[0].toolResult.status";
    expect(kinds(statusOf("hidden").left)).toContain(`content ${path}`);
    for (const known of ["error", "success"])
      expect(kinds(statusOf(known).left)).not.toContain(`content ${path}`);
  });

  it("names what an answer says beside its message", () => {
    verifies("bedrock:left", "bedrock:stop-reasons");
    const { left } = fromConverseResponse({
      ...answerOf([{ reasoningContent: { redactedContent: png } }], "content_filtered"),
      trace: { guardrail: { modelOutput: ["hidden"] }, promptRouter: { invokedModelId: "i" } },
      $metadata: { httpStatusCode: 200, requestId: "r", attempts: undefined },
    });
    expect(kinds(left)).toEqual([
      "content output.message.content[0]",
      "setting stopReason",
      "setting usage.totalTokens",
      "setting metrics",
      "content trace.guardrail",
      "setting trace.promptRouter",
      'setting ["$metadata"]',
    ]);
  });

  it("is dropped if it quotes text that changed", () => {
    verifies("bedrock:quotes");
    const found = { sensitiveInformationPolicy: { piiEntities: [{ match: "SECRET" }] } };
    const inputAssessment = { g: {} };
    const onto = {
      ...answerOf([{ text: "SECRET" }], "end_turn"),
      additionalModelResponseFields: { content: "SECRET" },
      trace: {
        guardrail: {
          modelOutput: ["SECRET"],
          inputAssessment,
          outputAssessments: { g: [found] },
        },
      },
    };
    const { messages } = fromConverseResponse(onto);
    expect(toConverseResponse(messages, { onto }).document).toEqual(onto);
    const text = { content_type: "text" as const, text: "***" };
    const masked = createMessage({ role: "assistant", content: [text] });
    const { document, lost } = toConverseResponse([masked], { onto });
    expect(document).toEqual({
      ...answerOf([{ text: "***" }], "end_turn"),
      trace: { guardrail: { inputAssessment } },
    });
    expect(lost.map(({ reason }) => reason)).toEqual(
      ["additionalModelResponseFields", "modelOutput", "outputAssessments"].map(
        (name) => `${name} belongs to the old content and is dropped.`,
      ),
    );
  });
});

describe("an answer", () => {
  it.each([
    ["end_turn", "end"],
    ["tool_use", "call"],
    ["max_tokens", "max_tokens"],
    ["stop_sequence", "stop_sequence"],
    ["guardrail_intervened", undefined],
  ])("with the stop reason %s has %s", (word, reason) => {
    verifies("bedrock:stop-reasons");
    const { extensions } = fromConverseResponse(answerOf([{ text: "a" }], word));
    expect(extensions.completion.stop_reason).toBe(reason);
  });

  it("counts what a cache took in or gave as input", () => {
    verifies("bedrock:usage");
    const usage = { inputTokens: 3, outputTokens: 5, totalTokens: 19 };
    const cached = { cacheReadInputTokens: 4, cacheWriteInputTokens: 7 };
    const answer = { ...answerOf([], "end_turn"), usage: { ...usage, ...cached } };
    expect(fromConverseResponse(answer).extensions.completion.tokens).toEqual({
      input_tokens: 14,
      output_tokens: 5,
      total_tokens: 19,
    });
  });

  it("has another stop reason once its call is gone", () => {
    verifies("bedrock:onto");
    const call = { toolUse: { toolUseId: "1", name: "f", input: {} } };
    const onto = answerOf([{ text: "a" }, call], "tool_use");
    const [message] = fromConverseResponse(onto).messages;
    const said = createMessage({ ...(message as Message), content: message?.content.slice(0, 1) });
    expect(toConverseResponse([said], { onto }).document.stopReason).toBe("end_turn");
  });
});

it.each([
  ["a string", "{}"],
  ["an unknown role", { messages: [{ role: "system", content: [] }] }],
  ["a content that is no list", { messages: [{ role: "user", content: "Ahoy" }] }],
  ["bytes in base64", ask([{ image: { format: "png", source: { bytes: "AAAA" as never } } }])],
  [
    "bytes that are no base64",
    ask([{ image: { format: "png", source: { bytes: { $bytes: "no" } as never } } }]),
  ],
  ["a call without an id", ask([{ toolUse: { name: "f" } as never }])],
  ["bytes among the input of a call", ask([{ toolUse: { input: png } as never }])],
  ["a getter", Object.defineProperty({}, "messages", { get: () => [], enumerable: true })],
])("a request with %s is refused", (_name, document) => {
  verifies("bedrock:shape");
  expect(codeOf(() => fromConverseRequest(document))).toBe("document_invalid");
});

it("what only resembles bytes stays as it is", () => {
  verifies("bedrock:bytes");
  const onto = { messages: [], later: [{ $bytes: "no" }, { $bytes: "aGk=", note: "a" }] };
  expect(toConverseRequest([], { onto }).document).toEqual(onto);
});

it("what contains itself is refused", () => {
  verifies("bedrock:shape");
  const document: { messages: object[]; itself?: object } = { messages: [] };
  document.itself = document;
  document.messages.push(document, document);
  expect(codeOf(() => fromConverseRequest(document))).toBe("document_invalid");
});

it.each([
  ["a prototype that is a proxy", () => Object.create(new Proxy({}, { getPrototypeOf: fail }))],
  ["a proxy", () => new Proxy({}, { ownKeys: fail })],
  [
    "an object that throws when it is read",
    () => runInContext("this", createContext(new Proxy({}, { getOwnPropertyDescriptor: fail }))),
  ],
])("%s runs no code: a document is refused, an event refused or reported", (_, make) => {
  verifies("bedrock:shape");
  const inText = { messages: [{ role: "user", content: [{ text: make() }] }] };
  expect(codeOf(() => fromConverseRequest(inText as never))).toBe("document_invalid");
  for (const event of [
    make(),
    { contentBlockDelta: { contentBlockIndex: 0, delta: { reasoningContent: make() } } },
  ]) {
    const stream = converseStream();
    stream.push({ messageStart: { role: "assistant" } });
    const reported = () => {
      stream.push(event);
      return stream.current.left.length > 0;
    };
    try {
      expect(reported()).toBe(true);
    } catch (error) {
      expect(error).toMatchObject({ code: "stream_invalid" });
    }
  }
});

function fail(): never {
  throw new Error("code of a document ran");
}
