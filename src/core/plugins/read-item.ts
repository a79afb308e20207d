/** A manager's plugins, each with the settings that the operator gave it. */
import { writeText } from "../data/index.ts";
import { hasOwn } from "../data/intrinsics.ts";
import {
  GlassineError,
  ManifestError,
  type ManifestProblem,
  optionsInvalid,
  quoteName,
} from "../errors/index.ts";
import { isAsStrict } from "../hooks/index.ts";
import { readPlainArray, readPlainObject } from "../schema/index.ts";
import { isServiceCapability, knowsCapability } from "./capabilities.ts";
import {
  type Definition,
  definitionFrom,
  definitionOf,
  manifestCarriedBy,
} from "./define-plugin.ts";
import { expectFree } from "./isolated.ts";
import type { ReadOptions } from "./manager-options.ts";
import type { Surface } from "./profile.ts";
import { type Data, readData } from "./read-config.ts";
import { readManifest } from "./read-manifest.ts";
import { didYouMean } from "./read-plain.ts";
import { readSettings, settingNames } from "./settings.ts";
import type { Plugin, RunSettings } from "./types.ts";

/** One plugin with the operator's settings, read. */
export interface ReadItem extends Definition {
  readonly settings: RunSettings;
  /** The grant as a mask, including what it implies. */
  readonly mask: number;
  /** The capabilities of services in the grant, sorted. */
  readonly services: readonly string[];
  /** The item's configuration, copied but not checked. */
  readonly config: Data;
  /** Why the plugin does not fit this host, if it was defined for another. */
  readonly faults: readonly ManifestProblem[];
}

/** The hook whose handlers get every audit event. */
export const emitHook = "audit_emit";

/**
 * The plugins that the operator passed, and those that were discovered.
 *
 * @throws GlassineError `options_invalid`
 */
export function readItems(surface: Surface, options: ReadOptions): readonly ReadItem[] {
  const { plugins, discovered } = options;
  const read = plugins.map((item, index) => readItem(surface, item, index));
  const given = new Set(read.map(({ plugin }) => plugin));
  const found = discovered?.plugins.filter(({ plugin }) => !given.has(plugin)) ?? [];
  const items = [
    ...read,
    ...found.map(({ plugin }, index) => readItem(surface, plugin, read.length + index)),
  ];
  expectKnown(options, items);
  expectKeeper(options, items);
  return items;
}

/** Rejects unknown sections: a misspelled one would leave a plugin without its configuration. */
function expectKnown({ config, discovered }: ReadOptions, items: readonly ReadItem[]): void {
  const names = items.map(({ plugin }) => plugin.name);
  // A refused plugin has an error that says why, or the host goes on without it.
  for (const { name } of discovered?.refused ?? []) names.push(name);
  for (const name of Object.keys(config)) {
    if (names.includes(name)) continue;
    const text = `config has a section ${quoteName(name)}, which is not among the plugins.`;
    throw optionsInvalid(`${text}${didYouMean(name, names)}`, { name });
  }
}

/** Rejects `strict` if nobody keeps records, because it would have no effect. */
function expectKeeper({ audit, core }: ReadOptions, items: readonly ReadItem[]): void {
  if (!audit.strict || audit.sink !== undefined) return;
  const isKept =
    core.some(({ hook }) => hook === emitHook) ||
    items.some(
      ({ plugin, settings }) => settings.mode !== "disabled" && plugin.hooks.includes(emitHook),
    );
  if (isKept) return;
  const text =
    "audit: strict needs a sink or a handler of audit_emit; without one, no record is kept.";
  throw optionsInvalid(text);
}

const itemFields = ["plugin", "grant", "config", ...settingNames];

const noPlugin = "must be a plugin made by definePlugin, or { plugin, … } with one.";

/** Reads the settings of an item that has some. */
function entryOf(item: unknown, index: number): Record<string, unknown> {
  const where = `plugins[${index}]`;
  const refuse = (_: string, message: string) => {
    throw optionsInvalid(`${message}: it ${noPlugin}`);
  };
  const entry = readPlainObject(item, where, refuse);
  if (entry === undefined) throw optionsInvalid(`${where} ${noPlugin}`);
  return entry;
}

