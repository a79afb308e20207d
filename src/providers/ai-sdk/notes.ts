/** What is told while a document is read, and of which place. */
import { type Collector, type Left, pathOf } from "../rewrite/index.ts";

type Keys = readonly (string | number)[];

/** Tells what messages do not show of one place in a document. */
export interface Notes {
  readonly leave: (kind: Left["kind"], reason: string, ...keys: Keys) => void;
  readonly under: (...keys: Keys) => Notes;
}

export function notesFor(left: Collector<Left>): Notes {
  return notesAt((kind, reason, keys) => left.add({ path: pathOf(...keys), kind, reason }), []);
}

/** The same notes, with the fields that something was told of. */
export function recording(notes: Notes): { notes: Notes; told: ReadonlySet<unknown> } {
  const told = new Set<unknown>();
  const tell: Tell = (kind, reason, keys) => {
    told.add(keys[0]);
    notes.leave(kind, reason, ...keys);
  };
  return { notes: notesAt(tell, []), told };
}

type Tell = (kind: Left["kind"], reason: string, keys: Keys) => void;

function notesAt(tell: Tell, place: Keys): Notes {
  return {
    leave: (kind, reason, ...keys) => tell(kind, reason, [...place, ...keys]),
    under: (...keys) => notesAt(tell, [...place, ...keys]),
  };
}
