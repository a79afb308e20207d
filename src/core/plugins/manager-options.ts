/** The options of `createPluginManager`, and how they are read. */
import {
  extensionsLimits,
  type Limits,
  limitsOver,
  payloadLimits,
  readWhole,
} from "../data/index.ts";
import { GlassineError } from "../errors/index.ts";
import type { HandlerErrorSink, HookTable } from "../hooks/index.ts";
import { type AuditOptions, type ReadAuditOptions, readAuditOptions } from "../observe/index.ts";
import type { SlotTable } from "../slots/index.ts";
import type { Environment } from "./config-environment.ts";
import {
  type CoreDefinition,
  type CoreHandler,
  coreDefinitionOf,
  withoutTwins,
} from "./core-handlers.ts";
import type { HandlesOf, ServiceTable } from "./define-services.ts";
import { type Discovered, type DiscoveryFacts, discoveryFactsOf } from "./discovered.ts";
import { type HealthOptions, readHealthOptions } from "./health.ts";
import { type Logger, type ReadLogger, readLogger } from "./logger.ts";
import { type Metrics, type MetricsSink, readMetrics } from "./metrics.ts";
import { didYouMean } from "./near.ts";
import type { Surface } from "./profile.ts";
import { type Data, readData } from "./read-config.ts";
import type { PluginItem } from "./read-item.ts";
import { quoteName, readPlainArray, readPlainObject } from "./read-plain.ts";
import { timeoutFault } from "./settings.ts";
import type { Plugin } from "./types.ts";

/** Options of `createPluginManager`. */
export interface ManagerOptions<
  Table extends SlotTable,
  Hooks extends HookTable,
  Services extends ServiceTable = Record<never, never>,
  Caps extends readonly string[] = readonly string[],
> {
  /** `Caps` are the capabilities of each plugin, in the order of this array. */
  readonly plugins: {
    readonly [At in keyof Caps]: Plugin<Caps[At]> | PluginItem<Table, Services, Caps[At]>;
  };
  /**
   * What `discoverPlugins` of `glassine/node` found. Its plugins register beside those of `plugins`,
   * where one of them may stand with the operator's word.
   */
  readonly discovered?: Discovered;
  /** The host's own handlers, made by `defineCoreHandler`. Not for message hooks. */
  readonly core?: readonly CoreHandler[];
  /** The host's services, by the names of their handles. Read when a plugin asks for one. */
  readonly services?: HandlesOf<Services>;
  /** The configuration of plugins, by plugin name: JSON data, for their `configSchema`. */
  readonly config?: { readonly [plugin: string]: unknown };
  /**
   * Variables of the environment. Those named `GLASSINE_PLUGIN_<NAME>_<KEY>` go over `config`.
   * Default: the process's, where there is one, for plugins with a `configSchema`. Without such a
   * plugin the environment is not read.
   */
  readonly env?: { readonly [name: string]: string | undefined };
  /** Where records of what plugins did go, and whether a run may go on without them. */
  readonly audit?: AuditOptions;
  /** Gets what the manager counts and measures. Default: nothing is. */
  readonly metrics?: MetricsSink;
  /** Polling of the plugins' health checks. Default: none, `checkHealth` asks. */
  readonly health?: HealthOptions;
  /** The host's log. Default: warnings and errors on the console. */
  readonly logger?: Logger;
  /**
   * The deadline of handlers that set none: milliseconds, or `null` for none. Default 30 000, or the
   * profile's longest where that is less.
   */
  readonly timeoutMs?: number | null;
  /** Makes an ignored change a violation. Default false. */
  readonly strict?: boolean;
  /** Measures how long each handler takes. Default false. */
  readonly timings?: boolean;
  /** Limits of what plugins may return in extensions and metadata. */
  readonly limits?: Partial<Limits>;
  /** Limits of payloads, and of the documents of a guard with this manager. */
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
  /**
   * Gets what handlers throw. Nothing it throws changes a request. Default: one line a throw in the
   * log, with plugin, hook and message, without known secrets.
   */
  readonly onHandlerError?: HandlerErrorSink;
}

