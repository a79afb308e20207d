/** Failures: nested runs, and stack overflows. */
import { addLabels, setCustom } from "glassine";
import { expect, it } from "vitest";
import {
  adds,
  call,
  hook,
  labelled,
  labelsOf,
  later,
  type Manager,
  manage,
  plugin,
  type Run,
  runOnce,
  tagger,
} from "../dispatch/support.ts";
import { verifies } from "../support/verifies.ts";
import { attack } from "./attack.ts";

const codeOf = (running: Promise<unknown>) =>
  running.then(
    () => "accepted",
    (error: { code: string }) => error.code,
  );

attack(
  "A-153",
  "Invoke the same hook recursively from its handler",
  "refused with `reentrancy` beyond eight levels; labels of inner runs join the outer request",
  () => {
    it.each(["sequential", "transform", "concurrent"] as const)("in mode %s", async (mode) => {
      verifies("dispatch:nesting-limit", "dispatch:nesting-labels");
      const codes: string[] = [];
      let depth = 0;
      const nests: Run = async (payload, context, extensions) => {
        depth += 1;
        const label = `depth-${depth}`;
        codes.push(await codeOf(manager.invoke(hook, payload, { parent: context })));
        return adds(label)(payload, context, extensions);
      };
      const manager: Manager = await manage([plugin("nests", nests, { mode, extensions: true })]);
      const result = await manager.invoke(hook, call);
      expect(depth).toBe(8);
      expect(codes).toEqual(["reentrancy", ...Array.from({ length: 7 }, () => "accepted")]);
      expect(labelsOf(result)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((at) => `depth-${at}`));
    });

    it("with more labels than the limit: the run that cannot hold them ends", async () => {
      verifies("dispatch:nesting-labels-kept");
      const numbered = (from: number) => Array.from({ length: 256 }, (_, i) => `l${from + i}`);
      const inner = plugin("inner", ({ args }, _c, view) =>
        args.labels === undefined
          ? undefined
          : { modifiedExtensions: addLabels(view, args.labels as readonly string[]) },
      );
      const codes: unknown[] = [];
      const outerOf = (nested: () => Manager) =>
        plugin("outer", async ({ args }, context) => {
          if (args.labels !== undefined) return;
          for (const from of [0, 256]) {
            const more = { name: "add", args: { labels: numbered(from) } };
            const run = await nested().invoke(hook, more, { parent: context });
            codes.push(run.violation?.code);
          }
        });
      const other = await manage([inner]);
      const result = await runOnce([outerOf(() => other)]);
      expect(result.violation).toMatchObject({ plugin: "outer", code: "snapshot_limit" });
      expect(labelsOf(result)).toEqual(numbered(0).sort());
      // On the same manager the second run starts with the labels of the first.
      const same: Manager = await manage([outerOf(() => same), inner]);
      codes.length = 0;
      expect(labelsOf(await same.invoke(hook, call))).toEqual(numbered(0).sort());
      expect(codes).toEqual([undefined, "snapshot_limit"]);
    });

    it("through another manager, alternating", async () => {
      let depth = 0;
      const codes: string[] = [];
      const managers: Manager[] = [];
      const nests = plugin("nests", async (payload, context) => {
        depth += 1;
        const next = managers[depth % 2] as Manager;
        codes.push(await codeOf(next.invoke(hook, payload, { parent: context })));
      });
      managers.push(await manage([nests]), await manage([nests]));
      await managers[0]?.invoke(hook, call);
      expect([depth, codes[0]]).toEqual([8, "reentrancy"]);
    });

    it("without awaiting it: the handler ends, and so does the run", async () => {
      let depth = 0;
      const manager: Manager = await manage([
        plugin("nests", (payload, context) => {
          depth += 1;
          manager.invoke(hook, payload, { parent: context }).catch(() => undefined);
        }),
        tagger("after"),
      ]);
      expect(labelsOf(await manager.invoke(hook, call))).toEqual(["after"]);
      expect(depth).toBe(8);
      expect(await manager.close()).toMatchObject({ drained: true });
    });
  },
);

attack(
  "A-154",
  "Invoke again without naming a parent, or from a timer, to hide the nesting",
  "refused with `overloaded` if the operator limits concurrent runs; capacity returns as they end",
  () => {
    it.each(["at once", "from a timer", "from a microtask"])("%s", async (how) => {
      verifies("dispatch:overloaded");
      const codes: string[] = [];
      const manager: Manager = await manage(
        [
          plugin("recurses", async (payload, _context) => {
            if (how === "from a timer") await later(1);
            if (how === "from a microtask") await undefined;
            codes.push(await codeOf(manager.invoke(hook, payload)));
          }),
        ],
        { maxInFlight: 5 },
      );
      await manager.invoke(hook, call);
      expect(codes).toEqual(["overloaded", "accepted", "accepted", "accepted", "accepted"]);
      expect(await codeOf(manager.invoke(hook, call))).toBe("accepted");
      expect(await manager.close()).toMatchObject({ drained: true });
    });

    it("a flood of them: the allowed number runs, and the others are reported", async () => {
      const running: Promise<string>[] = [];
      const manager: Manager = await manage([plugin("waits", (_p, _c) => later(2))], {
        maxInFlight: 100,
      });
      for (let i = 0; i < 1000; i++) running.push(codeOf(manager.invoke(hook, call)));
      const codes = await Promise.all(running);
      expect(codes.filter((code) => code === "accepted")).toHaveLength(100);
      expect(codes.filter((code) => code === "overloaded")).toHaveLength(900);
      expect(await codeOf(manager.invoke(hook, call))).toBe("accepted");
    });
  },
);

