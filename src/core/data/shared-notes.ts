/**
 * What every copy of this library in the process knows of an object. A plugin package may bring a
 * copy of its own, which sees no private field of this one.
 *
 * The notes lie beside the object: who inspects or copies it finds none. Anybody can make one of an
 * object that has none, so what it says is read and checked like any value of a plugin; nobody can
 * change one that was made.
 */
import { freeze, weakGet, weakSet } from "./intrinsics.ts";

export interface SharedNotes {
  /** Makes a note of an object, the first one only. */
  set(value: object, note: unknown): void;
  /** The note of an object, or `undefined`. Runs no code of it. */
  get(value: unknown): unknown;
}

/** The notes of one name, which all copies share. */
export function sharedNotes(name: string): SharedNotes {
  const key = Symbol.for(`glassine.${name}`);
  const known: unknown = Object.getOwnPropertyDescriptor(globalThis, key)?.value;
  if (typeof known === "object" && known !== null) return known as SharedNotes;
  const made = newNotes();
  // Neither writable nor configurable: nobody puts others in their place.
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
