// Only in test:all: it runs real SDKs.
/** `guardFetch` forwards a stream in pieces, and the real SDKs receive them. */
import Anthropic from "@anthropic-ai/sdk";
import { createPluginManager, definePlugin, deny, type StreamMode } from "glassine";
import { anthropic } from "glassine/anthropic";
import { guardFetch, guardHttp, type ModelEnd } from "glassine/http";
import type { Message } from "glassine/messages";
import { openai } from "glassine/openai";
import OpenAI, { APIError } from "openai";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { done, eventsText, redact, secret, standIn, streamed } from "./support/stand-in.ts";

type Handler = (message: Message) => ReturnType<typeof redact> | ReturnType<typeof deny>;

const managerIn = (stream: StreamMode, handler: Handler) =>
  createPluginManager({
    plugins: [
      definePlugin({
        name: "judge",
        version: "1.0.0",
        hooks: { "cmf.llm_output": { handler, stream } },
      } as never),
    ],
    logger: {},
  });

const modes: readonly [string, StreamMode][] = [
  ["buffer", "buffer"],
  ["a window", { window: 10 }],
  ["sentences", "sentence"],
];

const long = `It is ${secret}. ${"So on and so forth. ".repeat(100)}It was ${secret}.`;
const cut = (text: string) => text.match(/.{1,5}/gsu) ?? [];
const chunk = (delta: object, finish_reason: string | null = null) => ({
  id: "c",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta, finish_reason }],
});
const chatText = (text: string) => [
  ...[...cut(text).map((content) => chunk({ content })), chunk({}, "stop")].map((event) =>
    eventsText([event]),
  ),
  done,
];
const messagesText = (text: string) =>
  [
    {
      type: "message_start",
      message: {
        id: "m",
        type: "message",
        role: "assistant",
        model: "m",
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 1, output_tokens: 1 },
      },
    },
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    ...cut(text).map((each) => ({
      type: "content_block_delta",
      index: 0,
      delta: { type: "text_delta", text: each },
    })),
    { type: "content_block_stop", index: 0 },
    {
      type: "message_delta",
      delta: { stop_reason: "end_turn", stop_sequence: null },
      usage: { output_tokens: 9 },
    },
    { type: "message_stop" },
  ].map((event) => eventsText([event]));

/** Denies a message that mentions a bomb. */
const refuse: Handler = (message) =>
  JSON.stringify(message).includes("bomb") ? deny("No bombs") : undefined;

/** The texts that an SDK hands to its caller, and how the stream ends. */
interface Heard {
  readonly texts: readonly string[];
  readonly error: unknown;
}

async function heardOf(texts: AsyncIterable<string | undefined>): Promise<Heard> {
  const heard: string[] = [];
  try {
    for await (const text of texts) if (text) heard.push(text);
    return { texts: heard, error: undefined };
  } catch (error) {
    return { texts: heard, error };
  }
}

async function openaiHears(said: string, mode: StreamMode, handler: Handler): Promise<Heard> {
  const { fetch } = standIn(() => streamed(chatText(said)));
  const manager = await managerIn(mode, handler);
  const client = new OpenAI({
    apiKey: "k",
    maxRetries: 0,
    baseURL: "https://api.example/v1",
    fetch: guardFetch(manager, { provider: openai, fetch }),
  });
  async function* texts() {
    const stream = await client.chat.completions.create({
      model: "m",
      stream: true,
      messages: [{ role: "user", content: "Hi" }],
    });
    for await (const { choices } of stream) yield choices[0]?.delta.content ?? undefined;
  }
  return heardOf(texts());
}

async function anthropicHears(said: string, mode: StreamMode, handler: Handler): Promise<Heard> {
  const { fetch } = standIn(() => streamed(messagesText(said)));
  const manager = await managerIn(mode, handler);
  const client = new Anthropic({
    apiKey: "k",
    maxRetries: 0,
    baseURL: "https://api.example",
    fetch: guardFetch(manager, { provider: anthropic, fetch }),
  });
  async function* texts() {
    const stream = await client.messages.create({
      model: "m",
      stream: true,
      max_tokens: 9,
      messages: [{ role: "user", content: "Hi" }],
    });
    for await (const event of stream) {
      if (event.type === "content_block_delta" && event.delta.type === "text_delta")
        yield event.delta.text;
    }
  }
  return heardOf(texts());
}

