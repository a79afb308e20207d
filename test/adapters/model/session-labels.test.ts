/** The labels of a session that an exchange, or a tool call, shares with others. */
import {
  addLabels,
  createExtensions,
  createPluginManager,
  definePlugin,
  deny,
  type Plugin,
  type StreamMode,
} from "glassine";
import { guardTools } from "glassine/ai-sdk";
import { guardModel, type ModelEnd, type ModelGuardOptions } from "glassine/http";
import { type LabelStore, memoryLabelStore } from "glassine/labels";
import { chatCompletions } from "glassine/openai";
import { describe, expect, it, vi } from "vitest";
import { verifies } from "../../support/verifies.ts";

const request = { model: "m", messages: [{ role: "user", content: "Ahoy" }] };
const choice = (rest: object) => ({ index: 0, logprobs: null, ...rest });
const answer = {
  id: "c",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [choice({ message: { role: "assistant", content: "Hm" }, finish_reason: "stop" })],
};
const chunk = (delta: object, finish_reason: string | null = null) => ({
  ...answer,
  object: "chat.completion.chunk",
  choices: [choice({ delta, finish_reason })],
});
const chunks = [
  chunk({ role: "assistant", content: "" }),
  chunk({ content: "Hm, " }),
  chunk({ content: "salaries" }),
  chunk({}, "stop"),
];

/** Denies whatever comes back while the session has the label. */
const egress = (stream: StreamMode = "buffer") =>
  definePlugin({
    name: "egress",
    version: "1.0.0",
    capabilities: ["read_labels"],
    hooks: {
      "cmf.llm_input": () => undefined,
      "cmf.llm_output": {
        stream,
        handler: (_message, _context, { security }) =>
          security.labels.includes("SALARY") ? deny("Salaries stay here") : undefined,
      },
      "cmf.tool_post_invoke": {
        conditions: { tools: ["publish"] },
        handler: (_message, _context, { security }) =>
          security.labels.includes("SALARY") ? deny("Salaries stay here") : undefined,
      },
    },
  });

const session = "ada/1";

function countedStore(): { store: LabelStore; calls: string[] } {
  const calls: string[] = [];
  const { load, append } = memoryLabelStore();
  const store: LabelStore = {
    load: (name) => {
      calls.push("load");
      return load(name);
    },
    append: (name, labels) => {
      calls.push("append");
      return append(name, labels);
    },
  };
  return { store, calls };
}

async function begun(
  plugin: Plugin<"append_labels" | "read_labels"> = egress(),
  signal?: AbortSignal,
  options: Pick<ModelGuardOptions, "onEnd"> = {},
) {
  const { store, calls } = countedStore();
  const manager = await createPluginManager({ plugins: [plugin] });
  const guard = guardModel(chatCompletions, manager, { ...options, labels: { store, session } });
  const exchange = guard.begin({ signal });
  await exchange.judgeRequest(request);
  return { exchange, store, calls };
}

async function* sent(events: readonly object[], before: () => unknown = () => {}) {
  for (const event of events) {
    yield event;
    await before();
  }
}

