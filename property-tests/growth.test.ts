/** Laws of growth: label sets and chains. */
// Only in test:all: it measures how work grows.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { asSet, unionOf } from "../src/core/data/index.ts";
import { at, type Level } from "./support/data.ts";
import { documentsOf, grantsOf } from "./support/documents.ts";
import { hostiles, places, plant, Watch } from "./support/hostile.ts";
import { mergeCasesOf, mergeOf } from "./support/merge-cases.ts";
import { growingLists, growingSets, mayWrite } from "./support/nodes.ts";
import { outcomeOf } from "./support/outcome.ts";
import { plansOf, propose } from "./support/proposals.ts";
import { expectSome } from "./support/runs.ts";
import { texts } from "./support/schema-values.ts";
import { worlds } from "./support/tables.ts";

type Texts = readonly string[];

describe.each(worlds)("$name", (world) => {
  const { slots, host } = world;
  const sets = growingSets(slots);
  const mergeCases = fc.oneof(mergeCasesOf(world, "growing"), mergeCasesOf(world));
  const setAt = (envelope: unknown, path: Texts) => (at(envelope, path) ?? []) as Texts;
  const turns = fc.array(
    fc.record({
      grant: fc.oneof(grantsOf(slots), fc.constant(slots.capabilities.names)),
      plan: fc.oneof(plansOf(slots, 1, "growing"), plansOf(slots)),
      spoilt: fc.option(fc.tuple(hostiles, places), { freq: 2 }),
      age: fc.constantFrom(0, 1, 1, 2),
    }),
    { minLength: 3, maxLength: 6, size: "max" },
  );

  it("L13: no sequence of plugins, refused or not, late or not, ever removes a label", () => {
    let late = 0;
    fc.assert(
      fc.property(documentsOf(slots), turns, (document, plugins) => {
        const history = [host.createExtensions(document)];
        for (const { grant, plan, spoilt, age } of plugins) {
          const envelope = history[0] as Level;
          const view = host.filterExtensions(history[age] ?? envelope, grant);
          let returned = propose(slots, view, plan);
          if (spoilt !== null) returned = plant(returned, spoilt[0].make(new Watch()), spoilt[1]);
          const outcome = outcomeOf(() =>
            host.mergeExtensions(envelope, returned, grant, { view }),
          );
          if (!outcome.ok) continue;
          const { extensions } = outcome.value;
          for (const { path } of sets) {
            const before = setAt(envelope, path);
            const seen = setAt(view, path);
            const after = setAt(extensions, path);
            expect(after).toEqual(expect.arrayContaining([...before]));
            if (after.length > before.length && before.length > seen.length) late += 1;
          }
          history.unshift(extensions);
        }
      }),
    );
    // Labels joined others that were added since the view was taken.
    expectSome(late);
  });

  it("L14: without the capability that appends, the labels stay as they are", () => {
    fc.assert(
      fc.property(mergeCases, (mergeCase) => {
        const outcome = mergeOf(world, mergeCase);
        if (!outcome.ok) return;
        const mask = slots.capabilities.mask(mergeCase.grant);
        for (const { path, node } of sets) {
          if (mayWrite(node, mask)) continue;
          expect(setAt(outcome.value.extensions, path)).toEqual(setAt(mergeCase.current, path));
        }
      }),
    );
  });

  it("L15: with it, the labels are the union of the existing and the returned ones", () => {
    fc.assert(
      fc.property(mergeCases, (mergeCase) => {
        const outcome = mergeOf(world, mergeCase);
        if (!outcome.ok) return;
        const mask = slots.capabilities.mask(mergeCase.grant);
        for (const { path, node } of sets) {
          if (!mayWrite(node, mask)) continue;
          const both = [...setAt(mergeCase.current, path), ...setAt(mergeCase.returned, path)];
          expect(setAt(outcome.value.extensions, path)).toEqual(asSet(both));
        }
      }),
    );
  });

  it("L16: the existing chain is the beginning of the new one, and each hop the same object", () => {
    fc.assert(
      fc.property(mergeCases, (mergeCase) => {
        const outcome = mergeOf(world, mergeCase);
        if (!outcome.ok) return;
        for (const { slot, list } of growingLists(slots)) {
          const path = [slot.key, list.key];
          const before = (at(mergeCase.current, path) ?? []) as readonly unknown[];
          const after = (at(outcome.value.extensions, path) ?? []) as readonly unknown[];
          for (const [index, hop] of before.entries()) expect(after[index]).toBe(hop);
          if (!mayWrite(slot, slots.capabilities.mask(mergeCase.grant)))
            expect(after.length).toBe(before.length);
          if (after.length > before.length)
            expectDerived(outcome.value.extensions, mergeCase.current);
        }
      }),
    );
  });
});

/** Depth, actor and origin follow from the chain, whatever the plugin claimed. */
function expectDerived(after: Level, before: Level) {
  const { delegation } = after as { delegation?: Chain };
  if (delegation === undefined || delegation === before.delegation) return;
  const { chain, depth, delegated, actor_subject_id, origin_subject_id } = delegation;
  const known = (before.delegation as Chain | undefined)?.origin_subject_id;
  expect({ depth, delegated, actor_subject_id, origin_subject_id }).toEqual({
    depth: chain.length,
    delegated: true,
    actor_subject_id: chain.at(-1)?.subject_id,
    origin_subject_id: known ?? chain[0]?.subject_id,
  });
}

interface Chain {
  readonly chain: readonly { readonly subject_id: string }[];
  readonly depth: number;
  readonly delegated: boolean;
  readonly actor_subject_id?: string;
  readonly origin_subject_id?: string;
}

it("L17: the union of label sets is commutative, associative and idempotent, and the empty set adds nothing", () => {
  const labelSets = fc.array(texts, { maxLength: 6 }).map((items) => asSet(items));
  fc.assert(
    fc.property(labelSets, labelSets, labelSets, (a, b, c) => {
      expect(unionOf(a, b)).toEqual(asSet([...a, ...b]));
      expect(unionOf(a, b)).toEqual(unionOf(b, a));
      expect(unionOf(unionOf(a, b), c)).toEqual(unionOf(a, unionOf(b, c)));
      expect(unionOf(a, a)).toBe(a);
      expect(unionOf(a, [])).toBe(a);
    }),
  );
});