describe.each([
  ["OpenAI", openaiHears, APIError],
  ["Anthropic", anthropicHears, Anthropic.APIError],
] as const)("the SDK of %s", (_, hears, SdkError) => {
  it.each([...modes, ["pass", "pass"] as const])(
    "hears the whole answer: %s",
    async (name, mode) => {
      const handler: Handler = name === "pass" ? () => undefined : redact;
      const { texts, error } = await hears(long, mode, handler);
      expect(error).toBeUndefined();
      expect(texts.join("")).toBe(name === "pass" ? long : long.replaceAll(secret, "[cut]"));
      if (name === "buffer") expect(texts).toHaveLength(1);
      else expect(texts.length).toBeGreaterThan(20);
    },
  );

  it.each(modes.slice(1))("hears nothing after a denial: %s", async (__, mode) => {
    const said = `${long}A bomb. ${long}`;
    const { texts, error } = await hears(said, mode, refuse);
    expect(error).toBeInstanceOf(SdkError);
    expect(String(error)).toContain("No bombs");
    expect(texts.length).toBeGreaterThan(20);
    expect(said.startsWith(texts.join(""))).toBe(true);
    expect(texts.join("")).not.toContain("bomb");
  });
});

async function cancelWaiting({ body }: Response): Promise<void> {
  const reader = (body as ReadableStream).getReader();
  await reader.read();
  const next = reader.read();
  await reader.cancel();
  await next;
}

it.each([
  ["cancels it", (response: Response) => response.body?.cancel()],
  ["cancels it while waiting for more", cancelWaiting],
  ["aborts, and reads no further", (_: Response, caller: AbortController) => caller.abort()],
] as const)("what has left of an answer is judged if its reader %s", async (_, leave) => {
  verifies("adapters:forwarded-unfinished", "adapters:forwarded-end");
  let seen: (text: string) => void = () => {};
  const judged = new Promise<string>((resolve) => {
    seen = resolve;
  });
  const manager = await managerIn("pass", (message) => {
    seen(JSON.stringify(message));
    return deny({ code: "not_that", reason: "Not that" });
  });
  const ends: ModelEnd[] = [];
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(chatText(secret)[0])),
  });
  const headers = { "content-type": "text/event-stream" };
  const guarded = guardFetch(manager, {
    provider: openai,
    fetch: async () => new Response(body, { headers }),
    onEnd: (end) => ends.push(end),
  });
  const caller = new AbortController();
  const response = await guarded("https://api.example/v1/chat/completions", {
    method: "POST",
    body: JSON.stringify({ model: "m", stream: true, messages: [] }),
    signal: caller.signal,
  });
  await leave(response, caller);
  expect(await judged).toContain(secret.slice(0, 5));
  const denial = { outcome: "aborted", code: "not_that", plugin: "judge" };
  await expect.poll(() => ends).toMatchObject([denial]);
  if (caller.signal.aborted) await expect(response.text()).rejects.toThrow("aborted");
});

it("the judgement ends and the provider's stream is cancelled if the caller left before it came", async () => {
  const guarded = guardHttp(await managerIn("pass", redact), { provider: openai });
  const body = JSON.stringify({ model: "m", stream: true, messages: [] });
  const caller = new AbortController();
  let isCancelled = false;
  let judged: Promise<void> | undefined;
  const call = guarded({
    method: "POST",
    url: new URL("https://api.example/v1/chat/completions"),
    headers: new Headers(),
    signal: caller.signal,
    about: undefined,
    body: async () => new Response(body).body,
    pass: () => Promise.reject(new Error("Not judged")),
    send: async () => {
      caller.abort(new Error("Gone"));
      const cancel = () => {
        isCancelled = true;
      };
      const headers = { "content-type": "text/event-stream" };
      return new Response(new ReadableStream({ cancel }), { headers });
    },
    judging: (done) => {
      judged = done;
    },
  });
  await expect(call).rejects.toThrow("Gone");
  await judged;
  expect(isCancelled).toBe(true);
});

it.each(["data: [DONE] \n\n", `${done}${done}`])(
  "found: the last line may come twice, and end with a space: %j",
  async (last) => {
    const { fetch } = standIn(() => streamed([...chatText("Ahoy").slice(0, -1), last]));
    const manager = await managerIn("buffer", redact);
    const body = JSON.stringify({ model: "m", stream: true, messages: [] });
    const asked = guardFetch(manager, { provider: openai, fetch });
    const answer = await asked("https://api.example/v1/chat/completions", { method: "POST", body });
    expect(answer.status).toBe(200);
    expect((await answer.text()).split(done)).toHaveLength(2);
  },
);

it.each(["buffer", "pass"] as const)(
  "found: servers other than OpenAI's end a stream of Responses with [DONE] (%s)",
  async (stream) => {
    const response = { id: "r", object: "response", created_at: 1, model: "m" };
    const said = { type: "output_text", text: "Ahoy", annotations: [] };
    const item = { id: "i", type: "message", role: "assistant", content: [said] };
    const events = [
      { type: "response.created", response: { ...response, status: "in_progress", output: [] } },
      {
        type: "response.completed",
        response: { ...response, status: "completed", output: [item] },
      },
    ];
    const { fetch } = standIn(() => streamed([eventsText(events, done)]));
    const manager = await managerIn(stream, redact);
    const guarded = guardFetch(manager, { provider: openai, fetch });
    const client = new OpenAI({ apiKey: "k", maxRetries: 0, fetch: guarded });
    const types: string[] = [];
    for await (const { type } of await client.responses.create({
      model: "m",
      input: "Hi",
      stream: true,
    }))
      types.push(type);
    expect(types.at(-1)).toBe("response.completed");
  },
);

