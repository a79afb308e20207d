/** What this library knows of an envelope or view that it made. */
import { createStamp, intrinsics } from "../admit/index.ts";
import type { CompiledSlots } from "../slots/index.ts";

export interface Mark {
  readonly slots: CompiledSlots;
  /** The grant of a view, as a closed mask. Absent on an envelope of the host. */
  readonly mask?: number;
  /** The view that a plugin's edit started from. */
  readonly base?: object;
}

const stamp = createStamp<Mark>();

/** The mark of an envelope or view, or `undefined` for anything else. */
export const markOf: (value: unknown) => Mark | undefined = stamp.of;

/** Marks and freezes a fresh whole level of slots. */
export function seal<T extends object>(value: T, mark: Mark): T {
  return intrinsics.freeze(stamp.put(value, mark));
}

/** A whole envelope, as code that knows only the table handles it. */
export type Slots = { readonly [slot: string]: unknown };

/** An envelope like `extensions` with one slot replaced, under `mark`. */
export function withSlot(extensions: Slots, slot: string, value: unknown, mark: Mark): Slots {
  const next: Record<string, unknown> = { ...extensions };
  next[slot] = value;
  return seal(next, mark);
}
