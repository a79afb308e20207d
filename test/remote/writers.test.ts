/** Writers check their arguments first: errors have codes, and no code in the arguments runs. */
import { createPluginManager, definePlugin, type PluginContext } from "glassine";
import {
  decodeResult,
  decodeTask,
  encodeInvokeResult,
  encodeResult,
  encodeTask,
  type WireExecution,
} from "glassine/remote";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { contextOf, envelope, hook, payload, refusalOf, turnOf } from "./support.ts";

const cycle: Record<string, unknown> = {};
cycle.self = cycle;
let ran = 0;
const run = () => {
  ran += 1;
  return "ran";
};

describe("encodeTask", () => {
  const part = (text: unknown) => ({ role: "user", content: [{ content_type: "text", text }] });
  const tool = (a: unknown) => ({ name: "add", args: { a } });
  const message = contextOf([]);
  const older = contextOf([], { hook: "tool_pre_invoke" });

  it.each<readonly [string, unknown, PluginContext]>([
    ["none", undefined, message],
    ["null", null, message],
    ["no message", { role: "nobody" }, message],
    ["half a character", part("\ud800"), message],
    [
      "a getter",
      Object.defineProperty({ role: "user" }, "content", { get: run, enumerable: true }),
      message,
    ],
    ["a toJSON", { ...part("a"), toJSON: run }, message],
    ["a cycle", tool(cycle), older],
    ["a number that JSON cannot say", tool(1n), older],
    ["no number", tool(Number.NaN), older],
    ["a function", tool(run), older],
    ["an unknown field", { ...tool(1), more: 1 }, older],
  ])("refuses a payload: %s", (_name, bad, context) => {
    verifies("remote:task-written");
    expect(refusalOf(() => encodeTask({ payload: bad as object, context }))).toMatchObject({
      code: "payload_invalid",
    });
    expect(ran).toBe(0);
  });

  it.each<readonly [string, object, string]>([
    ["a cycle in the operation", { operation: cycle }, "context.operation.self"],
    ["half a character in the operation", { operation: { a: "\ud800" } }, "context.operation.a"],
    [
      "a getter in the operation",
      { operation: Object.defineProperty({}, "a", { get: run, enumerable: true }) },
      "context.operation.a",
    ],
    ["an invalid operation", { operation: [] }, "context.operation"],
    ["an invalid stream", { stream: { done: 1 } }, "context.stream.done"],
    ["a configuration that is not plain data", { config: { a: 1n } }, "config.config.a"],
    ["no request", { request: undefined }, "context.request_id"],
    ["a hook that is not a string", { hook: 5 }, "hook"],
    ["no plugin", { plugin: undefined }, "config.name"],
    ["capabilities that are not a list", { capabilities: 5 }, "config.capabilities"],
  ])("refuses a context with %s", (_name, more, path) => {
    verifies("remote:task-written");
    const context = { ...contextOf([]), ...more } as PluginContext;
    const refusal = refusalOf(() => encodeTask({ payload, context }));
    expect(refusal).toMatchObject({ code: "options_invalid", data: { option: "context" } });
    expect(String(refusal)).toContain(`${path}: expected`);
    expect(ran).toBe(0);
  });

  it("refuses an unknown capability, and an invalid turn", () => {
    const context = contextOf(["read_label"]);
    expect(refusalOf(() => encodeTask({ payload, context }))).toMatchObject({
      code: "capability_unknown",
    });
    for (const turn of [undefined, null, 5, {}, { payload }]) {
      expect(refusalOf(() => encodeTask(turn as never))).toMatchObject({ code: "options_invalid" });
    }
    expect(refusalOf(() => decodeTask("{}", null as never))).toMatchObject({
      code: "options_invalid",
    });
  });

  it("names the capabilities that the named ones imply", () => {
    const text = encodeTask({ payload, context: contextOf(["append_labels"]) });
    expect(JSON.parse(text).config.capabilities).toEqual(["append_labels", "read_labels"]);
  });

  it("accepts what a manager read under wider limits, but nothing too deep to be written", async () => {
    const deep = JSON.parse(`${'{"a":'.repeat(100)}1${"}".repeat(100)}`) as object;
    const sizes: number[] = [];
    const plugin = definePlugin({
      name: "far-away",
      version: "1.0.0",
      hooks: {
        tool_pre_invoke: (call, context) => {
          sizes.push(encodeTask({ payload: call, context }).length);
        },
      },
    });
    const manager = await createPluginManager({ plugins: [plugin], payloadLimits: { depth: 200 } });
    const result = await manager.invoke("tool_pre_invoke", { name: "add", args: deep as never });
    expect([result.errors, sizes.length]).toEqual([[], 1]);
    expect(
      refusalOf(() => encodeTask({ payload: tool(nested(2_000)), context: older })),
    ).toMatchObject({ code: "payload_invalid", data: { problems: [{ code: "snapshot_limit" }] } });
  });
});

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

