/** Keeps only values that are accepted, without searching for them forever. */
import * as fc from "fast-check";
import { GlassineError } from "../core/errors/index.ts";

const tries = { numRuns: 200, seed: 7 };

/**
 * The values that `accept` takes without throwing.
 *
 * @throws GlassineError `options_invalid` if it takes none of many
 */
export function acceptable<T>(
  values: fc.Arbitrary<T>,
  accept: (value: T) => unknown,
  what: string,
): fc.Arbitrary<T> {
  let refusal: unknown;
  const isAccepted = (value: T) => {
    try {
      accept(value);
      return true;
    } catch (error) {
      refusal = error;
      return false;
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