async function collected<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe("labels from a streamed answer that is not complete", () => {
  /** Labels what it sees, and says so. */
  const watcher = (seen: unknown[], stream: StreamMode) =>
    definePlugin({
      name: "watcher",
      version: "1.0.0",
      capabilities: ["append_labels"],
      hooks: {
        "cmf.llm_output": {
          stream,
          handler(message, context, extensions) {
            if (context.stream?.done !== false) seen.push(message.content);
            return { modifiedExtensions: addLabels(extensions, "SALARY") };
          },
        },
      },
    });
  const came = [{ content_type: "text", text: "Hm, salaries" }];
  const broken = new TypeError("terminated");
  async function* breaks() {
    yield* chunks.slice(0, 3);
    throw broken;
  }

  it.each<StreamMode>(["pass", { window: 1 }])(
    "are kept if it is cut off or breaks, or its reader leaves: %j",
    async (mode) => {
      verifies("adapters:forwarded-unfinished");
      const seen: unknown[] = [];
      const { exchange: cut, store } = await begun(watcher(seen, mode));
      for await (const { refusal } of cut.judgeEvents(sent(chunks.slice(0, 3)))) {
        if (refusal === undefined) continue;
        expect(refusal.code).toBe("answer_cut_off");
        // Known before the caller is, who may ask again.
        expect(await store.load(session)).toEqual(["SALARY"]);
      }
      const { exchange: broke, store: ofBroken } = await begun(watcher(seen, mode));
      await expect(collected(broke.judgeEvents(breaks()))).rejects.toBe(broken);
      expect(await ofBroken.load(session)).toEqual(["SALARY"]);
      const { exchange: left, store: ofLeft } = await begun(watcher(seen, mode));
      let events = 0;
      for await (const _ of left.judgeEvents(sent(chunks))) {
        events += 1;
        if (events === 2) break;
      }
      expect(await ofLeft.load(session)).toEqual(["SALARY"]);
      expect(seen).toEqual([came, came, [expect.objectContaining({ content_type: "text" })]]);
    },
  );

  it("are kept if its reader aborts while its end is judged", async () => {
    verifies("adapters:forwarded-unfinished");
    const caller = new AbortController();
    const slow = definePlugin({
      name: "slow",
      version: "1.0.0",
      capabilities: ["append_labels"],
      hooks: {
        "cmf.llm_output": {
          stream: "pass",
          async handler(_message, _context, extensions) {
            caller.abort();
            await Promise.resolve();
            return { modifiedExtensions: addLabels(extensions, "SALARY") };
          },
        },
      },
    });
    const { exchange, store } = await begun(slow, caller.signal);
    expect(await collected(exchange.judgeEvents(sent(chunks)))).toHaveLength(chunks.length);
    expect(await store.load(session)).toEqual(["SALARY"]);
  });

  it("are not added if nothing has left", async () => {
    const seen: unknown[] = [];
    const { exchange, store } = await begun(watcher(seen, "buffer"));
    expect(await collected(exchange.judgeEvents(sent(chunks.slice(0, 3))))).toMatchObject([
      { refusal: { code: "answer_cut_off" } },
    ]);
    expect([seen, await store.load(session)]).toEqual([[], []]);
  });

  it("end the stream with the denial of a plugin that only watches", async () => {
    const denier = definePlugin({
      name: "denier",
      version: "1.0.0",
      hooks: { "cmf.llm_output": { stream: "pass", handler: () => deny("Not that") } },
    });
    const { exchange } = await begun(denier);
    const seen = await collected(exchange.judgeEvents(sent(chunks.slice(0, 3))));
    expect(seen.at(-1)?.refusal?.reason).toBe("Not that");
  });

  it("end the exchange with that denial, even if nobody hears of it", async () => {
    verifies("adapters:forwarded-end");
    const denier = definePlugin({
      name: "denier",
      version: "1.0.0",
      hooks: {
        "cmf.llm_output": {
          stream: "pass",
          handler: () => deny({ code: "not_that", reason: "Not that" }),
        },
      },
    });
    const ends: unknown[] = [];
    const onEnd = ({ outcome, code, plugin }: ModelEnd) => ends.push([outcome, code, plugin]);
    const { exchange: broke } = await begun(denier, undefined, { onEnd });
    await expect(collected(broke.judgeEvents(breaks()))).rejects.toBe(broken);
    broke.end(undefined, "errored", "provider_unreachable");
    const { exchange: left } = await begun(denier, undefined, { onEnd });
    for await (const _ of left.judgeEvents(sent(chunks))) break;
    left.end(undefined, "aborted");
    const { exchange: unnoticed } = await begun(denier, undefined, { onEnd });
    for await (const _ of unnoticed.judgeEvents(sent(chunks))) break;
    unnoticed.end();
    const denied = ["denied", "not_that", "denier"];
    expect(ends).toEqual([denied, ["aborted", "not_that", "denier"], denied]);
  });
});

