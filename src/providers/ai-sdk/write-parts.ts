/** The parts of a message or result, over those that they stand for. */

import type { ContentPart } from "../../core/messages/index.ts";
import { pairParts } from "../rewrite/index.ts";
import { type Fields, hostCopy } from "./host-values.ts";
import { changedPart, newPart, type ReportRemovedAt, removedUnder, samePart } from "./overlay.ts";
import { isModels, type Place } from "./place.ts";
import type { ShownParts } from "./read-parts.ts";
import { rewriteList } from "./rewrite-list.ts";
import { fieldsOfStored, staleIds } from "./stored.ts";

/** The host's own parts, what messages show of them, and how to report removed ones. */
export interface OldParts {
  readonly raws: readonly unknown[];
  readonly shown: ShownParts;
  readonly removed: ReportRemovedAt;
}

export function writeParts(
  { raws, shown, removed }: OldParts,
  parts: readonly ContentPart[],
  placeOf: (index: number) => Place,
): readonly unknown[] {
  const pairs = pairParts(shown.parts, parts);
  const shownPlaces = new Set(shown.places);
  const stale = isModels(placeOf(0)) ? staleIds(raws, shown.places, pairs) : new Set();
  return rewriteList(raws.length, shown.places, pairs, {
    make: ({ item: part, old: before, isSame }, index, from) => {
      const place = placeOf(index);
      if (before === undefined || from === undefined) return newPart(part, place);
      const raw = raws[from];
      if (isSame) return withoutStored(samePart(raw, part, place), from);
      const old = { raw, part: before, removed: removedUnder(removed, from) };
      return changedPart(old, part, place);
    },
    keep: (place) => withoutStored(hostCopy(raws[place]), place),
    removed: (place) => removed(place),
  });

  /** Removes references to a stored item that changed in another part. */
  function withoutStored(part: unknown, from: number): unknown {
    const names = fieldsOfStored(raws[from], stale);
    if (names.length === 0) return part;
    // A part that messages do not show is reported as a whole.
    if (shownPlaces.has(from)) for (const name of names) removed(from, name);
    else removed(from);
    const kept = Object.entries(part as Fields).filter(([name]) => !names.includes(name));
    return Object.freeze(Object.fromEntries(kept));
  }
}
