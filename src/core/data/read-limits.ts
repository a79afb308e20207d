import { optionsInvalid, quoted } from "../errors/index.ts";
import { enumerableKeys, freeze, hasOwn, isArray, newRecord, ownValue } from "./intrinsics.ts";
import type { Limits } from "./limits.ts";
import { readWhole } from "./read-options.ts";

/** Deeper values are read by so many calls of one another that the stack may not hold them. */
const maxDepth = 1_000;

/**
 * The limits that somebody gave some of, over `defaults`. What is `undefined` is left out.
 *
 * @throws GlassineError `options_invalid`
 */
export function limitsOver(defaults: Limits, given: unknown, option = "limits"): Limits {
  if (given === undefined || given === defaults) return defaults;
  if (typeof given !== "object" || given === null || isArray(given)) {
    throw optionsInvalid(`${option} must be an object with some of the limits.`);
  }
  const known = enumerableKeys(defaults);
  const changed = newRecord() as { -readonly [Name in keyof Limits]?: number };
  const names = enumerableKeys(given);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    if (!hasOwn(defaults, name)) {
      throw optionsInvalid(`${option} has no ${quoted(name)}; it has ${known.join(", ")}.`);
    }
    const limit = ownValue(given, name);
    if (limit === undefined) continue;
    const most = name === "depth" ? maxDepth : undefined;
    changed[name as keyof Limits] = readWhole(`${option}.${name}`, limit, most);
  }
  // The very defaults, so that they are known by identity where it counts.
  return enumerableKeys(changed).length === 0 ? defaults : freeze({ ...defaults, ...changed });
}
