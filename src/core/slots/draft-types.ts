/**
 * The type of a draft, inferred from a slot table: what a grant may write can be assigned, what it
 * may only see is read-only, and what it cannot see is absent.
 */
import type {
  FieldSpecOf,
  HostInputOf,
  IsOpenSet,
  IsOpenSlot,
  OutputOf,
  Schema,
  SlotSpec,
  SlotTable,
  Undeclared,
  Visible,
} from "./types.ts";

/** A field's own setting, or else its parent's. */
type TierOf<Spec, Above> = Spec extends { readonly tier: infer T } ? T : Above;
type WriteOf<Spec, Above> = Spec extends { readonly write: infer W } ? W : Above;

/** Whether a part of this tier can be written, given who may write it (`never`: nobody). */
type Writes<Tier, Write, Caps> = Tier extends "immutable"
  ? false
  : [Write] extends [never]
    ? false
    : Write extends "everyone" | Caps
      ? true
      : false;

/** Whether the grant may write the part, or anything inside it. */
type HasWritable<Spec, Tier, Write, Caps> =
  Writes<Tier, Write, Caps> extends true
    ? true
    : Spec extends { readonly fields: infer F }
      ? true extends {
          [K in keyof F]: HasWritable<F[K], TierOf<F[K], Tier>, WriteOf<F[K], Write>, Caps>;
        }[keyof F]
        ? true
        : false
      : false;
type SlotHasWritable<Spec, Caps> = HasWritable<
  Spec,
  TierOf<Spec, never>,
  WriteOf<Spec, never>,
  Caps
>;

/** A list that can only be added to. */
type GrowOnly<Item> = readonly Item[] & { push(...items: Item[]): number };

type Free<T> = T extends readonly (infer Item)[]
  ? Free<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Free<T[Key]> }
    : T;

/** A part in a draft: free, growing or read-only, by the grant. `Value` is already cut. */
type DraftPart<Value, Spec, Tier, Write, Caps> =
  HasWritable<Spec, Tier, Write, Caps> extends true
    ? Tier extends "monotonic"
      ? Growing<NonNullable<Value>>
      : Spec extends { readonly fields: object }
        ? Value extends object
          ? DraftLevel<Value, Spec, Tier, Write, Caps>
          : Value
        : Free<Value>
    : Value;
type Growing<Value> = Value extends readonly (infer Item)[] ? GrowOnly<Item> : Value;

/** Whether a field can be assigned as a whole. Otherwise only its contents can change. */
type IsAssignable<Field, Tier, Write, Caps> =
  TierOf<Field, Tier> extends "mutable" ? Writes<"mutable", WriteOf<Field, Write>, Caps> : false;

type DraftLevel<Level, Spec, Tier, Write, Caps> = {
  -readonly [K in keyof Level as IsAssignable<FieldSpecOf<Spec, K>, Tier, Write, Caps> extends true
    ? K
    : never]: DraftField<Level[K], FieldSpecOf<Spec, K>, Tier, Write, Caps>;
} & {
  readonly [K in keyof Level as IsAssignable<FieldSpecOf<Spec, K>, Tier, Write, Caps> extends true
    ? never
    : IsOpenSet<FieldSpecOf<Spec, K>, Caps> extends true
      ? never
      : K]: DraftField<Level[K], FieldSpecOf<Spec, K>, Tier, Write, Caps>;
} & {
  readonly [K in keyof Level as IsOpenSet<FieldSpecOf<Spec, K>, Caps> extends true
    ? K
    : never]-?: DraftField<Level[K], FieldSpecOf<Spec, K>, Tier, Write, Caps>;
};
type DraftField<Value, Field, Tier, Write, Caps> = DraftPart<
  Value,
  Field,
  TierOf<Field, Tier>,
  WriteOf<Field, Write>,
  Caps
>;

/** A growing level: its list can be added to, and the other fields follow from the list. */
type GrowingLevel<Spec extends { readonly schema: Schema }, Grows> = {
  readonly [K in keyof OutputOf<Spec["schema"]>]: K extends Grows
    ? GrowOnly<ItemInput<HostInputOf<Spec["schema"]>, K>>
    : OutputOf<Spec["schema"]>[K];
};
type ItemInput<Level, Key> = Key extends keyof Level
  ? NonNullable<Level[Key]> extends readonly (infer Item)[]
    ? Item
    : never
  : never;

type DraftSlot<Spec extends SlotSpec, Caps> = Spec extends {
  readonly tier: "monotonic";
  readonly grows: infer Grows;
}
  ? GrowingLevel<Spec, Grows>
  : DraftPart<
      Visible<OutputOf<Spec["schema"]>, Spec, Caps>,
      Spec,
      TierOf<Spec, never>,
      WriteOf<Spec, never>,
      Caps
    >;

/** The slots in which the grant may write, or which it shows. */
type DraftSlots<Table extends SlotTable, Caps extends string> = {
  readonly [Slot in keyof Table as SlotHasWritable<Table[Slot], Caps> extends true
    ? Slot
    : never]: DraftSlot<Table[Slot], Caps>;
} & {
  readonly [Slot in keyof Table as SlotHasWritable<Table[Slot], Caps> extends true
    ? never
    : IsOpenSlot<Table[Slot], Caps> extends true
      ? Slot
      : never]?: Visible<OutputOf<Table[Slot]["schema"]>, Table[Slot], Caps> | undefined;
};

/**
 * What a recipe of `amend` gets: a container for each slot it may write; the rest is read-only. Like
 * `ViewOf` it has no name of its own, so that a message about a slot that it lacks shows what to
 * declare: the capability that writes the slot, or else the one that reads it.
 */
export type DraftOf<Table extends SlotTable, Caps extends string> = [Caps] extends [string]
  ? Undeclared<{
      -readonly [Slot in Exclude<
        keyof Table,
        keyof DraftSlots<Table, Caps>
      > as Table[Slot] extends { readonly read: string } ? Slot : never]: Table[Slot] extends {
        readonly write: infer Write;
      }
        ? Write
        : Table[Slot]["read"];
    }> &
      DraftSlots<Table, Caps>
  : never;
