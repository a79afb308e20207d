import {
  createPluginManager,
  definePlugin,
  deny,
  isGlassineError,
  type RunSettings,
  type StreamMode,
} from "glassine";
import { createMessage, type Message } from "glassine/messages";
import { expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";

const hook = "cmf.llm_output";
const message = createMessage({
  role: "assistant",
  content: [{ content_type: "text", text: "Ahoy." }],
});

interface Call {
  readonly plugin: string;
  readonly done: boolean | undefined;
}

function watcher(name: string, settings: RunSettings = {}, calls: Call[] = []) {
  return definePlugin({
    name,
    version: "1.0.0",
    hooks: {
      [hook]: {
        handler: (_: Message, context: { stream?: { done: boolean } | undefined }) => {
          calls.push({ plugin: name, done: context.stream?.done });
        },
        ...settings,
      },
    },
  });
}

async function planOf(
  all: readonly RunSettings[],
  given: { tenant?: string; server?: string } = {},
) {
  const plugins = all.map((settings, at) => watcher(`plugin-${at}`, settings));
  const manager = await createPluginManager({ plugins });
  return manager.streamPlan(hook, given);
}

const pieces = (window: number, sentence = false) => ({ mode: "pieces", window, sentence });
const whole = { mode: "buffer", window: 0, sentence: false };
const passing = { mode: "pass", window: 0, sentence: false };
const none = { mode: "none", window: 0, sentence: false };

it("plans for the strictest of all handlers", async () => {
  verifies("dispatch:stream-plan");
  expect(await planOf([])).toEqual(none);
  expect(await planOf([{}])).toEqual(whole);
  expect(await planOf([{ stream: "pass" }])).toEqual(passing);
  expect(await planOf([{ stream: "pass" }, { stream: { window: 5 } }])).toEqual(pieces(5));
  expect(await planOf([{ stream: { window: 5 } }, { stream: { window: 7 } }])).toEqual(pieces(12));
  expect(await planOf([{ stream: "sentence" }, { stream: { window: 7 } }])).toEqual(
    pieces(7, true),
  );
  expect(await planOf([{ stream: { window: 5 } }, { stream: "pass" }])).toEqual(pieces(5));
  expect(await planOf([{ stream: { window: 7 } }, {}, { stream: "pass" }])).toEqual(whole);
  expect(await planOf([{}, { stream: { window: 7 } }])).toEqual(whole);
  expect(await planOf([{}, { stream: "sentence" }])).toEqual(whole);
});

it("plans without handlers that cannot hold anything back, or that are for other calls", async () => {
  verifies("dispatch:stream-plan");
  for (const mode of ["audit", "fire_and_forget"] as const)
    expect(await planOf([{ mode }])).toEqual(passing);
  expect(await planOf([{ mode: "disabled" }])).toEqual(none);
  for (const mode of ["sequential", "transform", "concurrent"] as const)
    expect(await planOf([{ mode }])).toEqual(whole);
  const ofAcme = { conditions: { tenants: ["acme"] } };
  expect(await planOf([ofAcme])).toEqual(none);
  expect(await planOf([ofAcme], { tenant: "other" })).toEqual(none);
  expect(await planOf([ofAcme], { tenant: "acme" })).toEqual(whole);
  const ofFiles = { conditions: { servers: ["files"] } };
  expect(await planOf([ofFiles], { server: "mail" })).toEqual(none);
  expect(await planOf([ofFiles], { server: "files" })).toEqual(whole);
});

it("plans for handlers whose conditions may be met by what is still to come", async () => {
  verifies("dispatch:stream-plan");
  const sends = { conditions: { tools: ["send_*"] } };
  expect(await planOf([sends])).toEqual(whole);
  expect(await planOf([sends], { server: "files", tenant: "acme" })).toEqual(whole);
  expect(await planOf([{ conditions: { servers: ["files"] } }])).toEqual(whole);
});

it("plans without a handler that was switched off after a failure", async () => {
  const failing = definePlugin({
    name: "failing",
    version: "1.0.0",
    hooks: {
      [hook]: {
        onError: "disable" as const,
        handler: () => {
          throw new Error("Broken");
        },
      },
    },
  });
  const manager = await createPluginManager({ plugins: [failing], onHandlerError() {} });
  expect(manager.streamPlan(hook)).toEqual(whole);
  await manager.invoke(hook, message);
  expect(manager.streamPlan(hook)).toEqual(none);
});

it("plans for handlers of the covering hook too, and judges messages without streams whole", async () => {
  const covering = definePlugin({
    name: "covering",
    version: "1.0.0",
    hooks: { message_post_invoke: { handler: (_: Message) => {}, stream: { window: 9 } } },
  });
  const manager = await createPluginManager({ plugins: [covering] });
  expect(manager.streamPlan(hook)).toEqual(pieces(9));
  expect(manager.streamPlan("cmf.tool_post_invoke")).toEqual(whole);
  expect(manager.handlersFor(hook)[0]?.stream).toEqual({ window: 9 });
  expect(() => manager.streamPlan("nope" as never)).toThrow("unknown hook 'nope'");
  // Without its tenant, a handler for some tenants would seem to be ruled out.
  expect(() => manager.streamPlan(hook, { tennant: "acme" } as never)).toThrow(
    'streamPlan has no option "tennant". Did you mean "tenant"?',
  );
  expect(() => manager.streamPlan(hook, { tenant: 5 } as never)).toThrow(
    'The option "tenant" expects a string, got number.',
  );
});

it("runs those that judge parts for a part, and all of them for the whole", async () => {
  verifies("dispatch:stream-parts");
  const calls: Call[] = [];
  const plugins = [
    watcher("window", { stream: { window: 5 }, conditions: { tenants: ["acme"] } }, calls),
    watcher("sentence", { stream: "sentence", mode: "concurrent" }, calls),
    watcher("pass", { stream: "pass" }, calls),
    watcher("trial", { mode: "audit" }, calls),
  ];
  const given = { tenant: "acme" };
  const manager = await createPluginManager({ plugins });
  const part = await manager.invoke(hook, message, { ...given, stream: { done: false } });
  expect(calls.splice(0)).toEqual([
    { plugin: "window", done: false },
    { plugin: "sentence", done: false },
  ]);
  const reason = "It runs at the end.";
  expect(part.executions).toMatchObject([
    { plugin: "window", status: "completed" },
    { plugin: "pass", status: "skipped", reason },
    { plugin: "trial", status: "skipped", reason },
    { plugin: "sentence", status: "completed" },
  ]);
  await manager.invoke(hook, message, { ...given, stream: { done: true }, context: part.context });
  expect(calls.splice(0).map(({ done }) => done)).toEqual([true, true, true, true]);
  await manager.invoke(hook, message, given);
  expect(calls.map(({ done }) => done)).toEqual([undefined, undefined, undefined, undefined]);
});

it("refuses a part where somebody judges the whole, and on hooks without streams", async () => {
  verifies("dispatch:stream-parts");
  const manager = await createPluginManager({ plugins: [watcher("whole")] });
  const refused = async (run: Promise<unknown>) => {
    const error = await run.catch((thrown: unknown) => thrown);
    if (!isGlassineError(error)) throw new Error("It was not refused.");
    return [error.code, error.message];
  };
  expect(await refused(manager.invoke(hook, message, { stream: { done: false } }))).toEqual([
    "options_invalid",
    "stream: a plugin on 'cmf.llm_output' judges the whole message. Invoke it once, with { done: true }.",
  ]);
  expect(
    await refused(manager.invoke("cmf.llm_input", message, { stream: { done: false } })),
  ).toEqual(["options_invalid", "stream: the messages of 'cmf.llm_input' are not streamed."]);
  for (const stream of [true, {}, { done: 1 }, null])
    expect(await refused(manager.invoke(hook, message, { stream } as never))).toEqual([
      "options_invalid",
      "stream must be { done } with a boolean.",
    ]);
});

it("takes what a plugin denies in a part as a denial", async () => {
  const strict = definePlugin({
    name: "strict",
    version: "1.0.0",
    hooks: { [hook]: { handler: (_: Message) => deny("No"), stream: { window: 5 } } },
  });
  const manager = await createPluginManager({ plugins: [strict] });
  const part = await manager.invoke(hook, message, { stream: { done: false } });
  expect(part.violation?.reason).toBe("No");
});

it("refuses a setting that is not one, and one where nothing is streamed", () => {
  verifies("dispatch:stream-setting");
  const entry = (at: string, stream: unknown) => () =>
    definePlugin({
      name: "entry",
      version: "1.0.0",
      hooks: { [at]: { handler: (_: unknown) => {}, stream } } as never,
    });
  const expected =
    "stream must be buffer, sentence, pass or { window } with a whole number from 1 to 1048576";
  for (const stream of [
    "windows",
    5,
    {},
    { window: 0 },
    { window: 1.5 },
    { window: 5, units: 1 },
    null,
  ])
    expect(entry(hook, stream)).toThrow(expected);
  expect(entry("cmf.llm_input", "pass")).toThrow(
    "hook 'cmf.llm_input': stream is for hooks whose messages may be streamed",
  );
});

it("lets the operator be stricter than the plugin, and never laxer", async () => {
  verifies("dispatch:stream-setting");
  const set = async (own: StreamMode | undefined, stream: StreamMode) => {
    const plugin = watcher("own", own === undefined ? {} : { stream: own });
    const manager = await createPluginManager({ plugins: [{ plugin, stream }] });
    return manager.streamPlan(hook);
  };
  expect(await set({ window: 5 }, { window: 50 })).toEqual(pieces(50));
  expect(await set({ window: 5 }, { window: 5 })).toEqual(pieces(5));
  expect(await set({ window: 5 }, "buffer")).toEqual(whole);
  expect(await set("sentence", "buffer")).toEqual(whole);
  expect(await set("pass", "sentence")).toEqual(pieces(0, true));
  const laxer: readonly [StreamMode | undefined, StreamMode, string][] = [
    [undefined, { window: 500 }, '"buffer"'],
    ["buffer", "pass", '"buffer"'],
    [{ window: 5 }, { window: 4 }, '{"window":5}'],
    [{ window: 5 }, "sentence", '{"window":5}'],
    ["sentence", { window: 500 }, '"sentence"'],
  ];
  for (const [own, stream, declared] of laxer)
    await expect(set(own, stream)).rejects.toThrow(
      `plugin 'own': stream can only be stricter than what the plugin declares on 'cmf.llm_output', which is ${declared}.`,
    );
  const plugin = definePlugin({
    name: "inputs",
    version: "1.0.0",
    hooks: { "cmf.llm_input": (_) => {} },
  });
  await expect(createPluginManager({ plugins: [{ plugin, stream: "buffer" }] })).rejects.toThrow(
    "plugin 'inputs': stream applies to streamed hooks only, and the plugin handles none.",
  );
});
