/** Patches of the realm that are undone before any other code runs. */
import { detectTampering, type RealmChange } from "glassine";

const { defineProperty, getOwnPropertyDescriptor, deleteProperty } = Reflect;

/** Restores everything, last change first. A linked list, since patches may affect every array. */
interface Undo {
  readonly back: () => void;
  readonly next: Undo | undefined;
}
let undo: Undo | undefined;
export function later(back: () => void): void {
  undo = { back, next: undo };
}

/** Defines a property until the end of the test. */
export function patch(target: object, key: PropertyKey, descriptor: PropertyDescriptor): void {
  const before = getOwnPropertyDescriptor(target, key);
  later(() => {
    if (before === undefined) deleteProperty(target, key);
    else defineProperty(target, key, before);
  });
  defineProperty(target, key, { __proto__: null, configurable: true, ...descriptor } as never);
}

/** Removes a property until the end of the test. */
export function remove(target: object, key: PropertyKey): void {
  const before = getOwnPropertyDescriptor(target, key) as PropertyDescriptor;
  later(() => defineProperty(target, key, before));
  deleteProperty(target, key);
}

/** The changes detected after `run` patched the realm, which is then restored. */
export function changesAfter(run: () => void): readonly RealmChange[] {
  try {
    run();
    return detectTampering();
  } finally {
    for (; undo !== undefined; undo = undo.next) undo.back();
    // `Array.prototype` is an array itself: an added element made it longer.
    Array.prototype.length = 0;
  }
}
