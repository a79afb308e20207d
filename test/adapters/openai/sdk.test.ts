/** OpenAI's own SDK against a local server: requests, answers and streams. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type ContentPart, createMessage, type Message } from "glassine/messages";
import {
  chatStream,
  fromChatRequest,
  fromChatResponse,
  fromResponsesRequest,
  fromResponsesResponse,
  type JsonObject,
  responsesStream,
  toChatEvents,
  toChatRequest,
  toChatResponse,
  toResponsesEvents,
  toResponsesResponse,
} from "glassine/openai";
import OpenAI from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { afterFile } from "../../support/cleanup.ts";
import { listen } from "../../support/listening.ts";
import { verifies } from "../../support/verifies.ts";
import { chatCompletion, chatParams, response, responseParams } from "./documents.ts";

const secret = /4111-\d+/g;

function redact(message: Message): Message {
  const content = message.content.map((part): ContentPart => {
    if (part.content_type === "text" || part.content_type === "thinking") {
      return { ...part, text: part.text.replaceAll(secret, "[card]") };
    }
    if (part.content_type !== "tool_call") return part;
    const text = JSON.stringify(part.content.arguments).replaceAll(secret, "[card]");
    return { ...part, content: { ...part.content, arguments: JSON.parse(text) } };
  });
  return createMessage({ ...message, content } as never);
}

interface Seen {
  readonly messages: readonly Message[];
  readonly body: { readonly stream?: boolean };
}
let client: OpenAI;
const seen: Seen[] = [];

async function bodyOf(request: IncomingMessage): Promise<Seen["body"]> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return JSON.parse(text);
}

function answer(reply: ServerResponse, document: object, events?: readonly object[]): void {
  if (events === undefined) {
    reply.setHeader("content-type", "application/json");
    reply.end(JSON.stringify(document));
    return;
  }
  reply.setHeader("content-type", "text/event-stream");
  for (const event of events) {
    const { type } = event as { type?: string };
    reply.write(
      `${type === undefined ? "" : `event: ${type}\n`}data: ${JSON.stringify(event)}\n\n`,
    );
  }
  reply.end("data: [DONE]\n\n");
}

/** What the model answers. */
let said = (document: object): object => document;
const inJson = (document: object): object =>
  JSON.parse(
    JSON.stringify(document).replace(/Your card ([\d-]+) is blocked\./, '{\\"text\\":\\"$1\\"}'),
  );

/** What a guard in a proxy does: read, redact, write back, send on. */
async function guard(request: IncomingMessage, reply: ServerResponse): Promise<void> {
  const body = await bodyOf(request);
  const isChat = request.url?.endsWith("/chat/completions");
  seen.push({ messages: (isChat ? fromChatRequest : fromResponsesRequest)(body).messages, body });
  if (isChat) {
    const onto = said(chatCompletion);
    const { document } = toChatResponse(fromChatResponse(onto).messages.map(redact), { onto });
    answer(reply, document, body.stream ? toChatEvents(document) : undefined);
  } else {
    const onto = said(response);
    const { messages } = fromResponsesResponse(onto);
    const { document } = toResponsesResponse(messages.map(redact), { onto });
    answer(reply, document, body.stream ? toResponsesEvents(document) : undefined);
  }
}

beforeAll(async () => {
  const { url, close } = await listen(createServer((request, reply) => void guard(request, reply)));
  afterFile(close);
  client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "x", maxRetries: 0 });
});

const answered = z.object({ text: z.string() });

const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

