/** The options of `createPluginManager`, and how they are read. */
import * as z from "zod/mini";
import {
  expectOptions,
  extensionsLimits,
  type Limits,
  limitsOver,
  payloadLimits,
  readWhole,
} from "../data/index.ts";
import { apply, newRecord } from "../data/intrinsics.ts";
import { GlassineError, optionsInvalid, quoteName } from "../errors/index.ts";
import type { HandlerErrorSink, Handles, HookTable, StandardHooks } from "../hooks/index.ts";
import { type AuditOptions, readAuditOptions } from "../observe/index.ts";
import { readPlainArray, readPlainObject } from "../schema/index.ts";
import type { SlotTable, StandardSlots } from "../slots/index.ts";
import {
  type CoreDefinition,
  type CoreHandler,
  coreDefinitionOf,
  expectNoDuplicates,
} from "./core-handlers.ts";
import type { HandlesOf, ServiceTable } from "./define-services.ts";
import { type Discovered, type DiscoveryFacts, discoveryFactsOf } from "./discovered.ts";
import { type HealthOptions, readHealthOptions } from "./health.ts";
import { type Logger, readLogger } from "./logger.ts";
import { type MetricsSink, readMetrics } from "./metrics.ts";
import type { Surface } from "./profile.ts";
import { type Data, type Environment, readData } from "./read-config.ts";
import { isFunction } from "./read-hooks.ts";
import { didYouMean, plainList } from "./read-plain.ts";
import { timeoutFault } from "./settings.ts";
import type { Plugin, PluginItem } from "./types.ts";

/** Options of `createPluginManager`. */
export interface ManagerOptions<
  Table extends SlotTable = StandardSlots,
  Hooks extends HookTable = StandardHooks,
  Services extends ServiceTable = Record<never, never>,
  Caps extends readonly string[] = readonly string[],
> {
  /** `Caps` are the capabilities of each plugin, in the order of this array. */
  readonly plugins: {
    readonly [At in keyof Caps]: Plugin<Caps[At]> | PluginItem<Table, Services, Caps[At]>;
  };
  /**
   * The plugins that `discoverPlugins` of `glassine/node` found. They register along with
   * `plugins`, where any of them may also be listed with its own settings.
   */
  readonly discovered?: Discovered | undefined;
  /** The host's own handlers, made by `defineCoreHandler`. Not for message hooks. */
  readonly core?: readonly CoreHandler[] | undefined;
  /** The host's services, by the names of their handles. Read when a plugin asks for one. */
  readonly services?: HandlesOf<Services> | undefined;
  /** The configuration of plugins, by plugin name: JSON data, for their `configSchema`. */
  readonly config?: { readonly [plugin: string]: unknown } | undefined;
  /**
   * Environment variables. Those named `GLASSINE_PLUGIN_<NAME>_<KEY>` override `config`. Default:
   * the variables of the process, if there is one, for plugins that are isolated or have a
   * `configSchema`. If there is no such plugin, the environment is not read.
   */
  readonly env?: { readonly [name: string]: string | undefined } | undefined;
  /** Where records of what plugins did are kept, and whether a run may go on without them. */
  readonly audit?: AuditOptions | undefined;
  /** Receives what the manager counts and measures. Default: nothing is counted or measured. */
  readonly metrics?: MetricsSink | undefined;
  /** Polling of the plugins' health checks. Default: no polling; call `checkHealth` instead. */
  readonly health?: HealthOptions | undefined;
  /** The host's log. Default: warnings and errors on the console. */
  readonly logger?: Logger | undefined;
  /**
   * The deadline of handlers that set none, in milliseconds, or `null` for no deadline. Default
   * 30 000, or the profile's longest if that is less.
   */
  readonly timeoutMs?: number | null | undefined;
  /** Turns a change that would be ignored into a violation. Default false. */
  readonly strict?: boolean | undefined;
  /**
   * Refuses a hop that widens the scopes of the one before it, starts a chain with someone other
   * than the subject, or has an implausible time. The gateway sets it. Default false.
   */
  readonly strictDelegation?: boolean | undefined;
  /** Measures how long each handler takes. Default false. */
  readonly timings?: boolean | undefined;
  /** Limits on what plugins may return in extensions and metadata. */
  readonly limits?: Partial<Limits> | undefined;
  /** Limits on payloads, and on the documents of a guard that uses this manager. */
  readonly payloadLimits?: Partial<Limits> | undefined;
  /**
   * By message hook, the payload fields that plugins may write: those that it allows, or fewer.
   * That of `message_pre_invoke` holds at every pre point, too.
   */
  readonly payloadPolicy?: { readonly [Hook in keyof Hooks]?: readonly string[] } | undefined;
  /** What happens to `headers` on an older payload. Default `move`: into the `http` slot. */
  readonly payloadHeaders?: "move" | "keep" | undefined;
  /**
   * What to do about a patched realm. Default `ignore`. With `deny`, `detectTampering` checks the
   * realm when the manager is made and before each run, and no plugin runs in a realm that was
   * changed. A check costs far more than a run: see docs/lifecycle.md.
   */
  readonly tampering?: "ignore" | "deny" | undefined;
  /** How many invocations may be in flight. Default: any number. */
  readonly maxInFlight?: number | undefined;
  /** How many background handlers may be running; further ones are dropped. Default 10 000. */
  readonly maxBackground?: number | undefined;
  /**
   * Receives what handlers throw. Nothing that it throws itself changes a request. Default: a line
   * in the log for each, with plugin, hook and message, without known secrets.
   */
  readonly onHandlerError?: HandlerErrorSink | undefined;
}