/** Reads one item of `plugins`: a plugin, or a plugin with settings. */
function readItem(surface: Surface, item: unknown, index: number): ReadItem {
  const entry = manifestCarriedBy(item) === undefined ? entryOf(item, index) : { plugin: item };
  const manifest = manifestCarriedBy(entry.plugin);
  if (manifest === undefined) throw optionsInvalid(`plugins[${index}] ${noPlugin}`);
  const definition = definedFor(surface, entry.plugin, manifest);
  const { plugin } = definition;
  expectFree(plugin);
  const where = `plugin ${quoteName(plugin.name)}`;
  for (const key of Object.keys(entry)) {
    if (itemFields.includes(key)) continue;
    const meant = key === "capabilities" ? "grant" : key;
    throw optionsInvalid(
      `${where} has the unknown setting ${quoteName(key)}.${didYouMean(meant, itemFields)}`,
    );
  }
  const settings = readSettings(
    entry,
    (text) => {
      throw optionsInvalid(`${where}: ${text}.`);
    },
    surface.profile.maxTimeoutMs,
  );
  checkForMessages(surface, plugin, settings, where);
  checkStream(surface, definition, settings, where);
  return {
    ...definition,
    settings,
    ...readGrant(surface, plugin, entry, where),
    config: readData(entry.config),
  };
}

/** Reads and checks a manifest again if another host or another library copy defined it. */
function definedFor(
  surface: Surface,
  given: unknown,
  carried: unknown,
): Definition & Pick<ReadItem, "faults"> {
  const own = definitionOf(given) ?? definitionFrom(surface, carried);
  if (own.surface === surface) return { ...own, faults: [] };
  try {
    return { ...own, surface, manifest: readManifest(surface, carried), faults: [] };
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    const faults = error.problems.map(({ field, message }) => ({
      field,
      message: `plugin ${quoteName(own.plugin.name)}: ${message}`,
    }));
    return { ...own, faults };
  }
}

/** Rejects settings without effect, so that an operator does not think a live guard is on trial. */
function checkForMessages(
  { hooks }: Surface,
  plugin: Plugin,
  settings: RunSettings,
  where: string,
): void {
  // A plugin of another host may have hooks that are unknown here, and is refused for that.
  const mayHave = (hook: string) => (hooks[hook]?.semantic ?? "message") === "message";
  if (plugin.hooks.some(mayHave)) return;
  const { timeoutMs: _, mode, ...others } = settings;
  const idle = mode === undefined || mode === "disabled" ? others : { mode, ...others };
  const [first] = Object.keys(idle);
  if (first === undefined) return;
  throw optionsInvalid(
    `${where}: ${first} applies to message hooks only, and the plugin handles none.`,
  );
}

/** Lets the operator make a plugin hold back more than it asks for, but never less. */
function checkStream(
  { hooks }: Surface,
  { manifest }: Definition,
  { stream }: RunSettings,
  where: string,
): void {
  if (stream === undefined) return;
  const streamed = manifest.hooks.filter(({ hook }) => hooks[hook]?.streamed === true);
  if (streamed.length === 0)
    throw optionsInvalid(
      `${where}: stream applies to streamed hooks only, and the plugin handles none.`,
    );
  for (const { hook, settings } of streamed) {
    const own = settings.stream ?? "buffer";
    if (isAsStrict(stream, own)) continue;
    throw optionsInvalid(
      `${where}: stream can only be stricter than what the plugin declares on ${quoteName(hook)}, which is ${writeText(own)}.`,
    );
  }
}

function readGrant(
  surface: Surface,
  plugin: Plugin,
  entry: { readonly grant?: unknown },
  where: string,
): Pick<ReadItem, "mask" | "services"> {
  const { capabilities } = surface.slots;
  const declared = capabilities.mask(plugin.capabilities);
  const opened = plugin.capabilities.filter((name) => isServiceCapability(surface, name));
  // An operator who passes undefined may have meant to grant less than everything.
  if (!hasOwn(entry, "grant")) return { mask: declared, services: opened };
  const names = readPlainArray(entry.grant);
  if (names === undefined)
    throw optionsInvalid(`${where}: grant must be an array of capabilities.`);
  for (const name of names) {
    if (typeof name !== "string" || !knowsCapability(surface, name)) {
      throw new GlassineError(
        "capability_unknown",
        `${where}: grant names ${typeof name === "string" ? quoteName(name) : "a value that is not a string"}, which is not a capability.`,
        {
          plugin: plugin.name,
        },
      );
    }
    if (!opened.includes(name) && (capabilities.bits([name]) & declared) === 0) {
      throw optionsInvalid(
        `${where}: grant names ${quoteName(name)}, which the plugin does not declare. A grant can only narrow.`,
      );
    }
  }
  return {
    mask: capabilities.mask(names as string[]) & declared,
    services: opened.filter((name) => names.includes(name)),
  };
}
