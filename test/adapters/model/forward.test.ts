// Only in test:all: it cuts streams at every place.
/** `guardModel` and `aiMiddleware`: what is forwarded before an answer ends, by its plugins. */
import {
  addLabels,
  createPluginManager,
  definePlugin,
  deny,
  type Extensions,
  type StreamMode,
} from "glassine";
import { aiMiddleware, contentStream, type StreamPartLike } from "glassine/ai-sdk";
import { anthropic, messagesStream } from "glassine/anthropic";
import { bedrock, converseStream } from "glassine/bedrock";
import { generateStream, google } from "glassine/google";
import { guardModel, type ModelProvider } from "glassine/http";
import { memoryLabelStore } from "glassine/labels";
import type { Message } from "glassine/messages";
import { chatCompletions, chatStream, responses, responsesStream } from "glassine/openai";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";

type Manager = Awaited<ReturnType<typeof createPluginManager>>;
type Judge = (
  manager: Manager,
  events: AsyncIterable<object>,
  options: object,
) => AsyncIterable<{
  readonly event?: object | undefined;
  readonly refusal?: { readonly code: string; readonly reason: string } | undefined;
}>;

interface Api {
  readonly judge: Judge;
  /** The events of an answer as the API sends them, with each text split into the given pieces. */
  events(said: Said): readonly object[];
  /** The answer that a client assembles from the events. */
  read(events: readonly object[]): { readonly content: readonly object[]; readonly done: boolean };
}

const guarded =
  (provider: ModelProvider): Judge =>
  (manager, events, options) =>
    guardModel(provider, manager, options).begin().judgeEvents(events);

interface Said {
  readonly thinking?: readonly string[];
  readonly text?: readonly string[];
  readonly refusal?: readonly string[];
  readonly call?: readonly string[];
}

const chunk = (delta: object, finish_reason: string | null = null) => ({
  id: "c1",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta, logprobs: null, finish_reason }],
});
const pieces = <Made>(list: readonly string[] | undefined, make: (piece: string) => Made) =>
  (list ?? []).map((piece) => make(piece));

const chat: Api = {
  judge: guarded(chatCompletions),
  events: ({ thinking, text, refusal, call }) => [
    chunk({ role: "assistant", content: "" }),
    ...pieces(thinking, (reasoning_content) => chunk({ reasoning_content })),
    ...pieces(text, (content) => chunk({ content })),
    ...pieces(refusal, (each) => chunk({ refusal: each })),
    ...pieces(call?.slice(0, 1), () =>
      chunk({
        tool_calls: [
          { index: 0, id: "t1", type: "function", function: { name: "mail", arguments: "" } },
        ],
      }),
    ),
    ...pieces(call, (each) => chunk({ tool_calls: [{ index: 0, function: { arguments: each } }] })),
    chunk({}, call ? "tool_calls" : "stop"),
  ],
  read(events) {
    const stream = chatStream();
    for (const event of events) stream.push(event);
    return { content: stream.current.messages[0]?.content ?? [], done: stream.done };
  },
};

function blockEvents(
  index: number,
  content_block: object,
  list: readonly string[] | undefined,
  delta: (piece: string) => object,
  end: readonly object[] = [],
): readonly object[] {
  if (list === undefined) return [];
  return [
    { type: "content_block_start", index, content_block },
    ...pieces(list, (piece) => ({ type: "content_block_delta", index, delta: delta(piece) })),
    ...end.map((each) => ({ type: "content_block_delta", index, delta: each })),
    { type: "content_block_stop", index },
  ];
}

