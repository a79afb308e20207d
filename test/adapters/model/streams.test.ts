/** `guardModel`: what arrives in a stream reaches the caller, or the stream is refused. */
import { createPluginManager, definePlugin, type StreamMode } from "glassine";
import { anthropic } from "glassine/anthropic";
import { bedrock } from "glassine/bedrock";
import { google } from "glassine/google";
import { guardModel, type ModelEvent, type ModelProvider } from "glassine/http";
import type { Message } from "glassine/messages";
import { chatCompletions, responses } from "glassine/openai";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";

const pass = () => undefined;
const redact = (message: Message) => ({
  modifiedPayload: JSON.parse(JSON.stringify(message).replaceAll("hunter2", "***")) as Message,
});
const outputs = (stream: StreamMode) => ({ "cmf.llm_output": { handler: pass, stream } });

interface Options {
  readonly allow?: readonly string[];
  readonly hooks?: object;
}

async function forward(
  provider: ModelProvider,
  events: readonly object[],
  { allow = [], hooks = outputs("buffer") }: Options = {},
) {
  const seen: ModelEvent[] = [];
  const plugin = definePlugin({ name: "looker", version: "1.0.0", hooks } as never);
  const manager = await createPluginManager({ plugins: [plugin] });
  const onResult = (event: ModelEvent) => seen.push(event);
  const exchange = guardModel(provider, manager, { allow, onResult }).begin();
  async function* source() {
    yield* events;
  }
  const left: object[] = [];
  for await (const { event, refusal } of exchange.judgeEvents(source())) {
    if (refusal !== undefined) return { left, code: refusal.code, seen };
    left.push(event);
  }
  return { left, code: undefined, seen };
}

const text = "Hello there, this is long enough to leave early.";
const begin = {
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
};
const at = (type: string, more: object) => ({ type: `content_block_${type}`, index: 0, ...more });
const said = [
  at("start", { content_block: { type: "text", text: "" } }),
  at("delta", { delta: { type: "text_delta", text } }),
];
const end = [
  at("stop", {}),
  {
    type: "message_delta",
    delta: { stop_reason: "end_turn", stop_sequence: null },
    usage: { output_tokens: 9 },
  },
  { type: "message_stop" },
];

const answerOf = (provider: ModelProvider, events: readonly object[]) => {
  const stream = provider.stream();
  for (const event of events) stream.push(event);
  return stream.document;
};

const modes: readonly StreamMode[] = ["buffer", { window: 7 }];

describe("what a stream cannot be written with", () => {
  const unknown: readonly [string, ModelProvider, readonly object[]][] = [
    [
      "an unknown delta of Claude",
      anthropic,
      [begin, ...said, at("delta", { delta: { type: "later_delta", note: "N" } }), ...end],
    ],
    ["an unknown event of Claude", anthropic, [begin, ...said, { type: "later" }, ...end]],
    [
      "an unknown event of Claude with an error",
      anthropic,
      [begin, ...said, { type: "later", error: { message: "N" } }, ...end],
    ],
    [
      "an unknown event of Bedrock",
      bedrock,
      [
        { messageStart: { role: "assistant" } },
        { contentBlockDelta: { delta: { text }, contentBlockIndex: 0 } },
        { contentBlockStop: { contentBlockIndex: 0 } },
        { later: { note: "N" } },
        { messageStop: { stopReason: "end_turn" } },
      ],
    ],
  ];
  it.each(unknown)("is not left out although it is allowed: %s", async (_, provider, events) => {
    verifies("adapters:stream-whole");
    const allow = ["content"];
    for (const mode of modes) {
      const { code, left, seen } = await forward(provider, events, { allow, hooks: outputs(mode) });
      expect(code).toBe("edit_unwritable");
      expect(seen.at(-1)?.error).toMatchObject({ code: "payload_shape" });
      if (mode === "buffer") expect(left).toEqual([]);
    }
    const kept = await forward(provider, events, { allow, hooks: outputs("pass") });
    expect(kept).toMatchObject({ code: undefined, left: events });
  });

  it.each(unknown)(
    "is content that no plugin saw, if it is not allowed: %s",
    async (_, provider, events) => {
      verifies("adapters:stream-whole");
      expect((await forward(provider, events)).code).toBe("content_unseen");
    },
  );
});