const execution: WireExecution = {
  pluginId: "p",
  plugin: "p",
  pluginKind: "hook",
  hook,
  mode: "audit",
  status: "completed",
  effectiveAllow: true,
  applied: false,
  payloadModified: false,
  extensionsModified: false,
  durationNs: 0,
  configKeys: [],
};

describe("encodeResult", () => {
  it("refuses a payload of an unknown hook, whose headers it could not strip", () => {
    verifies("remote:written-checked");
    const returned = { modifiedPayload: { name: "add", headers: { Authorization: "s3cr3t" } } };
    const refusal = refusalOf(() => encodeResult(returned, { hook: "tool_pre_invok" }));
    expect(refusal).toMatchObject({ code: "hook_unknown" });
    expect(String(refusal)).toContain('Did you mean "tool_pre_invoke"?');
  });

  it.each([
    ["no list", 5],
    ["null", null],
    ["an empty record", [{}]],
    ["no record", [null]],
    ["an invalid status", [{ ...execution, status: "started" }]],
    ["a time that is not a whole number", [{ ...execution, durationNs: 0.5 }]],
    ["half a character", [{ ...execution, reason: "\ud800" }]],
    ["keys that are not a list", [{ ...execution, configKeys: undefined, plugin: 5 }]],
  ])("refuses executions: %s", (_name, executions) => {
    verifies("remote:written-checked");
    const write = () => encodeResult(undefined, { executions } as never);
    expect(refusalOf(write)).toMatchObject({
      code: "options_invalid",
      data: { option: "executions" },
    });
  });

  it("refuses invalid options", () => {
    for (const options of [null, 5, "a"] as never[]) {
      expect(refusalOf(() => encodeResult(undefined, options))).toMatchObject({
        code: "options_invalid",
      });
      expect(refusalOf(() => decodeResult("{}", options))).toMatchObject({
        code: "options_invalid",
      });
    }
  });

  it("refuses names close to an option's, and takes a whole task", () => {
    const task = decodeTask(encodeTask(turnOf(["read_labels"])));
    expect(encodeResult(undefined, task)).toBe('{"continue_processing":true}');
    for (const [name, meant] of [
      ["retryDelay", "retryDelayMs"],
      ["httpHeader", "httpHeaders"],
      ["execution", "executions"],
    ]) {
      expect(refusalOf(() => encodeResult(undefined, { ...task, [name ?? ""]: 5 }))).toMatchObject({
        code: "options_invalid",
        message: `encodeResult has no option "${name}". Did you mean "${meant}"?`,
      });
    }
  });
});

describe("encodeInvokeResult", () => {
  it.each<readonly [string, (whole: object) => unknown]>([
    ["nothing", () => undefined],
    ["null", () => null],
    ["an empty object", () => ({})],
    ["no executions", (whole) => ({ ...whole, executions: undefined })],
    ["an invalid record", (whole) => ({ ...whole, executions: [null] })],
    ["a record of nothing", (whole) => ({ ...whole, executions: [{ status: "completed" }] })],
    ["invalid metadata", (whole) => ({ ...whole, metadata: 5 })],
    ["a cycle in metadata", (whole) => ({ ...whole, metadata: { p: cycle } })],
    ["extensions that this host did not make", (whole) => ({ ...whole, extensions: {} })],
    ["an invalid violation", (whole) => ({ ...whole, continueProcessing: false, violation: {} })],
    ["a denial without a violation", (whole) => ({ ...whole, continueProcessing: false })],
    [
      "a violation of what goes on",
      (whole) => ({ ...whole, violation: { code: "a", reason: "b" } }),
    ],
  ])("refuses %s for a result", async (_name, spoil) => {
    verifies("remote:written-checked");
    const manager = await createPluginManager({ plugins: [] });
    const whole = await manager.invoke(hook, payload, { extensions: envelope });
    expect(refusalOf(() => encodeInvokeResult(spoil(whole) as never))).toMatchObject({
      code: "options_invalid",
    });
  });

  it("refuses a payload that is not plain data, and invalid options", async () => {
    const plugin = definePlugin({
      name: "changes",
      version: "1.0.0",
      hooks: { [hook]: (message) => ({ modifiedPayload: { ...message, content: [] } }) },
    });
    const manager = await createPluginManager({ plugins: [plugin] });
    const whole = await manager.invoke(hook, payload, { extensions: envelope });
    const spoilt = { ...whole, payload: cycle };
    expect(refusalOf(() => encodeInvokeResult(spoilt as never))).toMatchObject({
      code: "payload_invalid",
    });
    expect(
      refusalOf(() => encodeInvokeResult(whole, { hook, retryDelay: 5 } as object)),
    ).toMatchObject({ code: "options_invalid" });
    expect(refusalOf(() => encodeInvokeResult(whole, null as never))).toMatchObject({
      code: "options_invalid",
    });
  });
});
