/**
 * Takes over what `JSON.parse` made here a moment ago and nobody else has seen: checked and frozen
 * where it lies, with no copy of what can stay. It knows good data only. For anything else it gives
 * `BAD`, and whoever asked has the text read the long way, which says what is wrong.
 *
 * What it takes, `read` takes too, and both give the same: law L70.
 */
import { freeze, isArray, isFiniteNumber, isWellFormed, newMap } from "./intrinsics.ts";
import type { Limits } from "./limits.ts";
import { BAD, type Bad } from "./walk.ts";

/** What may still come. */
export interface Allowance {
  readonly limits: Limits;
  depth: number;
  nodes: number;
  units: number;
}

export function allowanceOf(limits: Limits): Allowance {
  const { depth, nodes, units } = limits;
  return { limits, depth, nodes, units };
}

/** Whether something is met in every object that is walked over, as a patched prototype has it. */
export function isPolluted(): boolean {
  for (const _ in {}) return true;
  return false;
}

/** Takes a value over; `BAD` for one that has to be read the long way. */
export type Taker = (left: Allowance, value: unknown) => unknown;

export function takeText(left: Allowance, text: string): string | Bad {
  left.nodes -= 1;
  left.units -= text.length;
  return isWellFormed(text) ? text : BAD;
}

export const takeString: Taker = (left, value) =>
  typeof value === "string" ? takeText(left, value) : BAD;

export const takeNumber: Taker = (left, value) => {
  if (typeof value !== "number" || !isFiniteNumber(value)) return BAD;
  left.nodes -= 1;
  return value === 0 ? 0 : value;
};

export const takeBoolean: Taker = (left, value) => {
  if (typeof value !== "boolean") return BAD;
  left.nodes -= 1;
  return value;
};

/** Whether more came than may. */
export function isSpent({ nodes, units }: Allowance): boolean {
  return nodes < 0 || units < 0;
}

/** Whether a container may be gone into. `leaveTaken` goes out of it. */
export function enterTaken(left: Allowance): boolean {
  left.nodes -= 1;
  left.depth -= 1;
  return left.depth >= 0 && !isSpent(left);
}

export function leaveTaken(left: Allowance): void {
  left.depth += 1;
}

/** Any JSON value. */
export const takeJson: Taker = (left, value) => {
  if (typeof value === "string") return takeText(left, value);
  if (typeof value === "object" && value !== null) {
    return isArray(value) ? takeList(left, value, takeJson) : takeMap(left, value, takeJson);
  }
  if (typeof value === "number") return takeNumber(left, value);
  left.nodes -= 1;
  return value;
};

/** A list, frozen in its place. Its elements are its own, so writing one meets no setter. */
export function takeList(left: Allowance, value: unknown, takeItem: Taker): unknown {
  if (!isArray(value) || value.length > left.limits.nodes || !enterTaken(left)) return BAD;
  const items = value as unknown[];
  for (let i = 0; i < items.length; i++) {
    const item = takeItem(left, items[i]);
    if (item === BAD) return BAD;
    items[i] = item;
  }
  leaveTaken(left);
  return freeze(items);
}

/** An object whose keys are data. Taken in its place, then copied to lose its prototype. */
export function takeMap(left: Allowance, value: unknown, takeValue: Taker): unknown {
  if (typeof value !== "object" || value === null || isArray(value)) return BAD;
  if (!enterTaken(left)) return BAD;
  const map = value as Record<string, unknown>;
  const { keyUnits } = left.limits;
  let count = 0;
  // Nothing is inherited, unless the realm `isPolluted`.
  for (const key in map) {
    if (key.length > keyUnits || !isWellFormed(key)) return BAD;
    left.units -= key.length;
    const raw = map[key];
    const item = takeValue(left, raw);
    if (item === BAD) return BAD;
    if (item !== raw || item === 0) map[key] = item;
    count += 1;
  }
  leaveTaken(left);
  return freeze(withoutPrototype(map, newMap(count, left.limits.nodes - left.nodes)));
}

function withoutPrototype(map: Record<string, unknown>, copy: Record<string, unknown>): object {
  for (const key in map) copy[key] = map[key];
  return copy;
}