it("is refused if no event can have it", async () => {
  verifies("bedrock:unstreamed");
  const start = { guardContent: { text: { text } } };
  const events = [
    { messageStart: { role: "assistant" } },
    { contentBlockStart: { start, contentBlockIndex: 0 } },
    { contentBlockStop: { contentBlockIndex: 0 } },
    { messageStop: { stopReason: "end_turn" } },
  ];
  const { left, code, seen } = await forward(bedrock, events);
  expect({ left, code }).toEqual({ left: [], code: "edit_unwritable" });
  expect(seen.at(-1)?.error).toMatchObject({ code: "document_invalid" });
});

describe("what comes late in a stream", () => {
  const early: Options = { hooks: outputs({ window: 2 }) };
  const cleared = { applied_edits: [{ type: "clear_tool_uses_20250919", cleared_tool_uses: 8 }] };
  const counts = { output_tokens: 9, iterations: [{ type: "message", output_tokens: 9 }] };
  const [stop, delta, over] = end;
  const edited = [
    begin,
    ...said,
    stop,
    { ...delta, usage: counts, context_management: cleared },
    over,
  ] as readonly object[];

  it("reaches the caller in message_delta, where the SDK of Claude looks for it", async () => {
    verifies("adapters:forwarded-same");
    for (const hooks of [early.hooks, outputs("buffer")]) {
      const { left } = await forward(anthropic, edited, { hooks } as Options);
      const late = left.find((event) => "usage" in event);
      expect(late).toMatchObject({ usage: counts, context_management: cleared });
    }
  });

  const chunk = (candidate: object, more: object = {}) => ({
    candidates: [{ index: 0, ...candidate }],
    ...more,
  });
  const parts = (...all: readonly string[]) => ({
    content: { role: "model", parts: all.map((each) => ({ text: each })) },
  });
  const part = (delta: object, finish_reason: string | null = null) => ({
    id: "c",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, delta, finish_reason }],
  });
  const late: readonly [string, ModelProvider, readonly object[]][] = [
    ["context management and usage of Claude", anthropic, edited],
    [
      "an unknown field at the end of Claude",
      anthropic,
      [
        begin,
        ...said,
        stop,
        { ...delta, delta: { stop_reason: "end_turn", later: "L" } },
        over,
      ] as readonly object[],
    ],
    [
      "why Gemini blocked a prompt",
      google,
      [chunk(parts(text)), { promptFeedback: { blockReason: "OTHER" } }],
    ],
    [
      "facts in the last chunk of Gemini",
      google,
      [chunk(parts(text)), chunk({ ...parts("."), finishReason: "STOP" }, { turnToken: "T" })],
    ],
    [
      "an unknown field of a delta",
      chatCompletions,
      [part({ role: "assistant", content: text }), part({ later: { a: 1 } }), part({}, "stop")],
    ],
  ];

  it.each(late)(
    "reaches the caller after part of the text has left: %s",
    async (_, provider, events) => {
      verifies("adapters:forwarded-same");
      const { left, code } = await forward(provider, events, { ...early, allow: ["content"] });
      expect(code).toBeUndefined();
      expect(left.length).toBeGreaterThan(events.length - 1);
      expect(answerOf(provider, left)).toEqual(answerOf(provider, events));
    },
  );

  it("may be a field that says nothing", async () => {
    verifies("adapters:forwarded-same");
    const empty = { content: "", tool_calls: null, reasoning_content: null };
    const events = [part({ role: "assistant", content: text }), part(empty, "stop")];
    const { left, code } = await forward(chatCompletions, events, { ...early, allow: ["content"] });
    expect(code).toBeUndefined();
    expect(JSON.stringify(left)).toContain('"stop"');
  });

  const source = { type: "char_location", cited_text: "c", document_index: 0 };
  const pieceOf = (piece: object) => ({
    contentBlockDelta: { delta: piece, contentBlockIndex: 0 },
  });
  it.each([
    [
      "Claude",
      anthropic,
      [
        begin,
        at("start", { content_block: { type: "text", text: "", citations: [] } }),
        at("delta", { delta: { type: "text_delta", text } }),
        at("delta", { delta: { type: "citations_delta", citation: source } }),
        at("delta", { delta: { type: "text_delta", text: " It is hunter2." } }),
        ...end,
      ],
    ],
    [
      "Bedrock",
      bedrock,
      [
        { messageStart: { role: "assistant" } },
        pieceOf({ text }),
        pieceOf({ citation: { title: "t" } }),
        pieceOf({ text: " It is hunter2." }),
        { contentBlockStop: { contentBlockIndex: 0 } },
        { messageStop: { stopReason: "end_turn" } },
      ],
    ],
  ] as readonly [string, ModelProvider, readonly object[]][])(
    "may be a citation of a text that changes: %s",
    async (_, provider, events) => {
      verifies("adapters:forwarded-same");
      for (const stream of modes) {
        const hooks = { "cmf.llm_output": { handler: redact, stream } };
        const { left, code } = await forward(provider, events, { hooks, allow: ["citation"] });
        expect(code).toBeUndefined();
        const [message] = provider.readAnswer(answerOf(provider, left)).messages;
        expect(message?.content).toMatchObject([{ text: `${text} It is ***.` }]);
        // For an SDK, text of an answer is in deltas only.
        expect(JSON.stringify(left)).not.toMatch(/citation"|citationsContent/);
      }
    },
  );

  it("ends the stream with an error if it belongs into what has left", async () => {
    verifies("adapters:forwarded-same");
    /** Has everything but texts in its first event. */
    const toEvents: ModelProvider["toEvents"] = (answer, limits) => {
      const [first, ...rest] = anthropic.toEvents(answer, limits) as readonly object[];
      const { context_management = null } = answer as { readonly context_management?: object };
      const message = { ...(first as typeof begin).message, context_management };
      return [
        { ...first, message },
        ...rest.map((each) => ({ ...each, context_management: null })),
      ];
    };
    const other: ModelProvider = { ...anthropic, toEvents };
    const { left, code } = await forward(other, edited, early);
    expect(left.length).toBeGreaterThan(0);
    expect(code).toBe("answer_contradicted");
    expect(await forward(other, edited)).toMatchObject({ code: undefined });
  });
});

