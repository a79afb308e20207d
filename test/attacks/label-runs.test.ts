/** Label laundering over a whole run. */
import { addLabels, deny, filterExtensions, type Mode, mergeExtensions, type View } from "glassine";
import type { AuditEvent } from "glassine/audit";
import { expect, it } from "vitest";
import {
  type Capability,
  call,
  hook,
  labelled,
  labelsOf,
  manage,
  never,
  plugin,
  type Result,
  type Run,
  runOnce,
  tagger,
} from "../dispatch/support.ts";
import { attack } from "./attack.ts";

const capabilities: readonly Capability[] = ["append_labels"];
const shadow = {
  extensions: { security: { labels: ["forged"] } },
  security: { labels: ["forged"] },
  _meta: { labels: ["forged"] },
};

attack(
  "A-071",
  "Return a payload that contains `extensions`, `security` or `_meta.labels`",
  "plain data in an open payload, refused with `payload_shape` in a closed one; never promoted to a slot",
  () => {
    const extensions = labelled("PII");
    const returning = (modifiedPayload: unknown) =>
      plugin("shadows", (_p, _c) => ({ modifiedPayload }), { capabilities });

    it("inside the arguments", async () => {
      const result = await runOnce([returning({ args: shadow })], { extensions });
      expect(result.payload).toEqual({ name: "add", args: shadow });
      expect(result.extensions).toBe(extensions);
      const next = await (await manage([])).invoke(hook, result.payload as never, { extensions });
      expect(next.extensions).toBe(extensions);
    });

    it.each(Object.entries(shadow))("as the field %s next to them", async (key, value) => {
      const result = await runOnce([returning({ [key]: value })], { extensions });
      expect(result.violation).toMatchObject({ plugin: "shadows", code: "payload_shape" });
      expect([result.payload, result.extensions]).toEqual([call, extensions]);
      expect(result.extensions).toBe(extensions);
    });

    it.each(Object.entries(shadow))("as %s of a result", async (key, value) => {
      const result = await runOnce([plugin("shadows", (_p, _c) => ({ [key]: value }))], {
        extensions,
      });
      expect(result.violation).toMatchObject({ plugin: "shadows", code: "result_shape" });
      expect(result.extensions).toBe(extensions);
    });
  },
);

/** Ways for a plugin to fail or deny, and the code of the violation. */
const endings: readonly (readonly [what: string, run: Run, code: string])[] = [
  ["denies", (_p, _c) => deny("no"), "denied"],
  [
    "throws",
    (_p, _c) => {
      throw new Error("broken");
    },
    "handler_error",
  ],
  ["rejects", (_p, _c) => Promise.reject(new Error("broken")), "handler_error"],
  ["hangs", (_p, _c) => never(), "handler_timeout"],
  ["returns nonsense", (_p, _c) => ({ labels: [] }), "result_shape"],
];

attack(
  "A-072",
  "Deny, throw or time out after another plugin's label was merged",
  "the label stays on the result, and its merge in the execution record and the audit trail",
  () => {
    const modes: readonly Mode[] = ["sequential", "concurrent"];
    const cases = endings.flatMap((ending) => modes.map((mode) => [mode, ...ending] as const));

    it.each(cases)("in mode %s, when it %s", async (mode, _what, run, code) => {
      const result = await runOnce(
        [tagger("labels", { mode }), plugin("ends", run, { mode, timeoutMs: 10 })],
        { extensions: labelled("PII") },
      );
      expect(result.violation).toMatchObject({ plugin: "ends", code });
      expect(labelsOf(result)).toEqual(["PII", "labels"]);
      expect(result.executions[0]).toMatchObject({
        plugin: "labels",
        applied: true,
        changed: ["security.labels"],
      });
    });

    it.each(endings)("when it %s", async (_what, run, code) => {
      const events: AuditEvent[] = [];
      const manager = await manage([tagger("labels"), plugin("ends", run, { timeoutMs: 10 })], {
        audit: { sink: (event) => events.push(event) },
      });
      const result = await manager.invoke(hook, call, { extensions: labelled("PII") });
      await manager.close();
      expect(result.violation).toMatchObject({ code });
      const recorded = events
        .slice(2)
        .map(({ eventType, metadata }) => [eventType, metadata.plugin_name]);
      const end = code === "denied" ? "plugin.handler_denied" : "plugin.handler_error";
      expect(recorded[0]).toEqual(["extensions.labels_added", "labels"]);
      expect(events[2]?.metadata.labels).toEqual(["labels"]);
      expect(recorded.at(-1)).toEqual([end, "ends"]);
    });
  },
);

attack(
  "A-073",
  "Return a view from before another plugin added a label",
  "both labels stay; refused with `tier_monotonic` if the plugin had seen the label",
  () => {
    it("a merge with the view it received joins them", () => {
      const before = labelled("PII");
      const view = filterExtensions(before, ["append_labels"]);
      const now = mergeExtensions(before, adding(view, "later"), ["append_labels"], { view });
      const merged = mergeExtensions(now.extensions, adding(view, "mine"), ["append_labels"], {
        view,
      });
      expect(labelsOf(merged)).toEqual(["PII", "later", "mine"]);
      const same = mergeExtensions(now.extensions, view, ["append_labels"], { view });
      expect(same.extensions).toBe(now.extensions);
    });

    it("labels of concurrent plugins with one view are joined", async () => {
      const result = await runOnce(
        [tagger("one", { mode: "concurrent" }), tagger("two", { mode: "concurrent" })],
        { extensions: labelled("PII") },
      );
      expect(labelsOf(result)).toEqual(["PII", "one", "two"]);
    });

    it("one that returns an older view after seeing a newer one is refused", async () => {
      let kept: unknown;
      const result = await runOnce(
        [
          plugin("keeps", (_p, _c, view) => {
            kept = view;
          }),
          tagger("labels"),
          plugin("returns", (_p, _c, _view) => ({ modifiedExtensions: kept })),
        ],
        { extensions: labelled("PII") },
      );
      expect(result.violation).toMatchObject({ plugin: "returns", code: "tier_monotonic" });
      expect(labelsOf(result)).toEqual(["PII", "labels"]);
    });

    const adding = (view: View<"append_labels">, label: string) => addLabels(view, label);
  },
);

attack(
  "A-075",
  "Find a path through a run whose result lacks the merged labels",
  "the labels are on every result: denied, failed, aborted, skipped or without a plugin",
  () => {
    const extensions = labelled("PII");
    const passes: Run = (_p, _c) => undefined;
    const paths: Record<string, () => Promise<Result>> = {
      "without a plugin": () => runOnce([], { extensions }),
      "with plugins that are off or for other calls": () =>
        runOnce(
          [
            plugin("off", passes, { mode: "disabled" }),
            plugin("elsewhere", passes, { conditions: { tools: ["other"] } }),
          ],
          { extensions },
        ),
      "with a plugin that does nothing": () => runOnce([plugin("idle", passes)], { extensions }),
      "aborted before it began": () =>
        runOnce([tagger("late")], { extensions, signal: AbortSignal.abort() }),
    };

    it.each(Object.entries(paths))("%s: the very envelope", async (_, path) => {
      expect((await path()).extensions).toBe(extensions);
    });

    it("aborted midway: with what was merged", async () => {
      const host = new AbortController();
      const result = await runOnce(
        [
          tagger("labels"),
          plugin("waits", (_p, _c) => {
            host.abort();
            return never();
          }),
        ],
        { extensions, signal: host.signal },
      );
      expect(result.violation).toMatchObject({ code: "aborted" });
      expect(labelsOf(result)).toEqual(["PII", "labels"]);
    });
  },
);
