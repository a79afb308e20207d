// Its process is only for files that patch the realm.
/** The empty level that every value of a level starts from. */
import { describe, expect, it } from "vitest";
import {
  compileSlots,
  defaultsOf,
  type Node,
  standardSlots,
} from "../../../src/core/slots/index.ts";

const slots = compileSlots(standardSlots);
const levelsIn = (nodes: readonly Node[]): readonly Node[] =>
  nodes.flatMap((node) => (node.fields.length > 0 ? [node, ...levelsIn(node.fields)] : []));
const levels = [
  { path: "the envelope", fields: slots.nodes, empty: slots.empty },
  ...levelsIn(slots.nodes),
];

it.each(levels)(
  "of $path has each key as an own property, in the order of the schema",
  ({ fields, empty }) => {
    expect(Object.entries(empty)).toEqual(fields.map(({ key }) => [key, undefined]));
    expect(Object.isFrozen(empty)).toBe(true);
  },
);

describe("in a realm where a plugin patched Object.prototype", () => {
  it("is copied without meeting a setter", () => {
    const node = slots.nodes.find(({ key }) => key === "delegation") as Node;
    let met = 0;
    Object.defineProperty(Object.prototype, "depth", {
      configurable: true,
      get: () => "stolen",
      set: () => {
        met += 1;
      },
    });
    try {
      const { depth } = defaultsOf(node);
      if (depth !== 0 || met > 0) throw new Error(`${depth}, ${met}`);
    } finally {
      Reflect.deleteProperty(Object.prototype, "depth");
    }
  });
});
