/**
 * The types of envelope, view and proposal, all inferred from a slot table.
 *
 * A gated field is in a view's type exactly when the granted capabilities open it: its own `read`
 * or `write`, or those of a field inside it.
 */
import type { Json } from "../data/index.ts";
import type { LevelValue } from "../schema/index.ts";

/**
 * All that the compiler knows of a schema: its output and its input. Every zod 4 schema is one.
 * Nothing else of zod's classes is named here, so that the compiler never compares them.
 */
export interface Schema<Output = unknown, Input = unknown> {
  readonly _zod: { readonly output: Output; readonly input: Input };
}

declare const plain: unique symbol;

/** A schema with explicit types: read-only output, and input as a host may write it. */
export interface PlainSchema<Output, Input = Output> extends Schema<Output, Input> {
  readonly [plain]?: true;
}

/** The output of a schema, frozen. */
export type OutputOf<S extends Schema> = typeof plain extends keyof S
  ? S["_zod"]["output"]
  : DeepReadonly<S["_zod"]["output"]>;

/** The input of a schema, frozen. */
export type InputOf<S extends Schema> = typeof plain extends keyof S
  ? S["_zod"]["input"]
  : DeepReadonly<S["_zod"]["input"]>;

/** What a host may pass to a schema: read-only, with null for what is absent. */
export type HostInputOf<S extends Schema> = typeof plain extends keyof S
  ? S["_zod"]["input"]
  : Writable<S["_zod"]["input"], S["_zod"]["output"]>;

/** How a slot or field may change. */
export type Tier = "immutable" | "monotonic" | "mutable";

/** The settings of a field in a slot. It inherits from its parent what it leaves out. */
export interface FieldSpec {
  readonly tier?: Tier;
  /** The capability that opens it. */
  readonly read?: string;
  /** The capability that writes it, or `everyone`. */
  readonly write?: string;
  readonly fields?: { readonly [field: string]: FieldSpec };
}

/** The settings of a slot. */
export interface SlotSpec extends FieldSpec {
  readonly tier: Tier;
  /** The capability that opens it, or `everyone`. Without it the slot is hidden from plugins. */
  readonly read?: string;
  readonly schema: Schema;
  readonly description: string;
  /**
   * Whether fields that the schema does not name are refused: for slots that authorization is based
   * on. Other slots tolerate what a newer producer adds.
   */
  readonly closed?: boolean;
  readonly grows?: string;
  readonly derive?: Derive;
}

/**
 * Computes the fields of a monotonic level that follow from its list. `current` is the level before
 * it grew; `proposed` is what the plugin or the host passed, so nothing that plugins must not choose
 * may be copied from it.
 */
export type Derive = (parts: {
  readonly current: { readonly [field: string]: unknown } | undefined;
  readonly list: readonly unknown[];
  readonly proposed: { readonly [field: string]: unknown };
}) => { readonly [field: string]: unknown };

export interface SlotTable {
  readonly [slot: string]: SlotSpec;
}

/** Frozen all the way down, `undefined` where absent. `Json` already is, and keeps its name. */
export type DeepReadonly<T> = [Json, T] extends [T, Json] ? T : Frozen<T>;
type Frozen<T> = T extends (...args: never[]) => unknown
  ? T
  : T extends readonly (infer Item)[]
    ? readonly DeepReadonly<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
      : T;

/**
 * As the host may write it: null means absent, and a field with a default may be left out. A field
 * that may be left out but is always present when read (`Read`) has a default: it takes no null.
 */
type Writable<Given, Read> = Given extends readonly (infer Item)[]
  ? readonly Writable<Item, Read extends readonly (infer Out)[] ? Out : unknown>[]
  : Given extends object
    ? {
        readonly [Key in keyof Given]: undefined extends PartOf<Read, Key>
          ? Writable<Given[Key], PartOf<Read, Key>> | null
          : Writable<Given[Key], PartOf<Read, Key>>;
      }
    : Given;
type PartOf<Level, Key> = Level extends object
  ? Key extends keyof Level
    ? Level[Key]
    : unknown
  : never;

/**
 * A standard slot as a host may write it: null means absent, and whatever is not `Required` may be
 * left out. It is a mapped type because compilers print that by the name of its alias.
 */
export type Given<Slot, Required extends PropertyKey = never> = {
  [Key in keyof GivenValue<Slot, Required>]: GivenValue<Slot, Required>[Key];
};
type GivenValue<Value, Required extends PropertyKey> = Json extends Value
  ? Value
  : Value extends undefined
    ? null | undefined
    : Value extends readonly (infer Item)[]
      ? readonly GivenValue<Item, Required>[]
      : Value extends object
        ? string extends keyof Value
          ? { readonly [Key in keyof Value]: GivenValue<Value[Key], Required> }
          : {
              readonly [Key in keyof (Partial<Value> & Pick<Value, keyof Value & Required>)]:
                | GivenValue<Value[Key], Required>
                | (Key extends Required ? never : undefined);
            }
        : Value;

