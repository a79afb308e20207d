/** Keeps only values that are accepted, without searching for them forever. */
import * as fc from "fast-check";
import { typeName } from "../core/data/index.ts";
import { GlassineError, optionsInvalid } from "../core/errors/index.ts";
import { isTableFault } from "./data.ts";

const tries = { numRuns: 200, seed: 7 };

/**
 * The values that `accept` takes, or refuses only because a `derive` of the host fails.
 *
 * @throws GlassineError `options_invalid` if it takes none of many, or there is no arbitrary
 */
export function acceptable<T>(
  values: fc.Arbitrary<T>,
  accept: (value: T) => unknown,
  what: string,
): fc.Arbitrary<T> {
  if (typeof values?.generate !== "function")
    throw optionsInvalid(
      `Expected an arbitrary of fast-check for ${what}, got ${typeName(values)}.`,
    );
  let refusal: unknown;
  const isAccepted = (value: T) => {
    try {
      accept(value);
      return true;
    } catch (error) {
      refusal = error;
      // A law finds the fault only if its cases are kept.
      return isTableFault(error);
    }
  };
  if (!fc.sample(values, tries).some(isAccepted)) {
    throw new GlassineError(
      "options_invalid",
      `None of ${tries.numRuns} values generated for ${what} was accepted. Pass values that are: { values: { NAME: fc.… } } for a slot, { payloads: { NAME: fc.… } } for a hook.`,
      {},
      refusal,
    );
  }
  return values.filter(isAccepted);
}
