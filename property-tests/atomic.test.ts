/** Law of refusal: all of a result is applied, or nothing. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reach, withoutNow } from "./support/data.ts";
import { documentsOf, grantsOf } from "./support/documents.ts";
import { places, plant, refusedHostiles, Watch } from "./support/hostile.ts";
import { outcomeOf } from "./support/outcome.ts";
import { plansOf, propose } from "./support/proposals.ts";
import { worlds } from "./support/tables.ts";

describe.each(worlds)("$name", ({ slots, host }) => {
  const documents = documentsOf(slots);
  const grants = grantsOf(slots);

  it("L20: a merge that throws leaves the envelope and every object in it as they were", () => {
    fc.assert(
      fc.property(
        documents,
        grants,
        plansOf(slots),
        refusedHostiles,
        places,
        (document, grant, plan, bad, place) => {
          const envelope = host.createExtensions(document);
          const before = { text: host.encodeExtensions(envelope), objects: [...reach(envelope)] };
          const view = host.filterExtensions(envelope, grant);
          const shown = host.encodeExtensions(view);
          const returned = plant(propose(slots, view, plan), bad.make(new Watch()), place);
          expect(
            outcomeOf(() => host.mergeExtensions(envelope, returned, grant, { view })).ok,
          ).toBe(false);
          expect(host.encodeExtensions(envelope)).toBe(before.text);
          expect(
            [...reach(envelope)].every((object, index) => object === before.objects[index]),
          ).toBe(true);
          expect(host.encodeExtensions(view)).toBe(shown);
        },
      ),
    );
  });

  it("L20: in strict mode a change that would be ignored refuses the whole proposal", () => {
    fc.assert(
      fc.property(documents, grants, plansOf(slots, 1), (document, grant, plan) => {
        const envelope = host.createExtensions(document);
        const returned = propose(slots, host.filterExtensions(envelope, grant), plan);
        const lax = outcomeOf(() => host.mergeExtensions(envelope, returned, grant));
        const strict = outcomeOf(() =>
          host.mergeExtensions(envelope, returned, grant, { strict: true }),
        );
        const clean = lax.ok && lax.value.rejections.length === 0;
        expect(strict.ok).toBe(clean);
        if (lax.ok && strict.ok) {
          const [one, other] = [lax, strict].map(({ value }) => withoutNow(value.extensions));
          expect(JSON.stringify(other)).toBe(JSON.stringify(one));
        }
      }),
    );
  });
});
