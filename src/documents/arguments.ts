/** Arguments of a call, which most providers carry as JSON text. */
import type { Json } from "../admit/index.ts";
import { isJsonObject } from "./json.ts";

/** Arguments as an object, and whether the text said all of them. */
export interface ParsedArguments {
  readonly arguments: { readonly [name: string]: Json };
  /** False where the text is no JSON object: a policy then sees no arguments. */
  readonly isWhole: boolean;
  /** Whether an object in it has a name twice. The last is read; another program may read the first. */
  readonly isAmbiguous: boolean;
}

const none: { readonly [name: string]: Json } = Object.freeze(Object.create(null));

/** Reads the arguments of a call. Empty text, which some models give, stands for none. */
export function parseArguments(text: string): ParsedArguments {
  if (text.trim() === "") return { arguments: none, isWhole: true, isAmbiguous: false };
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) {
      const isAmbiguous = namesIn(text) !== fieldsIn(value);
      return { arguments: value, isWhole: true, isAmbiguous };
    }
  } catch {
    // Told by `isWhole`.
  }
  return { arguments: none, isWhole: false, isAmbiguous: false };
}

/** How many names a JSON text gives: outside of strings, a colon follows each. */
function namesIn(text: string): number {
  return text.replace(/"(?:[^"\\]|\\.)*"/g, "").split(":").length - 1;
}

/** How many fields all objects in a value have. With a list to do, because text may nest deep. */
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

export function writeArguments(values: { readonly [name: string]: Json }): string {
  return JSON.stringify(values);
}