describe("a decimal with more digits than a double has", () => {
  const long = '{"lat": 48.137154321987654321, "at": [{"pi": 3.14159265358979323846}]}';
  const read = { lat: 48.13715432198765, at: [{ pi: Math.PI }] };
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    id: "a",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index: 0, delta, finish_reason }],
  });
  const item = (args: string) => ({
    type: "function_call",
    id: "fc",
    call_id: "c",
    name: "go",
    arguments: args,
    status: "completed",
  });
  const response = (args: string) => ({
    id: "r",
    object: "response",
    created_at: 1,
    model: "m",
    status: "completed",
    output: [item(args)],
  });
  const streams: readonly [string, ModelProvider, (args: string) => readonly object[]][] = [
    [
      "Claude",
      anthropic,
      (args) => [
        begin,
        at("start", { content_block: { type: "tool_use", id: "c", name: "go", input: {} } }),
        at("delta", { delta: { type: "input_json_delta", partial_json: args } }),
        ...end,
      ],
    ],
    [
      "Chat Completions",
      chatCompletions,
      (args) => [
        chunk({ role: "assistant", content: null }),
        chunk({
          tool_calls: [
            { index: 0, id: "c", type: "function", function: { name: "go", arguments: args } },
          ],
        }),
        chunk({}, "tool_calls"),
      ],
    ],
    ["Responses", responses, (args) => responses.toEvents(response(args)) as readonly object[]],
  ];

  it.each(streams)("reaches plugins and caller as it is rounded: %s", async (_, provider, of) => {
    verifies("adapters:long-decimals");
    for (const mode of ["buffer", { window: 7 }, "pass"] as const) {
      const shown: unknown[] = [];
      const look = (message: Message) => void shown.push(message.content[0]);
      const hooks = { "cmf.llm_output": { handler: look, stream: mode } };
      const events = of(long);
      const { left, code } = await forward(provider, events, { hooks });
      expect(code).toBeUndefined();
      expect(shown.at(-1)).toMatchObject({ content: { name: "go", arguments: read } });
      if (mode === "pass") expect(left).toEqual(events);
      else expect(JSON.stringify(left)).not.toContain("4321987654321");
      const [message] = provider.readAnswer(answerOf(provider, left)).messages;
      expect(message?.content).toMatchObject([{ content: { name: "go", arguments: read } }]);
    }
  });

  it.each(streams)("is no excuse for other numbers: %s", async (_, provider, of) => {
    verifies("adapters:long-decimals");
    const numbers = ["9007199254740993", "9007199254740993.0", "1e-400", "0.99999999999999999999"];
    for (const number of numbers) {
      const events = of(`{"pi":3.14159265358979323846,"n":${number}}`);
      expect((await forward(provider, events)).code).toBe("content_unseen");
    }
  });
});