/** The envelope that belongs to a table. */
export type ExtensionsOf<Table extends SlotTable> = {
  readonly [Slot in keyof Table]?: OutputOf<Table[Slot]["schema"]> | undefined;
};

/** What `createExtensions` of a table accepts. */
export type ExtensionsInputOf<Table extends SlotTable> = {
  readonly [Slot in keyof Table]?: HostInputOf<Table[Slot]["schema"]> | null | undefined;
};

type OwnGates<Spec> = Exclude<
  | (Spec extends { readonly read: infer R extends string } ? R : never)
  | (Spec extends { readonly write: infer W extends string } ? W : never),
  "everyone"
>;

/** Every capability that a field or anything inside it names. */
type Gates<Spec> = OwnGates<Spec> | InnerGates<Spec>;
type InnerGates<Spec> = Spec extends { readonly fields: infer F }
  ? { [K in keyof F]: Gates<F[K]> }[keyof F]
  : never;

/** The slot capabilities of a table. */
export type CapabilityIn<Table extends SlotTable> = {
  [S in keyof Table]: Gates<Table[S]>;
}[keyof Table];

/** What these capabilities imply besides themselves, in one step: see `collectCapabilities`. */
type Brought<Fields, Above, Caps> = {
  [K in keyof Fields]:
    | (Fields[K] extends { readonly write: infer W }
        ? W extends Caps
          ? Read<Fields[K], Above>
          : never
        : never)
    | (Fields[K] extends { readonly read: infer R } ? (R extends Caps ? Above : never) : never)
    | (Fields[K] extends { readonly fields: infer F }
        ? Brought<F, Read<Fields[K], Above>, Caps>
        : never);
}[keyof Fields];
type Read<Spec, Above> = Spec extends { readonly read: infer R } ? Exclude<R, "everyone"> : Above;

/** Capabilities with all that they imply. */
export type WithImplied<Table extends SlotTable, Caps> = [
  Exclude<Brought<Table, never, Caps>, Caps>,
] extends [never]
  ? Caps
  : WithImplied<Table, Caps | Brought<Table, never, Caps>>;

/** `true` if the field is open: it has no `read` of its own, or a granted gate opens it. */
type IsOpen<Spec, Caps> = Spec extends { readonly read: string }
  ? [Extract<Gates<Spec>, Caps>] extends [never]
    ? false
    : true
  : true;

/** The same for a slot, which is hidden if it does not say who reads it. */
export type IsOpenSlot<Spec, Caps> = Spec extends { readonly read: infer R }
  ? R extends "everyone"
    ? true
    : IsOpen<Spec, Caps>
  : false;

export type FieldSpecOf<Spec, Key> = Spec extends { readonly fields: infer F }
  ? Key extends keyof F
    ? F[Key]
    : NoGate
  : NoGate;
type NoGate = Record<never, never>;

/**
 * Makes a compiler's message say which capability to declare for a field or slot that the type
 * lacks: "Property 'http' does not exist on type 'Undeclared<{ http: "read_headers"; … }> & …".
 */
// biome-ignore lint/suspicious/noEmptyInterface: it has nothing but its name and what it is printed with.
// biome-ignore lint/correctness/noUnusedVariables: See above.
export interface Undeclared<Missing> {}

/** The visible part, and for each missing field or slot the capability to declare. */
type Shown<Fields, Level> = [Exclude<keyof Fields, keyof Level>] extends [never]
  ? Level
  : Undeclared<{
      -readonly [Key in Exclude<keyof Fields, keyof Level> as Fields[Key] extends {
        readonly read: string;
      }
        ? Key
        : never]: Fields[Key] extends { readonly read: infer Read } ? Read : never;
    }> &
      Level;

/** A frozen value reduced to its open parts. If nothing in it is gated, it keeps its name. */
export type Visible<Value, Spec, Caps> = [InnerGates<Spec>] extends [never]
  ? Value
  : Spec extends { readonly fields: infer Fields extends object }
    ? Shown<
        Fields,
        {
          readonly [Key in keyof Value as IsOpen<FieldSpecOf<Spec, Key>, Caps> extends true
            ? Key
            : never]: VisibleField<
            Value[Key] | IfAbsent<Spec, FieldSpecOf<Spec, Key>, Caps>,
            FieldSpecOf<Spec, Key>,
            Caps
          >;
        }
      >
    : Value;
