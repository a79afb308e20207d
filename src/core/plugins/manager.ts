/** Registers plugins once and runs hooks. */
import { expectOptions, type Limits, readOption } from "../data/index.ts";
import { freeze, newRecord } from "../data/intrinsics.ts";
import { type Declassification, emptyExtensions } from "../envelope/index.ts";
import { optionsInvalid, quoteName } from "../errors/index.ts";
import {
  type AnyInvokeResult,
  contextClassWith,
  readerOf,
  type StreamPlan,
  streamPlan,
} from "../hooks/index.ts";
import { type AuditEventInput, type AuditFailures, readSecrets } from "../observe/index.ts";
import { auditRecorder, type Declassified } from "./audit-recorder.ts";
import { compileHooks } from "./compile-hooks.ts";
import { asksToDeny, assertUntampered } from "./deny-tampering.ts";
import { unsignedAmong, unsignedReminder, warnOfUnsigned } from "./discovered.ts";
import { type HandlerInfo, handlersOn } from "./handler-info.ts";
import { type ManagerParts, runsInBackground } from "./handler-step.ts";
import type { HealthReport } from "./health.ts";
import { healthMonitor } from "./health-monitor.ts";
import { type Invoking, invokeOn } from "./invoke.ts";
import { endIsolated, isolationOf, takeIsolated } from "./isolated.ts";
import { processVariables, readManagerOptions } from "./manager-options.ts";
import { compileOperations } from "./operations.ts";
import type { Surface } from "./profile.ts";
import { type ReadItem, readItems } from "./read-item.ts";
import { unknownHook } from "./read-plain.ts";
import { register } from "./registration.ts";
import {
  type CloseOptions,
  type CloseReport,
  closeRuntime,
  createRuntime,
  type InvokeCounts,
} from "./runtime.ts";
import { knownSecrets } from "./secrets.ts";
import { type CapabilityReport, reportOf, servicesOf } from "./service-access.ts";
import type { InvokeOptions, Plugin } from "./types.ts";

/** A manager, for code that does not know the types of its hooks. */
export interface AnyManager {
  readonly plugins: readonly Plugin[];
  readonly routes: readonly PluginRoute[];
  /**
   * The limits on payloads: the library's own, overridden by the option. Pass them to an adapter as
   * `limits`, so that documents and messages have the same limits.
   */
  readonly payloadLimits: Limits;
  /** The option of that name: whether hops of plugins are restricted, as a gateway asks for. */
  readonly strictDelegation: boolean;
  /** Whether anything keeps records: a sink, or a handler of `audit_emit`. */
  readonly isAudited: boolean;
  invoke(
    hook: string,
    payload: unknown,
    options?: InvokeOptions<unknown>,
  ): Promise<AnyInvokeResult>;
  handles(hook: string): boolean;
  handlersFor(hook: string): readonly HandlerInfo[];
  streamPlan(hook: string, given?: Pick<InvokeOptions<unknown>, "tenant" | "server">): StreamPlan;
  /**
   * The sorted names of plugins whose signature was not checked, because signing is switched off.
   * The log gets a warning about them once for each minute in which a hook is invoked.
   */
  developmentUnsignedPlugins(): readonly string[];
  capabilityReport(): CapabilityReport;
  checkHealth(): Promise<readonly HealthReport[]>;
  declassify(extensions: object, declassification: Declassification): Promise<Declassified>;
  /**
   * Writes one of the host's own events into the audit trail, redacted like all others. Resolves to
   * whether it was kept, and to true if there is nothing to keep it: no sink and no handler of
   * `audit_emit`.
   *
   * @throws GlassineError (as a rejection) `options_invalid` for a value that is not an event
   */
  audit(event: AuditEventInput): Promise<boolean>;
  /**
   * Replaces the `secrets` of the option `audit`: no later record or log line contains these. For
   * secrets that change while the program runs; include the older ones for as long as they are valid.
   *
   * @throws GlassineError `options_invalid`
   * @see spec `audit:secrets-replaced`
   */
  setSecrets(secrets: readonly string[]): void;
  /** How many records were not kept, in total and by type. */
  auditFailures(): AuditFailures;
  counts(): InvokeCounts;
  close(options?: CloseOptions): Promise<CloseReport>;
  readonly then?: undefined;
}

/** A value from a plugin's `routes`, for the host to mount or not. */
export interface PluginRoute {
  readonly plugin: string;
  readonly route: unknown;
}

