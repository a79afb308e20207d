/** `aiMiddleware`: what comes late in a stream, when part of it has been forwarded. */
import type { LanguageModelV3StreamPart } from "@ai-sdk/provider";
import { createPluginManager, definePlugin, type StreamMode } from "glassine";
import { aiMiddleware } from "glassine/ai-sdk";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { versions } from "./versions.ts";

type InputStart = Extract<LanguageModelV3StreamPart, { readonly type: "tool-input-start" }>;

const pass = () => undefined;
const outputs = (stream: StreamMode) => ({ "cmf.llm_output": { handler: pass, stream } });
const plugins: readonly [string, object][] = [
  ["a window", outputs({ window: 2 })],
  ["sentences", outputs("sentence")],
  ["tool calls alone", { "cmf.tool_pre_invoke": pass }],
  ["a buffer", { "cmf.llm_output": pass }],
];

const signed = { anthropic: { signature: "S" } };
const sealed = { openai: { itemId: "rs", reasoningEncryptedContent: "E" } };
const piece = (delta: string, more: object = {}) => ({
  type: "reasoning-delta",
  id: "0",
  delta,
  ...more,
});
const thought = "I look it up, because I do not know it.";

/** By provider: the metadata of a thought that comes with its last events. */
const streams: readonly [string, object, readonly object[]][] = [
  [
    "a signature in the last piece",
    signed,
    [
      { type: "reasoning-start", id: "0" },
      piece(thought),
      piece("", { providerMetadata: signed }),
      { type: "reasoning-end", id: "0" },
    ],
  ],
  [
    "encrypted reasoning at the end",
    sealed,
    [
      { type: "reasoning-start", id: "0", providerMetadata: { openai: { itemId: "rs" } } },
      piece(thought),
      { type: "reasoning-end", id: "0", providerMetadata: sealed },
    ],
  ],
];

/** A guarded model that streams these events. */
async function modelOf(
  version: (typeof versions)[number],
  events: readonly object[],
  hooks: object,
) {
  const { ai, Model, usage, specificationVersion } = version;
  const end = { type: "finish", finishReason: version.finishReason("stop"), usage };
  const all = [{ type: "stream-start", warnings: [] }, ...events, end];
  const doStream = async () => ({ stream: ai.simulateReadableStream({ chunks: all }) });
  const plugin = definePlugin({ name: "looker", version: "1.0.0", hooks } as never);
  const middleware = aiMiddleware(await createPluginManager({ plugins: [plugin] }), {
    specificationVersion,
  });
  return ai.wrapLanguageModel({
    model: new Model({ doStream: doStream as never }),
    middleware: middleware as never,
  });
}

describe.each(versions)("a stream of $name", (version) => {
  const cases = plugins.flatMap(([how, hooks]) =>
    streams.map(([what, metadata, events]) => ({ how, hooks, what, metadata, events })),
  );

  const item = { openai: { itemId: "rs" } };
  const part = (id: string, texts: readonly string[], metadata: object) => [
    { type: "reasoning-start", id, providerMetadata: item },
    ...texts.map((delta) => ({ type: "reasoning-delta", id, delta })),
    { type: "reasoning-end", id, providerMetadata: metadata },
  ];
  const twoTexts = [
    ...part("0", [thought, " Well."], item),
    ...part("1", ["Now. ", thought, " It is hunter2."], sealed),
    { type: "text-start", id: "m" },
    { type: "text-delta", id: "m", delta: "It is " },
    { type: "text-delta", id: "m", delta: "seven." },
    { type: "text-end", id: "m" },
  ];
  const contentOf = async (hooks: object) => {
    const { response } = version.ai.streamText({
      model: await modelOf(version, twoTexts, hooks),
      prompt: "Ahoy",
    });
    const [message] = (await response).messages;
    return message?.content;
  };

  it.each(plugins)("keeps the id of two texts of one stored item with %s", async (_, hooks) => {
    verifies("aisdk:stream-events");
    expect(await contentOf(hooks)).toMatchObject([
      { type: "reasoning", text: `${thought} Well.`, providerOptions: item },
      { type: "reasoning", text: `Now. ${thought} It is hunter2.`, providerOptions: sealed },
      { type: "text", text: "It is seven." },
    ]);
  });

  it("keeps it of neither if one of them was changed", async () => {
    verifies("aisdk:stored");
    const handler = (message: object) => ({
      modifiedPayload: JSON.parse(JSON.stringify(message).replaceAll("hunter2", "***")) as object,
    });
    const none = { providerOptions: undefined };
    const hooks = { "cmf.llm_output": { handler, stream: { window: 7 } } };
    expect(await contentOf(hooks)).toMatchObject([
      { type: "reasoning", text: `${thought} Well.`, ...none },
      { type: "reasoning", text: `Now. ${thought} It is ***.`, ...none },
      { type: "text", text: "It is seven." },
    ]);
  });

  it.each(cases)("keeps $what with $how", async ({ hooks, metadata, events }) => {
    verifies("aisdk:stream-events");
    const model = await modelOf(version, events, hooks);
    const { response } = version.ai.streamText({ model, prompt: "Ahoy" });
    const [message] = (await response).messages;
    expect(message?.content).toMatchObject([
      { type: "reasoning", text: thought, providerOptions: metadata },
    ]);
  });
});

