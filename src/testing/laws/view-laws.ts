/** Laws of the filter: what a plugin sees, and that it cannot find out more. */
import * as fc from "fast-check";
import { at, leaves } from "../data.ts";
import { closureOf, documentsOf, grantsOf } from "../documents.ts";
import { isHidden, partsOf } from "../parts.ts";
import type { Subject } from "../subject.ts";
import { looksOf, twinsOf } from "../twins.ts";
import { expectSame, type Law, law } from "./law.ts";

export function viewLaws(subject: Subject): readonly Law[] {
  const { slots, host } = subject;
  const documents = documentsOf(slots);
  const grants = grantsOf(slots);
  const twins = twinsOf(subject);

  return [
    law("L1", "Filtering a view again with the same grant changes nothing.", () =>
      fc.property(documents, grants, (document, grant) => {
        const view = host.filterExtensions(host.createExtensions(document), grant);
        expectSame(host.filterExtensions(view, grant), view, "The view of the view");
      }),
    ),
    law("L2", "A larger grant shows everything that a smaller one shows, and the same there.", () =>
      fc.property(documents, grants, grants, (document, some, more) => {
        const envelope = host.createExtensions(document);
        const large = leaves(host.filterExtensions(envelope, [...some, ...more]));
        for (const [path, value] of leaves(host.filterExtensions(envelope, some)))
          expectSame(large.get(path), value, path);
      }),
    ),
    law(
      "L3",
      "Filtering by two grants shows what both, with what they imply, have in common.",
      () =>
        fc.property(documents, grants, grants, (document, first, second) => {
          const envelope = host.createExtensions(document);
          const inner = closureOf(slots, first);
          const both = closureOf(slots, second).filter((capability) => inner.includes(capability));
          const twice = host.filterExtensions(host.filterExtensions(envelope, first), second);
          const once = host.filterExtensions(envelope, both);
          expectSame(host.encodeExtensions(twice), host.encodeExtensions(once), "What is seen");
        }),
    ),
    law(
      "L4",
      "A view has the slots of the table as own keys, in its order, and no other, and shows what the grant opens.",
      () =>
        fc.property(documents, grants, (document, grant) => {
          const envelope = host.createExtensions(document);
          const view = host.filterExtensions(envelope, grant);
          expectSame(Reflect.ownKeys(view), slots.names, "The slots of the view");
          const mask = slots.capabilities.mask(grant);
          for (const { path, node } of partsOf(slots)) {
            if (node.fields.length > 0 || isHidden(slots, path, mask)) continue;
            const is = at(envelope, path);
            // A level of which nothing but empty sets and maps is shown may be left out, and a growing
            // set is shown even where its level is absent.
            if (leaves(is).size > 0) expectSame(at(view, path), is, `[${grant}] ${path.join(".")}`);
          }
        }),
    ),
    law("L5", "Views of envelopes that differ only in what is hidden look the same.", () =>
      fc.property(twins, ({ one, two, grant }) => {
        const [first, second] = [one, two].map((each) => host.filterExtensions(each, grant));
        expectSame(second, first, `With [${grant}] the view`);
        expectSame(looksOf(second as object), looksOf(first as object), "How the view looks");
      }),
    ),
    law("L31", "Capabilities imply what the table says, and nothing else.", () =>
      fc.property(grants, (grant) => {
        expectSame(host.resolveCapabilities(grant), closureOf(slots, grant), `${grant}`);
      }),
    ),
  ];
}
