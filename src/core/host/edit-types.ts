/** Types of what `amend` and the helpers may change in a view. */
import type { DraftOf, GrantIn, SlotTable, TableIn } from "../slots/index.ts";

/** `V` itself if its grant has the capability, otherwise a type that says what is missing. */
export type EditableBy<V, Capability extends string> =
  string extends GrantIn<V>
    ? V
    : Capability extends GrantIn<V>
      ? V
      : { readonly error: `declare the capability "${Capability}" to edit this` };

type Loosened<T> = T extends readonly (infer Item)[]
  ? Loosened<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Loosened<T[Key]> }
    : T;

/** The draft of a view is limited by its grant; any other draft is not. */
type DraftFor<V> =
  string extends GrantIn<V>
    ? Loosened<V>
    : TableIn<V> extends SlotTable
      ? DraftOf<TableIn<V>, GrantIn<V>>
      : Loosened<V>;

/** What a recipe returns: anything, for the draft alone counts, but a promise. */
type Done<Returned> =
  Returned extends PromiseLike<unknown>
    ? { readonly error: "await first, then amend: a recipe is done when it returns" }
    : Returned;

/**
 * Runs `recipe` on a draft of `value` and returns the changed copy; `value` itself when
 * nothing changed.
 *
 * The draft of a view has a container for each slot it may write, dropped again if
 * untouched, so that `draft.security.labels.push("PII")` works on an envelope without
 * `security`. Its type lets you write only what the capabilities let you write.
 *
 * @throws GlassineError with the code of what is wrong with the edit, such as `label_invalid`
 */
export type Amend = <V extends object, Returned = unknown>(
  value: V,
  recipe: (draft: DraftFor<V>) => Returned & Done<Returned>,
) => V;
