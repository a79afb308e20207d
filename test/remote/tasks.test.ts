import { addLabels, createExtensions, filterExtensions } from "glassine";
import { defineHost, defineServices } from "glassine/host";
import { decodeTask, encodeTask } from "glassine/remote";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { verifies } from "../support/verifies.ts";
import { contextOf, envelope, hook, payload, refusalOf, turnOf } from "./support.ts";

const written = (text: string): Record<string, unknown> =>
  JSON.parse(text) as Record<string, unknown>;

describe("encodeTask", () => {
  it("writes what a handler receives, and nothing else", () => {
    verifies("remote:task");
    const text = encodeTask(turnOf(["read_labels"]));
    expect(written(text)).toEqual({
      hook,
      payload: { message: { schema_version: "2.0", ...payload }, hook: "tool_pre_invoke" },
      extensions: {
        request: { request_id: "r-1" },
        security: { labels: ["PII"], objects: {}, data: {} },
        custom: { note: 1 },
      },
      context: { request_id: "r-1", operation: { trace: "t-1" } },
      config: {
        name: "far-away",
        version: "1.2.3",
        capabilities: ["read_labels"],
        config: { level: 2 },
      },
    });
  });

  it("writes how much there is of a streamed message", () => {
    verifies("remote:task-stream");
    for (const stream of [{ done: false }, { done: true }]) {
      const text = encodeTask(turnOf([], { stream }));
      expect(written(text).context).toMatchObject({ stream });
      const { context, dropped } = decodeTask(text);
      expect([context.stream, Object.isFrozen(context.stream), dropped]).toEqual([
        stream,
        true,
        [],
      ]);
    }
    const text = encodeTask(turnOf([]));
    expect(written(text).context).not.toHaveProperty("stream");
    expect(decodeTask(text).context.stream).toBeUndefined();
  });

  it("omits extensions for a handler that takes none", () => {
    const { payload: given, context } = turnOf([]);
    expect(written(encodeTask({ payload: given, context }))).not.toHaveProperty("extensions");
  });

  it("filters a whole envelope by the context's capabilities", () => {
    verifies("remote:task-filtered");
    const context = contextOf(["read_roles", "read_subject"]);
    const text = encodeTask({ payload, context, extensions: envelope });
    expect(written(text)).toMatchObject({
      extensions: { security: { subject: { id: "ada", type: "user", roles: ["admin"] } } },
    });
    expect(text).not.toMatch(/PII|a@b|POST/);
  });

  it("shows no more of a view than its grant, whatever capabilities are named", () => {
    const extensions = filterExtensions(envelope, ["read_labels"]);
    const context = contextOf(["read_claims", "read_labels"]);
    expect(encodeTask({ payload, context, extensions })).not.toContain("a@b");
  });

  it("writes the turn of a plugin with services, without their capabilities", async () => {
    verifies("remote:task");
    const services = defineServices({
      "ledger.read": { accessor: "getLedger", handle: "ledger", description: "Reads balances." },
    });
    const host = defineHost({ services });
    const tasks: string[] = [];
    const plugin = host.definePlugin({
      name: "far-away",
      version: "1.0.0",
      capabilities: ["ledger.read", "read_labels"],
      hooks: {
        tool_pre_invoke(call, context, extensions) {
          tasks.push(host.encodeTask({ payload: call, context, extensions }));
        },
      },
    });
    const manager = await host.createPluginManager({ plugins: [plugin], services: { ledger: 1 } });
    const { errors } = await manager.invoke("tool_pre_invoke", { name: "add" });
    expect([errors, tasks.length]).toEqual([[], 1]);
    const { context } = host.decodeTask(tasks[0]);
    expect(context.capabilities).toEqual(["read_labels"]);
  });

  it("refuses extensions that this host did not create, and an unknown hook", () => {
    const other = defineHost({}).createExtensions({});
    for (const extensions of [other, { security: { labels: [] } }]) {
      const turn = { payload, context: contextOf([]), extensions };
      expect(refusalOf(() => encodeTask(turn))).toMatchObject({ code: "options_invalid" });
    }
    const context = contextOf([], { hook: "cmf.tool_pre_invok" });
    const refusal = refusalOf(() => encodeTask({ payload, context }));
    expect(refusal).toMatchObject({ code: "hook_unknown" });
    expect(String(refusal)).toContain('Did you mean "cmf.tool_pre_invoke"?');
  });
});

