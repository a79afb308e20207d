// A process of its own: it patches the realm.
/** How the objects of a level are made: by a generated literal, or key by key. */
import { describe, expect, it } from "vitest";
import { copyLevel, emptyLevel, layoutOf } from "../../../src/core/schema/index.ts";
import { compileSlots, type Node, standardSlots } from "../../../src/core/slots/index.ts";
import { slotLayouts } from "../../../src/core/slots/slot-layouts.generated.ts";

const slots = compileSlots(standardSlots);
const levelsIn = (nodes: readonly Node[]): readonly Node[] =>
  nodes.flatMap((node) => (node.fields.length > 0 ? [node, ...levelsIn(node.fields)] : []));
const keysOf = (fields: readonly { readonly key: string }[]) => fields.map(({ key }) => key);
const levels = [
  ["the envelope", keysOf(slots.nodes), slots.layout] as const,
  ...levelsIn(slots.nodes).map(
    ({ path, fields, layout }) => [path, keysOf(fields), layout] as const,
  ),
];

describe.each(levels)("the layout of %s", (_, keys, layout) => {
  const byKey = layoutOf(keys);
  const values = keys.map((_key, i) => (i % 3 === 0 ? undefined : i));

  it("has each key as an own property, in the order of the schema", () => {
    const level = layout.build(values);
    expect(Object.entries(level)).toEqual(keys.map((key, i) => [key, values[i]]));
    expect(Object.keys(emptyLevel(layout))).toEqual(keys);
  });

  it("says the same whether it is generated or made key by key", () => {
    const level = layout.build(values);
    expect(byKey.build(values)).toStrictEqual(level);
    expect(layout.values(level)).toEqual(values);
    expect(byKey.values(level)).toEqual(values);
    expect(copyLevel(layout, level)).toStrictEqual(level);
  });
});

it("a layout is generated for the levels that filter and merge make, and used for them", () => {
  const builders = slotLayouts.map(({ build }) => build);
  const made = levels.filter(([, , { build }]) => builders.includes(build)).map(([name]) => name);
  const wanted = ["the envelope", "http", "security", "security.subject", "delegation"];
  expect(made).toEqual(wanted);
});

it("a generated layout is for its keys alone, in their order", () => {
  const generated = [{ build: () => ({ a: 1, b: 2 }) }];
  expect(layoutOf(["a", "b"], generated).build).toBe(generated[0]?.build);
  for (const keys of [["a"], ["b", "a"], ["a,b"], ["a", "b", "c"]]) {
    expect(layoutOf(keys, generated).build([])).toEqual(
      Object.fromEntries(keys.map((key) => [key, undefined])),
    );
  }
});

it("meets no setter of a patched prototype", () => {
  const layout = layoutOf(["patched"]);
  let met = 0;
  Object.defineProperty(Object.prototype, "patched", {
    configurable: true,
    get: () => "stolen",
    set: () => {
      met += 1;
    },
  });
  try {
    const values = [layout.build(["mine"]).patched, layout.values({})[0], met];
    if (values[0] !== "mine" || values[1] !== undefined || met > 0) throw new Error(`${values}`);
  } finally {
    Reflect.deleteProperty(Object.prototype, "patched");
  }
});
