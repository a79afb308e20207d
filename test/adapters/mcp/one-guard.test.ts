/** One guard for many transports: what it remembers, and for whom. */
import { createMcpHandler } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import * as fc from "fast-check";
import {
  addLabels,
  createExtensions,
  createPluginManager,
  definePlugin,
  type View,
} from "glassine";
import { createGuard, type Guard, type GuardOptions } from "glassine/mcp";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { connection } from "./support/connection.ts";
import { denial, fakeManager, settle } from "./support/fake-manager.ts";
import { type Json, RawTransport, request, result, toolCall, toolResult } from "./support/raw.ts";
import { createBackend, serverV2 } from "./support/servers.ts";
import { cancelled } from "./support/waiting-hook.ts";

const uri = "file:///p.csv";
const sealed = createExtensions({
  security: { data: { Payroll: { apply_labels: ["SALARY"], denied_actions: ["read"] } } },
} as never);
const listed = { result: { resources: [{ uri, name: "Payroll" }] } };
const contents = { result: { contents: [{ uri, text: "90000" }] } };
const denied = { error: { data: { code: "data_action_denied" } } };

type Made = (options: GuardOptions) => () => Guard;
const perGuard: readonly [string, Made][] = [
  [
    "one guard",
    (options) => {
      const guard = createGuard(manager(), options);
      return () => guard;
    },
  ],
  [
    "a guard for each exchange",
    (options) => {
      const plugins = manager();
      return () => createGuard(plugins, options);
    },
  ],
];
const manager = () => fakeManager();

describe.each(perGuard)("a transport for each exchange, with %s", (_, made) => {
  it("keeps a data policy by the name of a resource", async () => {
    verifies("mcp:guard-memory");
    const guard = made({ envelope: () => sealed });
    const lists = await connection(guard());
    await lists.ask(request(1, "resources/list"), listed);
    await lists.wrapped.close();
    const reads = await connection(guard());
    expect(await reads.ask(request(1, "resources/read", { uri }), contents)).toMatchObject(denied);
  });

  it("keeps labels with `labels: {}`", async () => {
    verifies("mcp:guard-memory");
    const seen: (readonly string[])[] = [];
    const plugins = await createPluginManager({
      plugins: [
        definePlugin({
          name: "marker",
          version: "1.0.0",
          capabilities: ["append_labels"],
          hooks: {
            "cmf.tool_pre_invoke": (_message, _context, view: View<"append_labels">) => {
              seen.push(view.security.labels);
              return { modifiedExtensions: addLabels(view, "SEEN") };
            },
          },
        }),
      ],
    });
    const options: GuardOptions = { labels: {} };
    const one = createGuard(plugins, options);
    const guard = made === perGuard[0]?.[1] ? () => one : () => createGuard(plugins, options);
    for (const id of [1, 2]) await (await connection(guard())).ask(toolCall(id), { result: {} });
    expect(seen).toEqual([[], ["SEEN"]]);
  });

  it("knows the tool of a task that another exchange began", async () => {
    verifies("mcp:guard-memory");
    const plugins = fakeManager();
    const one = createGuard(plugins);
    const guard = made === perGuard[0]?.[1] ? () => one : () => createGuard(plugins);
    const begins = await connection(guard());
    await begins.ask(toolCall(1), { result: { task: { taskId: "t", status: "working" } } });
    const fetches = await connection(guard());
    await fetches.ask(request(1, "tasks/result", { taskId: "t" }), { result: { content: [] } });
    expect(plugins.calls.at(-1)?.payload).toMatchObject({
      content: [{ content: { tool_name: "echo", tool_call_id: "1" } }],
    });
  });
});

