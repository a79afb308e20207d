/** Laws of reading and writing: what goes into an envelope, and what comes out again. */
import * as fc from "fast-check";
import { jsonCopy, outcomeOf, plainCopy, reach, scramble, withoutNow } from "../data.ts";
import { documentsOf, grantsOf } from "../documents.ts";
import { Watch } from "../hostile-values.ts";
import { hostiles, places, plant } from "../plant.ts";
import { plansOf, propose } from "../proposals.ts";
import type { Subject } from "../subject.ts";
import { broken, expectSame, type Law, law } from "./law.ts";

export function dataLaws({ slots, host }: Subject): readonly Law[] {
  const documents = documentsOf(slots);
  const grants = grantsOf(slots);
  const plans = plansOf(slots, 1);
  let unknown = "unknown";
  while (slots.names.includes(unknown)) unknown += "_slot";

  return [
    law(
      "L21",
      "Reading an envelope again, or a copy of it, or its slots into an empty one, results in the same envelope.",
      () =>
        fc.property(documents, (document) => {
          const envelope = host.createExtensions(document);
          if (host.createExtensions(envelope) !== envelope) broken("It is another object.");
          const again = host.createExtensions(plainCopy(envelope));
          expectSame(jsonCopy(again), jsonCopy(envelope), "The copy");
          const filled = host.withSlots(host.createExtensions({}), jsonCopy(envelope) as object);
          expectSame(jsonCopy(filled), jsonCopy(envelope), "The empty one with its slots");
        }),
    ),
    law("L24", "Reading or merging any value results in an envelope or an error with a code.", () =>
      fc.property(documents, grants, hostiles, places, (document, grant, { make, name }, place) => {
        const envelope = host.createExtensions(document);
        const watch = new Watch();
        const stranger = () => plant(plainCopy(document), make(watch), place);
        outcomeOf(() => host.createExtensions(stranger()));
        outcomeOf(() => host.decodeExtensions(stranger()));
        outcomeOf(() => host.mergeExtensions(envelope, stranger(), grant));
        if (watch.ran > 0) broken(`Code of a hostile value ran: ${name}.`);
      }),
    ),
    law("L25", "What a plugin does to its proposal after the merge changes nothing.", () =>
      fc.property(documents, grants, plans, (document, grant, plan) => {
        const envelope = host.createExtensions(document);
        const view = host.filterExtensions(envelope, grant);
        const returned = propose(slots, view, plan);
        const outcome = outcomeOf(() => host.mergeExtensions(envelope, returned, grant, { view }));
        if (!outcome.ok) return;
        const { extensions } = outcome.value;
        const text = host.encodeExtensions(extensions);
        scramble(returned);
        expectSame(host.encodeExtensions(extensions), text, "The envelope");
      }),
    ),
    law("L26", "Everything reachable from an envelope or a view is frozen plain data.", () =>
      fc.property(documents, grants, plans, (document, grant, plan) => {
        const envelope = host.createExtensions(document);
        const view = host.filterExtensions(envelope, grant);
        const outcome = outcomeOf(() =>
          host.mergeExtensions(envelope, propose(slots, view, plan), grant),
        );
        for (const value of [envelope, view, outcome.ok ? outcome.value.extensions : undefined])
          for (const object of reach(value)) expectPlain(object);
      }),
    ),
    law(
      "L28",
      "What was written is read as the same data, and written in the same way again. Cut short it is refused; an unknown slot is dropped, or refused if reading is strict.",
      () =>
        fc.property(documents, fc.nat(), (document, cut) => {
          const envelope = host.createExtensions(document);
          const text = host.encodeExtensions(envelope);
          const { extensions, dropped } = host.decodeExtensions(text);
          expectSame(jsonCopy(extensions), jsonCopy(envelope), "What was read");
          expectSame(host.encodeExtensions(extensions), text, "The text");
          expectSame(dropped, [], "What was dropped");
          const short = text.slice(0, cut % text.length);
          if (outcomeOf(() => host.decodeExtensions(short)).ok)
            broken(`${JSON.stringify(short)} was read.`);
          const more = JSON.stringify({ ...JSON.parse(text), [unknown]: 1 });
          const lax = host.decodeExtensions(more);
          expectSame(jsonCopy(lax.extensions), jsonCopy(envelope), "Without the unknown slot");
          expectSame(lax.dropped, [unknown], "What was dropped");
          if (outcomeOf(() => host.decodeExtensions(more, { strict: true })).ok)
            broken("Strict reading took an unknown slot.");
        }),
    ),
    law(
      "L37",
      "The same document results in the same envelope, and the same proposal in the same merge.",
      () =>
        fc.property(documents, grants, plans, (document, grant, plan) => {
          const envelope = host.createExtensions(document);
          const again = host.createExtensions(plainCopy(document));
          expectSame(withoutNow(again), withoutNow(envelope), "The envelope");
          const view = host.filterExtensions(envelope, grant);
          const [one, two] = [0, 1].map(() => {
            const returned = propose(slots, view, plan);
            const outcome = outcomeOf(() => host.mergeExtensions(envelope, returned, grant));
            return outcome.ok ? withoutNow(outcome.value.extensions) : outcome.code;
          });
          expectSame(two, one, "The merge");
        }),
    ),
  ];
}

function expectPlain(object: object): void {
  if (!Object.isFrozen(object)) broken(`${fc.stringify(object)} is not frozen.`);
  for (const key of Reflect.ownKeys(object)) {
    const descriptor = Reflect.getOwnPropertyDescriptor(object, key);
    if (typeof key !== "string" || !Object.hasOwn(descriptor ?? {}, "value"))
      broken(`${String(key)} of ${fc.stringify(object)} is not data.`);
  }
}
