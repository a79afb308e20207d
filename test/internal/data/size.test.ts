/** The size of what was kept is known: it is not counted again. */
import { expect, it } from "vitest";
import { addSize, type Size } from "../../../src/core/data/index.ts";

const sizeOf = (value: unknown) => {
  const sum: Size = { nodes: 0, units: 0 };
  addSize(sum, value);
  return sum;
};

it("a large list is read once for all values that it is a part of", () => {
  let reads = 0;
  const get = (list: readonly number[], key: string, receiver: unknown) => {
    reads += 1;
    return Reflect.get(list, key, receiver) as unknown;
  };
  const large = new Proxy(Object.freeze(Array(100).fill(1)) as number[], { get } as object);
  expect(sizeOf({ large, a: 1 }).nodes).toBe(103);
  const once = reads;
  expect(once).toBeGreaterThanOrEqual(100);
  expect(sizeOf({ large, b: [2] }).nodes).toBe(104);
  expect(reads).toBe(once);
});