const messages: Api = {
  judge: guarded(anthropic),
  events({ thinking, text, call }) {
    const first = thinking === undefined ? 0 : 1;
    const usage = { input_tokens: 5, output_tokens: 1 };
    const message = {
      id: "m1",
      type: "message",
      role: "assistant",
      model: "m",
      content: [],
      usage,
      stop_reason: null,
      stop_sequence: null,
    };
    return [
      { type: "message_start", message },
      ...blockEvents(
        0,
        { type: "thinking", thinking: "", signature: "" },
        thinking,
        (each) => ({ type: "thinking_delta", thinking: each }),
        [{ type: "signature_delta", signature: "c2ln" }],
      ),
      ...blockEvents(first, { type: "text", text: "" }, text, (each) => ({
        type: "text_delta",
        text: each,
      })),
      ...blockEvents(
        first + (text === undefined ? 0 : 1),
        { type: "tool_use", id: "t1", name: "mail", input: {} },
        call,
        (each) => ({ type: "input_json_delta", partial_json: each }),
      ),
      {
        type: "message_delta",
        delta: { stop_reason: call ? "tool_use" : "end_turn", stop_sequence: null },
        usage: { output_tokens: 30 },
      },
      { type: "message_stop" },
    ];
  },
  read(events) {
    const stream = messagesStream();
    for (const event of events) stream.push(event as { type: string });
    return { content: stream.current.messages[0]?.content ?? [], done: stream.done };
  },
};

function answerOf({ text, refusal, call }: Said): object {
  const part =
    refusal === undefined
      ? { type: "output_text", text: text?.join("") ?? "", annotations: [] }
      : { type: "refusal", refusal: refusal.join("") };
  const said = {
    id: "i1",
    type: "message",
    role: "assistant",
    status: "completed",
    content: [part],
  };
  const asked = {
    id: "i2",
    type: "function_call",
    status: "completed",
    call_id: "t1",
    name: "mail",
    arguments: call?.join("") ?? "{}",
  };
  return {
    id: "r1",
    object: "response",
    created_at: 1,
    model: "m",
    status: "completed",
    output: [...((text ?? refusal) ? [said] : []), ...(call ? [asked] : [])],
  };
}

/** The library writes the whole text in one event; this splits it into one event per piece. */
const items: Api = {
  judge: guarded(responses),
  events(said) {
    const list = said.text ?? said.refusal ?? [];
    return responses.toEvents(answerOf(said)).flatMap((event) => {
      const { type } = event as { readonly type: string };
      const isText = type === "response.output_text.delta" || type === "response.refusal.delta";
      return isText ? list.map((delta) => ({ ...event, delta })) : [event];
    });
  },
  read(events) {
    const numbers = events.map((event) => (event as { sequence_number?: number }).sequence_number);
    expect(numbers).toEqual(numbers.map((_, at) => at));
    const stream = responsesStream();
    for (const event of events) stream.push(event);
    return { content: stream.current.messages[0]?.content ?? [], done: stream.done };
  },
};

const converseEvents = (
  contentBlockIndex: number,
  list: readonly string[] | undefined,
  delta: (piece: string) => object,
  begin: readonly object[] = [],
): readonly object[] => {
  if (list === undefined) return [];
  const deltas = pieces(list, delta);
  return [
    ...begin.map((start) => ({ contentBlockStart: { start, contentBlockIndex } })),
    ...deltas.map((each) => ({ contentBlockDelta: { delta: each, contentBlockIndex } })),
    { contentBlockStop: { contentBlockIndex } },
  ];
};

const converse: Api = {
  judge: guarded(bedrock),
  events({ thinking, text, call }) {
    const first = thinking === undefined ? 0 : 1;
    const usage = { inputTokens: 5, outputTokens: 30, totalTokens: 35 };
    return [
      { messageStart: { role: "assistant" } },
      ...converseEvents(0, thinking, (each) => ({ reasoningContent: { text: each } })),
      ...converseEvents(first, text, (each) => ({ text: each })),
      ...converseEvents(
        first + (text === undefined ? 0 : 1),
        call,
        (input) => ({ toolUse: { input } }),
        [{ toolUse: { toolUseId: "t1", name: "mail" } }],
      ),
      { messageStop: { stopReason: call ? "tool_use" : "end_turn" } },
      { metadata: { usage, metrics: { latencyMs: 5 } } },
    ];
  },
  read(events) {
    const stream = converseStream();
    for (const event of events) stream.push(event);
    return { content: stream.current.messages[0]?.content ?? [], done: stream.done };
  },
};

