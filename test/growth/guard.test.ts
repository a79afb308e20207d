/** What passes a guard: each part of every MCP method's messages, and many messages. */
// Only in test:all: it measures every function at four or more sizes.
import {
  createExtensions,
  createPluginManager,
  definePlugin,
  type HookName,
  hookNames,
} from "glassine";
import { createGuard } from "glassine/mcp";
import { describe, expect, it } from "vitest";
import { textPlaces } from "../../tools/scripts/mcp-schema-paths.ts";
import {
  toolResult as answerOf,
  notification,
  RawTransport,
  rawGuard,
  request,
  toolCall,
} from "../adapters/mcp/support/raw.ts";
import { excessOf } from "../support/growth.ts";
import { verifies } from "../support/verifies.ts";
import { times } from "./families.ts";
import { expectBounded, type Subject, tryGrowth } from "./subjects.ts";

/** The parts of a method's messages that grow. */
interface Exchange {
  readonly params?: object;
  readonly result?: object;
  readonly error?: object;
}

const blocks = [
  { type: "text", text: "a", annotations: { audience: ["user"] } },
  { type: "resource_link", uri: "file:///a", name: "a" },
  { type: "resource", resource: { uri: "file:///a", text: "a", name: "a" } },
];
const sampling = {
  messages: [{ role: "user", content: blocks.slice(0, 1) }],
  systemPrompt: "a",
  maxTokens: 1,
};
const sampled = { role: "assistant", content: blocks.slice(0, 1), model: "m" };
const form = {
  message: "a",
  requestedSchema: { type: "object", properties: { a: { title: "a" } } },
};
const inputRequests = {
  a: { method: "sampling/createMessage", params: sampling },
  b: { method: "elicitation/create", params: form },
};
const inputResponses = {
  a: sampled,
  b: { action: "accept", content: { a: "b" } },
  c: { roots: [{ uri: "file:///a", name: "a" }] },
};
const toolResult = { content: blocks, structuredContent: { a: "b" } };
const task = { taskId: "t", status: "completed", statusMessage: "a", result: toolResult };
const error = { code: -1, message: "a", data: { a: "b" } };
const tool = { name: "a", description: "b", inputSchema: { properties: { a: { title: "a" } } } };
const resource = { uri: "file:///a", name: "a", icons: [{ src: "a", sizes: ["a"] }] };
const server = { capabilities: { experimental: { a: { b: "c" } } }, instructions: "a" };

const exchanges: Readonly<Record<string, Exchange | string>> = {
  "tools/call": {
    params: { name: "a", arguments: { a: "b" }, inputResponses },
    result: { ...toolResult, resultType: "input_required", inputRequests },
    error,
  },
  "prompts/get": {
    params: { name: "a", arguments: { a: "b" } },
    result: { messages: [{ role: "user", content: blocks[2] }], description: "a" },
    error,
  },
  "resources/read": {
    params: { uri: "file:///a" },
    result: { contents: [{ uri: "file:///a", text: "a", name: "a" }] },
    error,
  },
  "tasks/get": { params: { taskId: "t" }, result: task },
  "tasks/result": { params: { taskId: "t" }, result: toolResult },
  "tasks/cancel": { params: { taskId: "t" }, result: task },
  "tasks/list": { result: { tasks: [{ taskId: "t", status: "working", statusMessage: "a" }] } },
  "tools/list": { result: { tools: [tool] } },
  "prompts/list": { result: { prompts: [{ name: "a", arguments: [{ name: "a" }] }] } },
  "resources/list": { result: { resources: [resource] } },
  "resources/templates/list": {
    result: { resourceTemplates: [{ uriTemplate: "file:///{a}", name: "a" }] },
  },
  "sampling/createMessage": { params: sampling, result: sampled, error },
  "elicitation/create": { params: form, result: inputResponses.b },
  "roots/list": { result: inputResponses.c },
  "completion/complete": {
    params: { ref: { type: "ref/prompt", name: "a" }, argument: { name: "a", value: "b" } },
    result: { completion: { values: ["a"] } },
  },
  initialize: {
    params: { clientInfo: { name: "a", icons: [{ src: "a" }] }, capabilities: {} },
    result: { ...server, serverInfo: { name: "a", title: "b" } },
  },
  "server/discover": { result: { ...server, supportedVersions: ["a"] } },
  "resources/subscribe": { params: { uri: "file:///a" } },
  "resources/unsubscribe": { params: { uri: "file:///a" } },
  "subscriptions/listen": { params: { notifications: { resourceSubscriptions: ["file:///a"] } } },
  "notifications/message": { params: { level: "info", logger: "a", data: { a: ["b"] } } },
  "notifications/progress": { params: { progressToken: 1, progress: 1, message: "a" } },
  "notifications/tasks/status": { params: task },
  "notifications/cancelled": { params: { requestId: 7, reason: "a" } },
  "notifications/resources/updated": { params: { uri: "file:///a" } },
  "notifications/elicitation/complete": { params: { elicitationId: "a" } },
  "notifications/subscriptions/acknowledged": {
    params: { notifications: { resourceSubscriptions: ["file:///a"] } },
  },
  ping: "Says nothing.",
  "logging/setLevel": "Says one of eight words.",
  "notifications/initialized": "Says nothing.",
  "notifications/roots/list_changed": "Says nothing.",
  "notifications/resources/list_changed": "Says nothing.",
  "notifications/tools/list_changed": "Says nothing.",
  "notifications/prompts/list_changed": "Says nothing.",
};

