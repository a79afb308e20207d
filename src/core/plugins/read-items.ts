/** The plugins of a manager, and whether its other options are for them. */
import { GlassineError } from "../errors/index.ts";
import { emitHook } from "./audit-recorder.ts";
import type { ReadOptions } from "./manager-options.ts";
import { didYouMean } from "./near.ts";
import type { Surface } from "./profile.ts";
import { type ReadItem, readItem } from "./read-item.ts";
import { quoteName } from "./read-plain.ts";

/**
 * What the operator gave, and what was discovered beside it.
 *
 * @throws GlassineError `options_invalid`
 */
export function readItems(surface: Surface, options: ReadOptions): readonly ReadItem[] {
  const items = itemsOf(surface, options);
  expectKnown(options.config, items);
  expectKeeper(options, items);
  return items;
}

function itemsOf(surface: Surface, { items, discovered }: ReadOptions): readonly ReadItem[] {
  const read = items.map((item, index) => readItem(surface, item, index));
  const given = new Set(read.map(({ plugin }) => plugin));
  const found = discovered?.plugins.filter(({ plugin }) => !given.has(plugin)) ?? [];
  return [
    ...read,
    ...found.map(({ plugin }, index) => readItem(surface, plugin, read.length + index)),
  ];
}

/** A misspelt section would leave a plugin without its configuration. */
function expectKnown(config: ReadOptions["config"], items: readonly ReadItem[]): void {
  const names = items.map(({ plugin }) => plugin.name);
  for (const name of Object.keys(config)) {
    if (names.includes(name)) continue;
    const text = `config has a section ${quoteName(name)}, which is not among the plugins.`;
    throw new GlassineError("options_invalid", `${text}${didYouMean(name, names)}`, { name });
  }
}

/** Where nobody keeps a record, strict would be a word without an effect. */
function expectKeeper({ audit, core }: ReadOptions, items: readonly ReadItem[]): void {
  if (!audit.strict || audit.sink !== undefined) return;
  const isKept =
    core.some(({ hook }) => hook === emitHook) ||
    items.some(
      ({ plugin, settings }) => settings.mode !== "disabled" && plugin.hooks.includes(emitHook),
    );
  if (isKept) return;
  const text = "audit: strict needs a sink, or a handler of audit_emit: nobody keeps a record.";
  throw new GlassineError("options_invalid", text);
}
