/** The host's own change of some slots: reads those, shares the others. */

import { intrinsics } from "../data/index.ts";
import { GlassineError } from "../errors/index.ts";
import { copyLevel } from "../schema/index.ts";
import { brandAfter, brandOf, type Slots, seal } from "./brand.ts";
import { type CreateOptions, readOver } from "./create.ts";
import { assertGrown } from "./grown.ts";

export function replaceSlots(extensions: object, changes: object, options?: CreateOptions): Slots {
  const brand = brandOf(extensions);
  if (brand === undefined || brand.kind.mask !== undefined) {
    throw new GlassineError(
      "edit_denied",
      "withSlots expects the host's own extensions; got a view or another value. A plugin uses amend or a helper.",
    );
  }
  const { slots } = brand.kind;
  // Nothing to read: the same slots under a new envelope.
  if (isEmptyRecord(changes)) return seal(copyLevel(slots.layout, extensions as Slots), brand);
  const read = readOver(slots, changes, extensions as Slots, options);
  const next = copyLevel(slots.layout, extensions as Slots);
  const { names } = slots;
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    if (read[name] !== undefined) next[name] = read[name];
  }
  assertGrown(slots, extensions as Slots, next);
  return seal(next, brandAfter(slots, extensions as Slots, next));
}

function isEmptyRecord(value: unknown): boolean {
  if (typeof value !== "object" || value === null || intrinsics.isProxy(value)) return false;
  const isPlain = intrinsics.getPrototypeOf(value) === intrinsics.objectPrototype;
  return isPlain && intrinsics.ownKeys(value).length === 0;
}
