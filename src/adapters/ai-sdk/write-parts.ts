/** The parts of a message or result, over those that they stand for. */
import { pairParts } from "../../documents/index.ts";
import type { ContentPart } from "../../messages/index.ts";
import { hostCopy } from "./host-values.ts";
import { changedPart, type Gone, goneIn, newPart, samePart } from "./overlay.ts";
import type { ShownParts } from "./read-parts.ts";
import { weave } from "./weave.ts";
import type { Place } from "./write-part.ts";

/** The host's own parts, what messages show of them, and who is told of those that are gone. */
export interface OldParts {
  readonly raws: readonly unknown[];
  readonly shown: ShownParts;
  readonly gone: Gone;
}

export function writeParts(
  { raws, shown, gone }: OldParts,
  parts: readonly ContentPart[],
  placeOf: (index: number) => Place,
): readonly unknown[] {
  return weave(raws.length, shown.places, pairParts(shown.parts, parts), {
    make: (index, { at, isSame }) => {
      const part = parts[index] as ContentPart;
      const place = placeOf(index);
      if (at === undefined) return newPart(part, place);
      const from = shown.places[at] as number;
      const raw = raws[from];
      if (isSame) return samePart(raw, part, place);
      const old = { raw, part: shown.parts[at] as ContentPart, gone: goneIn(gone, from) };
      return changedPart(old, part, place);
    },
    keep: (place) => hostCopy(raws[place]),
    gone: (place) => gone(place),
  });
}
