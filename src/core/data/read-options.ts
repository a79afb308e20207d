/** Reads the options of a function. An unknown name is refused. */
import { optionsInvalid, quoted, suggestion } from "../errors/index.ts";
import { enumerableKeys, includes, isSafeInteger, ownValue } from "./intrinsics.ts";
import { otherThanPlain } from "./type-name.ts";

/** The longest delay of a timer; a longer one overflows and fires at once. */
export const longestTimerMs = 2 ** 31 - 1;

/**
 * Reads an option that the caller gave; null counts as not given.
 *
 * @throws GlassineError `options_invalid`
 */
export function readOption<Type extends "boolean" | "string">(
  options: object,
  name: string,
  type: Type,
): (Type extends "boolean" ? boolean : string) | undefined {
  const value = ownValue(options, name) ?? undefined;
  if (value !== undefined && typeof value !== type) {
    const wanted = type === "string" ? "a string" : "a boolean";
    throw optionsInvalid(`The option ${quoted(name)} expects ${wanted}, got ${typeof value}.`);
  }
  return value as ReturnType<typeof readOption<Type>>;
}

/**
 * Reads a whole number from 1 to `max`. `name` is for the message.
 *
 * @throws GlassineError `options_invalid`
 */
export function readWhole(name: string, value: unknown, max = Number.MAX_SAFE_INTEGER): number {
  if (isSafeInteger(value) && (value as number) > 0 && (value as number) <= max) {
    return value as number;
  }
  const range = max === Number.MAX_SAFE_INTEGER ? "above 0" : `from 1 to ${max}`;
  throw optionsInvalid(`${name} must be a whole number ${range}.`);
}

/**
 * Refuses unknown options: a misspelled one would be ignored, and a guard would not see the caller.
 *
 * @throws GlassineError `options_invalid`
 */
export function expectOptions(options: unknown, known: readonly string[], call: string): void {
  const other = otherThanPlain(options);
  if (other !== undefined) {
    throw optionsInvalid(`${call} expects its options in an object, got ${other}.`);
  }
  const names = enumerableKeys(options as object);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    if (includes(known, name)) continue;
    throw optionsInvalid(`${call} has no option ${quoted(name)}.${suggestion(name, known)}`);
  }
}