const changed = (payload: { readonly content: readonly object[] }) => ({
  modifiedPayload: { ...payload, content: payload.content.map((part) => ({ ...part })) },
});
const looks = definePlugin({
  name: "looks",
  version: "1.0.0",
  hooks: Object.fromEntries(
    Object.keys(hookNames)
      .filter((name) => name.startsWith("cmf."))
      .map((name) => [name, changed]),
  ) as Readonly<Record<HookName, never>>,
});
const data = { a: { apply_labels: ["SECRET"] }, b: { denied_actions: ["other"] } };
const extensions = createExtensions({ security: { data } } as never);
const settings = { envelope: () => extensions, labels: {} };

/** How many requests of a session can be open at least. */
const mostOpen = 8192;

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** What the peer and the host receive for one message and its answer. */
async function passed(method: string, message: Exchange): Promise<unknown> {
  const manager = await createPluginManager({ plugins: [looks] });
  const { guard, peer, sent, received } = await rawGuard(manager, settings);
  const until = async (isDone: () => boolean) => {
    while (!isDone()) await turn();
  };
  if (method.startsWith("notifications/")) {
    peer(notification(method, message.params));
    peer(notification("notifications/initialized"));
    await until(() => received().at(-1)?.method === "notifications/initialized");
    return received();
  }
  const { params, result, error: fault } = message;
  await guard.send(request(1, method, params));
  await until(() => sent().length + received().length > 0);
  if (sent().length > 0) {
    peer({ jsonrpc: "2.0", id: 1, ...(fault === undefined ? { result } : { error: fault }) });
    await until(() => received().length > 0);
  }
  const refusal = received()[0]?.error as { readonly data?: { readonly code?: string } };
  if (refusal?.data?.code !== undefined)
    throw Object.assign(new Error(JSON.stringify(refusal)), refusal.data);
  return [sent(), received()];
}

/** A subject that only repeats something `count` times. */
const many = (run: (count: number) => Promise<unknown>): Subject => ({
  seed: 1,
  run,
  families: [{ name: "many", input: (count) => count }],
});

const idle = createGuard(await createPluginManager({ plugins: [] }));

describe("the functions of a guard", () => {
  tryGrowth(idle, {
    wrap: many(async (count) => {
      const manager = await createPluginManager({ plugins: [looks] });
      const { guard, peer, sent, received } = await rawGuard(manager, settings);
      await Promise.all(times(count, (id) => guard.send(toolCall(id))));
      for (const id of times(count, (at) => at)) {
        peer(notification("notifications/progress", { progressToken: id, progress: 1 }));
        peer(id % 2 === 0 ? answerOf(id, "a") : request(id, "ping"));
        if (id % 8 === 1)
          await guard.send(notification("notifications/cancelled", { requestId: id }));
      }
      await turn();
      return [sent().length, received().length];
    }),
    bridge: many(async (count) => {
      const near = new RawTransport();
      const far = new RawTransport();
      const guard = createGuard(await createPluginManager({ plugins: [] }));
      const bridge = await guard.bridge(near, far);
      for (const id of times(count, (at) => at)) {
        near.onmessage?.(toolCall(id, {}, { _meta: { progressToken: id } }));
      }
      await turn();
      for (const id of times(count, (at) => at)) {
        far.onmessage?.(notification("notifications/progress", { progressToken: id }));
        far.onmessage?.(notification("notifications/message", { data: "a" }));
      }
      await turn();
      await bridge.close();
      return [near.sent.length, far.sent.length];
    }),
    endSession: many(async (count) => {
      const guard = createGuard(await createPluginManager({ plugins: [] }));
      const names = times(count, (at) => `s${at}`);
      for (const session of names) guard.wrap(new RawTransport(), { session });
      for (const session of names) guard.endSession(session);
    }),
    factory: "Wraps the transport of each server that the host makes.",
    use: "Takes a manager of the host.",
    counts: "Takes nothing, and returns the same few numbers.",
  });
});

