/** `guardFetch` forwards a stream in pieces, which the real SDKs hear. */
import Anthropic from "@anthropic-ai/sdk";
import { createPluginManager, definePlugin, deny, type StreamMode } from "glassine";
import { anthropic } from "glassine/anthropic";
import { guardFetch } from "glassine/http";
import { openai } from "glassine/openai";
import OpenAI, { APIError } from "openai";
import { describe, expect, it } from "vitest";
import { done, eventsText, redact, secret, standIn, streamed } from "./support/stand-in.ts";

type Handler = typeof redact;

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
  ...{ id: "c", object: "chat.completion.chunk", created: 1, model: "m" },
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
        ...{ id: "m", type: "message", role: "assistant", model: "m", content: [] },
        ...{ stop_reason: null, stop_sequence: null },
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

/** Whether a message says what it must not. */
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
    ...{ apiKey: "k", maxRetries: 0, baseURL: "https://api.example/v1" },
    fetch: guardFetch(manager, { provider: openai, fetch }),
  });
  async function* texts() {
    const stream = await client.chat.completions.create({
      ...{ model: "m", stream: true, messages: [{ role: "user", content: "Hi" }] },
    });
    for await (const { choices } of stream) yield choices[0]?.delta.content ?? undefined;
  }
  return heardOf(texts());
}

async function anthropicHears(said: string, mode: StreamMode, handler: Handler): Promise<Heard> {
  const { fetch } = standIn(() => streamed(messagesText(said)));
  const manager = await managerIn(mode, handler);
  const client = new Anthropic({
    ...{ apiKey: "k", maxRetries: 0, baseURL: "https://api.example" },
    fetch: guardFetch(manager, { provider: anthropic, fetch }),
  });
  async function* texts() {
    const stream = await client.messages.create({
      ...{ model: "m", stream: true, max_tokens: 9, messages: [{ role: "user", content: "Hi" }] },
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