/** The API sends whole characters. */
function characters(list: readonly string[] = []): readonly string[] {
  const whole: string[] = [];
  for (const piece of list) {
    const isCut = /[\ud800-\udbff]$/.test(whole.at(-1) ?? "");
    whole.push((isCut ? whole.pop() : "") + piece);
  }
  return whole;
}

const candidate = (parts: readonly object[], more: object = {}) => ({
  candidates: [{ content: { parts, role: "model" }, ...more }],
  modelVersion: "m",
});

const gemini: Api = {
  judge: guarded(google),
  events: ({ thinking, text, call }) => [
    ...pieces(thinking, (each) => candidate([{ text: each, thought: true }])),
    ...pieces(characters(text), (each) => candidate([{ text: each }])),
    ...(call === undefined
      ? []
      : [
          candidate([
            { functionCall: { id: "t1", name: "mail", args: JSON.parse(call.join("")) } },
          ]),
        ]),
    candidate([], { finishReason: "STOP" }),
  ],
  read(events) {
    const stream = generateStream();
    for (const event of events) stream.push(event);
    return { content: stream.current.messages[0]?.content ?? [], done: stream.done };
  },
};

/** A text or reasoning block of the AI SDK. */
const block = (
  type: "text" | "reasoning",
  id: string,
  list: readonly string[] | undefined,
): readonly object[] =>
  list === undefined
    ? []
    : [
        { type: `${type}-start`, id },
        ...list.map((delta) => ({ type: `${type}-delta`, id, delta })),
        { type: `${type}-end`, id },
      ];
interface Refused {
  readonly message: string;
  readonly data: { readonly error: { readonly code: string } };
}
const aiSdk: Api = {
  async *judge(manager, events, options) {
    const middleware = aiMiddleware(manager, { specificationVersion: "v3", ...options });
    const { stream } = await middleware.wrapStream({
      doStream: async () => ({ stream: ReadableStream.from(events) as ReadableStream<object> }),
      params: {},
      model: {},
    });
    for await (const event of stream) {
      const { error } = event as StreamPartLike & { readonly error?: Refused };
      if (error === undefined) yield { event };
      else yield { refusal: { code: error.data.error.code, reason: error.message } };
    }
  },
  events: ({ thinking, text, call }) => [
    { type: "stream-start", warnings: [] },
    ...block("reasoning", "r", thinking),
    ...block("text", "t", text),
    { type: "response-metadata", id: "i1", modelId: "m" },
    ...(call === undefined ? [] : [{ type: "tool-input-start", id: "t1", toolName: "mail" }]),
    ...pieces(call, (delta) => ({ type: "tool-input-delta", id: "t1", delta })),
    ...pieces(call?.slice(0, 1), () => ({
      type: "tool-call",
      toolCallId: "t1",
      toolName: "mail",
      input: call?.join(""),
    })),
    {
      type: "finish",
      finishReason: { unified: call ? "tool-calls" : "stop", raw: undefined },
      usage: { inputTokens: { total: 5 }, outputTokens: { total: 30 } },
    },
  ],
  read(events) {
    const stream = contentStream();
    for (const event of events) stream.push(event as StreamPartLike);
    return { content: stream.current.messages[0]?.content ?? [], done: stream.done };
  },
};

const apis: readonly [string, Api][] = [
  ["Chat Completions", chat],
  ["Messages", messages],
  ["Responses", items],
  ["Converse", converse],
  ["generateContent", gemini],
  ["the AI SDK", aiSdk],
];

