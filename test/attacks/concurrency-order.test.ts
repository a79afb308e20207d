/** Concurrency and order: cancelled groups, and many runs at once. */
import { createExtensions, deny, filterExtensions, mergeExtensions } from "glassine";
import { expect, it } from "vitest";
import {
  adds,
  bytesOf,
  call,
  deferred,
  type FullView,
  hook,
  labelled,
  labelsOf,
  later,
  manage,
  never,
  plugin,
  type Result,
  type Run,
  rest,
  runOnce,
  type ToolCall,
  tagger,
} from "../dispatch/support.ts";
import { verifies } from "../support/verifies.ts";
import { attack } from "./attack.ts";

const mode = "concurrent";

attack(
  "A-137",
  "Change a `custom` key that the previous plugin deleted, from a view taken before",
  "each change is computed against the plugin's own view, with the same result every time",
  () => {
    const extensions = createExtensions({ custom: { gone: 1, kept: 1 } });
    const view = filterExtensions(extensions, []);
    const after = mergeExtensions(extensions, { custom: { kept: 1 } }, []).extensions;

    it("a key that the view had is restored, changed", () => {
      const returned = { custom: { gone: 2, kept: 1 } };
      const merged = mergeExtensions(after, returned, [], { view });
      expect(merged).toMatchObject({ extensions: { custom: { gone: 2, kept: 1 } } });
      expect(merged.rejections).toEqual([]);
    });

    it("a key that the plugin returns unchanged stays deleted", () => {
      const returned = { custom: { gone: 1, kept: 2 } };
      const merged = mergeExtensions(after, returned, [], { view });
      expect(merged.extensions.custom).toEqual({ kept: 2 });
    });

    it("in a run the view of the current turn is compared, not a kept one", async () => {
      const kept: FullView[] = [];
      const deletes = plugin("deletes", (_p, _c) => ({
        modifiedExtensions: { custom: { kept: 1 } },
      }));
      const keeps = plugin("keeps", (_p, _c, given) => void kept.push(given));
      const returns = plugin("returns", (_p, _c, given) => {
        kept.push(given);
        return { modifiedExtensions: kept[0] };
      });
      const result = await runOnce([keeps, deletes, returns], { extensions });
      expect(kept.map(({ custom }) => custom)).toEqual([{ gone: 1, kept: 1 }, { kept: 1 }]);
      expect(result.extensions.custom).toEqual({ gone: 1, kept: 1 });
    });
  },
);

attack(
  "A-138",
  "Have a group cancelled after one of its plugins has merged",
  "its labels stay, and nothing else of the group is applied",
  () => {
    const writes: Run = async (payload, context, extensions) => ({
      ...(adds("written")(payload, context, extensions) as object),
      modifiedPayload: { args: { a: 2 } },
    });
    const group = [
      plugin("writes", writes, { mode, extensions: true }),
      plugin("at-once", adds("at-once"), { mode }),
    ];

    it("by a denial: the others are still awaited", async () => {
      const gate = deferred();
      const slow: Run = async (payload, context, extensions) => {
        await gate.promise;
        return adds("slow")(payload, context, extensions);
      };
      const running = runOnce(
        [
          plugin("denies", (_p, _c) => deny("no"), { mode }),
          ...group,
          plugin("slow", slow, { mode, extensions: true }),
        ],
        { extensions: labelled("PII") },
      );
      await rest();
      gate.resolve();
      const result = await running;
      expect(result.violation).toMatchObject({ plugin: "denies", code: "denied" });
      expect(labelsOf(result)).toEqual(["PII", "at-once", "slow", "written"]);
      expect(result.payload).toBe(call);
    });

    it("by the host: no plugin is awaited", async () => {
      const host = new AbortController();
      const running = runOnce([...group, plugin("hangs", never, { mode, extensions: true })], {
        extensions: labelled("PII"),
        signal: host.signal,
      });
      await rest();
      host.abort();
      const result = await running;
      expect(result.violation?.code).toBe("aborted");
      expect(labelsOf(result)).toEqual(["PII", "at-once", "written"]);
      expect(result.payload).toBe(call);
      expect(result.rejections).toMatchObject([{ plugin: "writes", code: "mode_denied" }]);
    });
  },
);

attack(
  "A-139",
  "Run a plugin with module-level state a thousand times at once",
  "no data leaks from one run into another",
  () => {
    it("payloads, labels and private state", async () => {
      let last: unknown;
      const manager = await manage([
        plugin("waits", async (payload, context) => {
          last = payload.args.n;
          context.state.set("n", payload.args.n);
          await later(Number(payload.args.n) % 7);
          return { metadata: { same: context.state.get("n") === payload.args.n } };
        }),
        plugin("tags", async (payload, _c, extensions) => ({
          modifiedExtensions: {
            security: { labels: [...extensions.security.labels, `n-${payload.args.n}`] },
          },
        })),
        tagger("beside", { mode }),
      ]);
      const results = await Promise.all(
        Array.from({ length: 1000 }, (_, n) =>
          manager.invoke(hook, { name: "add", args: { n } }, { extensions: labelled(`of-${n}`) }),
        ),
      );
      const mixed = results.filter(
        (result, n) =>
          labelsOf(result).join() !== ["beside", `n-${n}`, `of-${n}`].join() ||
          result.metadata.waits?.same !== true ||
          (result.payload as ToolCall).args.n !== n,
      );
      expect(mixed).toEqual([]);
      expect(new Set(results.map(({ context }) => context.request)).size).toBe(1000);
      expect(last).toBe(999);
    });
  },
);

attack(
  "A-140",
  "Have a hundred plugins settle in the same tick",
  "the same bytes every time",
  () => {
    it("in two concurrent runs, and in a later one", async () => {
      verifies("dispatch:concurrent-joined");
      const gate = deferred();
      const handlers = Array.from({ length: 100 }, (_, i) =>
        plugin(
          `handler-${i}`,
          async (_p, _c) => {
            await gate.promise;
            return { modifiedExtensions: { security: { labels: [`L${i}`] } } };
          },
          { mode },
        ),
      );
      const manager = await manage(handlers);
      const running = [manager.invoke(hook, call), manager.invoke(hook, call)];
      gate.resolve();
      const results = [...(await Promise.all(running)), await manager.invoke(hook, call)];
      expect(labelsOf(results[0] as Result)).toHaveLength(100);
      expect(new Set(results.map((result) => bytesOf(result as Result))).size).toBe(1);
    });
  },
);
