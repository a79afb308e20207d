import { deny, type OnError } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import {
  call,
  hook,
  labelled,
  labelsOf,
  manage,
  never,
  plugin,
  type Run,
  runOnce,
  tagger,
} from "./support.ts";

/** Every way to fail, by the code that reports it. */
const failures: Record<string, Run> = {
  "handler_error (throws)": (_p, _c) => {
    throw new Error("broken");
  },
  "handler_error (rejects)": async (_p, _c) => {
    throw new Error("broken");
  },
  "handler_timeout (hangs)": never,
  "result_shape (nonsense)": (_p, _c) => 5,
  "result_shape (late nonsense)": async (_p, _c) => 5,
  "tier_monotonic (drops a label)": () => ({ modifiedExtensions: { security: { labels: [] } } }),
  "payload_shape (breaks the payload)": () => ({ modifiedPayload: { name: 5 } }),
  "snapshot_proxy (returns a proxy)": () => new Proxy({}, {}),
};
const each = Object.entries(failures).map(([how, run]) => ({
  how,
  run,
  code: how.split(" ")[0] as string,
}));
const failing = (run: Run, extra: { onError?: OnError; mode?: "transform" | "audit" } = {}) =>
  plugin("bad", run, { extensions: true, timeoutMs: 20, ...extra });

describe("by default, and with onError fail", () => {
  it.each(each)("$how denies the operation", async ({ run, code }) => {
    verifies("dispatch:on-error-fail", "dispatch:never-rejects", "dispatch:tier-violation");
    for (const bad of [failing(run), failing(run, { onError: "fail" })]) {
      const result = await runOnce([tagger("before"), bad, tagger("after")], {
        extensions: labelled("PII"),
      });
      expect(result.continueProcessing).toBe(false);
      expect(result.violation).toMatchObject({ plugin: "bad", code });
      expect(result.errors).toMatchObject([{ plugin: "bad", hook, code }]);
      expect(labelsOf(result)).toEqual(["PII", "before"]);
      expect(result.executions.map(({ status }) => status)).toEqual([
        "completed",
        code === "handler_timeout" ? "timeout" : "error",
        "skipped",
      ]);
      expect(result.executions[1]).toMatchObject({
        effectiveAllow: false,
        errorCode: code,
        applied: false,
      });
    }
  });
});

describe("with onError ignore", () => {
  it.each(each)("$how is recorded and the next plugin runs", async ({ run, code }) => {
    verifies("dispatch:on-error-ignore");
    const result = await runOnce([failing(run, { onError: "ignore" }), tagger("after")], {
      extensions: labelled("PII"),
    });
    expect(result.continueProcessing).toBe(true);
    expect(result.violation).toBeUndefined();
    expect(result.payload).toBe(call);
    expect(labelsOf(result)).toEqual(["PII", "after"]);
    expect(result.errors).toMatchObject([{ plugin: "bad", code }]);
    expect(result.executions[0]).toMatchObject({ effectiveAllow: true, errorCode: code });
  });

  it("a denial is still a denial", async () => {
    const result = await runOnce([plugin("guard", (_p, _c) => deny("no"), { onError: "ignore" })]);
    expect(result.continueProcessing).toBe(false);
  });
});

describe("with onError disable", () => {
  it.each(each)("$how disables the plugin for later invocations", async ({ run, code }) => {
    verifies("dispatch:on-error-disable");
    let calls = 0;
    const counting: Run = (...given) => {
      calls += 1;
      return run(...given);
    };
    const manager = await manage([failing(counting, { onError: "disable" }), tagger("after")]);
    const given = { extensions: labelled("PII") };
    const first = await manager.invoke(hook, call, given);
    expect(first.continueProcessing).toBe(true);
    expect(first.errors).toMatchObject([{ code }]);
    expect(first.executions[0]).toMatchObject({ errorCode: code });
    for (let i = 0; i < 2; i++) {
      const later = await manager.invoke(hook, call, given);
      expect(later.executions[0]).toMatchObject({ plugin: "bad", status: "disabled" });
      expect(later.executions[0]?.reason).toBeTypeOf("string");
      expect(later.errors).toEqual([]);
      expect(labelsOf(later)).toEqual(["PII", "after"]);
    }
    expect(calls).toBe(1);
  });

  it("the plugin is disabled on all of its hooks, and not in another manager", async () => {
    const { definePlugin } = await import("glassine");
    const turns: string[] = [];
    const two = definePlugin({
      name: "two-hooks",
      version: "1.0.0",
      hooks: {
        tool_pre_invoke: {
          onError: "disable",
          handler: (_payload) => {
            throw new Error("broken");
          },
        },
        tool_post_invoke: (_payload) => {
          turns.push("post");
        },
      },
    });
    const manager = await manage([two]);
    await manager.invoke("tool_pre_invoke", call);
    const { executions } = await manager.invoke("tool_post_invoke", { name: "add", result: 1 });
    expect(executions).toMatchObject([{ status: "disabled" }]);
    expect(turns).toEqual([]);
    await (await manage([two])).invoke("tool_post_invoke", { name: "add", result: 1 });
    expect(turns).toEqual(["post"]);
  });
});

describe("plugins that cannot halt", () => {
  it.each(each)("their $how is recorded and not raised", async ({ run, code }) => {
    verifies("dispatch:observers-recorded");
    for (const mode of ["transform", "audit"] as const) {
      const result = await runOnce([failing(run, { mode }), tagger("after")], {
        extensions: labelled("PII"),
      });
      expect(result.continueProcessing).toBe(true);
      expect(result.errors).toMatchObject([{ plugin: "bad", code }]);
      expect(labelsOf(result)).toEqual(["PII", "after"]);
    }
  });

  it.each(each)("$how is raised if onError fail was set on them", async ({ run, code }) => {
    for (const mode of ["transform", "audit"] as const) {
      const given = { extensions: labelled("PII") };
      const own = await runOnce([failing(run, { mode, onError: "fail" })], given);
      const byOperator = await runOnce(
        [{ plugin: failing(run, { mode }), onError: "fail" as const }],
        given,
      );
      for (const result of [own, byOperator]) {
        expect(result.violation).toMatchObject({ plugin: "bad", code });
      }
    }
  });

  it("follow the mode set by the operator, not the one they declared", async () => {
    const broken = failing(failures["handler_error (throws)"] as Run);
    const trial = await runOnce([{ plugin: broken, mode: "audit" }]);
    expect(trial.continueProcessing).toBe(true);
  });
});

describe("a refused result", () => {
  it("is listed in the rejections under the plugin's name, with code and path", async () => {
    verifies("dispatch:rejections");
    const result = await runOnce(
      [failing(failures["tier_monotonic (drops a label)"] as Run, { onError: "ignore" })],
      { extensions: labelled("PII") },
    );
    const refused = [{ plugin: "bad", path: "security.labels", code: "tier_monotonic" }];
    expect(result.rejections).toMatchObject(refused);
    expect(result.executions[0]?.refused).toMatchObject(refused);
  });

  it("is also a failure if strict mode turns an ignored change into one", async () => {
    verifies("dispatch:strict");
    const forging = plugin("forger", (_p, _c) => ({
      modifiedExtensions: { request: { request_id: "forged" } },
    }));
    const lenient = await runOnce([forging]);
    expect(lenient.continueProcessing).toBe(true);
    expect(lenient.rejections).toMatchObject([{ plugin: "forger", code: "tier_immutable" }]);
    const strict = await runOnce([forging], {}, { strict: true });
    expect(strict.violation).toMatchObject({ plugin: "forger", code: "tier_immutable" });
  });
});
