/** What a provider keeps by an id, and may take in place of what is sent. */
import type { Pair } from "../rewrite/index.ts";
import { fieldOf, isFields } from "./host-values.ts";
import { isProviderField } from "./settings.ts";

/** The ids of the calls among some parts that the provider ran. */
export function providerCallsIn(parts: readonly unknown[]): ReadonlySet<unknown> {
  return new Set(
    parts.flatMap((part) => {
      const isRan = fieldOf(part, "type") === "tool-call" && fieldOf(part, "providerExecuted");
      return isRan === true ? [fieldOf(part, "toolCallId")] : [];
    }),
  );
}

/**
 * The ids by which old parts that changed or are gone are kept. Several parts may be one item of
 * the provider's, as the summaries of one reasoning are.
 */
export function staleIds(
  raws: readonly unknown[],
  places: readonly number[],
  pairs: readonly Pair<object>[],
): ReadonlySet<unknown> {
  const same = new Set(pairs.flatMap(({ at, isSame }) => (isSame && at !== undefined ? [at] : [])));
  const changed = places.filter((_, at) => !same.has(at));
  return new Set(changed.flatMap((place) => idsOf(raws[place])));
}

/** The fields of a part that refer to one of these stored items. */
export function fieldsOfStored(raw: unknown, stale: ReadonlySet<unknown>): readonly string[] {
  if (stale.size === 0 || !isFields(raw) || !idsOf(raw).some((id) => stale.has(id))) return [];
  return Object.keys(raw).filter(isProviderField);
}

function idsOf(raw: unknown): readonly unknown[] {
  if (!isFields(raw)) return [];
  return Object.keys(raw)
    .filter(isProviderField)
    .flatMap((name) => {
      const byProvider = raw[name];
      return isFields(byProvider) ? Object.values(byProvider) : [];
    })
    .flatMap((options) => fieldOf(options, "itemId") ?? []);
}
