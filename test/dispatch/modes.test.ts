import { addLabels, createExtensions, deny, type Mode, setCustom, setHeader } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import {
  adds,
  type Capability,
  call,
  hook,
  labelled,
  labelsOf,
  manage,
  plugin,
  type Run,
  runOnce,
  tagger,
} from "./support.ts";

const capabilities: Capability[] = ["append_labels", "write_headers"];
const http = createExtensions({ http: { headers: { "x-a": "1" } } });

/** Changes the payload, a header, `custom` and the labels at once. */
const changesAll: Run = (payload, _context, extensions) => ({
  modifiedPayload: { ...payload, name: "changed" },
  modifiedExtensions: addLabels(
    setCustom(setHeader(extensions, "x-a", "2"), "note", "changed"),
    "changed",
  ),
});

describe("who may halt", () => {
  it.each(["sequential", "concurrent"] as const)("a plugin in mode %s", async (mode) => {
    verifies("dispatch:halt", "dispatch:halt-skipped", "dispatch:violation");
    const turns: string[] = [];
    const noting = (name: string, of: Mode) =>
      plugin(name, (_p, _c) => void turns.push(name), { mode: of, priority: 200 });
    const manager = await manage([
      plugin("guard", (_p, _c) => deny({ code: "no_adding", reason: "Not today." }), { mode }),
      noting("after-it", mode),
      noting("audits", "audit"),
      noting("behind", "fire_and_forget"),
      noting("is-off", "disabled"),
    ]);
    const result = await manager.invoke(hook, call);
    await manager.close();
    expect(result.continueProcessing).toBe(false);
    expect(result.violation).toEqual({
      plugin: "guard",
      code: "no_adding",
      reason: "Not today.",
    });
    const statuses = Object.fromEntries(result.executions.map((e) => [e.plugin, e.status]));
    const started = mode === "concurrent" ? "completed" : "skipped";
    expect(statuses).toEqual({
      guard: "completed",
      "after-it": started,
      audits: started,
      behind: "skipped",
      "is-off": "disabled",
    });
    expect(turns.sort()).toEqual(mode === "concurrent" ? ["after-it", "audits"] : []);
    const guard = result.executions.find((record) => record.plugin === "guard");
    expect(guard).toMatchObject({
      requestedAllow: false,
      effectiveAllow: false,
      reason: "Not today.",
    });
  });

  it.each(["transform", "audit"] as const)("not a plugin in mode %s", async (mode) => {
    verifies("dispatch:halt-denied");
    const result = await runOnce([
      plugin("guard", (_p, _c) => deny("no"), { mode }),
      tagger("next", { mode: "transform", priority: 200 }),
    ]);
    expect(result.continueProcessing).toBe(true);
    expect(result.violation).toBeUndefined();
    expect(labelsOf(result)).toEqual(["next"]);
    const rejection = {
      plugin: "guard",
      path: "(result)",
      code: "mode_denied",
      reason: "A plugin in this mode may not deny.",
    };
    expect(result.rejections).toEqual([rejection]);
    expect(result.executions.find((record) => record.plugin === "guard")).toMatchObject({
      status: "completed",
      requestedAllow: false,
      effectiveAllow: true,
      refused: [rejection],
    });
  });

  it("not a plugin in mode fire_and_forget: the result is returned before it runs", async () => {
    const manager = await manage([
      plugin("guard", (_p, _c) => deny("no"), { mode: "fire_and_forget" }),
    ]);
    const result = await manager.invoke(hook, call);
    expect(result.continueProcessing).toBe(true);
    expect((await manager.close()).background).toMatchObject({ completed: 1, failed: 0 });
  });
});

describe("a denial", () => {
  it("keeps earlier plugins' changes, and applies none of its own", async () => {
    verifies("dispatch:deny-discards", "dispatch:merges-kept");
    const result = await runOnce([
      plugin("changes", changesAll, { capabilities }),
      plugin("guard", (_p, _c) => deny("no")),
    ]);
    expect(result.continueProcessing).toBe(false);
    expect(result.payload).toEqual({ name: "changed", args: { a: 1 } });
    expect(labelsOf(result)).toEqual(["changed"]);
  });

  it.each([
    ["a spread", (made: object) => ({ ...made, metadata: {} })],
    ["a structured clone", (made: object) => structuredClone(made)],
    ["a JSON round trip", (made: object) => JSON.parse(JSON.stringify(made)) as object],
  ])("is never read as allow when returned as %s", async (_how, copy) => {
    const result = await runOnce([plugin("guard", (_p, _c) => copy(deny("no")))]);
    expect(result.continueProcessing).toBe(false);
    expect(result.violation).toMatchObject({ plugin: "guard", code: "result_shape" });
  });
});

