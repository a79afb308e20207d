/** What this library knows of an envelope or view that it made. */
import { Itself, intrinsics, type Size } from "../admit/index.ts";
import type { CompiledSlots } from "../slots/index.ts";

/** What is absent is `undefined`: nothing is looked up on a prototype. */
export interface Mark {
  readonly slots: CompiledSlots;
  /** The grant of a view, as a closed mask. Absent on an envelope of the host. */
  readonly mask: number | undefined;
  /** The view that a plugin's edit was made of. */
  readonly base: object | undefined;
  /** Of such an edit, what a helper did. */
  readonly change: OneChange | undefined;
  /**
   * How much an envelope holds at most, or the one that a view was cut from; `undefined`: not
   * counted.
   */
  readonly size: Readonly<Size> | undefined;
}

/** The one container that a helper changed, so that the merge need not look for what it did. */
export interface OneChange {
  readonly after: unknown;
  /** How much came into it. */
  readonly come: Readonly<Size>;
}

/** The mark of what is no edit: an envelope, or a view under a mask. */
export function uneditedMark(
  slots: CompiledSlots,
  mask: number | undefined,
  size: Readonly<Size> | undefined,
): Mark {
  return { slots, mask, base: undefined, change: undefined, size };
}

/**
 * The mark of an edit. Only what was made of a view in one step is known to be within the limits
 * as a whole: each step is measured by itself, so an edit of an edit is read again when it comes
 * back.
 */
export function editedMark(mark: Mark, edited: object, change: OneChange | undefined): Mark {
  const { slots, mask, base } = mark;
  const isFirst = mask !== undefined && base === undefined;
  return { slots, mask, base: isFirst ? edited : undefined, change, size: undefined };
}

/** Carries the mark. A class of its own, so that the engine sees one field here, and few shapes. */
class Marked extends Itself {
  #mark: Mark;
  constructor(value: object, mark: Mark) {
    super(value);
    this.#mark = mark;
  }
  static of(value: unknown): Mark | undefined {
    if (typeof value !== "object" || value === null) return undefined;
    return #mark in value ? (value as Marked).#mark : undefined;
  }
}

/** The mark of an envelope or view, or `undefined` for anything else. */
export const markOf: (value: unknown) => Mark | undefined = Marked.of;

/** Marks and freezes a fresh whole level of slots. */
export function seal<T extends object>(value: T, mark: Mark): T {
  new Marked(value, mark);
  return intrinsics.freeze(value);
}

/** A whole envelope, as code that knows only the table handles it. */
export type Slots = { readonly [slot: string]: unknown };

/** An envelope like `extensions` with one slot replaced, under `mark`. */
export function withSlot(extensions: Slots, slot: string, value: unknown, mark: Mark): Slots {
  const next = mark.slots.form.copy(extensions);
  next[slot] = value;
  return seal(next, mark);
}
