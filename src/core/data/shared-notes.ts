/**
 * Notes about objects that all copies of this library in the process share. A plugin package may
 * bring its own copy, which cannot see this one's private fields.
 *
 * The notes are stored outside the object, so nobody finds them by inspecting or copying it.
 * Anybody can add a note to an object that has none, so a note's content is read and checked like
 * any value from a plugin; nobody can change a note.
 */
import { freeze, weakGet, weakSet } from "./intrinsics.ts";

export interface SharedNotes {
  /** Adds a note to an object that has none yet. */
  set(value: object, note: unknown): void;
  /** Returns the note of an object, or `undefined`. Runs no code of the object. */
  get(value: unknown): unknown;
}

/** Returns the notes with this name, which all copies share. */
export function sharedNotes(name: string): SharedNotes {
  const key = Symbol.for(`glassine.${name}`);
  const known: unknown = Object.getOwnPropertyDescriptor(globalThis, key)?.value;
  if (typeof known === "object" && known !== null) return known as SharedNotes;
  const made = newNotes();
  // Neither writable nor configurable, so that nobody can replace it.
  Object.defineProperty(globalThis, key, { value: made });
  return made;
}

function newNotes(): SharedNotes {
  const notes = new WeakMap<object, unknown>();
  return freeze({
    set(value: object, note: unknown) {
      if (weakGet(notes, value) === undefined) weakSet(notes, value, note);
    },
    get: (value: unknown) => weakGet(notes, value as object),
  });
}
