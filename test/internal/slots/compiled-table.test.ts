/** A compiled table: nobody who gets hold of a part of it can change a rule. */
import { expect, it } from "vitest";
import * as z from "zod";
import { partsOf } from "../../../property-tests/support/nodes.ts";
import { compileSlots, type Node, standardSlots } from "../../../src/core/slots/index.ts";

const slots = compileSlots(standardSlots);
const levelsIn = (nodes: readonly Node[]): readonly Node[] =>
  nodes.flatMap((node) => (node.fields.length > 0 ? [node, ...levelsIn(node.fields)] : []));
const levels = [
  { path: "the envelope", fields: slots.nodes, empty: slots.empty },
  ...levelsIn(slots.nodes),
];

it("is deeply frozen", () => {
  const check = (level: readonly Node[]): void => {
    expect(Object.isFrozen(level)).toBe(true);
    for (const node of level) {
      expect(Object.isFrozen(node), node.path).toBe(true);
      check(node.fields);
    }
  };
  check(slots.nodes);
});

it("counts its slots and fields", () => {
  const level = z.object({ a: z.string().optional(), b: z.string().optional() });
  const slot = {
    tier: "immutable",
    read: "everyone",
    description: "Of a test.",
    schema: level,
  } as const;
  const fields = { a: { read: "read_a" } } as const;
  expect(compileSlots({ one: slot, two: { ...slot, fields } }).parts).toBe(6);
  expect(slots.parts).toBe(partsOf(slots).length);
});

it.each(levels)(
  "starts $path from an empty level: each key as an own property, in the order of the schema",
  ({ fields, empty }) => {
    expect(Object.entries(empty)).toEqual(fields.map(({ key }) => [key, undefined]));
    expect(Object.isFrozen(empty)).toBe(true);
  },
);
