/** The SDK itself, with a middleware that passes prompt and result through messages and back. */
import type {
  LanguageModelV3Content,
  LanguageModelV3GenerateResult,
  LanguageModelV3Middleware,
  LanguageModelV3Prompt,
  LanguageModelV3StreamPart,
} from "@ai-sdk/provider";
import {
  generateText,
  jsonSchema,
  type ModelMessage,
  stepCountIs,
  streamText,
  tool,
  wrapLanguageModel,
} from "ai";
import { convertArrayToReadableStream, MockLanguageModelV3 } from "ai/test";
import {
  contentStream,
  fromContent,
  fromModelMessages,
  fromPrompt,
  toContent,
  toModelMessages,
  toPrompt,
  toStreamParts,
} from "glassine/ai-sdk";
import type { Message } from "glassine/messages";
import { describe, expect, it } from "vitest";

type Edit = (messages: readonly Message[]) => readonly Message[];
const none: Edit = (messages) => messages;

/** The middleware that a host would write around its plugins. */
function passing(request: Edit, response: Edit): LanguageModelV3Middleware {
  return {
    specificationVersion: "v3",
    transformParams: async ({ params }) => {
      const { messages } = fromPrompt(params.prompt);
      return { ...params, prompt: toPrompt(request(messages), { onto: params.prompt }).document };
    },
    wrapGenerate: async ({ doGenerate }) => {
      const result = await doGenerate();
      return toContent(response(fromContent(result).messages), { onto: result }).document;
    },
    wrapStream: async ({ doStream }) => {
      const { stream, ...rest } = await doStream();
      const whole = contentStream<LanguageModelV3GenerateResult>();
      for await (const event of stream) whole.push(event);
      const { document } = toContent(response(whole.current.messages), {
        onto: whole.document,
      });
      const events = new ReadableStream<LanguageModelV3StreamPart>({
        start(controller) {
          for (const part of toStreamParts<LanguageModelV3StreamPart>(document)) {
            controller.enqueue(part);
          }
          controller.close();
        },
      });
      return { ...rest, stream: events };
    },
  };
}

const usage: LanguageModelV3GenerateResult["usage"] = {
  inputTokens: { total: 3, noCache: 3, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 5, text: 4, reasoning: 1 },
};

function result(
  content: LanguageModelV3Content[],
  unified: "stop" | "tool-calls" = "stop",
): LanguageModelV3GenerateResult {
  return {
    content,
    finishReason: { unified, raw: unified },
    usage,
    warnings: [],
    response: { id: "r-1", modelId: "m-1", timestamp: new Date(1_000) },
  };
}

const signed = { anthropic: { signature: "s" } };
const first = result(
  [
    { type: "reasoning", text: "Look it up.", providerMetadata: signed },
    { type: "text", text: "One moment." },
    { type: "tool-call", toolCallId: "c-1", toolName: "find", input: '{ "name": "Ada" }' },
  ],
  "tool-calls",
);
const second = result([
  { type: "source", sourceType: "url", id: "s-1", url: "https://a.example/", title: "A" },
  { type: "file", mediaType: "image/png", data: new Uint8Array([1, 2, 3]) },
  { type: "text", text: "Her number is 555-0100." },
]);

const tools = {
  find: tool({
    inputSchema: jsonSchema<{ name: string }>({
      type: "object",
      properties: { name: { type: "string" } },
    }),
    execute: async ({ name }) => ({ found: name }),
  }),
};

const asked: ModelMessage[] = [
  {
    role: "user",
    content: [
      { type: "text", text: "Who is this?", providerOptions: { test: { cache: true } } },
      { type: "image", image: new Uint8Array([137, 80, 78, 71]), mediaType: "image/png" },
      { type: "file", data: new URL("https://a.example/a.pdf"), mediaType: "application/pdf" },
    ],
  },
];

function model(streamed: boolean) {
  const results = [first, second];
  let next = 0;
  const take = () => results[next++] as LanguageModelV3GenerateResult;
  const mock = new MockLanguageModelV3({
    supportedUrls: { "*/*": [/^https:/] },
    doGenerate: async () => take(),
    doStream: async () => ({
      stream: convertArrayToReadableStream([...toStreamParts<LanguageModelV3StreamPart>(take())]),
    }),
  });
  const prompts = () =>
    (streamed ? mock.doStreamCalls : mock.doGenerateCalls).map(({ prompt }) => prompt);
  return { mock, prompts };
}

interface Run {
  readonly text: string;
  readonly content: unknown;
  readonly steps: unknown;
  readonly prompts: readonly LanguageModelV3Prompt[];
}

async function run(streamed: boolean, middleware?: LanguageModelV3Middleware): Promise<Run> {
  const { mock, prompts } = model(streamed);
  const options = {
    model: middleware === undefined ? mock : wrapLanguageModel({ model: mock, middleware }),
    tools,
    stopWhen: stepCountIs(3),
    system: "Be brief.",
    messages: asked,
  };
  const generated = streamed ? streamText(options) : await generateText(options);
  const { messages } = await generated.response;
  return {
    text: await generated.text,
    content: await generated.content,
    steps: (await generated.steps).map(({ content, finishReason, usage: used, response }) => ({
      content,
      finishReason,
      used,
      id: response.id,
      messages,
    })),
    prompts: prompts(),
  };
}

describe.each([
  ["generateText", false],
  ["streamText", true],
] as const)("%s", (_name, streamed) => {
  it("sends the same as without a guard if nothing changes", async () => {
    const plain = await run(streamed);
    const passed = await run(streamed, passing(none, none));
    expect(passed).toEqual(plain);
    expect(plain.prompts).toHaveLength(2);
  });

  it("sends and returns what was changed", async () => {
    const redact: Edit = (messages) =>
      JSON.parse(JSON.stringify(messages).replaceAll("555-0100", "[number]")) as Message[];
    const rename: Edit = (messages) =>
      JSON.parse(JSON.stringify(messages).replaceAll("Ada", "Bea")) as Message[];
    const plain = await run(streamed);
    const passed = await run(streamed, passing(rename, redact));
    expect(passed.text).toBe("Her number is [number].");
    const expected = (prompt: LanguageModelV3Prompt | undefined) =>
      prompt?.map((message) => ({
        ...message,
        content:
          typeof message.content === "string"
            ? message.content
            : message.content.map((part) => {
                if (part.type === "tool-call") return { ...part, input: { name: "Bea" } };
                if (part.type !== "tool-result") return part;
                return { ...part, output: { type: "json", value: { found: "Bea" } } };
              }),
      }));
    expect(passed.prompts[0]).toEqual(plain.prompts[0]);
    expect(passed.prompts[1]).toEqual(expected(plain.prompts[1]));
  });
});

it("ModelMessage lists created by the SDK survive a round trip", async () => {
  const { mock } = model(false);
  const { response } = await generateText({
    model: mock,
    tools,
    stopWhen: stepCountIs(3),
    messages: asked,
  });
  const all = [...asked, ...response.messages];
  const { messages } = fromModelMessages(all);
  expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "tool", "assistant"]);
  expect(toModelMessages(messages, { onto: all })).toEqual({ document: all, lost: [] });
});
