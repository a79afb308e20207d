/** The SDKs of the providers, and stand-ins for their APIs: answers as JSON and as streams. */
import { createServer, type IncomingMessage } from "node:http";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { listen } from "../../support/listening.ts";

// The compiler cannot resolve this name: the SDK's types need those of other packages.
const name: string = "@google/genai";
interface GoogleAnswer {
  readonly text?: string;
}
const { GoogleGenAI } = (await import(/* @vite-ignore */ name)) as {
  readonly GoogleGenAI: new (
    options: object,
  ) => {
    readonly models: {
      generateContent(params: object): Promise<GoogleAnswer>;
      generateContentStream(params: object): Promise<AsyncIterable<GoogleAnswer>>;
    };
  };
};

/** An email address is spread over several pieces. */
const pieces = ["Ask ann@exam", "ple.org or", " somebody else."];
const whole = pieces.join("");
export const redacted = "Ask [REDACTED:email] or somebody else.";

const message = (content: readonly object[], stop: string | null) => ({
  id: "m1",
  type: "message",
  role: "assistant",
  model: "m",
  content,
  stop_reason: stop,
  stop_sequence: null,
  usage: { input_tokens: 1, output_tokens: 1 },
});
const chunk = (delta: object, finish: string | null = null) => ({
  id: "c1",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta, finish_reason: finish }],
});
const candidate = (text: string, more: object = {}) => ({
  candidates: [{ content: { parts: [{ text }], role: "model" }, ...more }],
  modelVersion: "m",
});
const finished = { finishReason: "STOP" };

const outputText = (text: string) => ({ type: "output_text", text, annotations: [] });
const outputItem = (status: string, content: readonly object[]) => ({
  id: "i1",
  type: "message",
  role: "assistant",
  status,
  content,
});
const modelResponse = (status: string, output: readonly object[]) => ({
  id: "r1",
  object: "response",
  created_at: 1,
  model: "m",
  status,
  output,
  error: null,
  incomplete_details: null,
  instructions: null,
  metadata: {},
  tools: [],
  parallel_tool_calls: true,
  temperature: 1,
  tool_choice: "auto",
  top_p: 1,
});
const doneResponse = modelResponse("completed", [outputItem("completed", [outputText(whole)])]);
const responseEvents = [
  { type: "response.created", response: modelResponse("in_progress", []) },
  { type: "response.output_item.added", output_index: 0, item: outputItem("in_progress", []) },
  { type: "response.content_part.added", part: outputText("") },
  ...pieces.map((delta) => ({ type: "response.output_text.delta", delta, logprobs: [] })),
  { type: "response.output_text.done", text: whole, logprobs: [] },
  { type: "response.content_part.done", part: outputText(whole) },
  {
    type: "response.output_item.done",
    output_index: 0,
    item: outputItem("completed", [outputText(whole)]),
  },
  { type: "response.completed", response: doneResponse },
].map((event, sequence_number) => {
  const place = { item_id: "i1", output_index: 0, content_index: 0 };
  const isOfPart = /content_part|output_text/.test(event.type);
  return { ...event, ...(isOfPart && place), sequence_number };
});

/** By API: the document, the events, and whether events are named by their type. */
const answers = {
  responses: { document: doneResponse, events: responseEvents },
  openai: {
    document: {
      id: "c1",
      object: "chat.completion",
      created: 1,
      model: "m",
      choices: [
        { index: 0, finish_reason: "stop", message: { role: "assistant", content: whole } },
      ],
    },
    events: [
      ...pieces.map((content) => chunk({ role: "assistant", content })),
      chunk({}, "stop"),
      "[DONE]",
    ],
  },
  anthropic: {
    document: message([{ type: "text", text: whole }], "end_turn"),
    events: [
      { type: "message_start", message: message([], null) },
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
      ...pieces.map((text) => ({
        type: "content_block_delta",
        index: 0,
        delta: { type: "text_delta", text },
      })),
      { type: "content_block_stop", index: 0 },
      {
        type: "message_delta",
        delta: { stop_reason: "end_turn", stop_sequence: null },
        usage: { output_tokens: 1 },
      },
      { type: "message_stop" },
    ],
  },
  google: {
    document: candidate(whole, finished),
    events: [...pieces.map((text) => candidate(text)), candidate("", finished)],
  },
} as const;
export type ModelApi = keyof typeof answers;

function eventText(event: object | string): string {
  if (typeof event === "string") return `data: ${event}\n\n`;
  const type = "type" in event ? `event: ${event.type}\n` : "";
  return `${type}data: ${JSON.stringify(event)}\n\n`;
}

/** A stand-in that answers with a stream or a document, as requested. */
export async function modelServer(
  api: ModelApi,
  onRequest: (request: IncomingMessage) => void = () => {},
) {
  const { document, events } = answers[api];
  const server = createServer(async (request, response) => {
    onRequest(request);
    let body = "";
    for await (const piece of request) body += piece;
    if (request.url?.includes("stream") || JSON.parse(body).stream === true) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const event of events) response.write(eventText(event));
      response.end();
    } else {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify(document));
    }
  });
  return listen(server);
}

/** The text of an answer, as each SDK reads it. */
export const modelClients: Readonly<
  Record<ModelApi, (base: string, isStreamed: boolean) => Promise<string>>
> = {
  async responses(base, stream) {
    const client = new OpenAI({ apiKey: "k", baseURL: `${base}/v1`, maxRetries: 0 });
    const asked = { model: "m", input: "hi" };
    if (!stream) return (await client.responses.create(asked)).output_text;
    let text = "";
    for await (const event of await client.responses.create({ ...asked, stream }))
      if (event.type === "response.output_text.delta") text += event.delta;
    return text;
  },
  async openai(base, stream) {
    const client = new OpenAI({ apiKey: "k", baseURL: `${base}/v1`, maxRetries: 0 });
    const asked = { model: "m", messages: [{ role: "user" as const, content: "hi" }] };
    if (!stream) {
      const { choices } = await client.chat.completions.create(asked);
      return choices[0]?.message.content ?? "";
    }
    let text = "";
    for await (const { choices } of await client.chat.completions.create({ ...asked, stream }))
      text += choices[0]?.delta.content ?? "";
    return text;
  },
  async anthropic(base, isStreamed) {
    const client = new Anthropic({ apiKey: "k", baseURL: base, maxRetries: 0 });
    const messages = [{ role: "user" as const, content: "hi" }];
    const asked = { model: "m", max_tokens: 10, messages };
    const { content } = isStreamed
      ? await client.messages.stream(asked).finalMessage()
      : await client.messages.create(asked);
    return content.map((block) => (block.type === "text" ? block.text : "")).join("");
  },
  async google(base, isStreamed) {
    const { models } = new GoogleGenAI({ apiKey: "k", httpOptions: { baseUrl: base } });
    const asked = { model: "m", contents: [{ role: "user", parts: [{ text: "hi" }] }] };
    if (!isStreamed) return (await models.generateContent(asked)).text ?? "";
    let text = "";
    for await (const each of await models.generateContentStream(asked)) text += each.text ?? "";
    return text;
  },
};

export const modelCases = (Object.keys(answers) as ModelApi[]).flatMap((api) =>
  [false, true].map((isStreamed) => ({ api, isStreamed })),
);
