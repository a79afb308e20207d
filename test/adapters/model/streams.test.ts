/** `guardModel`: what arrives in a stream reaches the caller, or the stream is refused. */
import { createPluginManager, definePlugin, type StreamMode } from "glassine";
import { anthropic } from "glassine/anthropic";
import { bedrock } from "glassine/bedrock";
import { guardModel, type ModelEvent, type ModelProvider } from "glassine/http";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";

const pass = () => undefined;
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

describe("what a stream cannot be written with", () => {
  const unknown: readonly [string, ModelProvider, readonly object[]][] = [
    [
      "an unknown delta of Claude",
      anthropic,
      [begin, ...said, at("delta", { delta: { type: "later_delta", note: "N" } }), ...end],
    ],
    ["an unknown event of Claude", anthropic, [begin, ...said, { type: "later" }, ...end]],
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
  const modes: readonly StreamMode[] = ["buffer", { window: 2 }];

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
