import { createExtensions, deny } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import {
  call,
  hook,
  labelsOf,
  later,
  manage,
  never,
  plugin,
  type Run,
  runOnce,
  tagger,
} from "./support.ts";

const extensions = createExtensions({
  request: { request_id: "r-1" },
  security: { labels: ["PII"], classification: "secret" },
  delegation: {
    chain: [{ subject_id: "u", subject_type: "user", timestamp: "2026-01-01T00:00:00Z" }],
  },
  custom: { note: 1 },
});

/** What a plugin does to end the run, or to try to remove a label. */
const acts: Record<string, Run> = {
  "does nothing": (_p, _c) => undefined,
  denies: (_p, _c) => deny("no"),
  throws: (_p, _c) => {
    throw new Error("broken");
  },
  rejects: (_p, _c) => later(1).then(() => Promise.reject(new Error("broken"))),
  hangs: (_p, _c) => never(),
  "returns nonsense": (_p, _c) => [],
  "returns no labels": (_p, _c) => ({ modifiedExtensions: { security: { labels: [] } } }),
  "returns other labels": (_p, _c) => ({ modifiedExtensions: { security: { labels: ["pii"] } } }),
  "returns an empty slot": (_p, _c) => ({ modifiedExtensions: { security: {} } }),
  "returns a slot of null": (_p, _c) => ({ modifiedExtensions: { security: null } }),
  "returns labels of null": (_p, _c) => ({ modifiedExtensions: { security: { labels: null } } }),
  "lowers the classification": (_p, _c) => ({
    modifiedExtensions: { security: { labels: ["PII", "added"], classification: "public" } },
  }),
  "hides labels in custom": (_p, _c) => ({
    modifiedExtensions: { custom: { security: { labels: [] }, labels: [] } },
  }),
  "hides labels in the payload": (payload, _c) => ({
    modifiedPayload: { ...payload, args: { extensions: { security: { labels: [] } }, _meta: {} } },
  }),
};

describe("the labels of a request", () => {
  const cases = Object.entries(acts).flatMap(([what, run]) =>
    (["sequential", "transform", "audit", "concurrent", "fire_and_forget"] as const).flatMap(
      (mode) =>
        (["fail", "ignore", "disable"] as const).map((onError) => ({ what, run, mode, onError })),
    ),
  );

  it.each(cases)(
    "stay when a plugin $what, in mode $mode with onError $onError",
    async ({ run, mode, onError }) => {
      verifies("dispatch:merges-kept");
      const manager = await manage([
        tagger("serial", { priority: 1 }),
        tagger("beside", { mode: "concurrent", priority: 1 }),
        plugin("acts", run, { mode, onError, timeoutMs: 10 }),
        tagger("last", { mode: "concurrent", priority: 200 }),
      ]);
      const result = await manager.invoke(hook, call, { extensions });
      const labels = labelsOf(result);
      expect(labels).toEqual(expect.arrayContaining(["PII", "serial"]));
      const reachesConcurrent =
        result.continueProcessing || mode === "concurrent" || mode === "fire_and_forget";
      if (reachesConcurrent) expect(labels).toEqual(expect.arrayContaining(["beside", "last"]));
      expect(result.extensions.security?.classification).toBe("secret");
      expect(result.extensions.request).toBe(extensions.request);
      expect(result.extensions.delegation).toBe(extensions.delegation);
      await manager.close();
    },
  );

  it("are an empty envelope if the host passed none", async () => {
    for (const given of [{}, { extensions: undefined }]) {
      const result = await runOnce([], given);
      expect(Object.isFrozen(result.extensions)).toBe(true);
      expect(JSON.stringify(result.extensions)).toBe("{}");
    }
  });
});
