/** Times of records: UTC, ISO 8601, with milliseconds. */
import { intrinsics } from "../data/index.ts";

const { apply, dateNow, execPattern, isFiniteNumber, slice } = intrinsics;
const DateAtLoad = Date;
const { getTime, toISOString } = Date.prototype;

export function timestampNow(): string {
  return written(new DateAtLoad(dateNow()));
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

/** An instant in UTC in the form of records; `undefined` for what is none. */
export function timestampOf(text: unknown): string | undefined {
  if (typeof text !== "string" || execPattern(instant, text) === null) return undefined;
  const date = new DateAtLoad(text);
  if (!isFiniteNumber(apply(getTime, date, []))) return undefined;
  const at = written(date);
  // The engine takes the 30th of February for the 1st of March.
  return slice(at, 0, 19) === slice(text, 0, 19) ? at : undefined;
}

/** The time of a record as a Date. */
export function dateOf(timestamp: string): Date {
  return new DateAtLoad(timestamp);
}

function written(date: Date): string {
  return apply(toISOString, date, []) as string;
}
