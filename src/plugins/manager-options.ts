/** The options of `createPluginManager`, and how they are read. */
import {
  extensionsLimits,
  type Limits,
  limitsOver,
  payloadLimits,
  readWhole,
} from "../admit/index.ts";
import { closest, GlassineError } from "../errors/index.ts";
import type { HandlerErrorSink, HookTable } from "../hooks/index.ts";
import type { CapabilityIn, SlotTable } from "../slots/index.ts";
import { type Definition, definitionOf } from "./define-plugin.ts";
import type { Surface } from "./read-manifest.ts";
import { readPlainArray, readPlainObject, single } from "./read-plain.ts";
import { readSettings, settingNames, timeoutFault } from "./settings.ts";
import type { Plugin, RunSettings } from "./types.ts";

/** The operator's word over one plugin's defaults. It holds for all of its hooks. */
export interface PluginItem<Table extends SlotTable> extends RunSettings {
  readonly plugin: Plugin;
  /** Narrows the declared capabilities to these. It can never widen them. */
  readonly grant?: readonly CapabilityIn<Table>[];
  /** The plugin's own configuration: JSON data, handed out frozen as `context.config`. */
  readonly config?: unknown;
}

/** Options of `createPluginManager`. */
export interface ManagerOptions<Table extends SlotTable, Hooks extends HookTable> {
  readonly plugins: readonly (Plugin | PluginItem<Table>)[];
  /** The deadline of handlers that set none: milliseconds, or `null` for none. Default 30 000. */
  readonly timeoutMs?: number | null;
  /** Makes an ignored change a violation. Default false. */
  readonly strict?: boolean;
  /** Measures how long each handler takes. Default false. */
  readonly timings?: boolean;
  /** Limits of what plugins may return in extensions and metadata. */
  readonly limits?: Partial<Limits>;
  /** Limits of payloads. */
  readonly payloadLimits?: Partial<Limits>;
  /** By hook: the payload fields that plugins may write, out of those the hook allows. */
  readonly payloadPolicy?: { readonly [Hook in keyof Hooks]?: readonly string[] };
  /** What becomes of `headers` on an older payload. Default `move`: into the `http` slot. */
  readonly payloadHeaders?: "move" | "keep";
  /**
   * What a patched realm leads to. Default `ignore`. With `deny` the realm is checked by
   * `detectTampering` when the manager is made and before each run, and no plugin runs in one
   * that was changed. A check costs far more than a run: see docs/lifecycle.md.
   */
  readonly tampering?: "ignore" | "deny";
  /** How many invocations may be in flight. Default: any number. */
  readonly maxInFlight?: number;
  /** How many background handlers may be under way; further ones are dropped. Default 10 000. */
  readonly maxBackground?: number;
  /** Gets what handlers throw, for the host's own log. Nothing it throws changes a request. */
  readonly onHandlerError?: HandlerErrorSink;
}

/** One plugin with the operator's word, read. */
export interface ReadItem {
  readonly plugin: Plugin;
  readonly definition: Definition;
  readonly settings: RunSettings;
  /** The grant as a closed mask. */
  readonly mask: number;
  readonly config: unknown;
}

const optionNames = [
  "plugins",
  "timeoutMs",
  "strict",
  "timings",
  "limits",
  "payloadLimits",
  "payloadPolicy",
  "payloadHeaders",
  "tampering",
  "maxInFlight",
  "maxBackground",
  "onHandlerError",
];

/** The options, read. */
export interface ReadOptions {
  readonly items: readonly unknown[];
  readonly timeoutMs: number | null;
  readonly strict: boolean;
  readonly timings: boolean;
  readonly limits: Limits;
  readonly payloadLimits: Limits;
  readonly payloadPolicy: { readonly [hook: string]: readonly string[] };
  readonly keepHeaders: boolean;
  readonly denyTampering: boolean;
  readonly maxInFlight: number;
  readonly maxBackground: number;
  readonly onHandlerError: HandlerErrorSink | undefined;
}

export function readManagerOptions(input: unknown): ReadOptions {
  const values = readPlainObject(input, "options", (_, message) => fail(message)) ?? {};
  for (const key of Object.keys(values)) {
    if (optionNames.includes(key)) continue;
    const near = closest(key, optionNames);
    fail(
      `createPluginManager has no option ${single(key)}.${near === undefined ? "" : ` Did you mean ${single(near)}?`}`,
    );
  }
  // As many as the host likes: a hole ends the reading of an array that only says it is long.
  const items =
    readPlainArray(values.plugins, Number.POSITIVE_INFINITY) ??
    fail("plugins must be an array of plugins.");
  const { timeoutMs = 30_000, payloadHeaders = "move", onHandlerError } = values;
  const { tampering = "ignore" } = values;
  const fault = timeoutFault(timeoutMs);
  if (fault !== undefined) fail(fault);
  if (payloadHeaders !== "move" && payloadHeaders !== "keep")
    fail('payloadHeaders must be "move" or "keep".');
  if (tampering !== "ignore" && tampering !== "deny") fail('tampering must be "ignore" or "deny".');
  if (onHandlerError !== undefined && typeof onHandlerError !== "function")
    fail("onHandlerError must be a function.");
  return {
    items,
    timeoutMs: timeoutMs as number | null,
    strict: readBoolean("strict", values.strict),
    timings: readBoolean("timings", values.timings),
    limits: readLimits("limits", values.limits, extensionsLimits),
    payloadLimits: readLimits("payloadLimits", values.payloadLimits, payloadLimits),
    payloadPolicy: readPolicy(values.payloadPolicy),
    keepHeaders: payloadHeaders === "keep",
    denyTampering: tampering === "deny",
    maxInFlight: readCount("maxInFlight", values.maxInFlight, Number.MAX_SAFE_INTEGER),
    maxBackground: readCount("maxBackground", values.maxBackground, 10_000),
    onHandlerError: onHandlerError as HandlerErrorSink | undefined,
  };
}