it("decides consistently, however its requests are spread over transports and guards", async () => {
  verifies("mcp:guard-memory");
  const step = fc.record({
    what: fc.constantFrom("list", "read", "tool", "task", "fetch"),
    at: fc.nat({ max: 3 }),
    isNew: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const messages: Record<string, [string, object, object]> = {
        list: ["resources/list", {}, listed],
        read: ["resources/read", { uri }, contents],
        tool: ["tools/call", { name: "echo" }, { result: { content: [] } }],
        task: [
          "tools/call",
          { name: "slow" },
          { result: { task: { taskId: "t", status: "working" } } },
        ],
        fetch: ["tasks/result", { taskId: "t" }, { result: { content: [] } }],
      };
      async function answersOf(spread: boolean): Promise<readonly unknown[]> {
        const plugins = fakeManager();
        const options: GuardOptions = { envelope: () => sealed, labels: {} };
        const guard = createGuard(plugins, options);
        const one = await connection(guard);
        const answers: unknown[] = [];
        let isBegun = false;
        for (const [place, { what, isNew }] of steps.entries()) {
          // Two tasks with the same id are not part of this test.
          if (what === "task" && isBegun) continue;
          isBegun ||= what === "task";
          const [method, params, outcome] = messages[what] as [string, object, object];
          const own = isNew ? createGuard(plugins, options) : guard;
          const at = spread ? await connection(own) : one;
          const answer = await at.ask(request(place, method, params), outcome);
          answers.push(answer, plugins.calls.at(-1)?.hook, plugins.calls.at(-1)?.payload);
        }
        return answers;
      }
      expect(await answersOf(true)).toEqual(await answersOf(false));
    }),
    { numRuns: 30 },
  );
});

describe("a task id that several sessions have", () => {
  const begun = { result: { task: { taskId: "t", status: "working" } } };
  const fetch = request(9, "tasks/result", { taskId: "t" });

  it("belongs to each session on its own transport, and is refused elsewhere", async () => {
    verifies("mcp:guard-tasks");
    const plugins = fakeManager();
    const guard = createGuard(plugins);
    const one = await connection(guard);
    const two = await connection(guard);
    const three = await connection(guard);
    await one.ask(request(1, "tools/call", { name: "payroll" }), begun);
    await two.ask(request(1, "tools/call", { name: "harmless" }), begun);
    await one.ask(fetch, { result: { content: [] } });
    expect(plugins.calls.at(-1)?.payload).toMatchObject({
      content: [{ content: { tool_name: "payroll" } }],
    });
    expect(await three.ask(fetch, { result: { content: [] } })).toMatchObject({
      error: { code: -32011, data: { code: "task_forgotten" } },
    });
  });

  it("is not that of another named session", async () => {
    const plugins = fakeManager();
    const guard = createGuard(plugins);
    await (await connection(guard, "ada")).ask(toolCall(1), begun);
    await (await connection(guard, "bob")).ask(fetch, { result: { content: [] } });
    expect(plugins.calls.at(-1)?.payload).toMatchObject({
      content: [{ content: { tool_name: "" } }],
    });
    await (await connection(guard, "ada")).ask(fetch, { result: { content: [] } });
    expect(plugins.calls.at(-1)?.payload).toMatchObject({
      content: [{ content: { tool_name: "echo" } }],
    });
  });

  it("is refused if its id is too long to remember", async () => {
    verifies("mcp:guard-tasks");
    const { ask } = await connection(createGuard(fakeManager()));
    const code = async (taskId: string) => {
      await ask(toolCall(1), { result: { task: { taskId, status: "working" } } });
      const answer = await ask(request(2, "tasks/result", { taskId }), { result: { content: [] } });
      return (answer as { error?: { data?: { code?: string } } }).error?.data?.code;
    };
    expect(await code("t".repeat(1024))).toBeUndefined();
    expect(await code("t".repeat(1025))).toBe("task_forgotten");
  });
});

