/** How much of the limits a value takes, counted here independently of the library. */
import { capabilities, type Extensions, filterExtensions, mergeExtensions } from "glassine";
import { expect } from "vitest";

export interface Size {
  readonly nodes: number;
  readonly units: number;
}

/** A level has a prototype, and its keys come from the schema. In a map they are data. */
export function sizeOf(value: unknown): Size {
  if (value === undefined) return { nodes: 0, units: 0 };
  if (typeof value !== "object" || value === null)
    return { nodes: 1, units: typeof value === "string" ? value.length : 0 };
  const isMap = Object.getPrototypeOf(value) === null;
  let nodes = 1;
  let units = isMap ? Object.keys(value).join("").length : 0;
  for (const part of Object.values(value)) {
    const size = sizeOf(part);
    nodes += size.nodes;
    units += size.units;
  }
  return { nodes, units };
}

const everything = Object.values(capabilities);

/** Expects that an envelope counts for all that is in it: one unit more, or one value, is refused. */
export function expectCounted(envelope: Extensions): void {
  const view = filterExtensions(envelope, everything);
  const custom = { ...envelope.custom, "of a test": "text" };
  const before = sizeOf(view);
  const shown = sizeOf(view.custom);
  const grown = sizeOf(Object.assign(Object.create(null), custom));
  const nodes = before.nodes + grown.nodes - shown.nodes;
  const units = before.units + grown.units - shown.units;
  const merge = (limits: object) => () =>
    mergeExtensions(envelope, { custom }, everything, { view, limits });
  const refused = expect.objectContaining({ code: "snapshot_limit" });
  expect(merge({ nodes, units })).not.toThrow();
  expect(merge({ nodes: nodes - 1 })).toThrow(refused);
  expect(merge({ units: units - 1 })).toThrow(refused);
}
