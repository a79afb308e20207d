/** Every run ends in one defined way, and enforcing plugins stop it. */
import fc from "fast-check";
import { errorCodes } from "glassine";
import { describe, expect, it } from "vitest";
import {
  call,
  hook,
  isShuffled,
  managerOf,
  nameOf,
  pluginsOf,
  type Result,
  runOnce,
  type Spec,
  specs,
  start,
  startingLabels,
  stopping,
  turnsOf,
} from "./support/dispatch.ts";
import { expectSome } from "./support/runs.ts";

const statuses = ["completed", "error", "timeout", "skipped", "cancelled", "disabled", "started"];

/** One of the four ways a run can end. */
function wayOf({ continueProcessing, violation }: Result) {
  if (continueProcessing) return "allowed" as const;
  if (violation?.code === "aborted") return "aborted" as const;
  return violation?.code === "denied" ? ("denied" as const) : ("errored" as const);
}

/** The index of the plugin that stops the run: enforcing, in the order of the phases. */
function stopperOf(list: readonly Spec[]): number {
  const stops = (mode: Spec["mode"]) =>
    list.findIndex((spec) => spec.mode === mode && stopping.includes(spec.act));
  const serial = stops("sequential");
  return serial >= 0 ? serial : stops("concurrent");
}

describe("dispatch", () => {
  it("L36: every run ends in a defined way, and the counts of started handlers add up", () =>
    fc.assert(
      fc.asyncProperty(
        specs({ maxLength: 4 }),
        fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }),
        fc.scheduler(),
        async (list, aborts, scheduler) => {
          const manager = await managerOf(pluginsOf(list, turnsOf(scheduler)), {
            maxInFlight: aborts.length,
          });
          const ends = { allowed: 0, denied: 0, errored: 0, aborted: 0 };
          const runs = aborts.map((abort) => {
            const host = new AbortController();
            const task = scheduler.schedule(Promise.resolve(), "the host may abort");
            void task.then(() => abort && host.abort());
            return manager.invoke(hook, call, { extensions: start, signal: host.signal });
          });
          const results = await scheduler.waitFor(Promise.all(runs));
          for (const result of results) {
            ends[wayOf(result)] += 1;
            expect(result.violation === undefined).toBe(result.continueProcessing);
            expect(result.executions).toHaveLength(list.length);
            for (const { status, effectiveAllow, errorCode } of result.executions) {
              expect(statuses).toContain(status);
              expect(typeof effectiveAllow).toBe("boolean");
              if (errorCode !== undefined) expect(errorCodes).toHaveProperty(errorCode);
            }
            for (const { code } of result.errors) expect(errorCodes).toHaveProperty(code);
            expect(Object.isFrozen(result)).toBe(true);
          }
          const { allowed, denied, errored, aborted } = ends;
          expect(allowed + denied + errored + aborted).toBe(aborts.length);
          // Nothing is left in flight: the same number can run again, all aborted at once.
          const signal = AbortSignal.abort();
          const again = aborts.map(() => manager.invoke(hook, call, { signal }));
          expect((await Promise.all(again)).map(wayOf)).toEqual(aborts.map(() => "aborted"));
          const { drained, background } = await scheduler.waitFor(manager.close());
          expect(drained).toBe(true);
          expect(background.started).toBe(
            background.completed + background.failed + background.timedOut,
          );
        },
      ),
    ));

  it("L38: a denial, failure, refusal or timeout of an enforcing plugin denies, wherever it stands and whoever finishes first", async () => {
    let shuffled = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          // "fail" would make a plugin that cannot halt enforcing; here the default applies.
          specs({ onError: [undefined], maxLength: 6 }),
          specs({ onError: [undefined], maxLength: 6, modes: ["concurrent"] }),
        ),
        fc.scheduler(),
        async (list, scheduler) => {
          const result = await runOnce(list, scheduler);
          const stopper = stopperOf(list);
          expect(result.continueProcessing).toBe(stopper < 0);
          expect(result.violation?.plugin).toBe(stopper < 0 ? undefined : nameOf(stopper));
          if (isShuffled(scheduler)) shuffled += 1;
        },
      ),
    );
    expectSome(shuffled);
  });

  it("L38: no later plugin resumes what one plugin stopped, and its labels stay", () =>
    fc.assert(
      fc.asyncProperty(
        specs({ onError: [undefined], modes: ["sequential"], maxLength: 6 }),
        fc.scheduler(),
        async (list, scheduler) => {
          const result = await runOnce(list, scheduler);
          const stopper = stopperOf(list);
          const ran = stopper < 0 ? list : list.slice(0, stopper + 1);
          expect(result.executions.map(({ status }) => status === "skipped")).toEqual(
            list.map((_, index) => index >= ran.length),
          );
          const added = ran.flatMap(({ act }, index) => (act === "label" ? [nameOf(index)] : []));
          expect(result.extensions.security?.labels).toEqual([...startingLabels, ...added].sort());
        },
      ),
    ));
});
