/** Laws of secrecy in whole runs: what a plugin sees, and what is reported about it. */
import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AnyInvokeResult } from "../src/core/hooks/index.ts";
import { hostiles, places, plant, Watch } from "./support/hostile.ts";
import { outcomeOf } from "./support/outcome.ts";
import { plansOf, propose } from "./support/proposals.ts";
import { expectSome } from "./support/runs.ts";
import { mapOf, type Words } from "./support/schema-values.ts";
import { type Played, play, scenesOf } from "./support/stage.ts";
import { worlds } from "./support/tables.ts";
import { twinsOf } from "./support/two-worlds.ts";

/** What a result reports about the watched plugin. */
function reportOf({ rejections, errors, executions, metadata, violation }: AnyInvokeResult) {
  const own = <T extends { readonly plugin?: string }>(records: readonly T[]) =>
    records.filter(({ plugin }) => plugin === "watched");
  return {
    rejections: own(rejections),
    errors: own(errors),
    executions: own(executions),
    metadata: metadata.watched,
    violation: violation?.plugin === "watched" ? violation : undefined,
  };
}

const observed = ({ notebook, results }: Played) => ({
  pages: notebook.pages,
  reports: results.map(reportOf),
});

/** In every hidden free string. */
const canary = "canary";
const canaryTexts = fc.nat(99).map((n) => `${canary}-${n}`);
const canaries: Words = {
  texts: canaryTexts,
  labels: canaryTexts,
  keys: canaryTexts,
  headers: mapOf(canaryTexts, canaryTexts),
  json: fc.oneof(canaryTexts, fc.array(canaryTexts, { maxLength: 2 })),
};

describe.each(worlds)("$name", (world) => {
  const { slots, host } = world;
  it("L8: in whole runs with other plugins, nothing that a plugin sees, catches or compares depends on what is hidden from it", () =>
    fc.assert(
      fc.asyncProperty(
        twinsOf(world),
        scenesOf(world),
        fc.scheduler(),
        fc.scheduler(),
        async ({ one, two, grant }, scene, first, second) => {
          const shown = observed(await play(world, one, grant, scene, first));
          const other = observed(await play(world, two, grant, scene, second));
          expect(other).toEqual(shown);
        },
      ),
    ));

  it("L9: in whole runs with other plugins, no hidden string reaches a plugin, or what is reported about it", () => {
    let hidden = 0;
    return fc
      .assert(
        fc.asyncProperty(
          twinsOf(world, canaries),
          scenesOf(world),
          fc.scheduler(),
          async ({ two, grant }, scene, scheduler) => {
            if (JSON.stringify(two).includes(canary)) hidden += 1;
            const played = await play(world, two, grant, scene, scheduler);
            const { pages, reports } = observed(played);
            expect(JSON.stringify(pages)).not.toContain(canary);
            expect(inspect(reports, { showHidden: true, depth: 20 })).not.toContain(canary);
          },
        ),
      )
      .then(() => expectSome(hidden));
  });

  it("L9: no hidden string appears in a view, in the outcome of a proposal, or in an error", () => {
    fc.assert(
      fc.property(
        twinsOf(world, canaries),
        plansOf(slots, 1),
        fc.option(fc.tuple(hostiles, places)),
        fc.boolean(),
        ({ two, grant }, plan, spoilt, strict) => {
          const view = host.filterExtensions(two, grant);
          let returned = propose(slots, view, plan);
          if (spoilt !== null) returned = plant(returned, spoilt[0].make(new Watch()), spoilt[1]);
          const outcome = outcomeOf(() =>
            host.mergeExtensions(two, returned, grant, { view, strict }),
          );
          const answer = outcome.ok
            ? [outcome.value.rejections, host.filterExtensions(outcome.value.extensions, grant)]
            : [outcome.error, outcome.error.stack, outcome.error.data];
          const shown = inspect([view, answer], {
            showHidden: true,
            depth: 40,
            maxArrayLength: 50,
          });
          expect(shown).not.toContain(canary);
        },
      ),
    );
  });
});
