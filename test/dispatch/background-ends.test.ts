/** How the end of a background handler is counted, recorded and measured. */
import { performance } from "node:perf_hooks";
import { definePlugin } from "glassine";
import type { AuditEvent, MetricsSink } from "glassine/audit";
import { describe, expect, it } from "vitest";
import { block } from "../support/block.ts";
import { call, hook, manage, never, plugin, type Run } from "./support.ts";

const mode = "fire_and_forget";

describe("a background handler whose deadline has passed", () => {
  it("has timed out, even if its plugin is not asyncSafe and it blocks the thread", async () => {
    const reported: unknown[] = [];
    const handler = (_payload: unknown) => block(20);
    const blocks = definePlugin({
      name: "blocks",
      version: "1.0.0",
      asyncSafe: false,
      hooks: { [hook]: { handler, mode, timeoutMs: 5 } },
    });
    const manager = await manage([blocks], {
      onHandlerError: (error) => void reported.push(error),
    });
    await manager.invoke(hook, call);
    const { background } = await manager.close();
    expect(background).toMatchObject({ started: 1, completed: 0, failed: 0, timedOut: 1 });
    expect(reported).toEqual([]);
  });

  it("has an audit record that says so", async () => {
    const events: AuditEvent[] = [];
    const manager = await manage([plugin("hangs", (_p, _c) => never(), { mode, timeoutMs: 5 })], {
      audit: { sink: (event) => void events.push(event) },
      logger: {},
    });
    await manager.invoke(hook, call);
    await manager.close();
    const errors = events.filter(({ eventType }) => eventType === "plugin.handler_error");
    expect(errors.map(({ metadata }) => [metadata.error_type, metadata.error])).toEqual([
      ["timeout", "did not settle before its deadline"],
    ]);
  });
});

describe("the time of a background handler", () => {
  it("is at least what it took, and at most the time that passed around it", async () => {
    const seconds: number[] = [];
    const metrics: MetricsSink = {
      counter: () => undefined,
      gauge: () => undefined,
      histogram: (name, _labels, value) => {
        if (name === "glassine_plugin_handler_duration_seconds") seconds.push(value);
      },
    };
    const slow: Run = (_p, _c) => block(5);
    const manager = await manage([plugin("slow", slow, { mode })], { metrics });
    const before = performance.now();
    await manager.invoke(hook, call);
    await manager.close();
    const passed = performance.now() - before;
    expect(seconds).toHaveLength(1);
    expect(seconds[0]).toBeGreaterThanOrEqual(0.005);
    expect(seconds[0]).toBeLessThanOrEqual(passed / 1000);
  });
});

it("a function that a background handler returns is not inspected", async () => {
  let asked = false;
  const odd = Object.assign(() => undefined, {
    // biome-ignore lint/suspicious/noThenProperty: a function that looks like a promise.
    then: (_yes: unknown, no: (reason: unknown) => void) => {
      asked = true;
      no(new Error("broken"));
    },
  });
  const manager = await manage([plugin("odd", (_p, _c) => odd, { mode })]);
  await manager.invoke(hook, call);
  expect((await manager.close()).background).toMatchObject({ completed: 1, failed: 0 });
  expect(asked).toBe(false);
});