describe("who may modify", () => {
  it.each(["sequential", "transform"] as const)("a plugin in mode %s", async (mode) => {
    const result = await runOnce([plugin("changes", changesAll, { mode, capabilities })], {
      extensions: http,
    });
    expect(result.payload).toEqual({ name: "changed", args: { a: 1 } });
    expect(result.extensions.http?.headers).toEqual({ "x-a": "2" });
    expect(result.extensions.custom).toEqual({ note: "changed" });
    expect(labelsOf(result)).toEqual(["changed"]);
    expect(result.executions[0]).toMatchObject({
      applied: true,
      payloadModified: true,
      extensionsModified: true,
      changed: ["payload.name", "http", "security.labels", "custom"],
      refused: [],
    });
  });

  it("a plugin in mode concurrent, as far as it adds labels", async () => {
    verifies("dispatch:concurrent-grow-only");
    const result = await runOnce(
      [plugin("changes", changesAll, { mode: "concurrent", capabilities })],
      { extensions: http },
    );
    expect(result.payload).toBe(call);
    expect(result.extensions.http?.headers).toEqual({ "x-a": "1" });
    expect(result.extensions.custom).toBeUndefined();
    expect(labelsOf(result)).toEqual(["changed"]);
    expect(result.rejections.map(({ path, code }) => `${path} ${code}`)).toEqual([
      "http mode_denied",
      "custom mode_denied",
      "payload mode_denied",
    ]);
    expect(result.executions[0]).toMatchObject({
      applied: true,
      payloadModified: false,
      changed: ["security.labels"],
    });
  });

  it("not a plugin in mode fire_and_forget", async () => {
    const manager = await manage([
      plugin("changes", changesAll, { mode: "fire_and_forget", capabilities }),
    ]);
    const result = await manager.invoke(hook, call, { extensions: http });
    await manager.close();
    expect(result.payload).toBe(call);
    expect(result.extensions).toBe(http);
  });
});

describe("a plugin in mode audit", () => {
  it("is recorded with what it would have changed, and changes nothing", async () => {
    verifies("dispatch:audit-recorded");
    const seen: unknown[] = [];
    const result = await runOnce(
      [
        plugin("trial", changesAll, { mode: "audit", capabilities }),
        plugin(
          "next",
          (payload, _context, extensions) => {
            seen.push(payload, extensions.http?.headers, extensions.security.labels);
          },
          { mode: "audit", capabilities, priority: 200 },
        ),
      ],
      { extensions: http },
    );
    expect(result.payload).toBe(call);
    expect(result.extensions).toBe(http);
    expect(seen).toEqual([call, { "x-a": "1" }, []]);
    expect(result.executions[0]).toMatchObject({
      status: "completed",
      applied: false,
      payloadModified: true,
      extensionsModified: true,
      changed: ["payload.name", "http", "security.labels", "custom"],
    });
  });

  it("reports what would have been refused, like any plugin", async () => {
    const result = await runOnce(
      [
        plugin("trial", () => ({ modifiedExtensions: { request: { request_id: "forged" } } }), {
          mode: "audit",
          extensions: true,
        }),
      ],
      { extensions: labelled("PII") },
    );
    expect(result.executions[0]).toMatchObject({ applied: false, changed: [] });
    expect(result.rejections).toMatchObject([
      { plugin: "trial", path: "request", code: "tier_immutable" },
    ]);
  });

  it("has a tier violation recorded, not raised", async () => {
    verifies("dispatch:observers-recorded");
    const result = await runOnce(
      [
        plugin("trial", () => ({ modifiedExtensions: { security: { labels: [] } } }), {
          mode: "audit",
          extensions: true,
        }),
      ],
      { extensions: labelled("PII") },
    );
    expect(result.continueProcessing).toBe(true);
    expect(labelsOf(result)).toEqual(["PII"]);
    expect(result.errors).toMatchObject([{ plugin: "trial", code: "tier_monotonic" }]);
    expect(result.executions[0]).toMatchObject({ status: "error", errorCode: "tier_monotonic" });
  });
});

describe("a disabled plugin", () => {
  it("runs on no hook and does not affect the others", async () => {
    verifies("dispatch:disabled");
    const result = await runOnce([
      { plugin: plugin("guard", (_p, _c) => deny("no")), mode: "disabled" },
      plugin("tags", adds("tagged")),
    ]);
    expect(result.continueProcessing).toBe(true);
    expect(labelsOf(result)).toEqual(["tagged"]);
    expect(result.executions.map(({ plugin: name, status }) => [name, status])).toEqual([
      ["tags", "completed"],
      ["guard", "disabled"],
    ]);
  });
});
