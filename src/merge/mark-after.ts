/** The mark of what a merge or a join gives. */
import type { Size } from "../admit/index.ts";
import {
  hostMark,
  type Mark,
  markOf,
  measuredMark,
  type Slots,
  uneditedMark,
} from "../extensions/index.ts";
import type { CompiledSlots } from "../slots/index.ts";

/** A merge into an edited view gives a view that is no edit: it is read again when it comes back. */
export function markAfter(slots: CompiledSlots, current: Slots, size: Size | undefined): Mark {
  const mask = markOf(current)?.mask;
  if (mask !== undefined) return uneditedMark(slots, mask, undefined);
  return size === undefined ? hostMark(slots) : measuredMark(slots, size);
}
