/** Laws of the merge: how an envelope may change, whatever a plugin returns. */
import * as fc from "fast-check";
import {
  at,
  jsonCopy,
  type Level,
  listAt,
  outcomeOf,
  plainCopy,
  reach,
  withoutNow,
} from "../data.ts";
import { documentsOf, grantsOf } from "../documents.ts";
import { hostileValues, Watch } from "../hostile-values.ts";
import { mergeCasesOf, mergeOf } from "../merge-cases.ts";
import { growingLists, growingSets, isHidden, mayWrite, type Part, partsOf } from "../parts.ts";
import { places, plant } from "../plant.ts";
import { plansOf, propose } from "../proposals.ts";
import type { Subject } from "../subject.ts";
import { looksOf, twinsOf } from "../twins.ts";
import { broken, expectSame, type Law, law } from "./law.ts";

type Texts = readonly string[];

export function mergeLaws(subject: Subject): readonly Law[] {
  const { slots, host } = subject;
  const documents = documentsOf(slots);
  const grants = grantsOf(slots);
  const plans = plansOf(slots, 1);
  const mergeCases = fc.oneof(mergeCasesOf(subject, "growing"), mergeCasesOf(subject));
  const sets = growingSets(slots);
  const refused = fc.constantFrom(...hostileValues().filter((h) => h.verdict === "refused"));

  /** Compares the envelope after a merge with the one before, unless the merge failed. */
  const afterMerge = (
    hold: (before: Level, after: Level, mergeCase: { grant: Texts; returned: unknown }) => void,
  ) =>
    fc.property(mergeCases, (mergeCase) => {
      const outcome = mergeOf(subject, mergeCase);
      if (outcome.ok) hold(mergeCase.current, outcome.value.extensions, mergeCase);
    });

  /** Checks that the parts that `chosen` picks are the same objects after a merge. */
  const unchanged = (chosen: (part: Part, grant: Texts) => boolean) =>
    afterMerge((before, after, { grant }) => {
      for (const part of partsOf(slots)) {
        const was = at(before, part.path);
        const is = at(after, part.path);
        // A level that did not exist before brings the defaults of its parts.
        const parent = part.path.slice(0, -1);
        if (parent.length > 0 && at(before, parent) === undefined) continue;
        if (!Object.is(was, is) && chosen(part, grant))
          broken(`${part.path.join(".")} was ${fc.stringify(was)} and is ${fc.stringify(is)}.`);
      }
    });

  return [
    law("L7", "The outcome of a proposal does not depend on what its plugin cannot see.", () =>
      fc.property(twinsOf(subject), plans, fc.boolean(), ({ one, two, grant }, plan, strict) => {
        const answerOf = (envelope: Level) => {
          const view = host.filterExtensions(envelope, grant);
          const outcome = outcomeOf(() =>
            host.mergeExtensions(envelope, propose(slots, view, plan), grant, { view, strict }),
          );
          if (!outcome.ok) return { code: outcome.code, text: outcome.error.message };
          const { extensions, rejections } = outcome.value;
          const next = withoutNow(host.filterExtensions(extensions, grant));
          return { rejections, next: looksOf(next) };
        };
        expectSame(answerOf(two), answerOf(one), "The answer");
      }),
    ),
    law("L10", "Nothing, the view, a copy of it and an empty proposal change nothing.", () =>
      fc.property(documents, grants, (document, grant) => {
        const envelope = host.createExtensions(document);
        const view = host.filterExtensions(envelope, grant);
        const same = { ...view };
        for (const returned of [undefined, null, view, same, plainCopy(view), jsonCopy(view), {}]) {
          const merged = host.mergeExtensions(envelope, returned, grant, { view });
          if (merged.extensions !== envelope)
            broken(`${fc.stringify(returned)} gave ${host.encodeExtensions(merged.extensions)}.`);
        }
      }),
    ),
    law("L11", "Whatever is returned, what the grant hides is the same object afterwards.", () =>
      unchanged(({ path }, grant) => isHidden(slots, path, slots.capabilities.mask(grant))),
    ),
    law(
      "L12",
      "Whatever comes back, an immutable slot or field is the same object afterwards.",
      () => unchanged(({ node }) => !node.changeable),
    ),
    law("L13", "No label is ever removed.", () =>
      afterMerge((before, after) => {
        for (const { path } of sets)
          for (const label of listAt(before, path))
            if (!listAt(after, path).includes(label)) broken(`${path.join(".")} lost ${label}.`);
      }),
    ),
    law("L14", "Without the capability that appends, labels stay as they are.", () =>
      afterMerge((before, after, { grant }) => {
        const mask = slots.capabilities.mask(grant);
        for (const { path, node } of sets)
          if (!mayWrite(node, mask))
            expectSame(listAt(after, path), listAt(before, path), `${path}`);
      }),
    ),
    law("L15", "With it, they are the union of the existing and the returned ones.", () =>
      afterMerge((before, after, { grant, returned }) => {
        const mask = slots.capabilities.mask(grant);
        for (const { path, node } of sets) {
          if (!mayWrite(node, mask)) continue;
          const both = new Set([...listAt(before, path), ...listAt(returned, path)]);
          expectSame(new Set(listAt(after, path)).size, both.size, `The size of ${path.join(".")}`);
          for (const label of listAt(after, path))
            if (!both.has(label)) broken(`${path.join(".")} gained ${label}.`);
        }
      }),
    ),
    law("L16", "The existing chain is the beginning of the new one.", () =>
      afterMerge((before, after) => {
        for (const { slot, list } of growingLists(slots)) {
          const path = [slot.key, list.key];
          const now = listAt(after, path);
          for (const [index, item] of listAt(before, path).entries())
            if (now[index] !== item) broken(`${path.join(".")}[${index}] is a different object.`);
        }
      }),
    ),
    law("L20", "A refused proposal leaves everything as it was.", () =>
      fc.property(
        documents,
        grants,
        plans,
        refused,
        places,
        (document, grant, plan, bad, place) => {
          const envelope = host.createExtensions(document);
          const text = host.encodeExtensions(envelope);
          const objects = [...reach(envelope)];
          const view = host.filterExtensions(envelope, grant);
          const watch = new Watch();
          const returned = plant(propose(slots, view, plan), bad.make(watch), place);
          const outcome = outcomeOf(() =>
            host.mergeExtensions(envelope, returned, grant, { view }),
          );
          if (outcome.ok) broken(`A hostile value was taken: ${bad.name}.`);
          if (watch.ran > 0) broken(`Code of a hostile value ran: ${bad.name}.`);
          expectSame(host.encodeExtensions(envelope), text, "The envelope");
          if ([...reach(envelope)].some((object, index) => object !== objects[index]))
            broken("The envelope holds other objects.");
        },
      ),
    ),
  ];
}