describe("a session that several transports share", () => {
  it("checks a response that arrives through another transport than its request", async () => {
    verifies("mcp:guard-session");
    const plugins = fakeManager({ "cmf.tool_post_invoke": () => denial("no") });
    const guard = createGuard(plugins);
    const asks = await connection(guard, "s");
    const answers = await connection(guard, "s");
    await asks.wrapped.send(toolCall(1));
    await asks.wrapped.close();
    answers.raw.onmessage?.(toolResult(1, "secret"));
    await settle();
    expect(answers.received).toMatchObject([{ id: 1, error: { message: "no" } }]);
    expect(asks.received).toEqual([]);
  });

  it("drops that response if the request belongs to another session", async () => {
    verifies("mcp:guard-session");
    const guard = createGuard(fakeManager());
    const asks = await connection(guard, "s");
    const answers = await connection(guard, "t");
    await asks.wrapped.send(toolCall(1));
    answers.raw.onmessage?.(toolResult(1, "secret"));
    await settle();
    expect(answers.received).toEqual([]);
    expect(answers.errors).toHaveLength(1);
  });

  it("refuses an id that is open on another, and ends with endSession", async () => {
    const guard = createGuard(fakeManager());
    const one = await connection(guard, "s");
    const two = await connection(guard, "s");
    one.raw.onmessage?.(toolCall(1));
    two.raw.onmessage?.(toolCall(1));
    await settle();
    expect(two.sent()).toMatchObject([{ id: 1, error: { code: -32012 } }]);
    guard.endSession("s");
    const three = await connection(guard, "s");
    expect(await three.ask(toolCall(1), { result: { content: [] } })).toMatchObject({ result: {} });
  });

  it("is refused if too many others have unanswered requests", async () => {
    const guard = createGuard(fakeManager());
    for (let at = 0; at < 10_000; at++) {
      const raw = new RawTransport();
      const wrapped = guard.wrap(raw, { session: `s-${at}` });
      if (at > 0) void wrapped.send(request(1, "ping"));
    }
    // One of them is idle, and is dropped to make room.
    guard.wrap(new RawTransport(), { session: "next" });
    const open = guard.wrap(new RawTransport(), { session: "next" });
    void open.send(request(1, "ping"));
    const tooMany = expect.objectContaining({ code: "overloaded" });
    expect(() => guard.wrap(new RawTransport(), { session: "more" })).toThrow(tooMany);
    guard.endSession("s-7");
    guard.wrap(new RawTransport(), { session: "more" });
  });
});

describe("another manager", () => {
  it("handles requests from then on, while those in progress keep theirs", async () => {
    verifies("mcp:guard-use");
    const before = fakeManager();
    const after = fakeManager();
    const guard = createGuard(before, { envelope: () => sealed });
    const { ask, raw, wrapped } = await connection(guard);
    await ask(request(1, "resources/list"), listed);
    raw.onmessage?.(toolCall(2));
    await settle();
    guard.use(after);
    await wrapped.send(toolResult(2, "x"));
    await settle();
    expect([before.names().length, after.names().length]).toEqual([2, 0]);
    // What was remembered stays, even for a guard created with the new manager.
    for (const one of [guard, createGuard(after, { envelope: () => sealed })]) {
      const reads = await connection(one);
      expect(await reads.ask(request(3, "resources/read", { uri }), contents)).toMatchObject(
        denied,
      );
    }
    expect(before.names()).toHaveLength(2);
  });

  it("goes by other options, but for the name of the server", async () => {
    verifies("mcp:guard-use");
    const violation = { code: "no", reason: "No." };
    const refusing = fakeManager({
      "cmf.tool_pre_invoke": () => ({ continueProcessing: false, violation }),
    });
    const ends: string[] = [];
    const guard = createGuard(refusing, {
      serverId: "files",
      onEnd: () => void ends.push("first"),
    });
    const { ask } = await connection(guard);
    expect(await ask(toolCall(1), {})).toMatchObject({ error: { data: { code: "no" } } });
    const onEnd = () => void ends.push("second");
    guard.use(refusing, { serverId: "other", onDeny: "tool_result", tenant: "acme", onEnd });
    expect(await ask(toolCall(2), {})).toMatchObject({ result: { isError: true } });
    expect(refusing.calls.at(-1)?.options).toMatchObject({ server: "files", tenant: "acme" });
    guard.use(refusing);
    expect(await ask(toolCall(3), {})).toMatchObject({ result: { isError: true } });
    expect(ends).toEqual(["first", "second", "second"]);
    expect(() => guard.use(refusing, { onDeny: "never" } as never)).toThrow("onDeny");
  });

  it("does not receive the state that plugins of the first one stored with a task", async () => {
    const context = {};
    const first = fakeManager({ "cmf.tool_pre_invoke": () => ({ context }) });
    const second = fakeManager();
    const guard = createGuard(first);
    const { ask } = await connection(guard);
    const fetch = (id: number) => request(id, "tasks/result", { taskId: "t" });
    await ask(toolCall(1), { result: { task: { taskId: "t", status: "working" } } });
    await ask(fetch(2), { result: { content: [] } });
    expect(first.calls.at(-1)?.options.context).toBe(context);
    guard.use(second);
    await ask(fetch(3), { result: { content: [] } });
    expect(second.calls.at(-1)?.options.context).toBeUndefined();
  });
});

