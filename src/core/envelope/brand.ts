/** What this library knows of an envelope or view that it made. */
import { BrandCarrier, intrinsics, type Size } from "../data/index.ts";
import type { CompiledSlots } from "../slots/index.ts";

/** What all envelopes of a host share, or all views of its envelopes under one grant. */
export interface EnvelopeKind {
  readonly slots: CompiledSlots;
  /** The grant of a view, as a closed mask. `undefined`: an envelope of the host. */
  readonly mask: number | undefined;
  /** The brand of what was not counted. */
  readonly uncounted: EnvelopeBrand;
}

/** Every envelope keeps one, so it is small. Absent parts are `undefined`, never left out. */
export interface EnvelopeBrand {
  readonly kind: EnvelopeKind;
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

/** An edit. It states what a helper changed, so that the merge need not look for it. */
export interface Edit {
  /** The view that it was made of in one step. */
  readonly base: object | undefined;
  /** The one container that changed, as it is now; `undefined` if that is not known. */
  readonly after: unknown;
  /** How many values came into that. */
  readonly nodes: number;
  readonly units: number;
}

export function newEnvelopeKind(slots: CompiledSlots, mask: number | undefined): EnvelopeKind {
  const uncounted = {
    kind: undefined as unknown as EnvelopeKind,
    edit: undefined,
    nodes: 0,
    units: 0,
  };
  const kind = intrinsics.freeze({ slots, mask, uncounted });
  uncounted.kind = kind;
  intrinsics.freeze(uncounted);
  return kind;
}

/** The brand of a value of at most this size. */
export function countedBrand(kind: EnvelopeKind, { nodes, units }: Readonly<Size>): EnvelopeBrand {
  return { kind, edit: undefined, nodes, units };
}

/** An edit of an edit: each step is measured by itself, and not what they come to. */
const further: Edit = intrinsics.freeze({ base: undefined, after: undefined, nodes: 0, units: 0 });

/**
 * The brand of an edit. Only what was made of a view in one step is known to be within the limits
 * as a whole: an edit of an edit is read again when it comes back.
 */
export function editedBrand(
  { kind, edit }: EnvelopeBrand,
  base: object,
  after: unknown,
  { nodes, units }: Readonly<Size>,
): EnvelopeBrand {
  if (kind.mask === undefined) return kind.uncounted;
  const made = edit === undefined ? { base, after, nodes, units } : further;
  return { kind, edit: made, nodes: 0, units: 0 };
}

/** Carries the brand. A class of its own, so that the engine sees one field here, and few shapes. */
class Branded extends BrandCarrier {
  #brand: EnvelopeBrand;
  constructor(value: object, brand: EnvelopeBrand) {
    super(value);
    this.#brand = brand;
  }
  static of(value: unknown): EnvelopeBrand | undefined {
    if (typeof value !== "object" || value === null) return undefined;
    return #brand in value ? (value as Branded).#brand : undefined;
  }
}

/** The brand of an envelope or view, or `undefined` for anything else. */
export const brandOf: (value: unknown) => EnvelopeBrand | undefined = Branded.of;

/** Brands and freezes a new object with all slots. */
export function seal<T extends object>(value: T, brand: EnvelopeBrand): T {
  new Branded(value, brand);
  return intrinsics.freeze(value);
}

/** A whole envelope, as code that knows only the table handles it. */
export type Slots = { readonly [slot: string]: unknown };

/** An envelope like `extensions` with one slot replaced, under `brand`. */
export function withSlot(
  extensions: Slots,
  slot: string,
  value: unknown,
  brand: EnvelopeBrand,
): Slots {
  const next = brand.kind.slots.layout.copy(extensions);
  next[slot] = value;
  return seal(next, brand);
}