function readBoolean(name: string, value: unknown): boolean {
  if (value === undefined) return false;
  return typeof value === "boolean" ? value : fail(`${name} must be true or false.`);
}

function readCount(name: string, value: unknown, fallback: number): number {
  return value === undefined ? fallback : readWhole(name, value);
}

function readPolicy(value: unknown): ReadOptions["payloadPolicy"] {
  if (value === undefined) return Object.create(null);
  const given = readPlainObject(value, "payloadPolicy", (_, message) => fail(message)) ?? {};
  for (const [hook, names] of Object.entries(given)) {
    const fields = readPlainArray(names);
    if (fields === undefined || !fields.every((field) => typeof field === "string"))
      fail(`payloadPolicy of ${single(hook)} must be an array of payload fields.`);
    given[hook] = fields;
  }
  return given as ReadOptions["payloadPolicy"];
}

function readLimits(name: string, value: unknown, defaults: Limits): Limits {
  if (value === undefined) return defaults;
  return limitsOver(
    defaults,
    readPlainObject(value, name, (_, message) => fail(message)),
    name,
  );
}

const itemFields = ["plugin", "grant", "config", ...settingNames];

const noPlugin = "must be what definePlugin made, or { plugin, … } with it.";

/** The settings of an item that has some. */
function entryOf(item: unknown, index: number): Record<string, unknown> {
  const where = `plugins[${index}]`;
  const refuse = (_: string, message: string) => fail(`${message}: it ${noPlugin}`);
  return readPlainObject(item, where, refuse) ?? fail(`${where} ${noPlugin}`);
}

/** One item of `plugins`: a plugin, or a plugin with settings. */
export function readItem(
  surface: Surface,
  item: unknown,
  index: number,
  freezeConfig: (config: unknown) => unknown,
): ReadItem {
  const entry = definitionOf(item) === undefined ? entryOf(item, index) : { plugin: item };
  const plugin = entry.plugin as Plugin;
  const definition = definitionOf(plugin);
  if (definition === undefined) return fail(`plugins[${index}] ${noPlugin}`);
  const where = `plugin ${single(plugin.name)}`;
  for (const key of Object.keys(entry)) {
    if (itemFields.includes(key)) continue;
    const near = closest(key, itemFields);
    fail(
      `${where} has the unknown setting ${single(key)}.${near === undefined ? "" : ` Did you mean ${single(near)}?`}`,
    );
  }
  if (definition.surface !== surface) checkSurface(surface, plugin, where);
  return {
    plugin,
    definition,
    settings: readSettings(entry, (text) => fail(`${where}: ${text}.`)),
    mask: readGrant(surface, plugin, entry.grant, where),
    config: entry.config === undefined ? undefined : freezeConfig(entry.config),
  };
}

/** A plugin made by another host's definePlugin is held against this one again. */
function checkSurface(surface: Surface, plugin: Plugin, where: string): void {
  for (const name of plugin.capabilities) {
    if (!surface.capabilities.has(name)) {
      throw new GlassineError(
        "capability_unknown",
        `${where} declares ${single(name)}, which this host does not know.`,
        {
          plugin: plugin.name,
        },
      );
    }
  }
  for (const hook of plugin.hooks) {
    if (!Object.hasOwn(surface.hooks, hook)) {
      throw new GlassineError(
        "hook_unknown",
        `${where} uses the hook ${single(hook)}, which this host does not have.`,
        {
          plugin: plugin.name,
        },
      );
    }
  }
}

function readGrant(
  { capabilities }: Surface,
  plugin: Plugin,
  grant: unknown,
  where: string,
): number {
  const declared = capabilities.mask(plugin.capabilities);
  if (grant === undefined) return declared;
  const names = readPlainArray(grant) ?? fail(`${where}: grant must be an array of capabilities.`);
  for (const name of names) {
    if (typeof name !== "string" || !capabilities.has(name)) {
      throw new GlassineError(
        "capability_unknown",
        `${where}: grant names ${typeof name === "string" ? single(name) : "what is no text"}, which is no capability.`,
        {
          plugin: plugin.name,
        },
      );
    }
    if ((capabilities.bits([name]) & declared) === 0) {
      fail(
        `${where}: grant names ${single(name)}, which the plugin does not declare. A grant can only narrow.`,
      );
    }
  }
  return capabilities.mask(names as string[]) & declared;
}

function fail(text: string): never {
  throw new GlassineError("options_invalid", text);
}
