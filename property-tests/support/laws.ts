/** The laws of the test kit, for tables that are not those of a host. */
import type { Law } from "../../src/testing/index.ts";
import { share } from "./runs.ts";

export { mergeLaws } from "../../src/testing/laws/merge-laws.ts";
export { viewLaws } from "../../src/testing/laws/view-laws.ts";

/** Checks one law of the kit as often as the laws here. */
export async function checkLaw(laws: readonly Law[], id: string): Promise<void> {
  const law = laws.find((each) => each.id === id);
  if (law === undefined) throw new Error(`The kit has no law ${id}.`);
  await law.check(share(1));
}
