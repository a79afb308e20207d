/** How the options of this room are read. */
import { includes, intrinsics } from "../admit/index.ts";
import { GlassineError, quoted, suggestion } from "../errors/index.ts";

/**
 * An option the caller gave; null counts as not given.
 *
 * @throws GlassineError `options_invalid`
 */
export function readOption<Type extends "boolean" | "string">(
  options: object,
  name: string,
  type: Type,
): (Type extends "boolean" ? boolean : string) | undefined {
  const value = intrinsics.ownValue(options, name) ?? undefined;
  if (value !== undefined && typeof value !== type) {
    const wanted = type === "string" ? "a text" : "true or false";
    throw misuse(`The option ${quoted(name)} expects ${wanted}, got ${typeof value}.`);
  }
  return value as ReturnType<typeof readOption<Type>>;
}

/**
 * A misspelled option would be ignored, and a guard would see nothing of the caller.
 *
 * @throws GlassineError `options_invalid`
 */
export function expectOptions(options: unknown, known: readonly string[], call: string): void {
  if (typeof options !== "object" || options === null) {
    throw misuse(`${call} expects its options in an object.`);
  }
  const names = intrinsics.enumerableKeys(options);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    if (includes(known, name)) continue;
    throw misuse(`${call} has no option ${quoted(name)}.${suggestion(name, known)}`);
  }
}

function misuse(text: string): GlassineError {
  return new GlassineError("options_invalid", text);
}
