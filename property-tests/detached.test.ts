/** Laws of ownership: what the library keeps is its own, frozen and plain. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reach, scramble } from "./support/data.ts";
import { documentsOf, grantsOf } from "./support/documents.ts";
import { outcomeOf } from "./support/outcome.ts";
import { plansOf, propose } from "./support/proposals.ts";
import { worlds } from "./support/tables.ts";

/** Why an object is not plain frozen data. Objects with known keys have a fixed shape. */
function faultOf(object: object): string | undefined {
  if (!Object.isFrozen(object)) return "not frozen";
  const prototype: unknown = Reflect.getPrototypeOf(object);
  if (prototype !== null && prototype !== Object.prototype && prototype !== Array.prototype)
    return "foreign";
  if (Array.isArray(object) !== (prototype === Array.prototype)) return "no plain array";
  for (const key of Reflect.ownKeys(object)) {
    if (typeof key !== "string") return "a symbol";
    const descriptor = Reflect.getOwnPropertyDescriptor(object, key);
    if (!Object.hasOwn(descriptor ?? {}, "value")) return "an accessor";
    if (!["object", "string", "number", "boolean", "undefined"].includes(typeof descriptor?.value))
      return "no data";
  }
  return undefined;
}

const faultsIn = (value: unknown) =>
  [...reach(value)].map(faultOf).filter((fault) => fault !== undefined);

describe.each(worlds)("$name", ({ slots, host }) => {
  const documents = documentsOf(slots);
  const grants = grantsOf(slots);

  it("L25: what a plugin does to its proposal after the merge changes nothing", () => {
    fc.assert(
      fc.property(documents, grants, plansOf(slots, 1), (document, grant, plan) => {
        const envelope = host.createExtensions(document);
        const view = host.filterExtensions(envelope, grant);
        const returned = propose(slots, view, plan);
        const outcome = outcomeOf(() => host.mergeExtensions(envelope, returned, grant, { view }));
        if (!outcome.ok) return;
        const { extensions } = outcome.value;
        const before = host.encodeExtensions(extensions);
        const kept = reach(returned);
        scramble(returned);
        expect(host.encodeExtensions(extensions)).toBe(before);
        const made = new Set([...reach(envelope), ...reach(view)]);
        const shared = [...reach(extensions)].filter(
          (object) => kept.has(object) && !made.has(object),
        );
        expect(shared).toEqual([]);
      }),
    );
  });

  it("L25: what a host does to its document after creating from it changes nothing", () => {
    fc.assert(
      fc.property(documents, (document) => {
        const kept = structuredClone(document);
        const envelope = host.createExtensions(kept);
        const before = host.encodeExtensions(envelope);
        scramble(kept);
        expect(host.encodeExtensions(envelope)).toBe(before);
        expect([...reach(envelope)].filter((object) => reach(kept).has(object))).toEqual([]);
      }),
    );
  });

  it("L26: everything reachable from an envelope, a view or a merge is frozen plain data", () => {
    fc.assert(
      fc.property(documents, grants, plansOf(slots, 1), (document, grant, plan) => {
        const envelope = host.createExtensions(document);
        const view = host.filterExtensions(envelope, grant);
        expect(faultsIn(envelope)).toEqual([]);
        expect(faultsIn(view)).toEqual([]);
        expect(faultsIn(host.decodeExtensions(JSON.stringify(document)).extensions)).toEqual([]);
        const outcome = outcomeOf(() =>
          host.mergeExtensions(envelope, propose(slots, view, plan), grant),
        );
        if (outcome.ok) expect(faultsIn(outcome.value)).toEqual([]);
      }),
    );
  });
});
