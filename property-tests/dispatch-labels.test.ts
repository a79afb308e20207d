/** Labels in whole runs: none is ever lost, whatever happens to the plugins. */
import fc from "fast-check";
import {
  createExtensions,
  definePlugin,
  type Mode,
  type OnError,
  setCustom,
  setHeader,
} from "glassine";
import { describe, expect, it } from "vitest";
import {
  call,
  type FullView,
  hook,
  labelsOf,
  managerOf,
  nameOf,
  pluginsOf,
  specs,
  start,
  startingLabels,
  turnsOf,
} from "./support/dispatch.ts";

/** Any plugins, or many concurrent ones. */
const lists = fc.oneof(specs(), specs({ modes: ["concurrent"] }));

describe("dispatch", () => {
  it("L13: no label is ever removed, whether plugins return, throw or hang, or the host aborts", () =>
    fc.assert(
      fc.asyncProperty(lists, fc.boolean(), fc.scheduler(), async (list, aborts, scheduler) => {
        const seen: (readonly string[])[] = [];
        const host = new AbortController();
        const manager = await managerOf(pluginsOf(list, turnsOf(scheduler), seen));
        if (aborts) {
          void scheduler.schedule(Promise.resolve(), "the host aborts").then(() => host.abort());
        }
        const running = manager.invoke(hook, call, { extensions: start, signal: host.signal });
        const result = await scheduler.waitFor(running);
        const final = labelsOf(result);
        expect(final).toEqual(expect.arrayContaining(startingLabels));
        for (const labels of seen) {
          expect(labels).toEqual(expect.arrayContaining(startingLabels));
          expect(final).toEqual(expect.arrayContaining([...labels]));
        }
        for (const { plugin, changed, applied } of result.executions) {
          if (applied && changed.includes("security.labels")) expect(final).toContain(plugin);
        }
        await scheduler.waitFor(manager.close());
        expect(labelsOf(result)).toBe(final);
      }),
    ));

  it("L13: no label is ever removed by nested runs", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(specs({ maxLength: 3 }), { minLength: 1, maxLength: 3 }),
        fc.scheduler(),
        async (levels, scheduler) => {
          const turn = turnsOf(scheduler);
          let inner: { readonly manager: Awaited<ReturnType<typeof managerOf>> } | undefined;
          for (const [depth, list] of levels.entries()) {
            const below = inner?.manager;
            const nests = definePlugin({
              name: "nests",
              version: "1.0.0",
              capabilities: ["append_labels"],
              hooks: {
                [hook]: {
                  priority: 1,
                  timeoutMs: null,
                  onError: "ignore" as OnError,
                  mode: (depth % 2 === 0 ? "sequential" : "concurrent") as Mode,
                  handler: async (payload, context, view) => {
                    await below?.invoke(hook, payload, {
                      parent: context,
                      extensions: createExtensions({ security: { labels: [`level-${depth}`] } }),
                    });
                    // A change based on the view before the inner run.
                    return {
                      modifiedExtensions: {
                        security: { labels: [...view.security.labels, `own-${depth}`] },
                      },
                    };
                  },
                },
              },
            });
            inner = { manager: await managerOf([nests, ...pluginsOf(list, turn)]) };
          }
          const running = inner?.manager.invoke(hook, call, { extensions: start });
          if (running === undefined) return;
          const result = await scheduler.waitFor(running);
          const reached = result.executions.find((record) => record.plugin === "nests");
          const expected = [...startingLabels];
          if (reached?.status === "completed") {
            // The runs below the outermost, if each reached its own "nests".
            expected.push(`own-${levels.length - 1}`);
          }
          expect(labelsOf(result)).toEqual(expect.arrayContaining(expected));
        },
      ),
    ));

  it("L19: everything that many plugins add is kept: labels and hops, keys and headers", () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 8 }),
        fc.boolean(),
        fc.scheduler(),
        async (count, waits, scheduler) => {
          const turn = turnsOf(scheduler);
          const names = Array.from({ length: count }, (_, index) => nameOf(index));
          const hop = (name: string) => ({
            subject_id: name,
            subject_type: "agent",
            timestamp: "2026-01-01T00:00:00Z",
          });
          const adds = (name: string, mode: Mode) =>
            definePlugin({
              name: `${name}-${mode}`,
              version: "1.0.0",
              capabilities: ["append_labels", "append_delegation", "write_headers"],
              hooks: {
                [hook]: {
                  mode,
                  timeoutMs: null,
                  handler: (async (_payload: unknown, _context: unknown, view: FullView) => {
                    if (waits) await turn(name);
                    const grown = {
                      security: { labels: [...view.security.labels, `${mode}-${name}`] },
                      delegation: { chain: [...(view.delegation?.chain ?? []), hop(name)] },
                    };
                    if (mode === "concurrent") return { modifiedExtensions: grown };
                    const changed = setCustom(setHeader(view, `x-${name}`, name), name, true);
                    return { modifiedExtensions: { ...changed, ...grown } };
                  }) as never,
                },
              },
            });
          const manager = await managerOf([
            ...names.map((name) => adds(name, "sequential")),
            ...names.map((name) => adds(name, "concurrent")),
          ]);
          const running = manager.invoke(hook, call, { extensions: createExtensions({}) });
          const result = await scheduler.waitFor(running);
          expect(result.violation).toBeUndefined();
          expect([...labelsOf(result)].sort()).toEqual(
            [...names.map((n) => `concurrent-${n}`), ...names.map((n) => `sequential-${n}`)].sort(),
          );
          const hops = result.extensions.delegation?.chain.map((each) => each.subject_id);
          expect(hops).toEqual([...names, ...names]);
          expect(Object.keys(result.extensions.custom ?? {})).toEqual(names);
          expect(Object.keys(result.extensions.http?.headers ?? {})).toEqual(
            names.map((name) => `x-${name}`),
          );
        },
      ),
    ));
});