describe.each(versions)("a stream of $name that is passed on as it comes", (version) => {
  async function passed(events: readonly object[], hooks: object) {
    const model = await modelOf(version, events, hooks);
    const { stream } = await model.doStream({ prompt: [] } as never);
    const came: object[] = [];
    for await (const event of stream as AsyncIterable<object>) came.push(event);
    return came.slice(1).filter((event) => !("finishReason" in event));
  }
  const judged = outputs("pass");
  const call = { type: "tool-call", toolCallId: "c", toolName: "f", input: '{"a":1}' };
  const inputOf = (deltas: readonly string[], more: object = {}) => [
    { type: "tool-input-start", id: "c", toolName: "f", ...more },
    ...deltas.map((delta) => ({ type: "tool-input-delta", id: "c", delta })),
    { type: "tool-input-end", id: "c" },
  ];
  const resultOf = (result: string, more: object = {}) => ({
    type: "tool-result",
    toolCallId: "c",
    toolName: "f",
    result,
    ...more,
  });
  const ran = { ...call, providerExecuted: true };
  const early = { preliminary: true };

  it("has the input of a call, if it is that of the call", async () => {
    verifies("aisdk:model-unkept", "adapters:long-decimals");
    const same = [...inputOf(['{"a"', ":1}"]), call];
    const noted = inputOf(['{"a"', ":1}"], { providerMetadata: { p: { note: "n" } } });
    const titled = inputOf(['{"a"', ":1}"], { title: "F" } satisfies Partial<InputStart>);
    for (const events of [same, [...noted, call], [...titled, call]]) {
      expect(await passed(events, judged)).toEqual(same);
    }
    const byProvider = { providerExecuted: true };
    const held = [...inputOf(['{"a":1}'], byProvider), ran];
    expect(await passed(held, judged)).toEqual(held);
    expect(await passed([...inputOf(['{"a":2}'], byProvider), ran], judged)).toEqual([ran]);
    const none = [...inputOf([""]), { ...call, input: "{}" }];
    const spaced = [...inputOf(['{\n  "a":', " 1\n}"]), call];
    const long = inputOf(['{"a":3.14159265358979323846}']);
    const rounded = [...long, { ...call, input: '{"a":3.141592653589793}' }];
    const exact = [...long, { ...call, input: '{"a":3.14159265358979323846}' }];
    for (const events of [none, spaced, rounded, exact]) {
      expect(await passed(events, judged)).toEqual(events);
    }
  });

  it("is refused if an input that is not that of its call has left", async () => {
    verifies("aisdk:model-unkept");
    for (const other of ['{"a":2}', '{"a":2,"a":1}', '{"a":1']) {
      const all = await passed([...inputOf([other]), call], judged);
      expect(all.slice(0, 4)).toEqual([...inputOf([other]), call]);
      const data = { error: { code: "content_unseen" } };
      expect(all.slice(4)).toMatchObject([{ type: "error", error: { data } }]);
    }
  });

  it("has the last result of a call, and no raw data", async () => {
    verifies("aisdk:model-unkept");
    const results = [resultOf("a", early), resultOf("b", early)];
    expect(await passed([ran, ...results, resultOf("c")], judged)).toEqual([ran, resultOf("c")]);
    expect(await passed([ran, ...results], judged)).toEqual([ran, resultOf("b", early)]);
    expect(await passed([{ type: "raw", rawValue: "a" }, ran], judged)).toEqual([ran]);
  });

  it("has everything, if no plugin sees answers", async () => {
    verifies("aisdk:model-unkept");
    const all = [
      { type: "raw", rawValue: "a" },
      ...inputOf(["{}"]),
      ran,
      resultOf("a", early),
      resultOf("b"),
    ];
    expect(await passed(all, { "cmf.llm_input": pass })).toEqual(all);
  });
});