type Handler = (message: Message, context: unknown, extensions: Extensions) => unknown;
const outputs = (stream: StreamMode | undefined, handler: Handler, more: object = {}) =>
  definePlugin({
    name: `judge-${Math.random().toString(36).slice(2)}`,
    version: "1.0.0",
    hooks: { "cmf.llm_output": { handler, ...(stream !== undefined && { stream }) } },
    ...more,
  } as never);
const redact = (message: Message) => ({
  modifiedPayload: JSON.parse(JSON.stringify(message).replaceAll("hunter2", "***")) as Message,
});
const refuseBomb = (message: Message) =>
  JSON.stringify(message).includes("bomb") ? deny("No bombs") : undefined;

interface Forwarded {
  readonly events: readonly object[];
  /** For each forwarded event, how many of the provider's events had arrived. */
  readonly after: readonly number[];
  readonly refusal: { readonly code: string; readonly reason: string } | undefined;
}

async function forward(
  { judge }: Api,
  events: readonly object[],
  plugins: readonly ReturnType<typeof outputs>[],
  options: object = {},
): Promise<Forwarded> {
  const manager = await createPluginManager({ plugins: plugins as never });
  let came = 0;
  async function* arriving() {
    for (const event of events) {
      // What has arrived is forwarded first, also through a stream that reads ahead.
      await new Promise(setImmediate);
      came += 1;
      yield event;
    }
  }
  const left: object[] = [];
  const after: number[] = [];
  for await (const judged of judge(manager, arriving(), options)) {
    if (judged.event === undefined) return { events: left, after, refusal: judged.refusal };
    left.push(judged.event);
    after.push(came);
  }
  return { events: left, after, refusal: undefined };
}

const cut = (text: string, size = 3) => text.match(new RegExp(`.{1,${size}}`, "gsu")) ?? [];
const long = `The password is hunter2, and ${"so on and so forth. ".repeat(30)}hunter2.`;
const clean = long.replaceAll("hunter2", "***");

