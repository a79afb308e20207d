/** The types by which `amend` and the helpers know what a view may write. */
import type { DraftOf, GrantIn, SlotTable, TableIn } from "../slots/index.ts";

/** `V` itself where its grant holds the capability, else a type that says what is missing. */
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

/** The draft of a view is cut to its grant; the draft of anything else is free. */
type DraftFor<V> =
  string extends GrantIn<V>
    ? Loosened<V>
    : TableIn<V> extends SlotTable
      ? DraftOf<TableIn<V>, GrantIn<V>>
      : Loosened<V>;

/**
 * Runs `recipe` over a draft of `value` and gives the changed copy; `value` itself when
 * nothing changed.
 *
 * The draft of a view holds a container for each slot it may write, dropped again if
 * untouched, so that `draft.security.labels.push("PII")` works on an envelope without
 * `security`. Its type lets you write only what the capabilities let you write.
 *
 * @throws GlassineError with the code of what is wrong with the edit, such as `label_invalid`
 */
export type Amend = <V extends object>(value: V, recipe: (draft: DraftFor<V>) => unknown) => V;