describe("decodeTask", () => {
  it("returns what a handler would receive in process", () => {
    const capabilities = ["append_labels", "read_labels"] as const;
    const task = decodeTask(encodeTask(turnOf(capabilities)));
    expect(task.hook).toBe(hook);
    expect(task.payload).toEqual({ schema_version: "2.0", ...payload });
    expect(Object.isFrozen(task.payload)).toBe(true);
    const { plugin, config, operation, request, signal, state } = task.context;
    expect({ plugin, config, operation, request }).toEqual({
      plugin: { name: "far-away", version: "1.2.3" },
      config: { level: 2 },
      operation: { trace: "t-1" },
      request: "r-1",
    });
    expect(task.context.capabilities).toEqual(capabilities);
    expect([signal.aborted, state.size]).toEqual([false, 0]);
    // They are a view, so the helpers work on them.
    const labelled = addLabels(task.extensions as NonNullable<typeof task.extensions>, "EU");
    expect(labelled.security.labels).toEqual(["EU", "PII"]);
    expect([task.dropped, task.droppedCount]).toEqual([[], 0]);
  });

  it.each<[object, string]>([
    [{ limit: 1 }, 'decodeTask has no option "limit". Did you mean "limits"?'],
    [{ signal: {} }, "signal must be an AbortSignal"],
    [{ state: {} }, "state must be a Map"],
  ])("refuses the options %j", (options, text) => {
    const refusal = refusalOf(() => decodeTask(encodeTask(turnOf([])), options as never));
    expect(refusal).toMatchObject({ code: "options_invalid" });
    expect(String(refusal)).toContain(text);
  });

  it("accepts a signal and a state of the far side", () => {
    const signal = AbortSignal.abort();
    const state = new Map([["seen", 1]]);
    const { context } = decodeTask(encodeTask(turnOf([])), { signal, state });
    expect([context.signal, context.state]).toEqual([signal, state]);
    expect(context.state).toBe(state);
  });

  it("filters once more by the capabilities that the task carries", () => {
    verifies("remote:task-filtered-again");
    const task = written(encodeTask(turnOf(["read_claims", "read_headers", "read_subject"])));
    const config = { ...(task.config as object), capabilities: ["read_subject"] };
    const { extensions, context } = decodeTask({ ...task, config });
    expect(JSON.stringify(extensions)).not.toMatch(/a@b|X-A/);
    expect(context.capabilities).toEqual(["read_subject"]);
    const unknown = { ...task, config: { ...config, capabilities: ["read_label"] } };
    expect(refusalOf(() => decodeTask(unknown))).toMatchObject({ code: "capability_unknown" });
  });

  it("reads the payload by the schema of its hook", () => {
    verifies("remote:task-payload");
    const task = written(encodeTask(turnOf([])));
    for (const bad of [{ role: "nobody" }, { role: "user", unknown: 1 }, { content: [] }]) {
      const refusal = refusalOf(() => decodeTask({ ...task, payload: bad }));
      expect(refusal).toMatchObject({ code: "payload_invalid" });
    }
    const tool = decodeTask({ ...task, hook: "tool_pre_invoke", payload: { name: "add" } });
    expect(tool.payload).toEqual({ name: "add", args: {} });
  });

  it("drops unknown slots and fields, and reports them", () => {
    verifies("remote:unknown-dropped");
    const task = written(encodeTask(turnOf([])));
    const { extensions, dropped, droppedCount } = decodeTask({
      ...task,
      more: 1,
      extensions: { raw_credentials: { token: "s3cr3t" }, request: { request_id: "r", odd: 1 } },
      config: { ...(task.config as object), kind: "external" },
    });
    expect(extensions).toMatchObject({ request: { request_id: "r" } });
    expect(JSON.stringify(extensions)).not.toContain("s3cr3t");
    expect(dropped).toEqual([
      "config.kind",
      "more",
      "extensions.raw_credentials",
      "extensions.request.odd",
    ]);
    expect(droppedCount).toBe(4);
  });

  it("drops unknown fields of a message's parts like `decodeMessage`, and reports them", () => {
    verifies("remote:task-payload");
    const task = written(encodeTask(turnOf([])));
    const call = { tool_call_id: "1", name: "add", kind: "function" };
    const inner = { content_type: "text", text: "ahoy", lang: "en" };
    const read = decodeTask({
      ...task,
      payload: { role: "user", content: [inner, { content_type: "tool_call", content: call }] },
    });
    expect(read.payload).toMatchObject({
      content: [
        { content_type: "text", text: "ahoy" },
        { content: { tool_call_id: "1", name: "add", arguments: {} } },
      ],
    });
    expect(JSON.stringify(read.payload)).not.toMatch(/lang|kind/);
    expect(read.dropped).toEqual(["payload.content[0].lang", "payload.content[1].content.kind"]);
    expect(read.droppedCount).toBe(2);
  });

  it("reads null as absent in every optional field", () => {
    verifies("envelope:null-is-absent");
    const { extensions: _, ...task } = written(encodeTask(turnOf([])));
    const { operation: __, ...context } = task.context as Record<string, unknown>;
    const { config: ___, ...config } = task.config as Record<string, unknown>;
    const taskOf = (document: object) => {
      const { context: read, ...rest } = decodeTask(document);
      return { ...rest, context: { ...read, signal: undefined } };
    };
    const lean = { ...task, context, config };
    const nulls = {
      ...lean,
      extensions: null,
      shown_headers: null,
      context: { ...context, operation: null, stream: null },
      config: { ...config, config: null },
    };
    expect(taskOf(nulls)).toEqual(taskOf(lean));
    const listed = { ...lean, shown_headers: { headers: null, request_headers: null } };
    expect(taskOf(listed)).toEqual(taskOf(lean));
  });

  it("counts a flood of unknown fields and lists the first hundred", () => {
    const flood = Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`k${at}`, at]));
    const read = decodeTask({ ...written(encodeTask(turnOf([]))), extensions: flood, ...flood });
    expect([read.dropped.length, read.droppedCount]).toEqual([100, 300]);
  });

  it("requires visible fields, but not hidden ones", () => {
    verifies("remote:task-view");
    const task = written(encodeTask(turnOf(["read_subject"])));
    const hollow = { ...task, extensions: { mcp: { tool: { annotations: {} } } } };
    expect(refusalOf(() => decodeTask(hollow))).toMatchObject({
      code: "extensions_invalid",
      data: {
        problems: [{ path: ["mcp", "tool", "name"], expected: "a value", received: "nothing" }],
      },
    });
    const deeper = { ...task, extensions: { completion: { tokens: {} } } };
    expect(refusalOf(() => decodeTask(deeper))).toMatchObject({ code: "extensions_invalid" });
    const config = { ...(task.config as object), capabilities: ["read_labels", "read_roles"] };
    const lean = decodeTask({
      ...task,
      config,
      extensions: { security: { subject: { id: "ada", type: "user" }, classification: "secret" } },
    });
    expect(lean.extensions?.security).toMatchObject({
      labels: [],
      subject: { id: "ada", roles: [] },
      classification: "secret",
    });
  });

  it("reads a view without a hidden part that the host's slot requires", () => {
    const host = defineHost({
      slots: {
        billing: {
          tier: "immutable",
          read: "everyone",
          description: "Who pays.",
          schema: z.object({ account: z.string(), plan: z.string().default("free") }),
          fields: { account: { read: "read_billing" } },
        },
      },
    });
    const extensions = host.filterExtensions(
      host.createExtensions({ billing: { account: "acme", plan: "gold" } }),
      [],
    );
    const task = host.decodeTask(host.encodeTask({ payload, context: contextOf([]), extensions }));
    expect(task.extensions?.billing).toEqual({ account: undefined, plan: "gold" });
    const opened = written(host.encodeTask({ payload, context: contextOf([]), extensions }));
    const config = { ...(opened.config as object), capabilities: ["read_billing"] };
    expect(refusalOf(() => host.decodeTask({ ...opened, config }))).toMatchObject({
      code: "extensions_invalid",
    });
  });

  it("refuses an unknown hook, an invalid shape and text that is not JSON", () => {
    const task = written(encodeTask(turnOf([])));
    const codeOf = (input: unknown) => refusalOf(() => decodeTask(input));
    expect(codeOf({ ...task, hook: "toString" })).toMatchObject({ code: "hook_unknown" });
    expect(codeOf({ ...task, config: {} })).toMatchObject({
      code: "document_invalid",
      data: { problems: [{ path: ["config", "name"] }, { path: ["config", "version"] }] },
    });
    expect(codeOf([])).toMatchObject({ code: "document_invalid" });
    expect(codeOf("{")).toMatchObject({ code: "syntax_invalid" });
    expect(codeOf({ ...task, extensions: { security: 1 } })).toMatchObject({
      code: "extensions_invalid",
    });
  });

  it("checks the length of the text before parsing it", () => {
    verifies("remote:limits");
    const text = encodeTask(turnOf([]));
    const limits = { textUnits: text.length };
    expect(decodeTask(text, { limits }).hook).toBe(hook);
    expect(refusalOf(() => decodeTask(`${text} `, { limits }))).toMatchObject({
      code: "document_invalid",
      data: { problems: [{ code: "snapshot_limit" }] },
    });
    const nested = refusalOf(() => decodeTask(text, { limits: { depth: 2 } }));
    expect(nested).toMatchObject({ code: "document_invalid" });
    const labels = Array.from({ length: 300 }, (_, at) => `l${at}`);
    const many = { ...written(text), extensions: { security: { labels } } };
    expect(refusalOf(() => decodeTask(many))).toMatchObject({ code: "extensions_invalid" });
    expect(decodeTask(many, { limits: { labels: 300 } }).hook).toBe(hook);
  });

  it("keeps odd keys as data", () => {
    const custom = JSON.parse('{"__proto__": {"a": 1}, "constructor": 2}') as Record<string, 1>;
    const extensions = filterExtensions(createExtensions({ custom }), []);
    const task = decodeTask(encodeTask({ payload, context: contextOf([]), extensions }));
    expect(JSON.stringify(task.extensions?.custom)).toBe('{"__proto__":{"a":1},"constructor":2}');
  });
});