const optionNames = [
  "plugins",
  "discovered",
  "core",
  "services",
  "config",
  "env",
  "audit",
  "metrics",
  "health",
  "logger",
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

/** The host's services, each as the property it was given as. */
export interface GivenServices {
  /** What a getter among them is called on. */
  readonly source: object;
  readonly properties: { readonly [handle: string]: PropertyDescriptor };
}

/** The options, read. */
export interface ReadOptions {
  readonly items: readonly unknown[];
  readonly discovered: DiscoveryFacts | undefined;
  readonly core: readonly CoreDefinition[];
  readonly services: GivenServices;
  /** The sections of plugins, copied. */
  readonly config: { readonly [plugin: string]: Data };
  /** The variables of plugins, copied; `undefined` where the process's count. */
  readonly env: Environment | undefined;
  readonly audit: ReadAuditOptions;
  readonly metrics: Metrics | undefined;
  readonly health: ReturnType<typeof readHealthOptions>;
  readonly logger: ReadLogger;
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

export function readManagerOptions(surface: Surface, input: unknown): ReadOptions {
  const values = readPlainObject(input, "options", (_, message) => fail(message)) ?? {};
  for (const key of Object.keys(values)) {
    if (optionNames.includes(key)) continue;
    fail(`createPluginManager has no option ${quoteName(key)}.${didYouMean(key, optionNames)}`);
  }
  // As many as the host likes: a hole ends the reading of an array that only says it is long.
  const items =
    readPlainArray(values.plugins, Number.POSITIVE_INFINITY) ??
    fail("plugins must be an array of plugins.");
  const { maxTimeoutMs } = surface.profile;
  const {
    timeoutMs = Math.min(30_000, maxTimeoutMs),
    payloadHeaders = "move",
    onHandlerError,
  } = values;
  const { tampering = "ignore" } = values;
  const fault = timeoutFault(timeoutMs, maxTimeoutMs);
  if (fault !== undefined) fail(fault);
  if (payloadHeaders !== "move" && payloadHeaders !== "keep")
    fail('payloadHeaders must be "move" or "keep".');
  if (tampering !== "ignore" && tampering !== "deny") fail('tampering must be "ignore" or "deny".');
  if (onHandlerError !== undefined && typeof onHandlerError !== "function")
    fail("onHandlerError must be a function.");
  const logger = readLogger(values.logger);
  return {
    items,
    discovered: readDiscovered(values.discovered),
    core: readCores(surface, values.core),
    services: readServices(surface, values.services),
    config: readSections(values.config),
    env: values.env === undefined ? undefined : pluginVariables(surface, values.env),
    audit: readAuditOptions(values.audit, logger),
    metrics: readMetrics(values.metrics, surface.profile.metricPrefix),
    health: readHealthOptions(values.health as HealthOptions | undefined),
    logger,
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

function readDiscovered(value: unknown): DiscoveryFacts | undefined {
  const facts = discoveryFactsOf(value);
  if (value !== undefined && facts === undefined)
    fail("discovered must be what discoverPlugins of glassine/node gave.");
  return facts;
}

function readCores(surface: Surface, value: unknown): readonly CoreDefinition[] {
  if (value === undefined) return [];
  const items = readPlainArray(value) ?? fail("core must be an array of core handlers.");
  return withoutTwins(
    items.map((item, index) => {
      const definition = coreDefinitionOf(item);
      if (definition === undefined)
        return fail(`core[${index}] must be what defineCoreHandler made.`);
      if (definition.surface === surface) return definition;
      return fail(`core[${index}] was made by another host's defineCoreHandler.`);
    }),
  );
}

/** By handle, each as the property it is: a getter of the host's is asked when a plugin asks. */
function readServices(surface: Surface, value: unknown): GivenServices {
  if (value === undefined) return { source: {}, properties: {} };
  if (typeof value !== "object" || value === null) return fail("services must be an object.");
  const known = Object.values(surface.services).map(({ handle }) => handle);
  const given = Object.entries(Object.getOwnPropertyDescriptors(value));
  for (const [handle] of given) {
    if (known.includes(handle)) continue;
    fail(
      `services has ${quoteName(handle)}, which is no handle of this host.${didYouMean(handle, known)}`,
    );
  }
  return { source: value, properties: Object.fromEntries(given) };
}

function readSections(value: unknown): ReadOptions["config"] {
  if (value === undefined) return {};
  const given = readPlainObject(value, "config", (_, message) => fail(message)) ?? {};
  return Object.fromEntries(Object.entries(given).map(([name, part]) => [name, readData(part)]));
}

/** The variables of the process, as they are now. Some runtimes ask the user before it is read. */
export function processVariables(surface: Surface): Environment {
  const { process } = globalThis as { process?: { env?: Environment } };
  return pluginVariables(surface, process?.env ?? {});
}

function pluginVariables({ profile }: Surface, given: unknown): Environment {
  if (typeof given !== "object" || given === null)
    return fail("env must be an object of variables.");
  const names = Object.keys(given).filter((name) => name.startsWith(`${profile.envPrefix}PLUGIN_`));
  return Object.fromEntries(names.map((name) => [name, (given as Environment)[name]]));
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
      fail(`payloadPolicy of ${quoteName(hook)} must be an array of payload fields.`);
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

function fail(text: string): never {
  throw new GlassineError("options_invalid", text);
}
