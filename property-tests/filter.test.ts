/** Laws of the filter: `filter(e, C)` is what a plugin with the capabilities `C` sees of `e`. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { zodOf } from "../src/core/slots/index.ts";
import { leaves } from "./support/data.ts";
import { closureOf, documentsOf, grantsOf } from "./support/documents.ts";
import { checkLaw, viewLaws } from "./support/laws.ts";
import { valuesOf } from "./support/schema-values.ts";
import { standard, type World, worlds } from "./support/tables.ts";

const text = (world: World, view: object) => world.host.encodeExtensions(view);

describe.each(worlds)("$name", (world) => {
  const { slots, host } = world;
  const documents = documentsOf(slots);
  const grants = grantsOf(slots);

  it("L1: filtering a view again with the same grant changes nothing", () => {
    fc.assert(
      fc.property(documents, grants, (document, grant) => {
        const view = host.filterExtensions(host.createExtensions(document), grant);
        expect(host.filterExtensions(view, grant)).toStrictEqual(view);
        expect(text(world, host.filterExtensions(view, grant))).toBe(text(world, view));
      }),
    );
  });

  it("L2: a larger grant shows everything that a smaller one shows, and the same there", () => {
    fc.assert(
      fc.property(documents, grants, grants, (document, some, more) => {
        const envelope = host.createExtensions(document);
        const small = leaves(host.filterExtensions(envelope, some));
        const large = leaves(host.filterExtensions(envelope, [...some, ...more]));
        for (const [path, value] of small) expect([path, large.get(path)]).toEqual([path, value]);
      }),
    );
  });

  it("L3: filtering by two grants shows what both, with what they imply, have in common", () => {
    fc.assert(
      fc.property(documents, grants, grants, (document, first, second) => {
        const envelope = host.createExtensions(document);
        const inner = closureOf(slots, first);
        const both = closureOf(slots, second).filter((name) => inner.includes(name));
        const twice = host.filterExtensions(host.filterExtensions(envelope, first), second);
        expect(text(world, twice)).toBe(text(world, host.filterExtensions(envelope, both)));
      }),
    );
  });

  it("L4: a view has the slots of the table as own keys, in its order, and no other, and shows what the grant opens", () =>
    checkLaw(viewLaws(world), "L4"));
});

it("L4: a slot that is not in this host's table is hidden, whatever is granted", () => {
  const [, other] = worlds as readonly [World, World];
  const grant = [...other.slots.capabilities.names, ...worlds[0]!.slots.capabilities.names];
  const { vault } = other.slots.table;
  fc.assert(
    fc.property(valuesOf(zodOf(vault!.schema)), (value) => {
      const foreign = other.host.createExtensions({ vault: value } as never);
      const { extensions, dropped } = standard.decodeExtensions({ ...foreign, request: {} });
      const view = standard.filterExtensions(extensions, grant as never);
      expect(Object.keys(view)).not.toContain("vault");
      expect(dropped).toContain("vault");
    }),
  );
});
