/** Laws of the merge: how an envelope may change, whatever a plugin returns. */
import * as fc from "fast-check";
import {
  at,
  jsonCopy,
  type Level,
  listAt,
  type Outcome,
  outcomeOf,
  plainCopy,
  reach,
  withoutNow,
} from "../data.ts";
import { documentsOf, grantsOf } from "../documents.ts";
import { hostileValues, Watch } from "../hostile-values.ts";
import { mergeCasesOf, mergedPart, mergeOf } from "../merge-cases.ts";
import {
  changedParts,
  growingLists,
  growingSets,
  isHidden,
  isShut,
  mayWrite,
  type Part,
} from "../parts.ts";
import { places, plant } from "../plant.ts";
import { plansOf, propose } from "../proposals.ts";
import type { Subject } from "../subject.ts";
import { looksOf, twinsOf } from "../twins.ts";
import { broken, expectSame, type Law, law } from "./law.ts";
import { mapLaws } from "./map-laws.ts";

/** What a merge reports and ignores, unless it is strict. */
const ignored = ["tier_immutable", "capability_missing"];

type Texts = readonly string[];
type Merged = ReturnType<Subject["host"]["mergeExtensions"]>;

export function mergeLaws(subject: Subject): readonly Law[] {
  const { slots, host } = subject;
  const documents = documentsOf(slots);
  const grants = grantsOf(slots);
  const plans = plansOf(slots, 1);
  const anyCases = mergeCasesOf(subject);
  const mergeCases = fc.oneof(mergeCasesOf(subject, "growing"), anyCases);
  const sets = growingSets(slots);
  const everything = slots.capabilities.mask(slots.capabilities.names);
  const lists = growingLists(slots).map(({ slot, list }) => [slot.key, list.key]);
  const refused = fc.constantFrom(...hostileValues().filter((h) => h.verdict === "refused"));

  /** Compares the envelope after a merge with the one before, unless the merge failed. */
  const afterMerge = (
    hold: (before: Level, after: Level, mergeCase: { grant: Texts; returned: unknown }) => void,
    cases = mergeCases,
  ) =>
    fc.property(cases, (mergeCase) => {
      const outcome = mergeOf(subject, mergeCase);
      if (outcome.ok) hold(mergeCase.current, outcome.value.extensions, mergeCase);
    });

  /**
   * Does the same, and also after the host has replaced slots, unless that was refused. `holdAlways`
   * gets the envelope before, and a document to take proposed values from.
   */
  const afterChange = (
    hold: (before: Level, after: Level) => void,
    holdAlways?: (before: Level, document: Level) => void,
  ) =>
    fc.property(mergeCases, documents, (mergeCase, document) => {
      const { current } = mergeCase;
      holdAlways?.(current, document);
      const merged = mergeOf(subject, mergeCase);
      if (merged.ok) hold(current, merged.value.extensions);
      const replaced = outcomeOf(() => host.withSlots(current, document));
      if (replaced.ok) hold(current, replaced.value);
    });

  /** Checks that the parts that `chosen` selects are the same objects after a merge. */
  const unchanged = (chosen: (part: Part, mask: number) => boolean) =>
    afterMerge((before, after, { grant }) => {
      const mask = slots.capabilities.mask(grant);
      for (const { path } of changedParts(slots, before, after, (part) => chosen(part, mask)))
        broken(
          `With [${grant}] ${path.join(".")} was ${fc.stringify(at(before, path))} and is ${fc.stringify(at(after, path))}.`,
        );
    }, anyCases);

  const expectStrict = (envelope: Level, returned: unknown, grant: Texts) => {
    const [lax, strict] = [false, true].map((isStrict) =>
      outcomeOf(() => host.mergeExtensions(envelope, returned, grant, { strict: isStrict })),
    ) as [Outcome<Merged>, Outcome<Merged>];
    if (!lax.ok && ignored.includes(lax.code))
      broken(`Without strict mode, it is refused with ${lax.code}.`);
    const isClean = lax.ok && lax.value.rejections.length === 0;
    expectSame(strict.ok, isClean, "Whether strict mode takes it");
    if (lax.ok && strict.ok)
      expectSame(
        withoutNow(strict.value.extensions),
        withoutNow(lax.value.extensions),
        "What strict mode makes of it",
      );
  };

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
          return { rejections, next, looks: looksOf(next) };
        };
        expectSame(answerOf(two), answerOf(one), `With [${grant}] the answer`);
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
      unchanged(({ path }, mask) => isHidden(slots, path, mask)),
    ),
    law(
      "L12",
      "Whatever is returned, what is immutable is the same object afterwards, and so is what the grant may not write.",
      () => unchanged((part, mask) => !part.node.changeable || isShut(slots, part, mask)),
    ),
    law("L13", "No label is ever removed, by a merge or by replacing slots.", () =>
      afterChange((before, after) => {
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
    law(
      "L16",
      "The existing chain is the beginning of the new one, and with every capability the proposed hops are the rest.",
      () =>
        afterChange(
          (before, after) => {
            for (const path of lists) {
              const now = listAt(after, path);
              for (const [index, item] of listAt(before, path).entries())
                if (now[index] !== item)
                  broken(`${path.join(".")}[${index}] is a different object.`);
            }
          },
          (before, document) => {
            const more = host.createExtensions(document);
            for (const path of lists) {
              const hops = listAt(more, path);
              if (hops.length === 0 || isHidden(slots, path, everything)) continue;
              const grown = [...listAt(before, path), ...hops];
              const outcome = mergedPart(subject, before, path, grown);
              // It may be refused: there may be too many, or the slot may have rules of its own.
              if (outcome.ok) expectSame(outcome.value, grown, path.join("."));
            }
          },
        ),
    ),
    law(
      "L20",
      "A refused proposal leaves everything as it was, and an ignored change refuses all of it in strict mode, and only there.",
      () =>
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
            const shown = host.encodeExtensions(view);
            const watch = new Watch();
            const returned = plant(propose(slots, view, plan), bad.make(watch), place);
            const outcome = outcomeOf(() =>
              host.mergeExtensions(envelope, returned, grant, { view }),
            );
            if (outcome.ok) broken(`A hostile value was taken: ${bad.name}.`);
            if (watch.ran > 0) broken(`Code of a hostile value ran: ${bad.name}.`);
            expectStrict(envelope, propose(slots, view, plan), grant);
            expectSame(host.encodeExtensions(envelope), text, "The envelope");
            expectSame(host.encodeExtensions(view), shown, "The view");
            if ([...reach(envelope)].some((object, index) => object !== objects[index]))
              broken("The envelope holds other objects.");
          },
        ),
    ),
    ...mapLaws(subject),
  ];
}
