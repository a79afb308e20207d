/** How much a value holds, counted as a reading counts it. */
import { enumerableKeys, getPrototypeOf, isArray, weakGet, weakSet } from "./intrinsics.ts";
import type { Limits } from "./limits.ts";

export interface Size {
  nodes: number;
  /** UTF-16 units of texts, and of keys that are data. */
  units: number;
}

// What is frozen keeps its size, so what was counted once and kept is not walked again.
const sizes = new WeakMap<object, Readonly<Size>>();
/** Containers of fewer values are walked faster than they are looked up. */
const least = 16;

/** Adds the size of a value that this library made, or takes it off. */
export function addSize(sum: Size, value: unknown, times: 1 | -1 = 1): void {
  if (value === undefined) return;
  if (typeof value === "object" && value !== null) {
    const { nodes, units } = sizeOf(value, least);
    sum.nodes += times * nodes;
    sum.units += times * units;
    return;
  }
  sum.nodes += times;
  if (typeof value === "string") sum.units += times * value.length;
}

/** Adds the size of an entry of a map, where it has one. */
export function addEntry(sum: Size, key: string, value: unknown): void {
  if (value === undefined) return;
  addSize(sum, value);
  sum.units += key.length;
}

/** Adds the size of a part that is counted time and again: it is kept however small it is. */
export function addKept(sum: Size, value: unknown): void {
  if (typeof value === "object" && value !== null) {
    const { nodes, units } = sizeOf(value, 2);
    sum.nodes += nodes;
    sum.units += units;
  } else addSize(sum, value);
}

function sizeOf(container: object, keptFrom: number): Readonly<Size> {
  const known = weakGet(sizes, container);
  if (known !== undefined) return known;
  const size: Size = { nodes: 1, units: 0 };
  if (isArray(container)) {
    for (let i = 0; i < container.length; i++) addSize(size, container[i]);
  } else {
    // A level has a prototype, and its keys are known. In a map they are data.
    const isMap = getPrototypeOf(container) === null;
    const keys = enumerableKeys(container);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string;
      if (isMap) size.units += key.length;
      const part = (container as Record<string, unknown>)[key];
      if (typeof part === "string") {
        size.nodes += 1;
        size.units += part.length;
      } else addSize(size, part);
    }
  }
  if (size.nodes >= keptFrom) weakSet(sizes, container, size);
  return size;
}

/** The limit that `after` is over and `before` was not as far over, in the words of a problem. */
export function outgrows(after: object, before: object, limits: Limits): string | undefined {
  const whole: Size = { nodes: 0, units: 0 };
  addSize(whole, after);
  if (whole.nodes <= limits.nodes && whole.units <= limits.units) return undefined;
  const grown: Size = { nodes: whole.nodes, units: whole.units };
  addSize(grown, before, -1);
  return outgrown(whole, grown, limits);
}

/** The limit that `whole` is over and has grown in, in the words of a problem. */
export function outgrown(whole: Size, grown: Size, limits: Limits): string | undefined {
  if (whole.nodes > limits.nodes && grown.nodes > 0) return `at most ${limits.nodes} values`;
  return whole.units > limits.units && grown.units > 0
    ? `at most ${limits.units} UTF-16 units of text`
    : undefined;
}
