/** The plugins of a manager, each with what the operator set over it. */
import { GlassineError, type ManifestProblem, optionsInvalid } from "../errors/index.ts";
import { isOfService, knowsCapability } from "./capabilities.ts";
import {
  type Definition,
  definePluginFor,
  definitionOf,
  manifestCarriedBy,
} from "./define-plugin.ts";
import type { ReadOptions } from "./manager-options.ts";
import { didYouMean, otherHosts } from "./near.ts";
import type { Surface } from "./profile.ts";
import { type Data, readData } from "./read-config.ts";
import { nameOrQuoted, quoteName, readPlainArray, readPlainObject } from "./read-plain.ts";
import { readSettings, settingFault, settingNames } from "./settings.ts";
import type { Plugin, RunSettings } from "./types.ts";

/** One plugin with the operator's settings, read. */
export interface ReadItem {
  readonly plugin: Plugin;
  readonly definition: Definition;
  readonly settings: RunSettings;
  /** The grant as a closed mask. */
  readonly mask: number;
  /** The capabilities of services among the grant, sorted. */
  readonly services: readonly string[];
  /** The item's configuration, copied, and not checked. */
  readonly config: Data;
  /** Why it does not fit this host, where it was defined for another. */
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
  const items = itemsOf(surface, options);
  expectKnown(options.config, items);
  expectKeeper(options, items);
  return items;
}

function itemsOf(surface: Surface, { plugins, discovered }: ReadOptions): readonly ReadItem[] {
  const read = plugins.map((item, index) => readItem(surface, item, index));
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
    throw optionsInvalid(`${text}${didYouMean(name, names)}`, { name });
  }
}

/** Where nobody keeps a record, strict would have no effect. */
function expectKeeper({ audit, core }: ReadOptions, items: readonly ReadItem[]): void {
  if (!audit.strict || audit.sink !== undefined) return;
  const isKept =
    core.some(({ hook }) => hook === emitHook) ||
    items.some(
      ({ plugin, settings }) => settings.mode !== "disabled" && plugin.hooks.includes(emitHook),
    );
  if (isKept) return;
  const text = "audit: strict needs a sink, or a handler of audit_emit: nobody keeps a record.";
  throw optionsInvalid(text);
}

const itemFields = ["plugin", "grant", "config", ...settingNames];

const noPlugin = "must be what definePlugin made, or { plugin, … } with it.";

/** The settings of an item that has some. */
function entryOf(item: unknown, index: number): Record<string, unknown> {
  const where = `plugins[${index}]`;
  const refuse = (_: string, message: string) => {
    throw optionsInvalid(`${message}: it ${noPlugin}`);
  };
  const entry = readPlainObject(item, where, refuse);
  if (entry === undefined) throw optionsInvalid(`${where} ${noPlugin}`);
  return entry;
}

/** One item of `plugins`: a plugin, or a plugin with settings. */
function readItem(surface: Surface, item: unknown, index: number): ReadItem {
  const entry = manifestCarriedBy(item) === undefined ? entryOf(item, index) : { plugin: item };
  const manifest = manifestCarriedBy(entry.plugin);
  if (manifest === undefined) throw optionsInvalid(`plugins[${index}] ${noPlugin}`);
  // What another copy of this library made is read and checked anew.
  const own = definitionOf(entry.plugin);
  const plugin = own === undefined ? definePluginFor(surface, manifest) : (entry.plugin as Plugin);
  const definition = definitionOf(plugin) as Definition;
  const where = `plugin ${quoteName(plugin.name)}`;
  for (const key of Object.keys(entry)) {
    if (itemFields.includes(key)) continue;
    throw optionsInvalid(
      `${where} has the unknown setting ${quoteName(key)}.${didYouMean(key, itemFields)}`,
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
  return {
    plugin,
    definition,
    faults: definition.surface === surface ? [] : foreignFaults(surface, plugin, definition),
    settings,
    ...readGrant(surface, plugin, entry.grant, where),
    config: readData(entry.config),
  };
}

/** Rejects settings that would have no effect, so that an operator does not think a live guard is on trial. */
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
  throw optionsInvalid(`${where}: ${first} is for message hooks, and it has a handler on none.`);
}

/** Why a plugin that another host's definePlugin made does not fit this one. */
function foreignFaults(
  surface: Surface,
  plugin: Plugin,
  { manifest }: Definition,
): ManifestProblem[] {
  const who = `plugin ${quoteName(plugin.name)}`;
  const hooks = plugin.hooks.filter((hook) => !Object.hasOwn(surface.hooks, hook));
  const capabilities = plugin.capabilities.filter((name) => !knowsCapability(surface, name));
  const faults: ManifestProblem[] = [];
  const add = (field: string, message: string) =>
    faults.push({ field, message: `${who} ${message}` });
  const lacks = "that this host does not have";
  if (capabilities.length > 0)
    add(
      "capabilities",
      `declares capabilities ${lacks}: ${capabilities.map(nameOrQuoted).join(", ")}`,
    );
  if (hooks.length > 0)
    add(
      "hooks",
      `has handlers for hooks ${lacks}: ${hooks.map(nameOrQuoted).join(", ")}${otherHosts(hooks)}`,
    );
  for (const { hook, settings } of manifest.hooks) {
    const spec = Object.hasOwn(surface.hooks, hook) ? surface.hooks[hook] : undefined;
    if (spec === undefined) continue;
    for (const key of Object.keys(settings)) {
      const fault = settingFault(key, spec.semantic);
      if (fault !== undefined)
        add("hooks", `has settings that do not fit hook ${quoteName(hook)}: ${fault}`);
    }
  }
  return faults;
}

function readGrant(
  surface: Surface,
  plugin: Plugin,
  grant: unknown,
  where: string,
): Pick<ReadItem, "mask" | "services"> {
  const { capabilities } = surface;
  const declared = capabilities.mask(plugin.capabilities);
  const opened = plugin.capabilities.filter((name) => isOfService(surface, name));
  if (grant === undefined) return { mask: declared, services: opened };
  const names = readPlainArray(grant);
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
