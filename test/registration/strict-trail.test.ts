/** A strict audit trail: a run that could not be recorded is denied, and nothing follows it. */
import { describe, expect, it } from "vitest";
import { createPluginManager, definePlugin, deny } from "../../src/index.ts";
import { verifies } from "../support/verifies.ts";
import { host, plugin } from "./support.ts";

const labeller = (labels: readonly string[] = ["PII"]) =>
  definePlugin({
    name: "labeller",
    version: "1.0.0",
    capabilities: ["append_labels"],
    hooks: {
      evaluate: (_message, _context, _extensions) => ({
        modifiedExtensions: { security: { labels } },
      }),
    },
  });

/** Returns a sink that can be made to fail, either at once or with a rejected promise. */
function sinkThat(answers: "at once" | "later") {
  const state = { isUp: true };
  const down = () => {
    if (!state.isUp) throw new Error("disk full");
  };
  return { state, sink: answers === "at once" ? down : async () => down() };
}

describe.each(["at once", "later"] as const)("with a sink that answers %s, strict", (answers) => {
  async function run(extra: readonly unknown[] = [], more: object = {}) {
    const { state, sink } = sinkThat(answers);
    const lines: string[] = [];
    const manager = await createPluginManager({
      plugins: [labeller(), ...(extra as never[])],
      audit: { strict: true, sink },
      logger: { error: (line) => lines.push(line) },
      ...more,
    });
    state.isUp = false;
    const result = await manager.invoke("evaluate", { role: "user" });
    await new Promise((resolve) => setTimeout(resolve, 5));
    return { manager, result, lines };
  }

  it("counts a run that it denies as denied", async () => {
    verifies("audit:strict");
    const { manager, result } = await run();
    expect(result).toMatchObject({
      continueProcessing: false,
      violation: { code: "audit_failed" },
      extensions: { security: { labels: ["PII"] } },
    });
    expect(manager.counts()).toEqual({
      started: 1,
      allowed: 0,
      denied: 1,
      errored: 0,
      aborted: 0,
      inFlight: 0,
    });
    expect(await manager.close()).toMatchObject({ drained: true });
  });

  it("starts no background handler of a run that it denies", async () => {
    verifies("audit:strict");
    let runs = 0;
    const sender = definePlugin({
      name: "sender",
      version: "1.0.0",
      hooks: {
        evaluate: {
          mode: "fire_and_forget",
          handler: (_message) => {
            runs += 1;
          },
        },
      },
    });
    const { manager, result } = await run([sender]);
    expect(runs).toBe(0);
    expect(result.executions.map(({ plugin: name, status }) => [name, status])).toEqual([
      ["labeller", "completed"],
      ["sender", "skipped"],
    ]);
    expect((await manager.close()).background.started).toBe(0);
  });

  it("keeps a denial, and an error of an enforcing plugin", async () => {
    verifies("audit:strict");
    const denier = definePlugin({
      name: "denier",
      version: "1.0.0",
      hooks: { evaluate: (_message) => deny("no") },
    });
    const { result, manager } = await run([denier]);
    expect(result.violation).toMatchObject({ code: "denied", reason: "no" });
    expect(manager.counts()).toMatchObject({ denied: 1, allowed: 0 });
    const thrower = definePlugin({
      name: "thrower",
      version: "1.0.0",
      hooks: {
        evaluate: async (_message) => {
          throw new Error("no");
        },
      },
    });
    const other = await run([thrower]);
    expect(other.result.violation?.code).toBe("handler_error");
    expect(other.manager.counts()).toMatchObject({ errored: 1, denied: 0 });
  });

  it("denies a run whose record is too large", async () => {
    verifies("audit:no-record");
    const many = Array.from({ length: 12_000 }, (_, n) => `L${n}`);
    const limits = { nodes: 100_000, labels: 100_000, units: 10_000_000 };
    for (const strict of [true, false]) {
      const { sink } = sinkThat(answers);
      const manager = await createPluginManager({
        plugins: [labeller(many)],
        audit: { strict, sink },
        logger: {},
        limits,
      });
      const { continueProcessing, violation, errors } = await manager.invoke("evaluate", {
        role: "user",
      });
      expect([continueProcessing, violation?.code, errors]).toEqual([
        !strict,
        strict ? "audit_failed" : undefined,
        [],
      ]);
      expect(manager.auditFailures()).toEqual({
        total: 1,
        byType: { "extensions.labels_added": 1 },
      });
    }
  });
});

describe("strict without a sink", () => {
  const emitter = plugin("emitter", { audit_emit: (_: unknown) => undefined });
  const make = (options: object) =>
    host.createPluginManager({ plugins: [], audit: { strict: true }, logger: {}, ...options });

  it("is refused", async () => {
    verifies("audit:strict-kept");
    for (const options of [{}, { plugins: [{ plugin: emitter, mode: "disabled" }] }]) {
      await expect(make(options as never)).rejects.toMatchObject({
        code: "options_invalid",
        message:
          "audit: strict needs a sink or a handler of audit_emit; without one, no record is kept.",
      });
    }
  });

  it("is accepted with a sink, a plugin or the host's own handler", async () => {
    verifies("audit:strict-kept");
    const core = host.defineCoreHandler({
      hook: "audit_emit",
      name: "core.001.keep",
      handler: (_) => undefined,
    });
    await make({ plugins: [emitter] });
    await make({ core: [core] });
    await make({ audit: { strict: true, sink: () => undefined } });
  });
});
