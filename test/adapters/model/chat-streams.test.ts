/** `guardModel` on chunks of Chat Completions that come in an unusual order. */
import { createPluginManager, definePlugin, type StreamMode } from "glassine";
import { guardModel } from "glassine/http";
import { chatCompletions, chatStream } from "glassine/openai";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";

interface Chunk {
  readonly choices: readonly { readonly index: number; readonly delta: object }[];
}

const chunk = (index: number, delta: object, finish_reason: string | null = null) => ({
  id: "c",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index, delta, finish_reason }],
});

const pass = () => undefined;
const outputs = (stream: StreamMode) => ({ "cmf.llm_output": { handler: pass, stream } });

/** Plugins that change nothing, by how they let a stream pass. */
const plugins: readonly [string, object][] = [
  ["a window", outputs({ window: 7 })],
  ["sentences", outputs("sentence")],
  ["tool calls alone", { "cmf.tool_pre_invoke": pass }],
  ["a buffer", { "cmf.llm_output": pass }],
];

async function forward(
  events: readonly Chunk[],
  hooks: object,
  { n = 1, allow = [] }: { readonly n?: number; readonly allow?: readonly string[] } = {},
) {
  const plugin = definePlugin({ name: "looker", version: "1.0.0", hooks } as never);
  const manager = await createPluginManager({ plugins: [plugin] });
  const exchange = guardModel(chatCompletions, manager, { allow }).begin();
  await exchange.judgeRequest({ model: "m", n, messages: [{ role: "user", content: "Hi" }] });
  let come = 0;
  async function* source() {
    for (const event of events) {
      come += 1;
      yield event;
    }
  }
  const left: Chunk[] = [];
  let early = 0;
  for await (const { event, refusal } of exchange.judgeEvents(source())) {
    if (refusal !== undefined) return { left, early, refusal };
    left.push(event as Chunk);
    if (come < events.length) early += 1;
  }
  return { left, early, refusal: undefined };
}

/** What a client assembles from chunks. */
function answerOf(chunks: readonly Chunk[], choices: number) {
  const stream = chatStream({ choices });
  for (const each of chunks) stream.push(each);
  return stream.document;
}

const long = "It goes on. And on it goes. So it goes.";

it.each([
  [0, undefined],
  [-1, undefined],
  [1.5, undefined],
  [1_000, "answer_cut_off"],
])("a request for %d choices does not make the guard fail", async (n, code) => {
  const { refusal } = await forward([chunk(0, { content: long }, "stop")], outputs("buffer"), {
    n,
  });
  expect(refusal?.code).toBe(code);
});

describe.each(plugins)("a stream that plugins with %s let pass", (name, hooks) => {
  it("keeps each choice's text with its choice, in whichever order they begin", async () => {
    verifies("adapters:forwarded-begins");
    const events = [
      chunk(2, { content: long }),
      chunk(2, {}, "stop"),
      chunk(0, { content: "Z" }),
      chunk(1, { content: `${long}.` }),
      chunk(0, {}, "stop"),
      chunk(1, {}, "stop"),
    ];
    const { left, early, refusal } = await forward(events, hooks, { n: 3 });
    expect(refusal).toBeUndefined();
    expect(answerOf(left, 3)).toEqual(answerOf(events, 3));
    if (name !== "a buffer") expect(early).toBeGreaterThan(0);
  });

  it.each([
    ["a line feed before reasoning", "\n\n", "reasoning", "content"],
    ["a letter before reasoning", "Z", "reasoning_content", undefined],
    ["a short refusal before a text", "Z", "content", undefined],
  ])("keeps the order of first arrival: %s", async (_, short, next, more) => {
    verifies("adapters:forwarded-begins", "openai:stream-order");
    const first = next === "content" ? "refusal" : "content";
    const events = [
      chunk(0, { role: "assistant", [first]: short }),
      chunk(0, { [next]: long }),
      ...(more === undefined ? [] : [chunk(0, { [more]: long }), chunk(0, { [next]: "So." })]),
      chunk(0, {}, "stop"),
    ];
    const { left, refusal } = await forward(events, hooks);
    expect(refusal).toBeUndefined();
    // Also in the same order.
    expect(JSON.stringify(answerOf(left, 1))).toBe(JSON.stringify(answerOf(events, 1)));
  });

  it("loses nothing of an unknown field that goes on after the text began", async () => {
    verifies("adapters:forwarded-begins");
    const events = [
      chunk(0, { note: "One. " }),
      chunk(0, { content: long }),
      chunk(0, { note: "Two." }),
      chunk(0, { content: "So." }),
      chunk(0, {}, "stop"),
    ];
    const { left, refusal } = await forward(events, hooks, { allow: ["content"] });
    expect(refusal).toBeUndefined();
    expect(answerOf(left, 1)).toEqual(answerOf(events, 1));
  });
});