/** A level may be shown only for its growing set; other fields are then `undefined`. */
type IfAbsent<Spec, Field, Caps> =
  OpensSet<Spec, Caps> extends true
    ? OpensSet<Field, Caps> extends true
      ? never
      : IsOpenSet<Field, Caps> extends true
        ? never
        : undefined
    : never;
type VisibleField<Value, Spec, Caps> = Value extends undefined
  ? undefined
  : Visible<Value, Spec, Caps>;

/** A growing set is always present once one of its capabilities is granted. */
export type IsOpenSet<Spec, Caps> = Spec extends {
  readonly tier: "monotonic";
  readonly read: string;
}
  ? IsOpen<Spec, Caps>
  : false;

/** Whether the grant opens a growing set in the level, or in a level inside it. */
type OpensSet<Spec, Caps> = Spec extends { readonly fields: infer F }
  ? true extends {
      [K in keyof F]: IsOpenSet<F[K], Caps> extends true ? true : OpensSet<F[K], Caps>;
    }[keyof F]
    ? true
    : false
  : false;

declare const granted: unique symbol;
declare const tableOf: unique symbol;

/**
 * Carries the grant in the type, with all that it implies, so that `amend` and the helpers know what
 * may be written. It is a parameter there, so that a function for the view of a smaller grant accepts
 * that of a larger one.
 */
export interface Granted<Table extends SlotTable, Caps> {
  readonly [granted]?: (grant: Caps) => void;
  readonly [tableOf]?: Table;
}

/** The capabilities that a view's type carries; `string` (any) if it is not a view. */
export type GrantIn<Value> = typeof granted extends keyof Value
  ? GrantOf<Value[typeof granted]>
  : string;
type GrantOf<Carrier> = Carrier extends (grant: infer Caps extends string) => void ? Caps : never;

/** The table that a view's type carries. */
export type TableIn<Value> = typeof tableOf extends keyof Value
  ? Exclude<Value[typeof tableOf], undefined>
  : never;

/**
 * What a plugin with the capabilities `Caps` gets. It is a conditional type, which has no name of
 * its own for compilers: they print the slots.
 */
export type ViewOf<Table extends SlotTable, Caps extends string> = [Caps] extends [string]
  ? Shown<Table, SlotsIn<Table, GatedIn<Table>, UngatedIn<Table>, Caps>> &
      Granted<Table, WithImplied<Table, Caps>>
  : never;
/**
 * The slots of a view. Those that a capability opens come first, then those with a growing set,
 * because editors cut off the end of a long type.
 */
type SlotsIn<
  Table extends SlotTable,
  Gated extends SlotTable,
  Ungated extends SlotTable,
  Caps extends string,
> = Joined<
  {
    readonly [Slot in keyof Gated as IsOpenSlot<Gated[Slot], Caps> extends true
      ? OpensSet<Gated[Slot], Caps> extends true
        ? never
        : Slot
      : never]?: Visible<OutputOf<Gated[Slot]["schema"]>, Gated[Slot], Caps> | undefined;
  },
  Joined<
    {
      readonly [Slot in keyof Table as OpensSet<Table[Slot], Caps> extends true
        ? Slot
        : never]: Visible<OutputOf<Table[Slot]["schema"]>, Table[Slot], Caps>;
    },
    {
      readonly [Slot in keyof Ungated as OpensSet<Ungated[Slot], Caps> extends true
        ? never
        : Slot]?: Visible<OutputOf<Ungated[Slot]["schema"]>, Ungated[Slot], Caps> | undefined;
    }
  >
>;
/** The slots of a table that not everyone sees, and the others. */
type GatedIn<Table extends SlotTable> = {
  readonly [Slot in keyof Table as Table[Slot] extends { readonly read: "everyone" }
    ? never
    : Slot]: Table[Slot];
};
type UngatedIn<Table extends SlotTable> = {
  readonly [Slot in keyof Table as Table[Slot] extends { readonly read: "everyone" }
    ? Slot
    : never]: Table[Slot];
};
/** An intersection, without a part that has no keys: compilers would print it. */
type Joined<A, B> = [keyof A] extends [never] ? B : A & B;

/** What a plugin may return: any part of the view, changed. */
export type ProposalOf<Table extends SlotTable, Caps extends string> = {
  readonly [Slot in Exclude<keyof ViewOf<Table, Caps>, symbol>]?: Loose<ViewOf<Table, Caps>[Slot]>;
};
type Loose<Value> = Value extends readonly unknown[]
  ? Value
  : Value extends object
    ? { readonly [Key in keyof Value]?: Loose<Value[Key]> | undefined }
    : Value;

/**
 * Makes a new level, not frozen, with the open fields of another; the other fields are absent.
 * `open` says by position which fields are open; those beyond its end are not.
 */
export type Take = (level: LevelValue, open: ArrayLike<boolean>) => Record<string, unknown>;