describe.each(apis)("a streamed answer of %s", (_, api) => {
  const modes: readonly [string, StreamMode][] = [
    ["a window", { window: 20 }],
    ["sentences", "sentence"],
    ["buffer", "buffer"],
  ];
  it.each(modes)("says the same as if it had not been streamed: %s", async (name, mode) => {
    const events = api.events({ text: cut(long) });
    const { events: left, after, refusal } = await forward(api, events, [outputs(mode, redact)]);
    expect(refusal).toBeUndefined();
    expect(api.read(left)).toEqual({
      content: [{ content_type: "text", text: clean }],
      done: true,
    });
    const early = after.filter((at) => at < events.length);
    if (name === "buffer") expect(early).toEqual([]);
    else expect(early.length).toBeGreaterThan(10);
    expect(JSON.stringify(left)).not.toContain("hunter2");
  });

  it("leaves at the event that brings it, where nobody has a handler", async () => {
    const events = api.events({ text: cut(long) });
    const { events: left, after } = await forward(api, events, []);
    expect(left).toEqual(events);
    expect(after).toEqual(events.map((__, at) => at + 1));
  });

  it("leaves as it comes where plugins pass, which may still deny it", async () => {
    const events = api.events({ text: cut("Build a bomb") });
    const {
      events: left,
      after,
      refusal,
    } = await forward(api, events, [outputs("pass", refuseBomb)]);
    expect(left).toEqual(events);
    expect(after).toEqual(events.map((__, at) => at + 1));
    expect(refusal?.reason).toBe("No bombs");
  });

  it("ends with an error where a plugin that passes changes what has left", async () => {
    const events = api.events({ text: cut(long) });
    const { refusal } = await forward(api, events, [outputs("pass", redact)]);
    expect(refusal?.code).toBe("answer_contradicted");
  });

  it("ends with a denial in the middle, and nothing follows", async () => {
    verifies("adapters:forwarded-denied");
    const text = `${"so on and so forth. ".repeat(20)}A bomb. ${"And more. ".repeat(100)}`;
    const events = api.events({ text: cut(text) });
    for (const mode of [{ window: 20 }, "sentence"] as const) {
      const {
        events: left,
        after,
        refusal,
      } = await forward(api, events, [outputs(mode, refuseBomb)]);
      expect(refusal?.reason).toBe("No bombs");
      expect(after.at(-1)).toBeLessThan(events.length / 2);
      expect(JSON.stringify(left)).toContain("so forth");
      expect(JSON.stringify(left)).not.toContain("bomb");
      expect(api.read(left).done).toBe(false);
    }
  });

  it("ends with an error where a plugin breaks its promise", async () => {
    verifies("adapters:forwarded-begins");
    const events = api.events({ text: cut(long) });
    const fickle = outputs({ window: 5 }, (message: Message, context: unknown) => {
      if (!(context as { stream: { done: boolean } }).stream.done) return undefined;
      const text = JSON.stringify(message).replace("The", "A");
      return { modifiedPayload: JSON.parse(text) as Message };
    });
    const { refusal } = await forward(api, events, [fickle]);
    expect(refusal?.code).toBe("answer_contradicted");
  });

  it("keeps tool calls until all of it was judged", async () => {
    verifies("adapters:forwarded-text");
    const said = {
      text: cut("I will mail it. Just a moment. ".repeat(9)),
      call: cut('{"to":"hunter2"}'),
    };
    const events = api.events(said);
    const calls: number[] = [];
    const counting = definePlugin({
      name: "calls",
      version: "1.0.0",
      hooks: { "cmf.tool_pre_invoke": () => void calls.push(1) },
    } as never);
    for (const plugins of [[outputs({ window: 20 }, redact), counting], [counting]]) {
      const { events: left, after, refusal } = await forward(api, events, plugins as never);
      expect(refusal).toBeUndefined();
      const first = left.findIndex((event) => JSON.stringify(event).includes("t1"));
      expect(after[first]).toBe(events.length);
      expect(after[0]).toBeLessThan(events.length / 2);
      const read = api.read(left);
      expect(read.done).toBe(true);
      expect(read.content).toMatchObject([
        { content_type: "text", text: said.text.join("") },
        {
          content_type: "tool_call",
          content: { name: "mail", arguments: { to: plugins.length === 2 ? "***" : "hunter2" } },
        },
      ]);
      expect(calls.splice(0)).toEqual([1]);
    }
  });

  it("keeps the session's labels of what has left, also if it ends early", async () => {
    const labelling = outputs(
      { window: 20 },
      (message: Message, __, extensions) =>
        JSON.stringify(message).includes("hunter2")
          ? { modifiedExtensions: addLabels(extensions, ["SECRET"]) }
          : undefined,
      { capabilities: ["read_labels", "append_labels"] },
    );
    const store = memoryLabelStore();
    const labels = { session: "ada/1", store };
    const events = api.events({ text: cut(long) });
    const { refusal } = await forward(api, events.slice(0, -3), [labelling], { labels });
    expect(refusal?.code).toBe("answer_cut_off");
    expect(await store.load("ada/1")).toEqual(["SECRET"]);
  });

  it("says the same wherever its events are cut", async () => {
    const text = "My key: hunter2. Is it safe? 👩‍👩‍👧‍👦 e\u0301 hunter2 and hunt. ";
    const whole = text.repeat(2);
    for (const mode of [{ window: 9 }, "sentence"] as const) {
      const plugins = [outputs(mode, redact)];
      for (let at = 0; at <= text.length; at += 1) {
        const events = api.events({
          text: [whole.slice(0, at), whole.slice(at, at + 9), whole.slice(at + 9)],
        });
        const { events: left, refusal } = await forward(api, events, plugins);
        expect(refusal).toBeUndefined();
        expect(api.read(left)).toEqual({
          content: [{ content_type: "text", text: whole.replaceAll("hunter2", "***") }],
          done: true,
        });
        expect(JSON.stringify(left)).not.toContain("hunter2");
      }
    }
  });
});

