// A process of its own: it patches the realm before the sources load.
/** Label laundering by amounts, repeats and observe-only modes. */
import {
  addLabels,
  createExtensions,
  decodeExtensions,
  definePlugin,
  mergeExtensions,
} from "glassine";
import { expect, it, vi } from "vitest";
import {
  type Capability,
  call,
  deferred,
  hook,
  labelled,
  labelsOf,
  type Manager,
  manage,
  plugin,
  type Run,
  runOnce,
  tagger,
} from "../dispatch/support.ts";
import { verifies } from "../support/verifies.ts";
import { attack } from "./attack.ts";
import { expectIgnored, expectRefused } from "./proposal.ts";

/** Lengths of the normalised strings. Patched before the library loads and captures `normalize`. */
const normalised = vi.hoisted(() => {
  const lengths: number[] = [];
  const { normalize } = String.prototype;
  String.prototype.normalize = function (this: string, form?: string) {
    lengths.push(this.length);
    return Reflect.apply(normalize, this, [form]) as string;
  };
  return lengths;
});

const capabilities: readonly Capability[] = ["append_labels"];
const limit = ["snapshot_limit", "security.labels"] as const;
const numbered = (count: number, of = "l") => Array.from({ length: count }, (_, i) => `${of}${i}`);

attack(
  "A-076",
  "Return too many labels, one that is too long, or an empty one",
  "refused with `snapshot_limit` or `label_invalid`, also if plugins exceed the limit only together",
  () => {
    const proposed = (labels: unknown) => ({
      extensions: labelled("PII"),
      returned: { security: { labels } },
      capabilities,
    });
    const invalid = ["label_invalid", "security.labels"] as const;

    it.each([
      ["257 labels", ["PII", ...numbered(256)]],
      ["a million labels", numbered(1_000_000)],
      ["a million places with nothing in them: the length is looked at first", new Array(1e6)],
      ["four thousand million places", Object.assign([], { length: 2 ** 32 - 1 })],
      ["a label beyond all limits", ["PII", "x".repeat(2 ** 20 + 1)]],
    ])("%s", (_, labels) => expectRefused(proposed(labels), ...limit));

    it.each([
      ["a label of 1 MiB less the other one", ["PII", "x".repeat(2 ** 20 - 3)]],
      ["a label of 129 characters", ["PII", "x".repeat(129)]],
      ["a label of 129 characters beyond the first plane", ["PII", "\u{1f512}".repeat(129)]],
      ["an empty label", ["PII", ""]],
    ])("%s", (_, labels) => expectRefused(proposed(labels), ...invalid));

    it.each([
      ["of a hundred marks", 100],
      ["of 256 units, the most there can be in a label", 127],
      ["of four hundred thousand units", 200_000],
    ])("a label %s: at most a label's length is normalised", (_, marks) => {
      const label = `a${"\u0323\u0301".repeat(marks)}\u0301`;
      const run = [
        () =>
          mergeExtensions(labelled("PII"), { security: { labels: ["PII", label] } }, capabilities),
        () => decodeExtensions(JSON.stringify({ security: { labels: [label] } })),
        () => addLabels(labelled("PII"), label),
      ];
      normalised.length = 0;
      for (const each of run) expect(each).toThrow();
      expect(normalised.every((length) => length <= 128)).toBe(true);
      expectRefused(proposed(["PII", label]), ...invalid);
    });

    it("a label with a combining mark is normalised, so the counter above works", () => {
      normalised.length = 0;
      expect(labelsOf({ extensions: labelled("x\u0301") })).toEqual(["x\u0301"]);
      expect(normalised).toEqual([2]);
    });

    it("a label of 128 million units: no unit is looked at, for which the engine would copy all", () => {
      const label = "x".repeat(2 ** 27);
      const before = process.memoryUsage().heapUsed;
      expect(() => addLabels(labelled("PII"), label)).toThrow("UTF-16 units of text");
      expect(process.memoryUsage().heapUsed - before).toBeLessThan(2 ** 26);
      expect(label).toHaveLength(2 ** 27);
    });

    it("what is at the limits is accepted", () => {
      const labels = ["PII", "x".repeat(128), "\u{1f512}".repeat(128), ...numbered(253)];
      const merged = mergeExtensions(labelled("PII"), { security: { labels } }, ["append_labels"]);
      expect(labelsOf(merged)).toHaveLength(256);
    });

    it("200 labels, and two concurrent plugins that add 50 each", async () => {
      verifies("merge:limits");
      const extensions = labelled(...numbered(200));
      const fifty = (name: string) =>
        plugin(
          name,
          (_p, _c, view) => ({ modifiedExtensions: addLabels(view, numbered(50, name)) }),
          { mode: "concurrent" },
        );
      const result = await runOnce([fifty("one"), fifty("two")], { extensions });
      expect(result.violation).toMatchObject({ plugin: "two", code: "snapshot_limit" });
      expect(result.rejections).toMatchObject([{ plugin: "two", path: "security.labels" }]);
      expect(labelsOf(result)).toHaveLength(250);
      expect(createExtensions(JSON.parse(JSON.stringify(result.extensions)) as never)).toEqual(
        result.extensions,
      );
    });
  },
);