export async function createManager(surface: Surface, input: unknown): Promise<AnyManager> {
  // First, because the options are read by plain code, which a patch may mislead.
  if (asksToDeny(input)) assertUntampered();
  const options = readManagerOptions(surface, input);
  const items = readItems(surface, options);
  // Before any plugin is recorded as registered, because a schema may be refused.
  for (const { payload, operation } of Object.values(surface.hooks)) {
    readerOf(payload);
    if (operation !== undefined) readerOf(operation);
  }
  // Read now, because plugins may change the environment while others are configured.
  const needsEnv = items.some(
    ({ manifest, plugin }) => (manifest.configSchema ?? isolationOf(plugin)) !== undefined,
  );
  const processEnv = needsEnv && options.env === undefined ? processVariables(surface) : undefined;
  const secrets = knownSecrets(options.audit.secrets);
  const recorder = auditRecorder(surface, options, secrets);
  const Context = contextClassWith(servicesOf(surface));
  const inBackground = items.filter((item) => runsInBackground(surface, item)).length;
  const common = { slots: surface.slots, options, Context, redact: secrets.redact, inBackground };
  const parts: ManagerParts = { surface, options, deadlines: new Map() };
  const { members, asGiven } = await register({
    ...parts,
    items,
    runtime: createRuntime({ ...common, audit: recorder.inner }),
    recorder,
    processEnv,
    keepSecret: secrets.keep,
  });
  const runtime = createRuntime({ ...common, audit: recorder.runs() });
  const registered = { ...parts, members, runtime };
  const compiledHooks = compileHooks({ ...registered, members: asGiven });
  const compiledOperations = compileOperations(registered);
  const plugins = members.map(({ item }) => item.plugin);
  // Last of what can fail, because a manager that is not made leaves them to others.
  takeIsolated(plugins);
  const health = healthMonitor(registered);
  const report = reportOf(surface, members, options.services);
  const { metrics, discovered, logger } = options;
  const hookNames = Object.keys(surface.hooks);
  const invoking: Invoking = {
    runtime,
    hookNames,
    compiledHooks,
    compiledOperations,
    empty: emptyExtensions(surface.slots),
    denyTampering: options.tampering === "deny",
    maxInFlight: options.maxInFlight,
    remind: unsignedReminder(discovered, logger),
    warned: newRecord(),
    closed: false,
  };
  const compiledFor = (hook: string) => {
    const compiled = compiledHooks[hook] ?? compiledOperations[hook];
    if (compiled === undefined) throw unknownHook(String(hook), hookNames);
    return compiled;
  };
  const isolated = new Map(plugins.map((plugin) => [plugin.name, isolationOf(plugin)?.kind]));
  const handlersFor = (hook: string) => handlersOn(surface, hook, compiledFor(hook), isolated);
  metrics?.setFixedGauges(hookNames, members.length, (hook) => handlersFor(hook).length);
  warnOfUnsigned(discovered, logger);
  const unsigned = unsignedAmong(discovered);
  const stop = () => {
    invoking.closed = true;
    health.stop();
  };
  const manager: AnyManager = {
    plugins: Object.freeze(plugins),
    routes: Object.freeze(members.flatMap(({ item }) => routesOf(item))),
    payloadLimits: options.payloadLimits,
    strictDelegation: options.strictDelegation,
    isAudited: recorder.isKept(),
    invoke: invokeOn(invoking),
    handles: (hook) => {
      const compiled = compiledFor(hook);
      return "steps" in compiled ? compiled.steps.length > 0 : !compiled.empty;
    },
    handlersFor,
    streamPlan: (hook, given = {}) => {
      const compiled = compiledFor(hook);
      expectOptions(given, ["tenant", "server"], "streamPlan");
      const tenant = readOption(given, "tenant", "string");
      const server = readOption(given, "server", "string");
      if ("serial" in compiled) return streamPlan(compiled, { tenant, server });
      throw optionsInvalid(`streamPlan is for message hooks, and ${quoteName(hook)} is not one.`);
    },
    developmentUnsignedPlugins: () => unsigned,
    capabilityReport: () => report,
    checkHealth: health.check,
    declassify: recorder.declassify,
    audit: recorder.audit,
    setSecrets: (given) => {
      const all = readSecrets("secrets", given);
      secrets.setNamed(all);
      recorder.setSecrets(all);
    },
    auditFailures: recorder.failures,
    counts: () => freeze({ ...runtime.counts, inFlight: runtime.inFlight }),
    close: async (given) => {
      const report = await closeRuntime(runtime, given, stop, recorder.flush);
      await endIsolated(plugins);
      return report;
    },
    // biome-ignore lint/suspicious/noThenProperty: no patched prototype turns it into a promise.
    then: undefined,
  };
  return Object.freeze(manager);
}

function routesOf({ plugin, manifest }: ReadItem): readonly PluginRoute[] {
  return manifest.routes.map((route) => Object.freeze({ plugin: plugin.name, route }));
}
