/** The outcome is the same, whoever finishes first. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { acts, bytesOf, isShuffled, runOnce, specs } from "./support/dispatch.ts";
import { expectSome } from "./support/runs.ts";

const settling = acts.filter((act) => act !== "hang");

describe("dispatch", () => {
  it("L18: concurrent plugins merge to the same bytes in whatever order they finish", async () => {
    let shuffled = 0;
    await fc.assert(
      fc.asyncProperty(
        specs({ modes: ["concurrent"], acts: settling, maxLength: 8 }),
        fc.scheduler(),
        async (list, scheduler) => {
          const inOrder = await runOnce(list.map((spec) => ({ ...spec, waits: false })));
          const later = await runOnce(
            list.map((spec) => ({ ...spec, waits: true })),
            scheduler,
          );
          expect(bytesOf(later)).toBe(bytesOf(inOrder));
          if (isShuffled(scheduler)) shuffled += 1;
        },
      ),
    );
    expectSome(shuffled);
  });

  it("L37: the same plugins with the same outcomes have the same result, byte for byte", () =>
    fc.assert(
      fc.asyncProperty(specs(), fc.scheduler(), fc.scheduler(), async (list, one, two) => {
        const first = await runOnce(list, one);
        const second = await runOnce(list, two);
        expect(bytesOf(second)).toBe(bytesOf(first));
        expect(second.executions.map(({ plugin }) => plugin)).toEqual(
          first.executions.map(({ plugin }) => plugin),
        );
      }),
    ));

  it("L37: a handler's result is the same whether it is synchronous or asynchronous", () =>
    fc.assert(
      fc.asyncProperty(specs(), fc.scheduler(), async (list, scheduler) => {
        const atOnce = await runOnce(list.map((spec) => ({ ...spec, waits: false })));
        const later = await runOnce(list, scheduler);
        expect(bytesOf(later)).toBe(bytesOf(atOnce));
      }),
    ));
});