describe("thinking and refusals", () => {
  it.each([
    ["Chat Completions", chat],
    ["Messages", messages],
    ["Converse", converse],
    ["generateContent", gemini],
    ["the AI SDK", aiSdk],
  ])("of %s leave in pieces too, and before the text", async (_, api) => {
    const thinking = cut("The user wants hunter2. Think of it once more. ".repeat(6));
    const events = api.events({ thinking, text: cut(long) });
    const {
      events: left,
      after,
      refusal,
    } = await forward(api, events, [
      outputs({ window: 20 }, (message: Message) => {
        if (JSON.stringify(message).includes("bomb")) return deny("No bombs");
        return undefined;
      }),
    ]);
    expect(refusal).toBeUndefined();
    expect(after[2]).toBeLessThan(events.length / 2);
    expect(api.read(left)).toEqual(api.read(events));
  });

  it("leave in pieces from a choice each", async () => {
    const both = cut(long).flatMap((content) =>
      [0, 1].map((index) => ({
        ...chunk({}),
        choices: [{ index, delta: { content }, logprobs: null, finish_reason: null }],
      })),
    );
    const ends = [0, 1].map((index) => ({
      ...chunk({}),
      choices: [{ index, delta: {}, logprobs: null, finish_reason: "stop" }],
    }));
    const events = [...both, ...ends];
    const manager = await createPluginManager({
      plugins: [outputs({ window: 20 }, redact)] as never,
    });
    const exchange = guardModel(chatCompletions, manager).begin();
    await exchange.judgeRequest({ model: "m", n: 2, messages: [{ role: "user", content: "Hi" }] });
    const left: object[] = [];
    for await (const { event, refusal } of exchange.judgeEvents(
      (async function* () {
        yield* events;
      })(),
    )) {
      expect(refusal).toBeUndefined();
      if (event !== undefined) left.push(event);
    }
    const stream = chatStream({ choices: 2 });
    for (const event of left) stream.push(event);
    expect(stream.done).toBe(true);
    expect(stream.current.messages.map(({ content }) => content)).toEqual([
      [{ content_type: "text", text: clean }],
      [{ content_type: "text", text: clean }],
    ]);
    expect(left.length).toBeGreaterThan(20);
  });
});

describe("texts that grow at the same time", () => {
  const filler = cut("so on and so forth. ".repeat(30));
  const started = messages.events({ text: ["My key is hun"] });
  const second = blockEvents(1, { type: "text", text: "" }, filler, (text) => ({
    type: "text_delta",
    text,
  }));
  const [open, ...rest] = block("text", "1", ["My key is hun", "ter2."]);
  it.each<[string, Api, readonly object[]]>([
    [
      "Messages",
      messages,
      [
        ...started.slice(0, 3),
        ...second,
        {
          type: "content_block_delta",
          index: 0,
          delta: { type: "text_delta", text: "ter2." },
        },
        ...started.slice(3),
      ],
    ],
    [
      "the AI SDK",
      aiSdk,
      [
        ...aiSdk.events({}).slice(0, 1),
        open as object,
        ...rest.slice(0, 1),
        ...block("text", "2", filler),
        ...rest.slice(1),
        ...aiSdk.events({}).slice(1),
      ],
    ],
  ])("of %s wait for those before them", async (_, api, events) => {
    verifies("adapters:forwarded-begins");
    for (const mode of [{ window: 20 }, "sentence"] as const) {
      const { events: left, refusal } = await forward(api, events, [outputs(mode, redact)]);
      expect(refusal).toBeUndefined();
      expect(JSON.stringify(left)).not.toContain("hun");
      expect(api.read(left)).toEqual({
        content: [
          { content_type: "text", text: "My key is ***." },
          { content_type: "text", text: filler.join("") },
        ],
        done: true,
      });
    }
  });
});
