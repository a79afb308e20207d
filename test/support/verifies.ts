import { readRequirements } from "../spec/requirements.ts";

const known = new Set(readRequirements().map((requirement) => requirement.id));

/**
 * Says which requirements of `spec/` the test around it proves.
 *
 * `test/spec/requirements.test.ts` reads the calls from the text of the tests, so write the ids as
 * plain strings: `verifies("merge:immutable-kept", "merge:grown")`.
 */
export function verifies(...ids: readonly string[]): void {
  for (const id of ids) {
    if (!known.has(id))
      throw new Error(
        `No requirement in spec/ has the id "${id}". Add one there: - **\`${id}\`** …`,
      );
  }
}
