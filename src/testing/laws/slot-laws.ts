/** The laws of the envelope, in the order of their numbers. */
import { type AnyHost, type HostTables, subjectOf } from "../subject.ts";
import { dataLaws } from "./data-laws.ts";
import type { Law } from "./law.ts";
import { mergeLaws } from "./merge-laws.ts";
import { viewLaws } from "./view-laws.ts";

export function lawsOfSlots(host: AnyHost, tables?: HostTables): readonly Law[] {
  const subject = subjectOf(host, tables);
  const laws = [...viewLaws(subject), ...mergeLaws(subject), ...dataLaws(subject)];
  return Object.freeze(laws.sort((a, b) => numberOf(a) - numberOf(b)));
}

function numberOf({ id }: Law): number {
  return Number(id.slice(1));
}
