/**
 * Lists, looked through and put together without iteration and without a method of theirs: both
 * are found on prototypes, which a plugin may have patched.
 */
import { copyOf, countOf, type List, newArray } from "./intrinsics.ts";

const nothing: readonly never[] = [];

/** A new array of `list` and of what `more` has from an index on. Given one list, a copy of it. */
export function concat<T>(list: readonly T[], more: readonly T[] = nothing, from = 0): T[] {
  const end = countOf(more);
  if (end <= from) return copyOf(list);
  const length = countOf(list);
  const all = newArray<T>(length + end - from);
  for (let i = 0; i < length; i++) all[i] = list[i] as T;
  for (let i = from; i < end; i++) all[length + i - from] = more[i] as T;
  return all;
}

/** A new array of what is made of each item. */
export function mapped<T, U>(list: readonly T[], of: (item: T) => U): U[] {
  const all = newArray<U>(countOf(list));
  for (let i = 0; i < all.length; i++) all[i] = of(list[i] as T);
  return all;
}

/** Calls `visit` with each item, in order. */
export function forEach<T>(list: readonly T[] | List<T>, visit: (item: T) => void): void {
  for (let i = 0; i < list.length; i++) visit(list[i] as T);
}

/** Whether any item passes the test. */
export function some<T>(list: readonly T[] | List<T>, test: (item: T) => boolean): boolean {
  for (let i = 0; i < list.length; i++) if (test(list[i] as T)) return true;
  return false;
}

export function includes<T>(list: readonly T[], item: T): boolean {
  for (let i = 0; i < list.length; i++) if (list[i] === item) return true;
  return false;
}

/** Whether `list` is `start` and what comes after it, by identity. */
export function beginsWith(list: readonly unknown[], start: readonly unknown[]): boolean {
  if (list.length < start.length) return false;
  for (let i = 0; i < start.length; i++) if (list[i] !== start[i]) return false;
  return true;
}
