/**
 * Laws of secrecy: two envelopes that differ only in what a grant hides are indistinguishable,
 * both by inspecting the view and by returning something.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { extensionsLimits } from "../src/core/data/index.ts";
import { type Level, withoutNow } from "./support/data.ts";
import { hostiles, places, plant, Watch } from "./support/hostile.ts";
import { outcomeOf } from "./support/outcome.ts";
import { plansOf, propose } from "./support/proposals.ts";
import { expectSome } from "./support/runs.ts";
import { mapOf } from "./support/schema-values.ts";
import { standard, worlds } from "./support/tables.ts";
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

  it("L7: whatever a plugin proposes, the outcome and its next view do not depend on what is hidden", () => {
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

  it("L49: limits count what was returned and what was shown, never what is hidden", () => {
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

const open = ["a", "b", "X-C"];
const kept = ["secret", "X-Key"];
const some = (names: readonly string[], max: number) =>
  mapOf(
    fc.constantFrom(...names.flatMap((name) => [name, name.toUpperCase()])),
    fc.constantFrom("1", "2", "long".repeat(9)),
    max,
  );

it("L49: what a host itself withholds from a view does not count either, in strict mode or not", () => {
  const { createExtensions, filterExtensions, mergeExtensions } = standard;
  const isKept = (name: string) => kept.some((each) => each.toLowerCase() === name.toLowerCase());
  /** A view without some headers: a host's own policy. */
  const cut = ({ http, custom }: { readonly http?: unknown; readonly custom?: unknown }) => {
    const { headers = {} } = (http ?? {}) as { readonly headers?: object };
    const shown = Object.entries(headers).filter(([name]) => !isKept(name));
    const world = { http: { headers: Object.fromEntries(shown) }, custom };
    return filterExtensions(createExtensions(world as never), ["write_headers"]);
  };
  const taken = { accepted: 0, refused: 0, ignored: 0 };
  fc.assert(
    fc.property(
      fc.record({ shown: some(open, 4), hidden: some(kept, 4), others: some(kept, 4) }),
      fc.record({ added: some([...open, ...kept], 6), gone: fc.array(fc.constantFrom(...open)) }),
      fc.record({ custom: some(["k", "l"], 2), more: some(["k", "m"], 2) }),
      tightLimits,
      fc.boolean(),
      ({ shown, hidden, others }, { added, gone }, { custom, more }, tight, strict) => {
        const limits = { ...extensionsLimits, ...tight };
        const answerTo = (unseen: object) => {
          const headers = { ...shown, ...unseen };
          const world = createExtensions({ http: { headers }, custom });
          const view = cut(world);
          const next = { ...shown, ...added };
          for (const name of gone) Reflect.deleteProperty(next, name);
          const returned = { http: { headers: next }, custom: { ...custom, ...more } };
          const outcome = outcomeOf(() =>
            mergeExtensions(world, returned, ["write_headers"], { view, strict, limits }),
          );
          taken[outcome.ok ? "accepted" : "refused"] += 1;
          if (!outcome.ok) return outcome.error.message;
          if (outcome.value.rejections.length > 0) taken.ignored += 1;
          expect(outcome.value.extensions.http?.headers).toMatchObject(unseen);
          return looksOf(cut(outcome.value.extensions));
        };
        expect(answerTo(hidden)).toEqual(answerTo({}));
        expect(answerTo(others)).toEqual(answerTo({}));
      },
    ),
  );
  for (const count of Object.values(taken)) expectSome(count);
});
