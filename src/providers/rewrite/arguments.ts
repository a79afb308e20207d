/** A call's arguments, which most providers write as JSON text. */
import { attempt, type Json } from "../../core/data/index.ts";
import { isGlassineError } from "../../core/errors/index.ts";
import { isJsonObject } from "./json.ts";
import { writtenDocument } from "./read-document.ts";
import { scanJson } from "./scan-json.ts";

/** Arguments as an object, and whether that is exactly what the text says. */
export interface ParsedArguments {
  readonly arguments: { readonly [name: string]: Json };
  /** False if the text is neither empty nor a JSON object: a policy then sees no arguments. */
  readonly isWhole: boolean;
  /**
   * Whether an object in the text has a duplicate key. The last value is read here; another program
   * may read the first.
   */
  readonly isAmbiguous: boolean;
  /**
   * False if another program may read other arguments from the text, because it has a duplicate key
   * or a number that a double cannot represent. Such a string must not be forwarded.
   */
  readonly isExact: boolean;
  /** Whether such numbers are all decimals that are only rounded: what is read says as much. */
  readonly isClose: boolean;
}

const none: { readonly [name: string]: Json } = Object.freeze(Object.create(null));

/** Reads a call's arguments. Empty text, which some models write, means no arguments. */
export function parseArguments(text: string): ParsedArguments {
  const value = attempt((): unknown => JSON.parse(text));
  if (!isJsonObject(value)) {
    const faith = { isAmbiguous: false, isExact: true, isClose: true };
    return { arguments: none, isWhole: text.trim() === "", ...faith };
  }
  const { names, isExact, isClose } = scanJson(text);
  const isAmbiguous = names !== fieldsIn(value);
  return {
    arguments: value,
    isWhole: true,
    isAmbiguous,
    isExact: isExact && !isAmbiguous,
    isClose,
  };
}

/** Counts the fields of all objects in a value. Iterative, because the text may nest deeply. */
function fieldsIn(value: unknown): number {
  let count = 0;
  const open: unknown[] = [value];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next !== "object" || next === null) continue;
    const inside: readonly unknown[] = Object.values(next);
    if (!Array.isArray(next)) count += inside.length;
    for (const item of inside) open.push(item);
  }
  return count;
}

/** Arguments as messages show them; without `values` if they cannot. */
interface ReadArguments extends Pick<ParsedArguments, "isAmbiguous" | "isExact" | "isClose"> {
  readonly values: ParsedArguments["arguments"] | undefined;
}

export function readArguments(text: string): ReadArguments {
  const { arguments: values, isWhole, ...faith } = parseArguments(text);
  if (!isWhole) return { values: undefined, ...faith };
  try {
    const frozen = writtenDocument(values, "arguments") as ParsedArguments["arguments"];
    return { values: frozen, ...faith };
  } catch (error) {
    // The text may contain what messages cannot hold: half a character, or too deep a nesting.
    if (!isGlassineError(error)) throw error;
    return { values: undefined, ...faith };
  }
}
