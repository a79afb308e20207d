/** The notes that all copies of the library in a process share. */
import { expect, it } from "vitest";
import { sharedNotes } from "../../../src/core/data/index.ts";

it("the notes of one name are shared, and those of another are not", () => {
  const noted = {};
  sharedNotes("test-one").set(noted, "first");
  expect(sharedNotes("test-one").get(noted)).toBe("first");
  expect(sharedNotes("test-two").get(noted)).toBeUndefined();
});

it("nobody changes a note that was made", () => {
  const noted = {};
  const notes = sharedNotes("test-one");
  notes.set(noted, "first");
  notes.set(noted, "second");
  expect(notes.get(noted)).toBe("first");
});

it("what is not an object has no note", () => {
  for (const value of [undefined, null, "text", 5])
    expect(sharedNotes("test-one").get(value)).toBeUndefined();
});

it("what is not notes is not taken for some", () => {
  const key = Symbol.for("glassine.test-three");
  Object.defineProperty(globalThis, key, { value: null, configurable: true });
  const noted = {};
  const notes = sharedNotes("test-three");
  notes.set(noted, "first");
  expect(notes.get(noted)).toBe("first");
});