describe("ids of cancelled requests", () => {
  it.each<[string, (at: number) => string | number]>([
    ["numbers", (at) => at],
    ["the ids that SDK v2 counts for subscriptions", (at) => `listen:${at}`],
  ])("are not reused, however many there are: %s", async (_, idOf) => {
    verifies("mcp:guard-ids");
    const { raw, wrapped, sent, received } = await connection(createGuard(fakeManager()));
    const count = 1500;
    for (let at = 0; at < count; at++) {
      raw.onmessage?.(toolCall(idOf(at)));
      await settle();
      raw.onmessage?.(cancelled(idOf(at)));
    }
    for (const id of [0, 1, 700, count - 1].map(idOf)) {
      raw.onmessage?.(request(id, "ping"));
      expect(sent().at(-1)).not.toMatchObject({ id, result: {} });
      await wrapped.send(toolResult(id, "secret"));
    }
    await settle();
    expect(JSON.stringify(sent())).not.toContain("secret");
    expect(sent().map(({ error }) => (error as Json).code)).toEqual(Array(4).fill(-32012));
    expect(received.filter(({ method }) => method === "ping")).toEqual([]);
    // A new, higher number is accepted.
    raw.onmessage?.(request(idOf(count), "ping"));
    expect(received.at(-1)).toMatchObject({ id: idOf(count) });
  });

  it.each<[string, (at: number) => string | number]>([
    ["strings", (at) => `id-${at}`],
    ["negative numbers", (at) => -at - 1],
  ])("are remembered up to a limit, then requests are refused: %s", async (_, idOf) => {
    verifies("mcp:guard-ids");
    const { raw, wrapped, sent, received } = await connection(createGuard(fakeManager()));
    for (let at = 0; at <= 1024; at++) {
      raw.onmessage?.(toolCall(idOf(at)));
      await settle();
      raw.onmessage?.(cancelled(idOf(at)));
    }
    raw.onmessage?.(request(idOf(0), "ping"));
    raw.onmessage?.(request("fresh", "ping"));
    await settle();
    expect(sent()).toMatchObject([
      { id: idOf(0), error: { code: -32012 } },
      { id: "fresh", error: { code: -32013, data: { code: "too_many_unanswered" } } },
    ]);
    await wrapped.send(toolResult(idOf(0), "secret"));
    expect(sent()).toHaveLength(2);
    // The late answer made room.
    raw.onmessage?.(request("fresh", "ping"));
    expect(received.at(-1)).toMatchObject({ id: "fresh" });
  });

  it("never let a late response pass for another's, in any order", async () => {
    verifies("mcp:guard-ids");
    const id = fc.oneof(fc.nat({ max: 4 }), fc.constantFrom("0", "1", "x"), fc.constant(-1));
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ do: fc.constant("call" as const), id }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant("cancel" as const), id }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("ping" as const), id }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("answer" as const), id }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const checked = fakeManager({ "cmf.tool_post_invoke": () => denial("checked") });
        const { raw, wrapped, sent } = await connection(createGuard(checked));
        for (const next of steps) {
          if (next.do === "call") raw.onmessage?.(toolCall(next.id));
          if (next.do === "cancel") raw.onmessage?.(cancelled(next.id));
          if (next.do === "ping") raw.onmessage?.(request(next.id, "ping"));
          await settle();
          // The server above answers the older request with that id first: the call, if any.
          if (next.do === "answer") await wrapped.send(toolResult(next.id, "secret"));
          await settle();
        }
        const pinged = new Set(steps.filter((each) => each.do === "ping").map((each) => each.id));
        const called = new Set(steps.filter((each) => each.do === "call").map((each) => each.id));
        for (const message of sent()) {
          const isResult = JSON.stringify(message).includes("secret");
          const isOfCall = called.has(message.id as never) && !pinged.has(message.id as never);
          if (isResult) expect(isOfCall).toBe(false);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe("a cancellation between the last hook and forwarding", () => {
  it.each([1, 2, 3, 4, 5, 6, 8, 12])("is honoured, %i microtasks after the hook", async (ticks) => {
    verifies("mcp:guard-cancel");
    const ids: number[] = [];
    const plugins = fakeManager();
    const { raw, received } = await connection(createGuard(plugins));
    const passed: unknown[] = [];
    for (let id = 1; id <= 20; id++) {
      raw.onmessage?.(toolCall(id));
      for (let tick = 0; tick < ticks + id; tick++) await Promise.resolve();
      const isHandedOn = received.some((message) => message.id === id);
      raw.onmessage?.(cancelled(id));
      await settle();
      const isPassed = received.some(
        (message) => message.id === id && message.method === "tools/call",
      );
      if (isPassed && !isHandedOn) passed.push(id);
      ids.push(id);
    }
    expect(passed).toEqual([]);
  });
});

describe("the servers of SDK v2", () => {
  const version = "2026-07-28";
  const meta = {
    "io.modelcontextprotocol/protocolVersion": version,
    "io.modelcontextprotocol/clientInfo": { name: "test", version: "1.0.0" },
    "io.modelcontextprotocol/clientCapabilities": {},
  };

  it("forget nothing between the exchanges of createMcpHandler", async () => {
    verifies("mcp:guard-factory");
    const guard = createGuard(fakeManager(), { envelope: () => sealed });
    const handler = createMcpHandler(
      guard.factory(() => {
        const server = serverV2(createBackend());
        server.setRequestHandler("resources/list", () => listed.result as never);
        return server;
      }),
    );
    const post = async (method: string, params: object, name?: string): Promise<Json> => {
      const headers = {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": version,
        "mcp-method": method,
        ...(name !== undefined && { "mcp-name": name }),
      };
      const body = JSON.stringify(request(1, method, { ...params, _meta: meta }));
      const url = "http://localhost/mcp";
      const response = await handler.fetch(new Request(url, { method: "POST", headers, body }));
      return (await response.json()) as Json;
    };
    expect(await post("resources/list", {})).toMatchObject({ result: {} });
    expect(await post("resources/read", { uri }, uri)).toMatchObject(denied);
  });

  it("share a session by the factory's arguments", async () => {
    verifies("mcp:guard-factory");
    const sessions: (string | undefined)[] = [];
    const guard = createGuard(fakeManager(), {
      labels: { session: () => "s" },
      envelope: () => ({}),
    });
    const contexts: unknown[] = [];
    const factory = guard.factory(
      (context: { readonly era: string }) => {
        contexts.push(context);
        return serverV2(createBackend());
      },
      ({ era }) => {
        sessions.push(era);
        return `session of ${era}`;
      },
    );
    const one = await factory({ era: "modern" });
    const two = await factory({ era: "modern" });
    const first = new RawTransport();
    const second = new RawTransport();
    await one.connect(first as never);
    await two.connect(second as never);
    first.onmessage?.(toolCall(1, {}, { name: "slow" }));
    second.onmessage?.(toolCall(1));
    await settle();
    expect(second.sent.map(({ message }) => message)).toMatchObject([{ error: { code: -32012 } }]);
    expect([sessions, contexts]).toEqual([
      ["modern", "modern"],
      [{ era: "modern" }, { era: "modern" }],
    ]);
  });

  it("are guarded over standard input and output", async () => {
    verifies("mcp:guard-factory");
    const guard = createGuard(fakeManager({ "cmf.tool_pre_invoke": () => denial("not today") }));
    const transport = new RawTransport();
    const backend = createBackend();
    const served = serveStdio(
      guard.factory(() => serverV2(backend)),
      { transport: transport as never },
    );
    await settle();
    const hello = {
      protocolVersion: "2025-11-25",
      capabilities: {},
      clientInfo: { name: "test", version: "1.0.0" },
    };
    transport.onmessage?.(request(1, "initialize", hello));
    await settle();
    transport.onmessage?.({ jsonrpc: "2.0", method: "notifications/initialized" });
    transport.onmessage?.(toolCall(2));
    await settle();
    await settle();
    expect(transport.sent.map(({ message }) => message).at(-1)).toMatchObject({
      id: 2,
      error: { code: -32010, message: "not today" },
    });
    expect(backend.asked).toEqual([]);
    await served.close();
  });
});

it("passes the options of a send on as they are", async () => {
  const { raw, wrapped } = await connection(createGuard(fakeManager()));
  const options = { relatedRequestId: 7, status: 404 };
  raw.onmessage?.(toolCall(1));
  await settle();
  await wrapped.send(result(1, { content: [] }), options);
  await wrapped.send(request(5, "sampling/createMessage", {}), options);
  expect(raw.sent.map((each) => each.options)).toEqual([options, options]);
  expect(raw.sent.every((each) => each.options === options)).toBe(true);
});
