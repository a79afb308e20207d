/** Laws of what a merge leaves alone. `e ⊕ r` is `e` after merging the returned value `r`. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonCopy, plainCopy } from "./support/data.ts";
import { documentsOf, grantsOf } from "./support/documents.ts";
import { checkLaw, mergeLaws } from "./support/laws.ts";
import { worlds } from "./support/tables.ts";

describe.each(worlds)("$name", (world) => {
  const { slots, host } = world;
  const documents = documentsOf(slots);
  const grants = grantsOf(slots);
  const laws = mergeLaws(world);

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

  it("L11: whatever is returned, a part that the grant hides is the same object afterwards", () =>
    checkLaw(laws, "L11"));

  it("L12: whatever is returned, what is immutable is the same object afterwards, and so is what the grant may not write", () =>
    checkLaw(laws, "L12"));
});
