/** Set-up of the laws of secrecy: what the other plugins do reveals nothing by itself. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { grantsOf } from "./support/documents.ts";
import { type Plan, plansOf } from "./support/proposals.ts";
import { proposalOf } from "./support/stage.ts";
import { type World, worlds } from "./support/tables.ts";
import { twinsOf } from "./support/two-worlds.ts";

const proposed = (
  world: World,
  envelope: object,
  grant: readonly string[],
  others: readonly string[],
  plan: Plan,
) => {
  const view = world.host.filterExtensions(envelope as never, others as never);
  return proposalOf(world, grant, { side: "shown", plan }, view);
};

describe.each(worlds)("$name", (world) => {
  it("what others propose for data that the watched plugin sees depends only on that data", () => {
    fc.assert(
      fc.property(
        twinsOf(world),
        grantsOf(world.slots),
        plansOf(world.slots, 1),
        ({ one, two, grant }, others, plan) => {
          const first = proposed(world, one, grant, others, plan);
          expect(proposed(world, two, grant, others, plan)).toEqual(first);
        },
      ),
    );
  });
});

describe("an object that exists only because of fields hidden from the watched plugin", () => {
  it("does not exist for proposals about the visible fields", () => {
    const world = worlds.at(-1) as World;
    const edit = { part: 5, move: 1, key: "a", label: "a", value: null };
    const document = { dossier: { file: { page: "1" } } };
    const plan: Plan = { base: "clone", document, edits: [edit], among: "any" };
    const file = (hidden: object) =>
      world.host.createExtensions({ dossier: { file: hidden } } as never);
    const all = world.slots.capabilities.names;
    for (const envelope of [file({ tags: ["one"] }), file({})]) {
      expect(proposed(world, envelope, ["read_file"], all, plan)).toEqual({});
    }
    expect(proposed(world, file({ page: "0" }), ["read_file"], all, plan)).toEqual(document);
  });
});
