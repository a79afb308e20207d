/** The host's own change of some slots: reads those, shares the others. */

import { GlassineError } from "../errors/index.ts";
import { type CreateOptions, readOver } from "./create.ts";
import { assertGrown } from "./grown.ts";
import { markOf, type Slots, seal } from "./mark.ts";

export function replaceSlots(extensions: object, changes: object, options?: CreateOptions): Slots {
  const mark = markOf(extensions);
  if (mark === undefined || mark.mask !== undefined) {
    throw new GlassineError(
      "edit_denied",
      "withSlots expects the host's own extensions; got a view or another value. A plugin uses amend or a helper.",
    );
  }
  const read = readOver(mark.slots, changes, extensions as Slots, options);
  const next: Record<string, unknown> = { ...(extensions as Slots) };
  for (const name of mark.slots.names) if (read[name] !== undefined) next[name] = read[name];
  assertGrown(mark.slots, extensions as Slots, next);
  return seal(next, mark);
}