attack(
  "A-155",
  "Exhaust the stack, then call a helper or the host at its very end",
  "fails with `handler_error` or completes; nothing is half merged, and every counter is restored",
  () => {
    it("a handler that recurses until the stack overflows", async () => {
      const endless = (depth: number): number => endless(depth + 1) + 1;
      const manager = await manage(
        [plugin("breaks", (_p, _c) => endless(0), { onError: "ignore" }), tagger("after")],
        { maxInFlight: 1 },
      );
      for (let i = 0; i < 3; i++) {
        const result = await manager.invoke(hook, call);
        expect(result.errors).toMatchObject([{ plugin: "breaks", code: "handler_error" }]);
        expect(labelsOf(result)).toEqual(["after"]);
      }
    });

    /** The test runner turns imports into getters, which fail silently at the end of the stack. */
    const isStackFull = (error: unknown) =>
      error instanceof RangeError || String(error).includes("__vite_ssr_import_");

    /** Unwinds a full stack, and calls `act` at each level until it succeeds. */
    function atTheEnd<T>(act: () => T): T {
      try {
        return atTheEnd(act);
      } catch (error) {
        if (!isStackFull(error)) throw error;
      }
      return act();
    }

    // Kept here: the test runner turns imports into getters, which fail silently there.
    const add = addLabels;
    const set = setCustom;
    it("a helper called there throws, or returns the complete edit", async () => {
      const result = await runOnce(
        [
          plugin(
            "deep",
            (_p, _c, extensions) => ({
              modifiedExtensions: atTheEnd(() =>
                set(add(extensions, ["one", "two"]), "note", [[[1]]]),
              ),
            }),
            { capabilities: ["append_labels"] },
          ),
        ],
        { extensions: labelled("PII") },
      );
      expect(labelsOf(result)).toEqual(["PII", "one", "two"]);
      expect(result.extensions.custom).toEqual({ note: [[[1]]] });
    });

    it("runs started there fail or complete as a whole, and free their capacity", async () => {
      const full = { modifiedExtensions: { custom: { a: [[[1]]] } }, metadata: { done: true } };
      const manager = await manage(
        [tagger("first"), plugin("second", (_p, _c) => full), tagger("third", { priority: 200 })],
        { maxInFlight: 3 },
      );
      const outcomes = new Set<string>();
      const pending: Promise<void>[] = [];
      const note = async () => {
        try {
          const result = await manager.invoke(hook, call);
          const kept = [labelsOf(result), result.extensions.custom, result.metadata];
          expect(result.errors).toHaveLength(result.violation === undefined ? 0 : 1);
          outcomes.add(JSON.stringify([result.violation?.code ?? "done", ...kept]));
        } catch (error) {
          outcomes.add(isStackFull(error) ? "no room to start" : String(error));
        }
      };
      const descend = (): void => {
        try {
          descend();
        } catch (error) {
          if (!isStackFull(error)) throw error;
        }
        if (pending.length < 300) pending.push(note());
      };
      descend();
      await Promise.all(pending);
      const custom = { a: [[[1]]] };
      const metadata = { second: { done: true } };
      const possible = [
        ["handler_error", [], undefined, {}],
        ["handler_error", ["first"], undefined, {}],
        ["handler_error", ["first"], custom, metadata],
        ["done", ["first", "third"], custom, metadata],
      ].map((each) => JSON.stringify(each));
      for (const outcome of outcomes) expect([...possible, "no room to start"]).toContain(outcome);
      expect(outcomes).toContain(possible[3]);
      expect(await codeOf(manager.invoke(hook, call))).toBe("accepted");
      expect(await manager.close()).toMatchObject({ drained: true });
    });
  },
);

attack(
  "A-288",
  "Have nested runs add more labels than an envelope holds, then go on silently, or fail under an error policy that ignores it",
  "the outer run ends with `snapshot_limit`: no later plugin, and no host, gets the data without its labels",
  () => {
    const numbered = (from: number) => Array.from({ length: 200 }, (_, i) => `l${from + i}`);
    const endings: Record<string, () => unknown> = {
      "goes on": () => undefined,
      throws: () => {
        throw new Error("broken");
      },
      "returns garbage": () => "garbage",
      hangs: () => new Promise(() => {}),
    };
    const modes = ["sequential", "transform", "concurrent"] as const;
    const cases = Object.entries(endings).flatMap(([how, end]) =>
      modes.map((mode) => [how, mode, end] as const),
    );

    it.each(cases)("it %s, in mode %s", async (_how, mode, end) => {
      verifies("dispatch:nesting-labels-kept");
      const inner = await manage([
        plugin("inner", ({ args }, _c, view) => ({
          modifiedExtensions: addLabels(view, args.labels as readonly string[]),
        })),
      ]);
      const seen: string[] = [];
      const nests: Run = async (_payload, context) => {
        for (const from of [0, 200, 400]) {
          const nested = { name: "add", args: { labels: numbered(from) } };
          await inner.invoke(hook, nested, { parent: context });
        }
        return end() as never;
      };
      const ignored = { mode, onError: "ignore", timeoutMs: 50, extensions: true } as const;
      const result = await runOnce([
        plugin("nests", nests, ignored),
        plugin("last", (_payload) => void seen.push("last"), { mode, priority: 999 }),
      ]);
      expect(result).toMatchObject({
        continueProcessing: false,
        violation: { plugin: "nests", code: "snapshot_limit" },
      });
      expect(labelsOf(result)).toHaveLength(200);
      const refused = result.rejections.filter(({ path }) => path === "security.labels");
      expect(refused).toMatchObject([{ plugin: "nests", code: "snapshot_limit" }]);
      expect(mode === "concurrent" ? [] : seen).toEqual([]);
    });
  },
);
