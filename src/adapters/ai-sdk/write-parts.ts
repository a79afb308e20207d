/** The parts of a message or result, over those that they stand for. */
import { pairParts } from "../../documents/index.ts";
import type { ContentPart } from "../../messages/index.ts";
import { hostCopy } from "./host-values.ts";
import { changedPart, newPart, samePart } from "./overlay.ts";
import type { ShownParts } from "./read-parts.ts";
import { weave } from "./weave.ts";
import type { Place } from "./write-part.ts";

/** `raws` are the host's own parts, `shown` what messages show of them. */
export function writeParts(
  raws: readonly unknown[],
  shown: ShownParts,
  parts: readonly ContentPart[],
  placeOf: (index: number) => Place,
): readonly unknown[] {
  return weave(
    raws.length,
    shown.places,
    pairParts(shown.parts, parts),
    (index, { at, isSame }) => {
      const part = parts[index] as ContentPart;
      if (at === undefined) return newPart(part, placeOf(index));
      const raw = raws[shown.places[at] as number];
      const place = placeOf(index);
      if (isSame) return samePart(raw, part, place);
      return changedPart(raw, shown.parts[at] as ContentPart, part, place);
    },
    (place) => hostCopy(raws[place]),
  );
}
