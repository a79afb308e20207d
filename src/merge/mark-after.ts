/** The mark of what a merge or a join gives. */
import type { Size } from "../admit/index.ts";
import { countedMark, hostKind, type Mark, markOf, type Slots } from "../extensions/index.ts";
import type { CompiledSlots } from "../slots/index.ts";

/** A merge into an edited view gives a view that is no edit: it is read again when it comes back. */
export function markAfter(slots: CompiledSlots, current: Slots, size: Size | undefined): Mark {
  const kind = markOf(current)?.kind ?? hostKind(slots);
  return size === undefined || kind.mask !== undefined ? kind.uncounted : countedMark(kind, size);
}
