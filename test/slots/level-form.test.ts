/** Generated forms of the standard levels say the same as those that look keys up. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LevelValue } from "../../src/core/schema/index.ts";
import {
  compileSlots,
  everyBit,
  type LevelForm,
  type Node,
  nextDiffering,
  nodeByKey,
  standardSlots,
} from "../../src/core/slots/index.ts";
import { formOf } from "../../src/core/slots/level-form.ts";
import { levelForms } from "../../src/core/slots/level-forms.generated.ts";

function levelsIn(nodes: readonly Node[]): readonly (readonly [string, LevelForm])[] {
  return nodes.flatMap((node) =>
    node.fields.length === 0 ? [] : [[node.path, node.form] as const, ...levelsIn(node.fields)],
  );
}

const slots = compileSlots(standardSlots);
const levels = [["", slots.form] as const, ...levelsIn(slots.nodes)];

describe("the generated forms", () => {
  it("are there for the envelope and every level of the table, and for no other", () => {
    expect(Object.keys(levelForms).sort()).toEqual(levels.map(([path]) => path).sort());
    for (const [path, form] of levels) expect(form, path).toBe(levelForms[path]);
  });

  it.each(levels)(
    "of %j list, copy and compare as the one that looks keys up does",
    (path, form) => {
      const plain = formOf("no level of the table", form.keys);
      expect(plain).not.toBe(form);
      const values = fc.array(fc.constantFrom(0, 1, undefined), {
        minLength: form.keys.length,
        maxLength: form.keys.length,
      });
      fc.assert(
        fc.property(values, values, (one, other) => {
          const [a, b] = [form.build(one), form.build(other)];
          expect(a).toStrictEqual(plain.build(one));
          expect(Object.keys(a)).toEqual(form.keys);
          expect(Object.values(a)).toEqual(one);
          expect(form.values?.(a)).toEqual(one);
          expect(form.copy(a)).toStrictEqual(a);
          expect(plain.copy(a)).toStrictEqual(a);
          expect(form.copy(a)).not.toBe(a);
          const bits = form.differences(a, b);
          expect(bits, path).toBe(plain.differences(a, b));
          expect(given(bits, form.keys.length)).toEqual(
            form.keys.flatMap((_, i) => (one[i] === other[i] ? [] : [i])),
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
    const form = formOf("security", ["labels"]);
    expect(form).not.toBe(levelForms.security);
    expect(form.copy({ labels: 1 })).toEqual({ labels: 1 });
    expect(formOf("toString", ["labels"]).keys).toEqual(["labels"]);
  });

  it("has a bit for each of 31 keys, and tells none of more apart", () => {
    const few = numbered(31);
    const [a, b] = [level(few), { ...level(few), key30: 2 }];
    const bits = formOf("", few).differences(a, b);
    expect(given(bits, few.length)).toEqual([30]);
    const many = numbered(40);
    const all = formOf("", many).differences(level(many), level(many));
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