describe("the SDK through a guard that redacts", () => {
  it("Chat Completions, as JSON", async () => {
    verifies("openai:chat-request", "openai:chat-response");
    const got = await client.chat.completions.create(chatParams);
    expect(got.choices[0]?.message.content).toBe("Your card [card] is blocked.");
    expect(JSON.stringify(got)).not.toMatch(secret);
    const roles = seen.at(-1)?.messages.map(({ role }) => role);
    expect(roles).toEqual(["developer", "user", "assistant", "tool", "user"]);
    const written = toChatRequest(seen.at(-1)?.messages ?? [], { onto: chatParams });
    expect(plain(written.document)).toEqual(plain(chatParams));
  });

  it("Chat Completions, as a stream", async () => {
    verifies("openai:stream-same", "openai:stream-events");
    const whole = await client.chat.completions.create(chatParams);
    const streamed = await client.chat.completions.create({
      ...chatParams,
      stream: true,
      stream_options: { include_usage: true },
    });
    const stream = chatStream();
    for await (const chunk of streamed) stream.push(chunk);
    expect(stream.done).toBe(true);
    expect(plain(stream.current)).toEqual(plain(fromChatResponse(whole)));
    expect(stream.current.extensions.completion?.tokens?.total_tokens).toBe(30);
  });

  it("Chat Completions, put together by the SDK's own accumulator", async () => {
    const final = await client.chat.completions.stream(chatParams).finalChatCompletion();
    expect(fromChatResponse(final).messages).toEqual(
      fromChatResponse(await client.chat.completions.create(chatParams)).messages,
    );
    expect(final.choices[0]?.message.content).toBe("Your card [card] is blocked.");
    expect(final.choices[0]?.message.tool_calls?.[0]).toMatchObject({
      id: "call_2",
      type: "function",
      function: { name: "notify", arguments: '{"card":"[card]"}' },
    });
  });

  it("Responses, as JSON", async () => {
    verifies("openai:responses-request", "openai:responses-response");
    const got = await client.responses.create(responseParams);
    expect(got.output_text).toBe("Your card [card] is blocked.");
    expect(JSON.stringify(got)).not.toMatch(secret);
    const roles = seen.at(-1)?.messages.map(({ role }) => role);
    expect(roles).toEqual(["system", "user", "assistant", "tool", "user"]);
    // The SDK adds `output_text`, which only repeats what the message says.
    const { left } = fromResponsesResponse(got);
    expect(left.map(({ path }) => path)).not.toContain("output_text");
  });

  it("Responses, as a stream", async () => {
    verifies("openai:stream-same", "openai:stream-events");
    const whole = await client.responses.create(responseParams);
    const stream = responsesStream();
    for await (const event of await client.responses.create({ ...responseParams, stream: true })) {
      stream.push(event);
    }
    expect(stream.done).toBe(true);
    expect(plain(stream.current.messages)).toEqual(plain(fromResponsesResponse(whole).messages));
  });

  it("Responses, put together by the SDK's own accumulator", async () => {
    const final = await client.responses.stream(responseParams).finalResponse();
    expect(fromResponsesResponse(final).messages).toEqual(
      fromResponsesResponse(await client.responses.create(responseParams)).messages,
    );
    expect(final.output_text).toBe("Your card [card] is blocked.");
    expect(final.output.map(({ type }) => type)).toEqual([
      "reasoning",
      "web_search_call",
      "message",
      "function_call",
    ]);
  });

  it("types the results of streams as its own documents and events", () => {
    const chat = chatStream<OpenAI.Chat.ChatCompletion>();
    for (const event of toChatEvents<OpenAI.Chat.ChatCompletionChunk>(chatCompletion)) {
      expect(event.object).toBe("chat.completion.chunk");
      chat.push(event);
    }
    const text: string | null | undefined = chat.document.choices[0]?.message.content;
    expect(text).toBe(chatCompletion.choices[0]?.message.content);
    const responses = responsesStream<OpenAI.Responses.Response>();
    const events = toResponsesEvents<OpenAI.Responses.ResponseStreamEvent>(response);
    for (const event of events) responses.push(event);
    const deltas = events.map((event) =>
      event.type === "response.output_text.delta" ? event.delta : "",
    );
    expect(deltas.join("")).toBe("Your card 4111-1111 is blocked.");
    const status: OpenAI.Responses.ResponseStatus | undefined = responses.document.status;
    expect(status).toBe("completed");
    const untyped: readonly JsonObject[] = [chatStream().document, ...toResponsesEvents(response)];
    expect(untyped).toHaveLength(events.length + 1);
  });

  it("parses a response, and hides or lazily computes the parsed data", async () => {
    verifies("openai:stale");
    said = inJson;
    const chat = {
      ...chatParams,
      tools: [],
      response_format: zodResponseFormat(answered, "answer"),
    };
    const chatDocument = await client.chat.completions.parse(chat);
    const responses = {
      ...responseParams,
      tools: [],
      text: { format: zodTextFormat(answered, "answer") },
    };
    const responseDocument = await client.responses.parse(responses);
    said = (document) => document;
    expect(responseDocument.output_parsed).toEqual({ text: "[card]" });
    for (const [document, from, to] of [
      [chatDocument, fromChatResponse, toChatResponse],
      [responseDocument, fromResponsesResponse, toResponsesResponse],
    ] as const) {
      const { messages } = from(document);
      expect(messages[0]?.content).not.toEqual([]);
      const hidden = JSON.stringify(messages).replaceAll("[card]", "(hidden)");
      const written = to(JSON.parse(hidden).map(createMessage), { onto: document });
      expect(JSON.stringify(written.document)).not.toContain("[card]");
    }
  });
});
