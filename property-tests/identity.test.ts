/**
 * Law of object identity: comparing an object that a plugin keeps with a later one must not reveal
 * whether hidden data changed.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Node } from "../src/core/slots/index.ts";
import { at, isObject, type Level, plainCopy, reach } from "./support/data.ts";
import { documentsOf, grantsOf } from "./support/documents.ts";
import { functionsOf } from "./support/host-functions.ts";
import { isOpen, partsOf } from "./support/nodes.ts";
import { outcomeOf } from "./support/outcome.ts";
import { plansOf, propose } from "./support/proposals.ts";
import { expectSome } from "./support/runs.ts";
import { type World, worlds } from "./support/tables.ts";
import { withHiddenOf } from "./support/two-worlds.ts";

/** Every object reachable from a view, by its path in traversal order. */
type Places = ReadonlyMap<object, number>;

function placesIn(view: object): Places {
  const places = new Map<object, number>();
  for (const object of reach(view)) places.set(object, places.size);
  return places;
}

/** Which objects both views share, as pairs of paths. */
function sharedBy(one: Places, two: Places): readonly string[] {
  const shared: string[] = [];
  for (const [object, place] of two) {
    const before = one.get(object);
    if (before !== undefined) shared.push(`${before}=${place}`);
  }
  return shared;
}

/** An envelope, and one changed only where the grant does not see. */
function changesOf({ slots, host }: World) {
  return fc
    .tuple(documentsOf(slots), documentsOf(slots), grantsOf(slots), plansOf(slots, 1), fc.boolean())
    .map(([document, other, grant, plan, byHost]) => {
      const before = host.createExtensions(document);
      const mask = slots.capabilities.mask(grant);
      const mixed = withHiddenOf(slots, mask, before, host.createExtensions(other));
      const { names } = slots.capabilities;
      const outcome = outcomeOf(() => {
        if (byHost) return host.withSlots(before, plainCopy(mixed) as object);
        const all = host.filterExtensions(before, names);
        const proposal = withHiddenOf(slots, mask, before, propose(slots, all, plan) as Level);
        return host.mergeExtensions(before, proposal, names).extensions;
      });
      const after = outcome.ok ? outcome.value : before;
      return { before, after, grant };
    });
}

const text = (view: object) => JSON.stringify(view);

describe.each(worlds)("$name", (world) => {
  const { slots, host } = world;
  const changes = changesOf(world);
  const bare = host.createExtensions({});

  it("L6: which objects two views of a grant share does not reveal whether hidden data changed in between", () => {
    let telling = 0;
    fc.assert(
      fc.property(changes, ({ before, after, grant }) => {
        const kept = host.filterExtensions(before, grant);
        const unchanged = host.filterExtensions(before, grant);
        const changed = host.filterExtensions(after, grant);
        if (before === after || text(kept) !== text(changed)) return;
        telling += 1;
        const places = placesIn(kept);
        expect(sharedBy(places, placesIn(changed))).toEqual(sharedBy(places, placesIn(unchanged)));
      }),
    );
    expectSome(telling);
  });

  it("L6: an object with withheld fields is a new one in each view", () => {
    fc.assert(
      fc.property(documentsOf(slots), grantsOf(slots), (document, grant) => {
        const envelope = host.createExtensions(document);
        const mask = slots.capabilities.mask(grant);
        const absent = host.filterExtensions(bare, grant);
        const one = host.filterExtensions(envelope, grant);
        const two = host.filterExtensions(envelope, grant);
        expect(one).not.toBe(two);
        for (const { path, node } of partsOf(slots)) {
          const first = at(one, path);
          const second = at(two, path);
          if (!withholds(node, mask) || !isObject(first) || first === at(absent, path)) continue;
          expect([path, first === second]).toEqual([path, false]);
        }
      }),
    );
  });

  it("L6: comparing views kept across handlers and runs does not reveal it either", () =>
    fc.assert(
      fc.asyncProperty(changes, async ({ before, after, grant }) => {
        const shown = host.filterExtensions(before, grant);
        if (text(shown) !== text(host.filterExtensions(after, grant))) return;
        const seen = async (next: Level) => {
          const views = await viewsOver(world, grant, [before, next, before]);
          expect(new Set(views).size).toBe(views.length);
          const places = views.map(placesIn);
          return places.map((here, index) =>
            places.slice(0, index).map((old) => sharedBy(old, here)),
          );
        };
        expect(await seen(after)).toEqual(await seen(before));
      }),
    ));
});

const point = "cmf.tool_pre_invoke";
const message = { role: "user", content: [] };

/**
 * The views that a plugin with two handlers on one hook keeps over some runs. Between the two
 * another plugin proposes a copy of its view: no change, but other objects.
 */
async function viewsOver(world: World, grant: readonly string[], envelopes: readonly Level[]) {
  const { definePlugin, createPluginManager } = functionsOf(world);
  const views: object[] = [];
  const keeps = (_payload: unknown, _context: unknown, view: object) => void views.push(view);
  const manager = await createPluginManager({
    plugins: [
      definePlugin({
        name: "keeps",
        version: "1.0.0",
        capabilities: grant,
        hooks: {
          [point]: { handler: keeps, priority: 1 },
          message_pre_invoke: { handler: keeps, priority: 3 },
        },
      }),
      definePlugin({
        name: "copies",
        version: "1.0.0",
        capabilities: world.slots.capabilities.names,
        hooks: {
          [point]: {
            handler: (_payload: unknown, _context: unknown, view: object) => ({
              modifiedExtensions: plainCopy(view),
            }),
            priority: 2,
          },
        },
      }),
    ],
  });
  for (const extensions of envelopes) await manager.invoke(point, message, { extensions });
  return views;
}

function withholds(node: Node, mask: number): boolean {
  return !isOpen(node, mask) || node.fields.some((field) => withholds(field, mask));
}