attack("A-077", "Return a label more than once", "stored once", () => {
  it.each([
    ["one that is new", ["PII", "a", "a"]],
    ["all of them", ["a", "PII", "PII", "a", "PII"]],
  ])("%s", (_, labels) => {
    const returned = { security: { labels } };
    const merged = mergeExtensions(labelled("PII"), returned, ["append_labels"]);
    expect(labelsOf(merged)).toEqual(["PII", "a"]);
  });

  it("existing ones, which is not a change", () =>
    expectIgnored(
      {
        extensions: labelled("EU", "PII"),
        returned: { security: { labels: ["PII", "EU", "PII", "EU"] } },
        capabilities,
      },
      [],
    ));
});

attack(
  "A-078",
  "Change the labels in an observe-only mode",
  "nothing of the result is applied; mode `audit` records what it would have changed and what was refused",
  () => {
    const extensions = labelled("PII");
    const relabels = (labels: readonly string[]): Run => {
      const returned = {
        modifiedExtensions: { security: { labels } },
        modifiedPayload: { args: {} },
      };
      return (_p, _c) => returned;
    };

    it.each([
      [
        "adds one",
        ["PII", "a"],
        { status: "completed", changed: ["payload.args", "security.labels"] },
      ],
      ["takes one away", ["a"], { status: "error", errorCode: "tier_monotonic", changed: [] }],
    ] as const)("in audit, when it %s", async (_what, labels, record) => {
      const result = await runOnce([plugin("looks-on", relabels(labels), { mode: "audit" })], {
        extensions,
      });
      expect(result.extensions).toBe(extensions);
      expect(result.payload).toBe(call);
      expect(result.executions).toMatchObject([{ applied: false, ...record }]);
      expect(result.continueProcessing).toBe(true);
    });

    it.each([
      ["adds one", ["PII", "a"]],
      ["takes one away", ["a"]],
    ])("in fire_and_forget, when it %s", async (_what, labels) => {
      const manager = await manage([
        plugin("looks-on", relabels(labels), { mode: "fire_and_forget" }),
      ]);
      const result = await manager.invoke(hook, call, { extensions });
      expect((await manager.close()).background).toMatchObject({ completed: 1 });
      expect(result.extensions).toBe(extensions);
      expect(result.payload).toBe(call);
      expect(result.executions).toMatchObject([{ status: "started", applied: false, changed: [] }]);
    });

    const inOwnManager = async () => manage([tagger("smuggled")]);
    it.each(["audit", "fire_and_forget"] as const)(
      "in %s, by a run in a separate manager",
      async (mode) => {
        verifies("dispatch:nesting-turn");
        const nests: Run = async (payload, context, _extensions) => {
          await (await inOwnManager()).invoke(hook, payload, { parent: context });
        };
        const manager = await manage([plugin("looks-on", nests, { mode })]);
        const result = await manager.invoke(hook, call, { extensions });
        await manager.close();
        expect(result.extensions).toBe(extensions);
        const changed = mode === "audit" ? ["security.labels"] : [];
        expect(result.executions).toMatchObject([
          { applied: false, changed, extensionsModified: mode === "audit" },
        ]);
      },
    );

    it("in audit, by a run of another hook of the same manager", async () => {
      const nested: unknown[] = [];
      const manager: Manager = await manage([
        plugin(
          "looks-on",
          async (_p, context, _extensions) => {
            const inner = await manager.invoke(
              "prompt_pre_fetch",
              { prompt_id: "p" },
              {
                parent: context,
              },
            );
            nested.push(labelsOf(inner));
          },
          { mode: "audit" },
        ),
        definePlugin({
          name: "honest",
          version: "1.0.0",
          capabilities: ["append_labels"],
          hooks: {
            prompt_pre_fetch: (_p, _c, view) => ({
              modifiedExtensions: addLabels(view, "honest"),
            }),
          },
        }),
      ]);
      const result = await manager.invoke(hook, call, { extensions });
      expect(nested).toEqual([["PII", "honest"]]);
      expect(result.extensions).toBe(extensions);
      expect(result.executions).toMatchObject([{ applied: false, changed: ["security.labels"] }]);
    });

    it("after its deadline, by a run that ends afterwards", async () => {
      const mayEnd = deferred();
      const ended = deferred();
      const slow = async () =>
        manage([tagger("smuggled"), plugin("waits", (_p, _c) => mayEnd.promise)]);
      const nests: Run = async (payload, context) => {
        await (await slow()).invoke(hook, payload, { parent: context });
        ended.resolve();
      };
      const result = await runOnce(
        [
          plugin("late", nests, { timeoutMs: 20, onError: "ignore" }),
          plugin("waits", (_p, _c) => {
            mayEnd.resolve();
            return ended.promise;
          }),
        ],
        { extensions },
      );
      expect(result.extensions).toBe(extensions);
      expect(result.executions).toMatchObject([
        { status: "timeout", applied: false, changed: [] },
        { status: "completed", applied: false, changed: [] },
      ]);
    });
  },
);
