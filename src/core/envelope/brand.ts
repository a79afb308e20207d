/** What this library knows of an envelope or view that it made. */
import { addGrowth, addSize, BrandCarrier, intrinsics, type Size } from "../data/index.ts";
import type { LevelValue } from "../schema/index.ts";
import type { CompiledSlots } from "../slots/index.ts";

/** What all envelopes of a host share, or all views of its envelopes under one grant. */
export interface EnvelopeKind {
  readonly slots: CompiledSlots;
  /** The grant of a view, as a closed mask. `undefined`: an envelope of the host. */
  readonly mask: number | undefined;
}

/** Every envelope keeps one, so it is small. Absent parts are `undefined`, never left out. */
export interface EnvelopeBrand {
  readonly kind: EnvelopeKind;
  /**
   * The view that a helper made this of, in one step. The helper has read and checked what it put
   * in, so the merge need not read it again. An edit of an edit is read again, as a whole.
   */
  readonly editOf: object | undefined;
  /**
   * How many values an envelope holds, or the one that a view was cut from. 0: not counted, as
   * edits are, for the envelope itself is one.
   */
  readonly nodes: number;
  /** How many UTF-16 units of text. */
  readonly units: number;
}

const newKind = (slots: CompiledSlots, mask: number | undefined): EnvelopeKind =>
  intrinsics.freeze({ slots, mask });

/** What all views under one grant share. */
export const viewKind: (slots: CompiledSlots, mask: number) => EnvelopeKind = newKind;

const hostKinds = new WeakMap<CompiledSlots, EnvelopeKind>();

/** What all envelopes of one host share. */
export function hostKind(slots: CompiledSlots): EnvelopeKind {
  let kind = intrinsics.weakGet(hostKinds, slots);
  if (kind === undefined) {
    kind = newKind(slots, undefined);
    intrinsics.weakSet(hostKinds, slots, kind);
  }
  return kind;
}

/** The brand of a value of this size. */
export function countedBrand(kind: EnvelopeKind, { nodes, units }: Readonly<Size>): EnvelopeBrand {
  return { kind, editOf: undefined, nodes, units };
}

export const notCounted: Readonly<Size> = intrinsics.freeze({ nodes: 0, units: 0 });

/** The brand of what an edit makes of `base`, which has `brand`. */
export function editedBrand(brand: EnvelopeBrand, base: Slots, edited: LevelValue): EnvelopeBrand {
  const { kind, nodes } = brand;
  if (kind.mask === undefined) return brandAfter(kind.slots, base, edited);
  return { ...countedBrand(kind, notCounted), editOf: nodes === 0 ? undefined : base };
}

/** The brand of an envelope that was made of another, whose slots it shares but for some. */
export function brandAfter(slots: CompiledSlots, before: Slots, after: LevelValue): EnvelopeBrand {
  const growth: Size = { nodes: 0, units: 0 };
  addGrowth(growth, before, after);
  return grownBrand(slots, before, growth);
}

/** The same where it is known how much more it holds. What was not counted is not walked for it. */
export function grownBrand(slots: CompiledSlots, before: Slots, growth: Size): EnvelopeBrand {
  const {
    kind = hostKind(slots),
    nodes,
    units,
  }: Partial<EnvelopeBrand> & Size = brandOf(before) ?? notCounted;
  if (nodes === 0) return countedBrand(kind, notCounted);
  return countedBrand(kind, { nodes: nodes + growth.nodes, units: units + growth.units });
}

/** How much an envelope holds, or the one that a view was cut from. */
export function sizeOf({ names }: CompiledSlots, extensions: LevelValue): Size {
  const { nodes, units } = brandOf(extensions) ?? notCounted;
  if (nodes > 0) return { nodes, units };
  // The envelope itself is one value.
  const size: Size = { nodes: 1, units: 0 };
  for (let i = 0; i < names.length; i++) addSize(size, extensions[names[i] as string]);
  return size;
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
