/**
 * Laws of what stays secret: two envelopes that differ only in what a grant hides cannot be
 * told apart, neither by looking at the view nor by handing something back.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { extensionsLimits } from "../src/admit/index.ts";
import type { Level } from "./support/data.ts";
import { hostiles, places, plant, Watch } from "./support/hostile.ts";
import { outcomeOf } from "./support/outcome.ts";
import { plansOf, propose } from "./support/proposals.ts";
import { expectSome } from "./support/runs.ts";
import { worlds } from "./support/tables.ts";
import { looksOf, twinsOf } from "./support/two-worlds.ts";

const tightLimits = fc.record({
  nodes: fc.integer({ min: 1, max: 60 }),
  units: fc.integer({ min: 0, max: 200 }),
  depth: fc.integer({ min: 1, max: 5 }),
  labels: fc.integer({ min: 0, max: 4 }),
  headers: fc.integer({ min: 0, max: 4 }),
  hops: fc.integer({ min: 0, max: 3 }),
});

describe.each(worlds)("$name", (world) => {
  const { slots, host } = world;
  const twins = twinsOf(world);

  it("L5: views of envelopes that differ only in what is hidden look the same in every way", () => {
    let different = 0;
    fc.assert(
      fc.property(twins, ({ one, two, grant }) => {
        if (host.encodeExtensions(one) !== host.encodeExtensions(two)) different += 1;
        const looks = looksOf(host.filterExtensions(one, grant));
        expect(looksOf(host.filterExtensions(two, grant))).toEqual(looks);
      }),
    );
    expectSome(different);
  });

  it("L7: whatever a plugin makes of its view, the answer and what it sees next do not depend on what is hidden", () => {
    fc.assert(
      fc.property(twins, plansOf(slots, 1), fc.boolean(), ({ one, two, grant }, plan, strict) => {
        const answerOf = (envelope: Level) => {
          const view = host.filterExtensions(envelope, grant);
          const returned = propose(slots, view, plan);
          const outcome = outcomeOf(() =>
            host.mergeExtensions(envelope, returned, grant, { view, strict }),
          );
          if (!outcome.ok)
            return { code: outcome.code, text: outcome.error.message, data: outcome.error.data };
          const { extensions, rejections } = outcome.value;
          return {
            rejections,
            next: looksOf(withoutNow(host.filterExtensions(extensions, grant))),
          };
        };
        expect(answerOf(two)).toEqual(answerOf(one));
      }),
    );
  });

  it("L49: limits count what came back and what was shown, never what is hidden", () => {
    fc.assert(
      fc.property(
        twins,
        plansOf(slots, 1),
        fc.option(fc.tuple(hostiles, places)),
        tightLimits,
        ({ one, two, grant }, plan, spoilt, tight) => {
          const limits = { ...extensionsLimits, ...tight };
          const answerOf = (envelope: Level) => {
            const view = host.filterExtensions(envelope, grant);
            let returned = propose(slots, view, plan);
            if (spoilt !== null) returned = plant(returned, spoilt[0].make(new Watch()), spoilt[1]);
            const outcome = outcomeOf(() =>
              host.mergeExtensions(envelope, returned, grant, { view, limits }),
            );
            return outcome.ok ? "accepted" : outcome.code;
          };
          expect(answerOf(two)).toBe(answerOf(one));
        },
      ),
    );
  });
});

/** A hop without a time gets the time of the merge, which is not the same twice. */
function withoutNow(view: Level): Level {
  const text = JSON.stringify(view, (key, value: unknown) =>
    key === "timestamp" ? "then" : value,
  );
  return JSON.parse(text) as Level;
}
