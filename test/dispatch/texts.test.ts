/** The exact texts that a run reports to its host: reasons of records, messages of errors. */
import { deny, type PluginContext, setCustom } from "glassine";
import { defineHook, defineHost } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { contextified, gone, throwing } from "../attacks/contextified.ts";
import {
  call,
  hook,
  labelled,
  later,
  manage,
  never,
  plugin,
  type Run,
  runOnce,
} from "./support.ts";

const returning = (value: unknown) => plugin("guard", (_p) => value);
const refusedWith = async (value: unknown) => {
  const { violation, errors, executions, rejections } = await runOnce([returning(value)]);
  expect(errors).toEqual([
    { plugin: "guard", hook, code: violation?.code, message: violation?.reason },
  ]);
  expect(executions[0]?.reason).toBe(violation?.reason);
  return { code: violation?.code, path: rejections[0]?.path, reason: rejections[0]?.reason };
};
const result = (code: string, reason: string, path = "(result)") => ({ code, path, reason });
const noObject =
  "Expected nothing, allow(), deny(REASON) or an object such as { modifiedPayload }, got string.";
const shape =
  "A result may have modifiedPayload, modifiedExtensions and metadata, and nothing else. To refuse, return deny(REASON).";

describe("a result that is refused says what was expected", () => {
  const symbolKey = Object.defineProperty({}, Symbol("s"), { value: 1, enumerable: true });
  const hiddenKey = Object.defineProperty({}, "metadata", { value: {} });
  const getter = Object.defineProperty({}, "metadata", { get: () => ({}), enumerable: true });

  it.each<readonly [string, unknown, object]>([
    ["a string", "yes", result("result_shape", noObject)],
    ["a list", [], result("result_shape", shape)],
    ["an unknown key", { metadata: {}, more: 1 }, result("result_shape", shape)],
    [
      "a proxy",
      new Proxy({}, {}),
      result("snapshot_proxy", "Expected a plain object, got a proxy."),
    ],
    [
      "a map",
      new Map(),
      result("snapshot_prototype", "Expected a plain object, got an object of a class."),
    ],
    ["a symbol as key", symbolKey, result("snapshot_key", "Expected ordinary keys.")],
    ["a key that is hidden", hiddenKey, result("snapshot_key", "Expected ordinary keys.")],
    ["a getter", getter, result("snapshot_accessor", "Expected values, got a getter or setter.")],
    [
      "metadata that is a string",
      { metadata: "m" },
      result("result_shape", "Expected an object, got string.", "(result).metadata"),
    ],
    [
      "bytes without their prototype",
      Object.setPrototypeOf(new Uint8Array(100_000), Object.prototype),
      result("snapshot_limit", "Expected at most 20000 keys, got more."),
    ],
    [
      "metadata with a __proto__ key",
      { metadata: JSON.parse('{"a":{"__proto__":1}}') },
      result("snapshot_key", "Expected ordinary keys, got __proto__.", "(result).metadata"),
    ],
    [
      "an object whose reading throws",
      throwing(),
      result("snapshot_proxy", "Expected a plain object, got one that throws when it is read."),
    ],
    [
      "a payload with a field that there is not",
      { modifiedPayload: { ...call, made: 1 } },
      result(
        "payload_shape",
        "Expected only the fields name, args, headers, got an unknown field.",
        "payload",
      ),
    ],
  ])("%s", async (_, value, expected) => {
    expect(await refusedWith(value)).toEqual(expected);
  });

  it("an object whose key disappears after listing", async () => {
    let times = 0;
    let listings = Number.POSITIVE_INFINITY;
    const { value } = contextified(
      (key) => {
        if (key === "metadata") times += 1;
        return key === "metadata" && times > listings ? gone : {};
      },
      ["metadata"],
    );
    expect(Reflect.ownKeys(value)).toContain("metadata");
    // Listing the keys once reads it this many times.
    listings = times;
    times = 0;
    expect(await refusedWith(value)).toEqual(result("snapshot_key", "Expected ordinary keys."));
  });

  it("a payload that exceeds a limit together with existing data", async () => {
    const guard = plugin("guard", (_p) => ({ modifiedPayload: { name: "a".repeat(60) } }));
    const text = { name: "add", args: { text: "b".repeat(60) } };
    const manager = await manage([guard], { payloadLimits: { units: 100 } });
    const { violation, rejections, payload } = await manager.invoke(hook, text);
    expect(violation).toMatchObject({ code: "snapshot_limit" });
    const reason = "Expected at most 100 UTF-16 units of text in the merged payload, got more.";
    expect(rejections).toEqual([
      { plugin: "guard", path: "payload", code: "snapshot_limit", reason },
    ]);
    expect(payload).toEqual(text);
  });

  it("a payload that fails a check of its whole schema", async () => {
    const host = defineHost({
      hooks: {
        span: defineHook({
          semantic: "message",
          description: "Of a test.",
          payload: z.object({ from: z.number(), to: z.number() }).refine((p) => p.from <= p.to),
          writable: ["from", "to"],
        }),
      },
    });
    const guard = host.definePlugin({
      name: "guard",
      version: "1.0.0",
      hooks: { span: (payload) => ({ modifiedPayload: { from: payload.to + 1, to: payload.to } }) },
    });
    const manager = await host.createPluginManager({ plugins: [guard] });
    const { violation, rejections, payload } = await manager.invoke("span", { from: 1, to: 2 });
    expect(violation).toMatchObject({ code: "payload_shape" });
    expect(rejections).toMatchObject([
      { path: "payload", reason: "Expected a payload that passes its schema's own check." },
    ]);
    expect(payload).toEqual({ from: 1, to: 2 });
  });

  it("with the plugin's name, and where it was refused", async () => {
    const { violation } = await runOnce([returning("yes")]);
    expect(violation).toEqual({
      plugin: "guard",
      code: "result_shape",
      reason: `Plugin "guard" returned something that was refused at (result) on ${hook}. ${noObject}`,
    });
  });
});