describe("texts that grow side by side", () => {
  const filler = "So on and so forth. ".repeat(20);

  /** What a client assembles from the events, field by field, and the end of the stream. */
  async function heard(events: readonly object[], path: "chat/completions" | "responses") {
    const { fetch } = standIn(() =>
      streamed([
        ...events.map((event) => eventsText([event])),
        ...(path === "responses" ? [] : [done]),
      ]),
    );
    const manager = await managerIn({ window: 10 }, redact);
    const guarded = guardFetch(manager, { provider: openai, fetch });
    const body = JSON.stringify({
      model: "m",
      stream: true,
      ...(path === "responses" ? { input: "Hi" } : { messages: [{ role: "user", content: "Hi" }] }),
    });
    const answer = await guarded(`https://api.example/v1/${path}`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    });
    const said = (await answer.text())
      .split("\n")
      .filter((line) => line.startsWith("data: {"))
      .map((line) => JSON.parse(line.slice(6)));
    const delivered = JSON.stringify(said);
    return { said, delivered };
  }
  const joined = (said: readonly OpenAI.ChatCompletionChunk[], field: string) =>
    said
      .map(
        ({ choices }) => (choices[0]?.delta as Record<string, unknown> | undefined)?.[field] ?? "",
      )
      .join("");
  const half = secret.slice(0, 4);
  const rest = secret.slice(4);

  it("found: reasoning that goes on after the answer began lets no half of a secret leave", async () => {
    verifies("adapters:forwarded-begins", "adapters:forwarded-text");
    const { said, delivered } = await heard(
      [
        chunk({ role: "assistant", reasoning: `${filler}${half}` }),
        ...cut(filler).map((content) => chunk({ content })),
        chunk({ reasoning: `${rest} it was. ` }),
        chunk({ content: "The end." }),
        chunk({}, "stop"),
      ],
      "chat/completions",
    );
    expect(joined(said, "reasoning")).toBe(`${filler}[cut] it was. `);
    expect(joined(said, "content")).toBe(`${filler}The end.`);
    expect(delivered).not.toContain("answer_contradicted");
    // The answer was not held back until its end.
    expect(said.length).toBeGreaterThan(8);
  });

  it("nor does reasoning that comes twice, as a text and as details", async () => {
    const both = (text: string) =>
      chunk({ reasoning: text, reasoning_details: [{ type: "reasoning.text", index: 0, text }] });
    const { said, delivered } = await heard(
      [
        chunk({ role: "assistant", content: "" }),
        ...[...cut(filler), half, rest, " it was."].map(both),
        ...cut(filler).map((content) => chunk({ content })),
        chunk({}, "stop"),
      ],
      "chat/completions",
    );
    expect(joined(said, "reasoning")).toBe(`${filler}[cut] it was.`);
    expect(joined(said, "content")).toBe(filler);
    expect(delivered).toContain(`${filler}[cut] it was.`);
    expect(delivered).not.toMatch(new RegExp(`${half}|answer_contradicted`));
  });

  it("found: nor do items of a response that come at the same time", async () => {
    const item = (index: number) => ({
      id: `m${index}`,
      type: "message",
      role: "assistant",
      status: "in_progress",
      content: [{ type: "output_text", text: "", annotations: [] }],
    });
    const delta = (output_index: number, text: string) => ({
      type: "response.output_text.delta",
      output_index,
      content_index: 0,
      item_id: `m${output_index}`,
      delta: text,
    });
    const response = { id: "r", object: "response", model: "m", created_at: 1 };
    const { delivered } = await heard(
      [
        { type: "response.created", response: { ...response, status: "in_progress", output: [] } },
        ...[0, 1].map((index) => ({
          type: "response.output_item.added",
          output_index: index,
          item: item(index),
        })),
        ...cut(filler).map((text) => delta(0, text)),
        delta(0, half),
        ...cut(filler).map((text) => delta(1, text)),
        delta(0, rest),
        { type: "response.completed", response: { ...response, status: "completed", output: [] } },
      ].map((event, sequence_number) => ({ ...event, sequence_number })),
      "responses",
    );
    expect(delivered).toContain("[cut]");
    expect(delivered).not.toMatch(new RegExp(`${half}|answer_contradicted`));
  });
});
