/** A plugin in another process judges a streamed answer like an in-process plugin. */
import { createPluginManager, definePlugin, type PluginContext } from "glassine";
import { guardModel } from "glassine/http";
import type { Message } from "glassine/messages";
import { chatCompletions, chatStream } from "glassine/openai";
import { decodeResult, decodeTask, encodeResult, encodeTask } from "glassine/remote";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";

const chunk = (delta: object, finish_reason: string | null = null) => ({
  id: "c1",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta, finish_reason }],
});
const text = `It was hunter2. ${"So on and so forth. ".repeat(20)}It is hunter2.`;

async function* answer() {
  for (const content of text.match(/.{1,5}/gs) ?? []) yield chunk({ content });
  yield chunk({}, "stop");
}

/** The handler that runs in the other process. */
function judged(message: Message, { stream }: Pick<PluginContext, "stream">, seen: unknown[]) {
  seen.push(stream);
  return { modifiedPayload: JSON.parse(JSON.stringify(message).replaceAll("hunter2", "***")) };
}

/** Passes an answer through a plugin with a remote handler; `farSide` maps tasks to results. */
async function forwarded(farSide: (task: string) => string) {
  const plugin = definePlugin({
    name: "far-away",
    version: "1.0.0",
    hooks: {
      "cmf.llm_output": {
        stream: { window: 7 },
        handler(payload, context) {
          const turn = { payload, context };
          return decodeResult(farSide(encodeTask(turn)), turn).result;
        },
      },
    },
  });
  const manager = await createPluginManager({ plugins: [plugin] });
  const exchange = guardModel(chatCompletions, manager).begin();
  const events: object[] = [];
  for await (const { event, refusal } of exchange.judgeEvents(answer())) {
    expect(refusal).toBeUndefined();
    if (event !== undefined) events.push(event);
  }
  const stream = chatStream();
  for (const event of events) stream.push(event);
  expect(stream.done).toBe(true);
  expect(events.length).toBeGreaterThan(5);
  return stream.current.messages[0]?.content;
}

const clean = [{ content_type: "text", text: text.replaceAll("hunter2", "***") }];

describe("a streamed answer, judged in another process", () => {
  it("is judged in parts, and at the end as a whole", async () => {
    verifies("remote:task-stream");
    const seen: { readonly done: boolean }[] = [];
    const said = await forwarded((text) => {
      const task = decodeTask(text);
      return encodeResult(judged(task.payload as Message, task.context, seen), task);
    });
    expect(said).toEqual(clean);
    expect(seen.length).toBeGreaterThan(5);
    const [last, ...parts] = seen.toReversed();
    expect(last).toEqual({ done: true });
    expect(parts.every(({ done }) => !done)).toBe(true);
  });

  it("is judged by a far side that does not know of streams, too", async () => {
    verifies("remote:task-stream");
    const seen: unknown[] = [];
    const said = await forwarded((text) => {
      const { stream: _, ...context } = JSON.parse(text).context;
      const task = decodeTask({ ...JSON.parse(text), context });
      return encodeResult(judged(task.payload as Message, task.context, seen), task);
    });
    expect(said).toEqual(clean);
    expect(new Set(seen)).toEqual(new Set([undefined]));
  });

  it("takes a document with more in `stream` than it knows", () => {
    const task = JSON.parse(
      encodeTask({
        payload: { role: "assistant", content: [] },
        context: {
          plugin: { name: "far-away", version: "1.0.0" },
          hook: "cmf.llm_output",
          capabilities: [],
          config: undefined,
          operation: undefined,
          request: "r-1",
          signal: new AbortController().signal,
          state: new Map(),
          stream: { done: false },
        },
      }),
    );
    task.context.stream.part = 3;
    const { context, dropped } = decodeTask(task);
    expect([context.stream, dropped]).toEqual([{ done: false }, ["context.stream.part"]]);
    task.context.stream = { done: "no" };
    expect(() => decodeTask(task)).toThrow("context.stream.done");
  });
});
