/** Arguments of a call, which most providers carry as JSON text. */
import type { Json } from "../admit/index.ts";

/** Arguments as an object, and whether the text said all of them. */
export interface ParsedArguments {
  readonly arguments: { readonly [name: string]: Json };
  /** False where the text is no JSON object: a policy then sees no arguments. */
  readonly isWhole: boolean;
}

const none: { readonly [name: string]: Json } = Object.freeze(Object.create(null));

/** Reads the arguments of a call. Empty text, which some models give, stands for none. */
export function parseArguments(text: string): ParsedArguments {
  if (text.trim() === "") return { arguments: none, isWhole: true };
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return { arguments: value as { readonly [name: string]: Json }, isWhole: true };
    }
  } catch {
    // Told by `isWhole`.
  }
  return { arguments: none, isWhole: false };
}

export function writeArguments(values: { readonly [name: string]: Json }): string {
  return JSON.stringify(values);
}
