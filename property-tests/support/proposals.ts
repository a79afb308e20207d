/** What a plugin can return, as plans. */
import { type CompiledSlots, defaultsOf } from "../../src/core/slots/index.ts";
import { at, isObject, leaves, plainCopy } from "../../src/testing/data.ts";
import type { Part } from "../../src/testing/parts.ts";
import { apply, containerAt, type Plan } from "../../src/testing/proposals.ts";

export { type Plan, plansOf, propose } from "../../src/testing/proposals.ts";

/**
 * A proposal of some parts only, edited as the plan says. Unedited parts are left out, so that
 * nothing else in the view affects it. A part is skipped if its level is absent and creating that
 * level would add content by itself.
 */
export function proposeAmong(
  slots: CompiledSlots,
  parts: readonly Part[],
  view: object,
  plan: Plan,
): unknown {
  const proposal: Record<string, unknown> = {};
  if (parts.length === 0) return proposal;
  for (const edit of plan.edits) {
    const part = parts[edit.part % parts.length];
    if (part === undefined || !isThere(slots, part, view)) continue;
    const shown = at(view, part.path);
    const parent = containerAt(proposal, part.path.slice(0, -1));
    const key = String(part.path.at(-1));
    if (shown !== undefined && !Object.hasOwn(parent, key)) parent[key] = plainCopy(shown);
    apply(proposal, part, edit, at(plan.document, part.path));
  }
  return proposal;
}

function isThere(slots: CompiledSlots, { path }: Part, view: object): boolean {
  // An empty set is shown even if its level is absent, so only content proves that it exists.
  if (path.length === 1 || leaves(at(view, path.slice(0, -1))).size > 0) return true;
  const slot = slots.nodes.find(({ key }) => key === path[0]);
  if (path.length > 2 || slot === undefined) return false;
  return Object.values(defaultsOf(slot)).every(
    (value) => value === undefined || (isObject(value) && Object.keys(value).length === 0),
  );
}
