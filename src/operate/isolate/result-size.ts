/**
 * How many values a result may have, counted in its text: parsing a line of foreign code could stop
 * the host for seconds.
 */
import { extensionsLimits, payloadLimits } from "../../core/data/index.ts";

/** The longest text of foreign code that is parsed although it is no result, in UTF-16 units. */
export const maxOtherUnits = 65_536;

/** How many values a result may have besides those of its turn, which it may repeat and complete. */
const ownValues = 100_000;
const growth = 4;

/** No result has more: a payload, and extensions with their headers in both generations. */
const maxValues = payloadLimits.nodes + 2 * extensionsLimits.nodes;

/** Says that a result has more values than its turn allows; `undefined` if it has not. */
export function sizeFault(result: string, task: string): string | undefined {
  // Each value takes a unit at least.
  if (result.length <= ownValues) return undefined;
  const most = Math.min(maxValues, ownValues + growth * valuesIn(task, maxValues));
  if (valuesIn(result, most) <= most) return undefined;
  return `The result has more than ${most} values, which is the most for this turn.`;
}

const quote = '"'.charCodeAt(0);
const backslash = "\\".charCodeAt(0);
const comma = ",".charCodeAt(0);
const list = { begin: "[".charCodeAt(0), end: "]".charCodeAt(0) };
const object = { begin: "{".charCodeAt(0), end: "}".charCodeAt(0) };

/** Counts the values of JSON text, and stops beyond `most`. */
export function valuesIn(text: string, most: number): number {
  let values = 1;
  for (let at = 0; at < text.length && values <= most; at++) {
    switch (text.charCodeAt(at)) {
      case quote:
        at = endOfString(text, at);
        break;
      case comma:
        values += 1;
        break;
      case list.begin:
        if (text.charCodeAt(at + 1) !== list.end) values += 1;
        break;
      case object.begin:
        if (text.charCodeAt(at + 1) !== object.end) values += 1;
    }
  }
  return values;
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== quote)
    at += text.charCodeAt(at) === backslash ? 2 : 1;
  return at;
}