const flag = (name: string) => z._default(z.boolean(`${name} must be a boolean.`), false);
const isObject = (value: unknown) => typeof value === "object" && value !== null;

const schema = z.object({
  // No limit: an array that only claims to be long has a hole, which ends the reading.
  plugins: plainList(z.unknown(), "plugins must be an array of plugins.", Number.POSITIVE_INFINITY),
  discovered: z.optional(
    z.pipe(
      z.transform(discoveryFactsOf),
      z.custom<DiscoveryFacts>(isObject, "discovered must be what discoverPlugins returned."),
    ),
  ),
  core: z._default(plainList(z.unknown(), "core must be an array of core handlers."), []),
  services: z._default(z.custom<object>(isObject, "services must be an object."), {}),
  config: z.optional(z.unknown()),
  env: z.optional(z.custom<Environment>(isObject, "env must be an object of variables.")),
  audit: z.optional(z.unknown()),
  metrics: z.optional(z.unknown()),
  health: z.optional(z.custom<HealthOptions>()),
  logger: z.optional(z.unknown()),
  timeoutMs: z.optional(z.custom<number | null>()),
  strict: flag("strict"),
  strictDelegation: flag("strictDelegation"),
  timings: flag("timings"),
  limits: z.optional(z.unknown()),
  payloadLimits: z.optional(z.unknown()),
  payloadPolicy: z.optional(z.unknown()),
  payloadHeaders: z._default(
    z.enum(["move", "keep"], 'payloadHeaders must be "move" or "keep".'),
    "move",
  ),
  tampering: z._default(
    z.enum(["ignore", "deny"], 'tampering must be "ignore" or "deny".'),
    "ignore",
  ),
  maxInFlight: z._default(z.custom<number>(), Number.MAX_SAFE_INTEGER),
  maxBackground: z._default(z.custom<number>(), 10_000),
  onHandlerError: z.optional(
    z.custom<HandlerErrorSink>(isFunction, "onHandlerError must be a function."),
  ),
});

export type ReadOptions = ReturnType<typeof readManagerOptions>;

/** @throws GlassineError `options_invalid` */
export function readManagerOptions(surface: Surface, input: unknown) {
  const values = plainOption("the options of createPluginManager", input);
  expectOptions(values, Object.keys(schema.shape), "createPluginManager");
  const { data, error } = z.safeParse(schema, values);
  if (data === undefined)
    throw optionsInvalid(error?.issues[0]?.message ?? "The options are invalid.");
  const { maxTimeoutMs, metricPrefix } = surface.profile;
  const { timeoutMs = Math.min(30_000, maxTimeoutMs) } = data;
  const fault = timeoutFault(timeoutMs, maxTimeoutMs);
  if (fault !== undefined) throw optionsInvalid(fault);
  const logger = readLogger(data.logger);
  return {
    ...data,
    timeoutMs,
    core: readCores(surface, data.core),
    services: readServices(surface, data.services),
    config: readSections(data.config),
    env: data.env && pluginVariables(surface, data.env),
    audit: readAuditOptions(data.audit, logger),
    metrics: readMetrics(data.metrics, metricPrefix),
    health: readHealthOptions(data.health),
    logger,
    limits: readLimits("limits", data.limits, extensionsLimits),
    payloadLimits: readLimits("payloadLimits", data.payloadLimits, payloadLimits),
    payloadPolicy: readPolicy(surface, data.payloadPolicy),
    maxInFlight: readWhole("maxInFlight", data.maxInFlight),
    maxBackground: readWhole("maxBackground", data.maxBackground),
  };
}

