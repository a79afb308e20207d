/** The brand of what a merge or a join returns. */
import type { Size } from "../data/index.ts";
import type { CompiledSlots } from "../slots/index.ts";
import { brandOf, countedBrand, type EnvelopeBrand, type Slots } from "./brand.ts";
import { hostKind } from "./create.ts";

/** What comes of an edit is none: it is read again when a plugin returns it. */
export function markAfter(
  slots: CompiledSlots,
  current: Slots,
  size: Size | undefined,
): EnvelopeBrand {
  const kind = brandOf(current)?.kind ?? hostKind(slots);
  return size === undefined ? kind.uncounted : countedBrand(kind, size);
}