describe("labels that the session got meanwhile", () => {
  it("are on the answer of a model", async () => {
    verifies("labels:session-brought");
    const { exchange, store } = await begun();
    await store.append(session, ["SALARY"]);
    expect((await exchange.judgeAnswer(answer)).refusal?.reason).toBe("Salaries stay here");
  });

  it("are on the error of a provider", async () => {
    const { exchange, store } = await begun();
    await store.append(session, ["SALARY"]);
    const refused = await exchange.judgeAnswer({ error: { message: "salaries" } });
    expect(refused.refusal?.reason).toBe("Salaries stay here");
  });

  it.each<StreamMode>(["buffer", { window: 1 }])("are on a stream: %j", async (mode) => {
    const { exchange, store } = await begun(egress(mode));
    // The first event has come, but nothing was judged yet.
    const events = sent(chunks, () => store.append(session, ["SALARY"]));
    const seen = await collected(exchange.judgeEvents(events));
    expect(seen.map(({ refusal }) => refusal?.reason)).toEqual(["Salaries stay here"]);
  });

  it("are on the result of a tool", async () => {
    verifies("labels:session-brought");
    const manager = await createPluginManager({ plugins: [egress()] });
    const envelope = () =>
      createExtensions({ security: { data: { payroll: { apply_labels: ["SALARY"] } } } });
    let finish = (_link: string) => {};
    const tools = guardTools(
      {
        payroll: { execute: async () => "90000" },
        publish: { execute: () => new Promise<string>((resolve) => (finish = resolve)) },
      },
      manager,
      { envelope, labels: { session } },
    );
    const run = (tool: { execute: unknown }, toolCallId: string) =>
      (tool.execute as (input: object, options: object) => Promise<unknown>)(
        {},
        { toolCallId, messages: [] },
      );
    const published = run(tools.publish, "1");
    expect(await run(tools.payroll, "2")).toBe("90000");
    finish("link");
    await expect(published).rejects.toThrow("Salaries stay here");
  });
});

describe("the store of a session", () => {
  it("never expires if it is the guard's own, for a single session", async () => {
    verifies("labels:memory-full");
    vi.useFakeTimers({ toFake: ["performance"] });
    try {
      const seen: (readonly string[])[] = [];
      const plugin = definePlugin({
        name: "labeller",
        version: "1.0.0",
        capabilities: ["append_labels"],
        hooks: {
          "cmf.llm_input"(_message, _context, extensions) {
            seen.push(extensions.security.labels);
            return { modifiedExtensions: addLabels(extensions, "PII") };
          },
        },
      });
      const manager = await createPluginManager({ plugins: [plugin] });
      for (const name of [session, () => session]) {
        const guard = guardModel(chatCompletions, manager, { labels: { session: name } });
        await guard.begin().judgeRequest(request);
        vi.advanceTimersByTime(25 * 60 * 60 * 1000);
        await guard.begin().judgeRequest(request);
      }
      expect(seen).toEqual([[], ["PII"], [], []]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("is asked once before the hooks of the request and once before those of the answer", async () => {
    const { exchange, calls } = await begun();
    expect(calls).toEqual(["load"]);
    await exchange.judgeAnswer(answer);
    expect(calls).toEqual(["load", "load"]);
  });

  it("is asked before a request of which only the answer is judged, too", async () => {
    const { store, calls } = countedStore();
    const plugin = definePlugin({
      name: "looker",
      version: "1.0.0",
      hooks: { "cmf.llm_output": () => undefined },
    });
    const manager = await createPluginManager({ plugins: [plugin] });
    const exchange = guardModel(chatCompletions, manager, { labels: { store, session } }).begin();
    await exchange.judgeRequest(request);
    expect(calls).toEqual(["load"]);
    await exchange.judgeAnswer(answer);
    expect(calls).toEqual(["load", "load"]);
  });

  it("does not bring the labels of a part of a stream to the hooks of the whole answer", async () => {
    const seen: (readonly string[])[] = [];
    const plugin = definePlugin({
      name: "labeller",
      version: "1.0.0",
      capabilities: ["append_labels"],
      hooks: {
        "cmf.llm_input": () => undefined,
        "cmf.llm_output": {
          stream: { window: 1 },
          handler(_message, _context, extensions) {
            seen.push(extensions.security.labels);
            return { modifiedExtensions: addLabels(extensions, "PII") };
          },
        },
      },
    });
    const { exchange, store } = await begun(plugin as never);
    await collected(exchange.judgeEvents(sent(chunks)));
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.every((labels) => labels.length === 0)).toBe(true);
    expect(await store.load(session)).toEqual(["PII"]);
  });
});
