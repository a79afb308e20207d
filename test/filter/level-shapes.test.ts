import { describe, expect, it } from "vitest";
import { compileSlots, type Node, standardSlots, viewLayouts } from "../../src/core/slots/index.ts";

/** Every level in which a filter may withhold something, by path. */
function mixed(nodes: readonly Node[]): readonly [string, readonly Node[]][] {
  return nodes.flatMap((node) =>
    node.mixed ? [[node.path, node.fields] as const, ...mixed(node.fields)] : [],
  ) as [string, readonly Node[]][];
}

const { nodes } = compileSlots(standardSlots);
const levels = [["", nodes] as const, ...mixed(nodes)];

describe("the generated constructors", () => {
  it("are there for the envelope and every level with gated fields, and for no other", () => {
    expect(Object.keys(viewLayouts).sort()).toEqual(levels.map(([path]) => path).sort());
  });

  it.each(levels)("of %j know the fields of the table, in its order", (path, fields) => {
    expect(viewLayouts[path]?.keys).toEqual(fields.map(({ key }) => key));
  });

  it.each(levels)("of %j ask each field but the part whether it says anything", (path, fields) => {
    const shape = viewLayouts[path];
    const says = (value: unknown) => value === "something";
    expect(shape?.any({}, says)).toBe(false);
    for (const { key } of fields) {
      expect(shape?.any({ [key]: "something" }, says), key).toBe(key !== shape?.part);
    }
  });

  it.each(levels)("of %j know the one part that is itself cut", (path, fields) => {
    const cut = fields.filter(({ mixed }) => mixed).map(({ key }) => key);
    expect([viewLayouts[path]?.part].filter((key) => key !== undefined)).toEqual(cut);
    const parts = fields.flatMap(({ key }) => viewLayouts[path]?.partOf({ [key]: key }) ?? []);
    expect(parts).toEqual(cut);
  });

  it.each(levels)("of %j take what is on, and nothing else", (path, fields) => {
    const shape = viewLayouts[path];
    const from = Object.fromEntries(fields.map(({ key }) => [key, `value of ${key}`]));
    for (const open of fields) {
      const on = fields.map((field) => field === open || field.open === 0);
      const level = shape?.build(from, on, undefined) ?? {};
      expect(Object.keys(level)).toEqual(fields.map(({ key }) => key));
      for (const { key, open: gate } of fields) {
        const expected =
          key === shape?.part || (gate !== 0 && key !== open.key) ? undefined : from[key];
        expect(level[key], key).toBe(expected);
      }
    }
  });
});
