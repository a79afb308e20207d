/** The mark of what a merge or a join gives. */
import type { Size } from "../data/index.ts";
import type { CompiledSlots } from "../slots/index.ts";
import { hostKind } from "./create.ts";
import { countedMark, type Mark, markOf, type Slots } from "./mark.ts";

/** What comes of an edit is none: it is read again when a plugin returns it. */
export function markAfter(slots: CompiledSlots, current: Slots, size: Size | undefined): Mark {
  const kind = markOf(current)?.kind ?? hostKind(slots);
  return size === undefined ? kind.uncounted : countedMark(kind, size);
}
