/** Concurrency and order. */
import { appendHop, createExtensions, deny, setHeader } from "glassine";
import { expect, it } from "vitest";
import {
  adds,
  bytesOf,
  call,
  type FullView,
  finishing,
  labelled,
  labelsOf,
  never,
  permutations,
  plugin,
  type Run,
  rest,
  runOnce,
} from "../dispatch/support.ts";
import { verifies } from "../support/verifies.ts";
import { attack } from "./attack.ts";

const mode = "concurrent";
const names = ["aaa", "bbb", "ccc", "ddd"] as const;

const hop = (name: string) => ({
  subject_id: name,
  subject_type: "service",
  timestamp: "2026-01-01T00:00:00Z",
});

attack(
  "A-133",
  "Two concurrent plugins each add a label to the same view",
  "both labels are kept",
  () => {
    it.each(["at once", "after a wait"])("%s", async (how) => {
      const views: FullView[] = [];
      const adding = (label: string): Run => {
        const add: Run = (payload, context, extensions) => {
          views.push(extensions);
          return adds(label)(payload, context, extensions);
        };
        if (how === "at once") return add;
        return async (payload, context, extensions) => {
          await rest();
          return add(payload, context, extensions);
        };
      };
      const result = await runOnce(
        ["one", "two"].map((name) => plugin(name, adding(name), { mode, extensions: true })),
        { extensions: labelled("PII") },
      );
      expect(views.map((view) => view.security.labels)).toEqual([["PII"], ["PII"]]);
      expect(labelsOf(result)).toEqual(["PII", "one", "two"]);
      expect([result.violation, result.rejections]).toEqual([undefined, []]);
    });
  },
);

attack(
  "A-134",
  "Finish in every possible order",
  "the same bytes: labels and hops are merged in plugin order",
  () => {
    it("with labels, hops and metadata", async () => {
      verifies("dispatch:concurrent-joined", "dispatch:concurrent-awaited");
      const outcomes = new Set<string>();
      for (const order of permutations(names)) {
        const result = await finishing(
          order,
          (name) => (payload, context, extensions) => {
            const { modifiedExtensions } = adds(name)(payload, context, extensions) as {
              modifiedExtensions: FullView;
            };
            return {
              modifiedExtensions: appendHop(modifiedExtensions, hop(name)),
              metadata: { by: name },
            };
          },
          { capabilities: ["append_labels", "append_delegation"] },
        );
        outcomes.add(bytesOf(result));
        expect(labelsOf(result)).toEqual(["PII", ...names]);
        expect(result.extensions.delegation?.chain.map((each) => each.subject_id)).toEqual(names);
        expect(Object.keys(result.metadata)).toEqual(names);
      }
      expect(outcomes.size).toBe(1);
    });

    it("with changes that are refused or ignored, failures and denials among them", async () => {
      const answers: Record<string, Run> = {
        aaa: adds("aaa"),
        bbb: (_p, _c) => ({ modifiedExtensions: { custom: { a: 1 } } }),
        ccc: (_p, _c) => Promise.reject(new Error("broken")),
        ddd: (_p, _c) => deny("no"),
        eee: adds("eee"),
      };
      const outcomes = new Set<string>();
      for (const order of permutations(Object.keys(answers))) {
        const result = await finishing(order, (name) => answers[name] as Run);
        outcomes.add(bytesOf(result));
      }
      expect(outcomes.size).toBe(1);
      const [outcome] = outcomes;
      expect(JSON.parse(outcome as string)).toMatchObject({
        violation: { plugin: "ccc", code: "handler_error" },
        extensions: { security: { labels: ["PII", "aaa", "eee"] } },
      });
    });
  },
);

attack(
  "A-135",
  "One concurrent plugin adds a label, another is refused, denies, fails or hangs",
  "the first plugin's label stays; nothing of the other is applied",
  () => {
    const lost = { security: { labels: ["lost"] } };
    const bad: Record<string, Run> = {
      denied: (_p, _c) => deny("no"),
      handler_error: (_p, _c) => {
        throw new Error("broken");
      },
      tier_monotonic: () => ({ modifiedExtensions: lost, metadata: { lost: true } }),
      result_shape: () => ({ modifiedExtensions: lost, x: 1 }),
      label_invalid: () => ({ modifiedExtensions: { security: { labels: ["PII", "lost", ""] } } }),
      handler_timeout: never,
    };
    it.each(Object.entries(bad))("%s", async (code, run) => {
      verifies("dispatch:merges-kept");
      const result = await runOnce(
        [
          plugin("first", adds("first"), { mode }),
          plugin("bad", run, { mode, timeoutMs: 20, extensions: true }),
          plugin("last", async (p, c, e) => adds("last")(p, c, e), { mode, extensions: true }),
        ],
        { extensions: labelled("PII") },
      );
      expect(result.violation).toMatchObject({ code, plugin: "bad" });
      expect(labelsOf(result)).toEqual(["PII", "first", "last"]);
      expect(result.metadata).toEqual({});
    });
  },
);

attack(
  "A-136",
  "Write `custom`, a header or the payload from a concurrent plugin",
  "ignored with `mode_denied`; a label in the same result is added",
  () => {
    const extensions = createExtensions({
      security: { labels: ["PII"] },
      http: { headers: { "X-A": "1" } },
      custom: { a: 1 },
    });
    const writes: Record<string, (view: FullView) => [path: string, changes: object]> = {
      custom: () => ["custom", { modifiedExtensions: { custom: { a: 2 } } }],
      "custom, cleared": () => ["custom", { modifiedExtensions: { custom: {} } }],
      "a new header": (view) => [
        "http",
        { modifiedExtensions: setHeader(view, "X-B", "2") as object },
      ],
      "no headers": () => ["http", { modifiedExtensions: { http: { headers: {} } } }],
      "the payload": () => ["payload", { modifiedPayload: { args: { a: 2 } } }],
    };
    it.each(Object.entries(writes))("%s", async (_what, write) => {
      let path = "";
      const writing: Run = async (_p, _c, view) => {
        await rest();
        const [where, changes] = write(view);
        path = where;
        const { modifiedExtensions = {}, ...others } = changes as { modifiedExtensions?: object };
        const security = { labels: ["PII", "added"] };
        return { modifiedExtensions: { ...modifiedExtensions, security }, ...others };
      };
      const capabilities = ["append_labels", "write_headers"] as const;
      const writer = plugin("writer", writing, { mode, extensions: true, capabilities });
      const result = await runOnce([writer], { extensions });
      expect(result.rejections).toMatchObject([{ plugin: "writer", path, code: "mode_denied" }]);
      expect(result.extensions.custom).toBe(extensions.custom);
      expect(result.extensions.http).toBe(extensions.http);
      expect(result.payload).toBe(call);
      expect(labelsOf(result)).toEqual(["PII", "added"]);
    });
  },
);