function readCores(surface: Surface, items: readonly unknown[]): readonly CoreDefinition[] {
  return expectNoDuplicates(
    items.map((item, index) => {
      const definition = coreDefinitionOf(item);
      if (definition?.surface === surface) return definition;
      throw optionsInvalid(
        definition === undefined
          ? `core[${index}] must be what defineCoreHandler returned.`
          : `core[${index}] was made by another host's defineCoreHandler.`,
      );
    }),
  );
}

/** Reads what is supplied, by accessor. A getter of the host runs when a plugin asks. */
function readServices({ services }: Surface, source: object): Handles {
  const known = new Map(Object.values(services).map(({ handle, accessor }) => [handle, accessor]));
  const handles = newRecord() as Record<string, () => unknown>;
  const properties: PropertyDescriptorMap = Object.getOwnPropertyDescriptors(source);
  const supplied = Object.keys(properties);
  // A promise, or a class with getters, would supply nothing.
  if (supplied.length === 0) expectOptions(source, [], "The option services");
  // Not by entries: a patched iterator of arrays would get hold of the services.
  for (const handle of supplied) {
    const { get, value } = properties[handle] as PropertyDescriptor;
    const accessor = known.get(handle);
    if (accessor === undefined) {
      const text = `services has ${quoteName(handle)}, which is not a handle of this host.`;
      throw optionsInvalid(`${text}${didYouMean(handle, known.keys())}`);
    }
    // Not `get.call`: a patched `call` would get hold of all of the host's services.
    if (get !== undefined) handles[accessor] = () => apply(get, source, []);
    else if ((value ?? null) !== null) handles[accessor] = () => value;
  }
  return Object.freeze(handles);
}

function readSections(value: unknown = {}): { readonly [plugin: string]: Data } {
  const sections = Object.entries(plainOption("config", value));
  return Object.fromEntries(sections.map(([name, section]) => [name, readData(section)]));
}

/** The process's current variables for plugins. Some runtimes ask the user for permission. */
export function processVariables(surface: Surface): Environment {
  const { process } = globalThis as { process?: { env?: Environment } };
  return pluginVariables(surface, process?.env ?? {});
}

function pluginVariables({ profile }: Surface, given: Environment): Environment {
  const names = Object.keys(given).filter((name) => name.startsWith(`${profile.envPrefix}PLUGIN_`));
  return Object.fromEntries(names.map((name) => [name, given[name]]));
}

/** @throws GlassineError `hook_unknown`, `options_invalid` */
function readPolicy(
  { hooks }: Surface,
  value: unknown = {},
): { readonly [hook: string]: readonly string[] } {
  const policy: Record<string, readonly string[]> = Object.create(null);
  for (const [hook, names] of Object.entries(plainOption("payloadPolicy", value))) {
    const spec = Object.hasOwn(hooks, hook) ? hooks[hook] : undefined;
    if (spec === undefined) {
      const text = `payloadPolicy names ${quoteName(hook)}, which is not a hook of this host.`;
      throw new GlassineError("hook_unknown", text);
    }
    if (spec.semantic !== "message") {
      const text = `payloadPolicy is for message hooks, and ${quoteName(hook)} is not one.`;
      throw optionsInvalid(text, { hook });
    }
    policy[hook] = readWritable(hook, spec.writable ?? [], names);
  }
  return policy;
}

/** Reads the fields that plugins may write on a hook, all of which the hook must allow. */
function readWritable(hook: string, allowed: readonly string[], names: unknown): readonly string[] {
  const fields = readPlainArray(names) ?? [undefined];
  const isField = (field: unknown) => typeof field === "string";
  if (!fields.every(isField))
    throw optionsInvalid(`payloadPolicy of ${quoteName(hook)} must be an array of payload fields.`);
  const other = fields.find((field) => !allowed.includes(field));
  if (other === undefined) return fields;
  throw optionsInvalid(
    `payloadPolicy of ${quoteName(hook)} names ${quoteName(other)}; plugins may write at most ${allowed.join(", ") || "nothing"} there.`,
    { hook },
  );
}

function readLimits(name: string, value: unknown, defaults: Limits): Limits {
  return value === undefined ? defaults : limitsOver(defaults, plainOption(name, value), name);
}

function plainOption(name: string, value: unknown): Record<string, unknown> {
  return (
    readPlainObject(value, name, (_, message) => {
      throw optionsInvalid(message);
    }) ?? {}
  );
}