describe("a guard", () => {
  it("is tried with each method of MCP, or says why not", () => {
    const methods = new Set(textPlaces().map(({ method }) => method));
    expect(Object.keys(exchanges).sort()).toEqual([...methods].sort());
  });

  const tried = Object.entries(exchanges).flatMap(([method, exchange]) =>
    typeof exchange === "string" ? [] : [[method, exchange] as const],
  );
  it.each(tried)("takes time in proportion to %s", { timeout: 300_000 }, async (method, whole) => {
    verifies("adapters:work-bounded");
    const { params = {}, result = {} } = whole;
    for (const [part, seed] of Object.entries(whole)) {
      const run = (grown: object) =>
        passed(method, { ...(part !== "error" && { result }), params, [part]: grown });
      await expectBounded({ seed, run });
    }
  });

  it("takes time in proportion to what a server sends, however many requests are open", async () => {
    verifies("adapters:work-bounded");
    const input = async (count: number) => {
      const near = new RawTransport();
      const far = new RawTransport();
      const guard = createGuard(await createPluginManager({ plugins: [] }));
      await guard.bridge(near, far);
      for (const id of times(count, (at) => at)) near.onmessage?.(toolCall(id));
      await turn();
      return { far, near, count };
    };
    // Each of them belongs to the newest request.
    const run = async ({ far, near, count }: Awaited<ReturnType<typeof input>>) => {
      for (let sent = 0; sent < count; sent += 128) {
        for (const data of times(Math.min(128, count - sent), (at) => at)) {
          far.onmessage?.(notification("notifications/message", { data }));
        }
        // What has been passed on is forgotten.
        await turn();
      }
      return near.sent.length;
    };
    expect(await excessOf({ input, run }, { longTime: 30 })).toBeUndefined();
  });

  it("closes a transport in time that does not grow with the open requests of others", async () => {
    verifies("adapters:work-bounded");
    const input = async (count: number) => {
      const guard = createGuard(await createPluginManager({ plugins: [] }));
      const transports = times(count, () => guard.wrap(new RawTransport(), { session: "a" }));
      for (const [id, transport] of transports.entries()) {
        await transport.start();
        await transport.send(toolCall(id));
      }
      return transports;
    };
    const run = (transports: readonly RawTransport[]) =>
      Promise.all(transports.map((transport) => transport.close()));
    expect(
      await excessOf({ input, run }, { longTime: 100, largest: mostOpen / 4 }),
    ).toBeUndefined();
  });

  it("ends the stream of a request in time that does not grow with what is judged", async () => {
    verifies("adapters:work-bounded");
    const input = async (count: number) => {
      let goOn = () => {};
      const judged = new Promise<void>((resolve) => {
        goOn = resolve;
      });
      const waits = definePlugin({
        name: "waits",
        version: "1.0.0",
        hooks: { "cmf.tool_post_invoke": () => judged as Promise<undefined> },
      });
      const manager = await createPluginManager({ plugins: [waits] });
      const { guard, peer, raw } = await rawGuard(manager);
      let ended = 0;
      for (const id of times(count, (at) => at)) {
        await guard.send(toolCall(id), { onRequestStreamEnd: () => ended++ });
        peer(answerOf(id, "a"));
      }
      return { goOn, raw, hasEnded: () => ended === count };
    };
    const run = async ({ goOn, raw, hasEnded }: Awaited<ReturnType<typeof input>>) => {
      for (const { options } of raw.sent)
        (options as { onRequestStreamEnd(): void }).onRequestStreamEnd();
      goOn();
      while (!hasEnded()) await turn();
    };
    // With more, the engine's own work for so many promises would show.
    expect(await excessOf({ input, run }, { longTime: 100, largest: 512 })).toBeUndefined();
  });
});
