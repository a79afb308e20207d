/** Reads the view in a task, and filters it by the plugin's grant again. */

import { admit, isRecord, type Limits } from "../data/index.ts";
import { filterFor, type Slots } from "../envelope/index.ts";
import type { Problem } from "../errors/index.ts";
import { unreadable } from "../messages/index.ts";
import type { LevelValue } from "../schema/index.ts";
import type { CompiledSlots, Node } from "../slots/index.ts";
import type { DropReport } from "./documents.ts";
import { asShown, type ShownHeaders } from "./header-generations.ts";
import { changeHeaderMaps, isEmptyContainer, withoutSecrets } from "./headers.ts";

/** How a view is read, and which headers are the view's own. */
interface ViewReading {
  readonly mask: number;
  readonly limits: Limits;
  readonly shownHeaders: ShownHeaders | undefined;
  readonly report: DropReport;
}

/** Unknown slots and fields are dropped. @throws GlassineError `extensions_invalid` */
export function readView(
  slots: CompiledSlots,
  value: LevelValue,
  { mask, limits, shownHeaders, report }: ViewReading,
): Slots {
  const onDropped = (path: string) => report.add(`extensions.${path}`);
  const given = changeHeaderMaps(slots.nodes, value, (map, path) =>
    withoutSecrets(map, path, onDropped),
  );
  const shown = asShown(given, shownHeaders);
  // It was already read and copied with the document.
  const shapeCode = "extensions_shape";
  const options = { origin: "parsed", limits, shapeCode, strict: false } as const;
  // Partial, because what the grant hides can be absent, even if the host's slot requires it.
  const admitted = admit(slots.envelope.read, shown, options, undefined, "partial");
  if (!admitted.ok) throw unreadable("extensions_invalid", "view", admitted.problems);
  report.addAll(["extensions"], admitted);
  const problems: Problem[] = [];
  const whole = filledIn(slots.nodes, admitted.value as LevelValue, { mask, problems }, []);
  if (problems.length > 0) throw unreadable("extensions_invalid", "view", problems);
  return filterFor(slots, mask)(whole);
}

interface Filling {
  readonly mask: number;
  readonly problems: Problem[];
}

/**
 * Restores empty containers, which the newer generation leaves out. Other defaults are not filled
 * in: a view shows an empty set even if its level is absent, and a default next to it would make
 * the level exist. A required value that the plugin may read must be there.
 */
function filledIn(
  nodes: readonly Node[],
  value: LevelValue,
  filling: Filling,
  path: readonly string[],
): LevelValue {
  const filled: Record<string, unknown> = { ...value };
  for (const node of nodes) {
    const at = [...path, node.key];
    const given = value[node.key];
    if (given !== undefined) {
      if (node.compiled.level !== undefined && isRecord(given)) {
        filled[node.key] = filledIn(node.fields, given, filling, at);
      }
    } else if (node.fallback !== undefined) {
      const fallback = node.fallback();
      if (isEmptyContainer(fallback)) filled[node.key] = fallback;
    } else if (!node.optional && (node.open === 0 || (node.open & filling.mask) !== 0)) {
      filling.problems.push({
        path: at,
        code: "extensions_shape",
        expected: "a value",
        received: "nothing",
      });
    }
  }
  return Object.freeze(filled);
}
