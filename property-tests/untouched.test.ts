/** Laws of what a merge leaves alone. `e ⊕ r` is `e` after merging the returned value `r`. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { defaultsOf } from "../src/core/slots/index.ts";
import { at, jsonCopy, type Level, plainCopy } from "./support/data.ts";
import { documentsOf, grantsOf } from "./support/documents.ts";
import { mergeCasesOf, mergeOf } from "./support/merge-cases.ts";
import { isHidden, mayWrite, type Part, partsOf } from "./support/nodes.ts";
import { type World, worlds } from "./support/tables.ts";

/** The value of a part, or its default if its parent is absent. */
function partValue({ slots }: World, envelope: Level, { path, node }: Part): unknown {
  const value = at(envelope, path);
  const above = path.slice(0, -1);
  if (value !== undefined || at(envelope, above) !== undefined) return value;
  const level = partsOf(slots).find((part) => `${part.path}` === `${above}`);
  return level === undefined ? undefined : defaultsOf(level.node)[node.key];
}

/** The names of the parts that a merge changed, among those that `chosen` selects. */
function changedOf(world: World, before: Level, after: Level, chosen: (part: Part) => boolean) {
  if (before === after) return [];
  return partsOf(world.slots)
    .filter((part) => before[part.path[0] ?? ""] !== after[part.path[0] ?? ""] && chosen(part))
    .filter((part) => !Object.is(partValue(world, before, part), partValue(world, after, part)))
    .map(({ path }) => path.join("."));
}

describe.each(worlds)("$name", (world) => {
  const { slots, host } = world;
  const documents = documentsOf(slots);
  const grants = grantsOf(slots);

  it("L10: returning nothing, the view, a spread or copy of it, or an empty proposal keeps the same envelope object", () => {
    fc.assert(
      fc.property(documents, grants, (document, grant) => {
        const envelope = host.createExtensions(document);
        const view = host.filterExtensions(envelope, grant);
        const copies = [
          undefined,
          null,
          view,
          { ...view },
          plainCopy(view),
          structuredClone(view),
          jsonCopy(view),
          {},
        ];
        for (const returned of copies) {
          const merged = host.mergeExtensions(envelope, returned, grant, { view });
          expect(merged.extensions).toBe(envelope);
          expect(merged.rejections).toEqual([]);
          expect(host.mergeExtensions(envelope, returned, grant, { strict: true }).extensions).toBe(
            envelope,
          );
        }
      }),
    );
  });

  it("L10: proposing one whole slot of the view changes nothing either", () => {
    fc.assert(
      fc.property(documents, grants, fc.constantFrom(...slots.names), (document, grant, slot) => {
        const envelope = host.createExtensions(document);
        const view = host.filterExtensions(envelope, grant);
        for (const part of [view[slot], plainCopy(view[slot])]) {
          expect(host.mergeExtensions(envelope, { [slot]: part }, grant).extensions).toBe(envelope);
        }
      }),
    );
  });

  it("L11: whatever is returned, a part that the grant hides is the same object afterwards", () => {
    fc.assert(
      fc.property(mergeCasesOf(world), (mergeCase) => {
        const outcome = mergeOf(world, mergeCase);
        if (!outcome.ok) return;
        const mask = slots.capabilities.mask(mergeCase.grant);
        const hidden = ({ path }: Part) => isHidden(slots, path, mask);
        expect(changedOf(world, mergeCase.current, outcome.value.extensions, hidden)).toEqual([]);
      }),
    );
  });

  it("L12: whatever is returned, an immutable slot or field is the same object afterwards", () => {
    fc.assert(
      fc.property(mergeCasesOf(world), (mergeCase) => {
        const outcome = mergeOf(world, mergeCase);
        if (!outcome.ok) return;
        const immutable = ({ node }: Part) => !node.changeable;
        expect(changedOf(world, mergeCase.current, outcome.value.extensions, immutable)).toEqual(
          [],
        );
      }),
    );
  });

  it("L12: what the grant may not write holds the same data afterwards", () => {
    fc.assert(
      fc.property(mergeCasesOf(world), (mergeCase) => {
        const outcome = mergeOf(world, mergeCase);
        if (!outcome.ok) return;
        const mask = slots.capabilities.mask(mergeCase.grant);
        const closed = ({ node }: Part) => node.fields.length === 0 && !mayWrite(node, mask);
        const derived = ({ path }: Part) =>
          slots.nodes.some(({ key, grows }) => key === path[0] && grows !== undefined);
        const shut = (part: Part) => closed(part) && !(derived(part) && mayWriteSlot(part, mask));
        expect(changedOf(world, mergeCase.current, outcome.value.extensions, shut)).toEqual([]);
      }),
    );
  });

  function mayWriteSlot({ path }: Part, mask: number): boolean {
    return slots.nodes.some((slot) => slot.key === path[0] && mayWrite(slot, mask));
  }
});