const whereToLook = "What it threw is in the host's log, or went to its onHandlerError.";

describe("a handler that fails", () => {
  const failing = async (run: Run, extra: object = {}) =>
    (await runOnce([plugin("guard", run, extra)])).violation;

  it("by throwing", async () => {
    const violation = await failing((_p) => {
      throw new Error("secret");
    });
    expect(violation).toEqual({
      plugin: "guard",
      code: "handler_error",
      reason: `Plugin "guard" threw on ${hook}. ${whereToLook}`,
    });
  });

  it("by hanging", async () => {
    expect(await failing((_p) => never(), { timeoutMs: 5 })).toEqual({
      plugin: "guard",
      code: "handler_timeout",
      reason: `Plugin "guard" did not settle before its deadline on ${hook}.`,
    });
  });

  it("by an error of a helper", async () => {
    const { violation, executions } = await runOnce([
      plugin("guard", (_p) => setCustom({} as never, "a", 1)),
    ]);
    expect(executions).toMatchObject([{ status: "error", errorCode: "edit_denied" }]);
    expect(violation).toEqual({
      plugin: "guard",
      code: "edit_denied",
      reason: expect.stringMatching(
        new RegExp(
          `^Plugin "guard" failed with edit_denied on ${hook}\\. [A-Z].*\\. ${whereToLook.replace(".", "\\.")}$`,
        ),
      ),
    });
  });
});

it("an error of the library that is not a refusal is reported like any other", async () => {
  const empty = await manage([]);
  const { violation } = await runOnce([
    plugin("guard", async (_p) => {
      await empty.invoke("no_hook" as typeof hook, call);
    }),
  ]);
  expect(violation).toEqual({
    plugin: "guard",
    code: "handler_error",
    reason: `Plugin "guard" threw on ${hook}. ${whereToLook}`,
  });
});

describe("the reason of a record", () => {
  it("of a handler that is disabled after a failure", async () => {
    const manager = await manage([
      plugin(
        "guard",
        (_p) => {
          throw new Error("once");
        },
        { onError: "disable" },
      ),
    ]);
    const first = await manager.invoke(hook, call);
    expect(first.executions).toMatchObject([
      { status: "error", effectiveAllow: true, errorCode: "handler_error" },
    ]);
    const second = await manager.invoke(hook, call);
    expect(second.executions).toMatchObject([
      { status: "disabled", reason: "Switched off after a failure." },
    ]);
  });

  it("of handlers that did not run", async () => {
    const { executions } = await runOnce([
      plugin("denies", (_p) => deny("no"), { mode: "sequential" }),
      plugin("later", (_p) => undefined, { mode: "transform" }),
      plugin("beside", (_p) => undefined, { mode: "concurrent" }),
      plugin("behind", (_p) => undefined, { mode: "fire_and_forget" }),
    ]);
    const skipped = { status: "skipped", reason: "The run had already been halted." };
    expect(executions).toMatchObject([
      { plugin: "denies", status: "completed", reason: "no", effectiveAllow: false },
      { plugin: "later", ...skipped },
      { plugin: "beside", ...skipped },
      { plugin: "behind", ...skipped },
    ]);
  });

  it("of a change that the mode does not allow", async () => {
    const changes = {
      modifiedPayload: { name: "x", args: {} },
      modifiedExtensions: { custom: { a: 1 } },
    };
    for (const mode of ["concurrent"] as const) {
      const { rejections } = await runOnce([plugin("guard", (_p) => changes, { mode })]);
      const ofSlot = "A plugin in this mode may not change it.";
      const ofPayload = "A plugin in this mode may not change the payload.";
      expect(rejections).toEqual([
        { plugin: "guard", path: "custom", code: "mode_denied", reason: ofSlot },
        { plugin: "guard", path: "payload", code: "mode_denied", reason: ofPayload },
      ]);
    }
    const frozen = await runOnce(
      [plugin("guard", (_p) => ({ modifiedPayload: { name: "x" } }))],
      {},
      { payloadPolicy: { tool_pre_invoke: [] } },
    );
    expect(frozen.rejections).toEqual([
      {
        plugin: "guard",
        path: "payload.name",
        code: "payload_denied",
        reason: "Plugins may not change this field on this hook.",
      },
    ]);
    const { rejections } = await runOnce([plugin("guard", (_p) => deny("no"), { mode: "audit" })]);
    expect(rejections).toEqual([
      {
        plugin: "guard",
        path: "(result)",
        code: "mode_denied",
        reason: "A plugin in this mode may not deny.",
      },
    ]);
  });

  it("of background work over the limit", async () => {
    const works = plugin("works", (_p) => later(20), { mode: "fire_and_forget" });
    const manager = await manage([works], { maxBackground: 1 });
    await manager.invoke(hook, call);
    const { executions } = await manager.invoke(hook, call);
    expect(executions).toMatchObject([
      { plugin: "works", status: "skipped", reason: "The background queue is full." },
    ]);
    await manager.close();
  });
});

it("an ended context reports that, and its plugin", async () => {
  let kept: PluginContext | undefined;
  await runOnce(
    [
      plugin("keeps", (_p, context) => {
        kept = context;
      }),
    ],
    {
      extensions: labelled("a"),
    },
  );
  expect(() => kept?.state).toThrow(
    expect.objectContaining({
      code: "aborted",
      message: "This context belongs to a run that has ended.",
      data: { plugin: "keeps" },
    }),
  );
});
