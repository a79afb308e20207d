/** L: reading Chat Completions answers, whole and streamed, and writing them back. */
import assert from "node:assert/strict";
import { createPluginManager, definePlugin, type Plugin } from "glassine";
import { guardModel } from "glassine/http";
import { chatCompletions } from "glassine/openai";
import type { Comparison } from "./harness.ts";
import { sideOf } from "./messages.ts";
import { type Group, type Named, rowOf } from "./rows.ts";

/** Returns `units` characters of four-letter words, each followed by a space. */
const wordsOf = (units: number): string => "word ".repeat(units / 5);

const about = { id: "chatcmpl-1", created: 1, model: "gpt-4.1", system_fingerprint: "fp-1" };

const callOf = (index: number) => ({
  id: `call-${index}`,
  type: "function",
  function: { name: "search", arguments: JSON.stringify({ query: wordsOf(1_000) }) },
});

function completionOf(textUnits: number, calls: number): string {
  const message = {
    role: "assistant",
    content: wordsOf(textUnits),
    refusal: null,
    ...(calls > 0 && { tool_calls: Array.from({ length: calls }, (_, index) => callOf(index)) }),
  };
  const finish_reason = calls > 0 ? "tool_calls" : "stop";
  return JSON.stringify({
    ...about,
    object: "chat.completion",
    choices: [{ index: 0, message, logprobs: null, finish_reason }],
    usage: { prompt_tokens: 20, completion_tokens: 2_000, total_tokens: 2_020 },
  });
}

/** The JSON text of an answer, or of each of its events. */
type Written = string | readonly string[];

/** What both sides do, and how to check their results. */
interface Workload extends Named {
  readonly ours: () => Written;
  readonly baseline: () => Written;
  /** Throws unless `last` is the right result for either side. */
  readonly check: (last: unknown) => void;
}

/** Reads and writes a whole answer. The figure is the work on top of JSON parse and stringify. */
function wholeAnswer(what: string, goal: number, text: string): Workload {
  return {
    id: "L1",
    workload: `chat completion of 10 KB, ${what}, read and written back: added, vs parse and stringify`,
    goal,
    ours() {
      const onto: object = JSON.parse(text);
      const { messages } = chatCompletions.readAnswer(onto);
      return JSON.stringify(chatCompletions.writeAnswer(messages, { onto }).document);
    },
    baseline: () => JSON.stringify(JSON.parse(text)),
    check: (last) => assert.equal(last, text),
  };
}

export const wholeAnswers: readonly Workload[] = [
  wholeAnswer("text alone", 1.5, completionOf(9_500, 0)),
  wholeAnswer("text and three calls", 3, completionOf(5_500, 3)),
];

const chunkOf = (delta: object, finish_reason: string | null = null) => ({
  ...about,
  object: "chat.completion.chunk",
  choices: [{ index: 0, delta, logprobs: null, finish_reason }],
});
const deltas = 1_000;
const chunks: readonly object[] = [
  chunkOf({ role: "assistant", content: "", refusal: null }),
  ...Array.from({ length: deltas }, () => chunkOf({ content: wordsOf(5) })),
  chunkOf({}, "stop"),
];
const chunkTexts = chunks.map((chunk) => JSON.stringify(chunk));

/** Returns the text that a client assembles from a stream's events. */
function textOf(events: readonly string[]): string | undefined {
  const stream = chatCompletions.stream();
  for (const event of events) stream.push(JSON.parse(event));
  const [part] = stream.current.messages[0]?.content ?? [];
  return stream.done && part?.content_type === "text" ? part.text : undefined;
}

export const streamedAnswer: Workload = {
  id: "L2",
  workload: "stream of 1,000 deltas, put together and written anew, vs parsed and written",
  goal: 1,
  ours() {
    const stream = chatCompletions.stream();
    for (const text of chunkTexts) stream.push(JSON.parse(text));
    assert.ok(stream.done && stream.current.messages.length === 1);
    return chatCompletions.toEvents(stream.document).map((event) => JSON.stringify(event));
  },
  baseline: () => chunkTexts.map((text) => JSON.stringify(JSON.parse(text))),
  check: (last) => assert.equal(textOf(last as readonly string[]), wordsOf(5 * deltas)),
};

export const chatComparisons: readonly Comparison[] = [
  ...wholeAnswers.map((workload) => ({
    ...compared(workload),
    unit: () => sideOf(workload.baseline, workload.check),
  })),
  compared(streamedAnswer),
];

function compared({ id, workload, goal, ours, baseline, check }: Workload): Comparison {
  return {
    id,
    workload,
    goal,
    sides: async () => [await sideOf(ours, check), await sideOf(baseline, check)],
  };
}

/** The size of the window in deltas of five characters each. */
const windowDeltas = 40;

interface FirstText extends Named {
  /** How many characters the answer's plugin holds back; `undefined` for no plugin. */
  readonly window: number | undefined;
}

const firstTexts: readonly FirstText[] = [
  {
    id: "L3",
    workload: "deltas taken in before the first text is handed on, no handler",
    goal: 1,
    window: undefined,
  },
  {
    id: "L3",
    workload: `the same, with a handler that judges pieces and a window of ${windowDeltas} deltas`,
    goal: 1 + windowDeltas,
    window: 5 * windowDeltas,
  },
];

/** An exact count, so there is nothing to repeat. */
export const firstText: Group = {
  comparisons: firstTexts,
  measure: (isWanted) =>
    Promise.all(
      firstTexts.filter(isWanted).map(async ({ window, ...row }) => {
        const count = await deltasUntilText(window);
        return rowOf(row, { ours: [count], baseline: null, unit: "", figures: [count] });
      }),
    ),
};

async function deltasUntilText(window: number | undefined): Promise<number> {
  const judge = definePlugin({
    name: "judge",
    version: "1.0.0",
    hooks: { "cmf.llm_output": { stream: { window: window ?? 1 }, handler: () => undefined } },
  });
  const plugins: Plugin[] = window === undefined ? [] : [judge];
  const manager = await createPluginManager({ plugins });
  let came = 0;
  async function* arriving() {
    for (const chunk of chunks) {
      // The first chunk has no text.
      if (chunk !== chunks[0]) came += 1;
      yield chunk;
    }
  }
  for await (const { event } of guardModel(chatCompletions, manager)
    .begin()
    .judgeEvents(arriving())) {
    if (JSON.stringify(event).includes("word")) return came;
  }
  throw new Error("No text was handed on.");
}
