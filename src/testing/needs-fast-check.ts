/** Everything that needs fast-check: only `with-fast-check.ts` loads it, and only if installed. */
import { dataLaws } from "./laws/data-laws.ts";
import type { Law } from "./laws/law.ts";
import { mergeLaws } from "./laws/merge-laws.ts";
import { viewLaws } from "./laws/view-laws.ts";
import { type AnyHost, type HostValues, subjectOf } from "./subject.ts";

export { arbitrariesOf } from "./host-arbitraries.ts";
export { lawsOfAdapter } from "./laws/adapter-laws.ts";
export { lawsOfPlugin } from "./laws/plugin-laws.ts";

/** The laws of the envelope, in the order of their numbers. */
export function lawsOfSlots(host: AnyHost, values?: HostValues): readonly Law[] {
  const subject = subjectOf(host, values);
  const laws = [...viewLaws(subject), ...mergeLaws(subject), ...dataLaws(subject)];
  return Object.freeze(laws.sort((a, b) => numberOf(a) - numberOf(b)));
}

function numberOf({ id }: Law): number {
  return Number(id.slice(1));
}
