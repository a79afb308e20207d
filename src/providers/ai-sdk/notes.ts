/** Reports what messages do not show while a document is read, and where. */
import { type Collector, type Left, pathOf } from "../rewrite/index.ts";

type Keys = readonly (string | number)[];

/** Reports what messages do not show of one place in a document. */
export interface Notes {
  readonly reportLeft: (kind: Left["kind"], reason: string, ...keys: Keys) => void;
  readonly under: (...keys: Keys) => Notes;
}

export function notesFor(left: Collector<Left>): Notes {
  return notesAt((kind, reason, keys) => left.add({ path: pathOf(...keys), kind, reason }), []);
}

/** The same notes, which also record the reported fields. */
export function recording(notes: Notes): { notes: Notes; reported: ReadonlySet<unknown> } {
  const reported = new Set<unknown>();
  const report: Report = (kind, reason, keys) => {
    reported.add(keys[0]);
    notes.reportLeft(kind, reason, ...keys);
  };
  return { notes: notesAt(report, []), reported };
}

type Report = (kind: Left["kind"], reason: string, keys: Keys) => void;

function notesAt(report: Report, place: Keys): Notes {
  return {
    reportLeft: (kind, reason, ...keys) => report(kind, reason, [...place, ...keys]),
    under: (...keys) => notesAt(report, [...place, ...keys]),
  };
}
