/** What this library knows of an envelope or view that it made. */
import { Itself, intrinsics, type Size } from "../data/index.ts";
import type { CompiledSlots } from "../slots/index.ts";

/** What all envelopes of a host have in common, or all views of it under one grant. */
export interface Kind {
  readonly slots: CompiledSlots;
  /** The grant of a view, as a closed mask. `undefined`: an envelope of the host. */
  readonly mask: number | undefined;
  /** The mark of what was not counted. */
  readonly uncounted: Mark;
}

/**
 * One is held with each envelope, so it is small. What is absent is `undefined`: nothing is looked
 * up on a prototype.
 */
export interface Mark {
  readonly kind: Kind;
  /** Of a plugin's edit: what was made of which view. */
  readonly edit: Edit | undefined;
  /**
   * How many values an envelope holds at most, or the one that a view was cut from. 0: not counted,
   * as edits are, for the envelope itself is one.
   */
  readonly nodes: number;
  /** How many UTF-16 units of text. */
  readonly units: number;
}

/** An edit. What a helper changed is told, so that the merge need not look for it. */
export interface Edit {
  /** The view that it was made of in one step. */
  readonly base: object | undefined;
  /** The one container that changed, as it is now; `undefined`: not told. */
  readonly after: unknown;
  /** How many values came into that. */
  readonly nodes: number;
  readonly units: number;
}

export function newKind(slots: CompiledSlots, mask: number | undefined): Kind {
  const uncounted = { kind: undefined as unknown as Kind, edit: undefined, nodes: 0, units: 0 };
  const kind = intrinsics.freeze({ slots, mask, uncounted });
  uncounted.kind = kind;
  intrinsics.freeze(uncounted);
  return kind;
}

/** The mark of what holds at most so much. */
export function countedMark(kind: Kind, { nodes, units }: Readonly<Size>): Mark {
  return { kind, edit: undefined, nodes, units };
}

/** An edit of an edit: each step is measured by itself, and not what they come to. */
const further: Edit = intrinsics.freeze({ base: undefined, after: undefined, nodes: 0, units: 0 });

/**
 * The mark of an edit. Only what was made of a view in one step is known to be within the limits
 * as a whole: an edit of an edit is read again when it comes back.
 */
export function editedMark(
  { kind, edit }: Mark,
  base: object,
  after: unknown,
  { nodes, units }: Readonly<Size>,
): Mark {
  if (kind.mask === undefined) return kind.uncounted;
  const made = edit === undefined ? { base, after, nodes, units } : further;
  return { kind, edit: made, nodes: 0, units: 0 };
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
  const next = mark.kind.slots.form.copy(extensions);
  next[slot] = value;
  return seal(next, mark);
}
