/** Generated forms of the standard levels say the same as those that look keys up. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LevelValue } from "../../src/core/schema/index.ts";
import {
  compileSlots,
  everyBit,
  type Node,
  nextDiffering,
  nodeByKey,
  type ObjectLayout,
  standardSlots,
} from "../../src/core/slots/index.ts";
import { layoutOf } from "../../src/core/slots/object-layout.ts";
import { objectLayouts } from "../../src/core/slots/object-layouts.generated.ts";

function levelsIn(nodes: readonly Node[]): readonly (readonly [string, ObjectLayout])[] {
  return nodes.flatMap((node) =>
    node.fields.length === 0 ? [] : [[node.path, node.layout] as const, ...levelsIn(node.fields)],
  );
}

const slots = compileSlots(standardSlots);
const levels = [["", slots.layout] as const, ...levelsIn(slots.nodes)];

describe("the generated forms", () => {
  it("are there for the envelope and every level of the table, and for no other", () => {
    expect(Object.keys(objectLayouts).sort()).toEqual(levels.map(([path]) => path).sort());
    for (const [path, layout] of levels) expect(layout, path).toBe(objectLayouts[path]);
  });

  it.each(levels)(
    "of %j list, copy and compare as the one that looks keys up does",
    (path, layout) => {
      const plain = layoutOf("no level of the table", layout.keys);
      expect(plain).not.toBe(layout);
      const values = fc.array(fc.constantFrom(0, 1, undefined), {
        minLength: layout.keys.length,
        maxLength: layout.keys.length,
      });
      fc.assert(
        fc.property(values, values, (one, other) => {
          const [a, b] = [layout.build(one), layout.build(other)];
          expect(a).toStrictEqual(plain.build(one));
          expect(Object.keys(a)).toEqual(layout.keys);
          expect(Object.values(a)).toEqual(one);
          expect(layout.values?.(a)).toEqual(one);
          expect(layout.copy(a)).toStrictEqual(a);
          expect(plain.copy(a)).toStrictEqual(a);
          expect(layout.copy(a)).not.toBe(a);
          const bits = layout.differences(a, b);
          expect(bits, path).toBe(plain.differences(a, b));
          expect(given(bits, layout.keys.length)).toEqual(
            layout.keys.flatMap((_, i) => (one[i] === other[i] ? [] : [i])),
          );
        }),
      );
    },
  );
});

/** The indexes that are given, one after the other. */
function given(bits: number, count: number): number[] {
  const found: number[] = [];
  for (let i = nextDiffering(bits, 0); i < count; i = nextDiffering(bits, i + 1)) found.push(i);
  return found;
}

describe("a form that looks keys up", () => {
  const numbered = (count: number) => Array.from({ length: count }, (_, i) => `key${i}`);
  const level = (keys: readonly string[]): LevelValue =>
    Object.fromEntries(keys.map((key) => [key, 1]));

  it("is that of a level whose keys are not those of the table", () => {
    const layout = layoutOf("security", ["labels"]);
    expect(layout).not.toBe(objectLayouts.security);
    expect(layout.copy({ labels: 1 })).toEqual({ labels: 1 });
    expect(layoutOf("toString", ["labels"]).keys).toEqual(["labels"]);
  });

  it("has a bit for each of 31 keys, and tells none of more apart", () => {
    const few = numbered(31);
    const [a, b] = [level(few), { ...level(few), key30: 2 }];
    const bits = layoutOf("", few).differences(a, b);
    expect(given(bits, few.length)).toEqual([30]);
    const many = numbered(40);
    const all = layoutOf("", many).differences(level(many), level(many));
    expect(all).toBe(everyBit);
    expect(given(all, many.length)).toEqual(many.map((_, i) => i));
  });
});

it("a node says its path in a list, and which of its fields must be there", () => {
  const { nodes } = slots;
  const security = nodeByKey(nodes, "security");
  expect(security?.paths).toEqual(["security"]);
  expect(nodeByKey(security?.fields ?? [], "labels")?.paths).toEqual(["security.labels"]);
  expect(security?.required.map(({ key }) => key)).toEqual(["labels", "objects", "data"]);
  expect(nodeByKey(nodes, "custom")?.required).toEqual([]);
  expect(Object.isFrozen(security?.paths) && Object.isFrozen(security?.required)).toBe(true);
});
