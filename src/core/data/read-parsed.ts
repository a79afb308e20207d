/**
 * Reads plain data that nobody else has: from `JSON.parse`, or copied by the library. So it needs no
 * descriptors. The result is a checked and frozen copy; the data stays as it was. It knows good data
 * only. For anything else it returns `BAD`, and the caller reads the data the long way, which says
 * what is wrong.
 *
 * What it accepts, `read` accepts too, and both return the same: law L70.
 */
import { freeze, isArray, isFiniteNumber, isWellFormed, newArray, newMap } from "./intrinsics.ts";
import type { Limits } from "./limits.ts";
import { BAD, type Bad } from "./read-state.ts";

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

/** Reads a value; `BAD` for one that has to be read the long way. */
export type ParsedReader = (left: Allowance, value: unknown) => unknown;

export function readParsedText(left: Allowance, text: string): string | Bad {
  left.nodes -= 1;
  left.units -= text.length;
  return isWellFormed(text) ? text : BAD;
}

export const readParsedString: ParsedReader = (left, value) =>
  typeof value === "string" ? readParsedText(left, value) : BAD;

export const readParsedNumber: ParsedReader = (left, value) => {
  if (typeof value !== "number" || !isFiniteNumber(value)) return BAD;
  left.nodes -= 1;
  return value === 0 ? 0 : value;
};

export const readParsedBoolean: ParsedReader = (left, value) => {
  if (typeof value !== "boolean") return BAD;
  left.nodes -= 1;
  return value;
};

/** Whether more came than may. */
export function isSpent({ nodes, units }: Allowance): boolean {
  return nodes < 0 || units < 0;
}

/** Whether a container may be gone into. `leaveTaken` goes out of it. */
export function enterParsed(left: Allowance): boolean {
  left.nodes -= 1;
  left.depth -= 1;
  return left.depth >= 0 && !isSpent(left);
}

export function leaveParsed(left: Allowance): void {
  left.depth += 1;
}

/** Any JSON value. */
export const readParsedJson: ParsedReader = (left, value) => {
  if (typeof value === "string") return readParsedText(left, value);
  if (typeof value === "object" && value !== null) {
    return isArray(value)
      ? readParsedList(left, value, readParsedJson)
      : readParsedMap(left, value, readParsedJson);
  }
  if (typeof value === "number") return readParsedNumber(left, value);
  return value === null ? readParsedNull(left) : readParsedBoolean(left, value);
};

function readParsedNull(left: Allowance): null {
  left.nodes -= 1;
  return null;
}

export function readParsedList(
  left: Allowance,
  value: unknown,
  readParsedItem: ParsedReader,
): unknown {
  if (!isArray(value) || value.length > left.limits.nodes || !enterParsed(left)) return BAD;
  const { length } = value;
  const items = newArray<unknown>(length);
  for (let i = 0; i < length; i++) {
    const item = readParsedItem(left, value[i]);
    if (item === BAD) return BAD;
    items[i] = item;
  }
  leaveParsed(left);
  return freeze(items);
}

/** An object whose keys are data. */
export function readParsedMap(
  left: Allowance,
  value: unknown,
  readParsedValue: ParsedReader,
): unknown {
  if (typeof value !== "object" || value === null || isArray(value)) return BAD;
  if (!enterParsed(left)) return BAD;
  const source = value as Record<string, unknown>;
  const { keyUnits, nodes } = left.limits;
  let count = 0;
  // Nothing is inherited, unless the realm `isPolluted`.
  for (const _ in source) count += 1;
  const map = newMap(count, nodes - left.nodes);
  for (const key in source) {
    if (key.length > keyUnits || !isWellFormed(key)) return BAD;
    left.units -= key.length;
    const item = readParsedValue(left, source[key]);
    if (item === BAD) return BAD;
    map[key] = item;
  }
  leaveParsed(left);
  return freeze(map);
}
