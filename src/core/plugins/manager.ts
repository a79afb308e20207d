/** Registers plugins once and runs hooks. */
import { intrinsics, type Limits } from "../data/index.ts";
import { type Declassification, emptyExtensions } from "../envelope/index.ts";
import { GlassineError } from "../errors/index.ts";
import {
  type AnyInvokeResult,
  BackgroundWork,
  contextClassWith,
  type HandlerStep,
  type ManagerRuntime,
  MessageRun,
  operate,
  run,
  settled,
} from "../hooks/index.ts";
import { type AuditEventInput, type AuditFailures, describeThrown } from "../observe/index.ts";
import type { CompiledSlots } from "../slots/index.ts";
import { auditRecorder, type Declassified } from "./audit-recorder.ts";
import {
  type Beginning,
  beginMessage,
  beginOperation,
  type InvokeOptions,
  unknownHook,
} from "./begin-run.ts";
import { type CloseOptions, type CloseReport, closeRuntime } from "./closing.ts";
import { compileHooks } from "./compile-hooks.ts";
import { asksToDeny, assertUntampered } from "./deny-tampering.ts";
import { unsignedAmong, warnedAbout, warnOfUnsigned } from "./discovered.ts";
import { type HandlerInfo, handlersOn } from "./handler-info.ts";
import type { ManagerParts, StepDefaults } from "./handler-step.ts";
import type { HealthReport } from "./health.ts";
import { healthMonitor } from "./health-monitor.ts";
import { processVariables, readManagerOptions } from "./manager-options.ts";
import { measured } from "./metrics.ts";
import type { Surface } from "./profile.ts";
import { type ReadItem, readItems } from "./read-item.ts";
import { quoteName } from "./read-plain.ts";
import { register } from "./registration.ts";
import { knownSecrets } from "./secrets.ts";
import { type CapabilityReport, handlesOf, reportOf, servicesOf } from "./service-access.ts";
import type { Plugin } from "./types.ts";

/** How runs ended: `started` is the sum of the others. */
export interface InvokeCounts {
  readonly started: number;
  readonly allowed: number;
  readonly denied: number;
  readonly errored: number;
  readonly aborted: number;
  readonly inFlight: number;
}

/** A manager as code that knows no types of hooks handles it. */
export interface AnyManager {
  readonly plugins: readonly Plugin[];
  readonly routes: readonly PluginRoute[];
  /**
   * The limits that hold for payloads: the option over the library's own. Hand them to an adapter as
   * `limits`, so that documents and messages are held to the same.
   */
  readonly payloadLimits: Limits;
  invoke(
    hook: string,
    payload: unknown,
    options?: InvokeOptions<unknown>,
  ): Promise<AnyInvokeResult>;
  handles(hook: string): boolean;
  handlersFor(hook: string): readonly HandlerInfo[];
  /**
   * The plugins whose signature nobody checked, since signing is switched off: sorted names. Each
   * minute in which a hook is invoked the log is warned of them.
   */
  developmentUnsignedPlugins(): readonly string[];
  capabilityReport(): CapabilityReport;
  checkHealth(): Promise<readonly HealthReport[]>;
  declassify(extensions: object, declassification: Declassification): Promise<Declassified>;
  /**
   * Writes an event of the host's own into the audit trail, redacted as all are. Resolves to
   * whether it was kept.
   *
   * @throws GlassineError (as a rejection) `options_invalid` for what is not an event
   */
  audit(event: AuditEventInput): Promise<boolean>;
  /** How many records were not kept, also by type. */
  auditFailures(): AuditFailures;
  counts(): InvokeCounts;
  close(options?: CloseOptions): Promise<CloseReport>;
  readonly then: undefined;
}

/** A value of a plugin's `routes`, for the host to mount or not. */
export interface PluginRoute {
  readonly plugin: string;
  readonly route: unknown;
}

export async function createManager(
  surface: Surface,
  slots: CompiledSlots,
  input: unknown,
): Promise<AnyManager> {
  // First of all: the options are read by plain code, which a patch may mislead.
  if (asksToDeny(input)) assertUntampered();
  const options = readManagerOptions(surface, input);
  const items = readItems(surface, options);
  // As they are now: a plugin is configured after others have run.
  const needsEnv = items.some(({ definition }) => definition.manifest.configSchema !== undefined);
  const processEnv = needsEnv && options.env === undefined ? processVariables(surface) : undefined;
  const secrets = knownSecrets(options.audit.secrets);
  const { redact } = secrets;
  const empty = emptyExtensions(slots);
  const recorder = auditRecorder({ surface, options, secrets, noExtensions: empty });
  const defaults: StepDefaults = {
    slots,
    handles: handlesOf(surface, options.services),
    timeoutMs: options.timeoutMs,
    deadlines: new Map(),
  };
  const parts: ManagerParts = { surface, options, defaults };
  const runtimeWith = (audit: ManagerRuntime["audit"]): ManagerRuntime => ({
    slots,
    onHandlerError: options.onHandlerError,
    lateCounters: {
      late: 0,
      rejected: (step, thrown) => options.logger.warn(lateText(step, thrown)),
    },
    counts: { started: 0, allowed: 0, denied: 0, errored: 0, aborted: 0 },
    Context,
    audit,
    meter: options.metrics,
    describe: (thrown, more) => {
      const { type, text } = describeThrown(thrown);
      return { type, text: redact(text, more) };
    },
    warn: options.logger.warn,
    logError: options.logger.error,
    onIdle: undefined,
    inFlight: 0,
    background: new BackgroundWork(options.maxBackground),
  });
  const Context = contextClassWith(servicesOf(surface));
  const innerRuntime = runtimeWith(recorder.inner);
  const { members, asGiven, operations } = await register({
    parts,
    items,
    innerRuntime,
    recorder,
    noExtensions: empty,
    processEnv,
    keepSecret: secrets.keep,
  });
  const runtime = runtimeWith(recorder.runs());
  const compiledHooks = compileHooks({ ...parts, members: asGiven, runtime });
  const chains = operations.compiledHooks(runtime);
  const inBackground = Object.values(compiledHooks).flatMap(({ background }) => background);
  runtime.background.shareAmong(new Set(inBackground.map(({ plugin }) => plugin)).size);
  const report = reportOf(surface, members, options.services);
  const health = healthMonitor({ ...parts, members, runtime, redact });
  let closed = false;

  const isMessage = (hook: string) => compiledHooks[hook] !== undefined;
  const entry = warnedAbout(
    measured(invoke, options.metrics, isMessage, runtime.counts),
    options.discovered,
    options.logger,
  );
  const beginning: Beginning = {
    slots,
    runtime,
    empty,
    denyTampering: options.tampering === "deny",
    warned: intrinsics.newRecord(),
  };

  function handlersOf(hook: string): readonly HandlerInfo[] {
    return handlersOn(surface, hook, compiledHooks[hook], chains[hook]);
  }

  function expectRoom(hook: string): void {
    if (runtime.inFlight >= options.maxInFlight) throw overloaded(hook, options.maxInFlight);
  }

  function invokeOperation(
    hook: string,
    payload: unknown,
    given: InvokeOptions<unknown> | undefined,
  ): Promise<AnyInvokeResult> {
    const chain = chains[hook];
    if (chain === undefined) throw unknownHook(surface, hook);
    expectRoom(hook);
    const begun = beginOperation(beginning, chain, payload, given);
    runtime.inFlight += 1;
    runtime.counts.started += 1;
    return operate(begun) as Promise<AnyInvokeResult>;
  }

  function invoke(
    hook: string,
    payload: unknown,
    given?: InvokeOptions<unknown>,
  ): Promise<AnyInvokeResult> {
    let invocation: MessageRun | undefined;
    try {
      if (closed) throw closedError();
      const compiled = compiledHooks[hook];
      if (compiled === undefined) return invokeOperation(hook, payload, given);
      expectRoom(hook);
      const begun = beginMessage(beginning, compiled, payload, given);
      if (!(begun instanceof MessageRun)) return settled(begun);
      invocation = begun;
      runtime.inFlight += 1;
      runtime.counts.started += 1;
      return run(invocation);
    } catch (error) {
      // Where no stack is left, only this much can still be done.
      if (invocation?.counted === true) {
        invocation.counted = false;
        runtime.inFlight -= 1;
        runtime.counts.errored += 1;
      }
      return rejected(error);
    }
  }

  options.metrics?.standing(
    Object.keys(surface.hooks),
    members.length,
    (hook) => handlersOf(hook).length,
  );
  const { discovered } = options;
  warnOfUnsigned(discovered, options.logger);
  const unsigned = unsignedAmong(discovered);
  const manager: AnyManager = {
    plugins: Object.freeze(members.map(({ item }) => item.plugin)),
    routes: Object.freeze(members.flatMap(({ item }) => routesOf(item))),
    payloadLimits: options.payloadLimits,
    invoke: entry,
    handles: (hook) => {
      const compiled = compiledHooks[hook];
      const chain = chains[hook];
      if (compiled === undefined && chain === undefined) throw unknownHook(surface, hook);
      return compiled === undefined ? chain?.steps.length !== 0 : !compiled.empty;
    },
    handlersFor: handlersOf,
    developmentUnsignedPlugins: () => unsigned,
    capabilityReport: () => report,
    checkHealth: health.check,
    declassify: recorder.declassify,
    audit: recorder.audit,
    auditFailures: recorder.failures,
    counts: () => countsOf(runtime),
    close: (given) =>
      closeRuntime(
        runtime,
        given,
        () => {
          closed = true;
          health.stop();
        },
        recorder.flush,
      ),
    // biome-ignore lint/suspicious/noThenProperty: no patched prototype turns it into a promise.
    then: undefined,
  };
  return Object.freeze(manager);
}

function routesOf({ plugin, definition }: ReadItem): readonly PluginRoute[] {
  return definition.manifest.routes.map((route) => Object.freeze({ plugin: plugin.name, route }));
}

function countsOf({ counts, inFlight }: ManagerRuntime): InvokeCounts {
  const { started, allowed, denied, errored, aborted } = counts;
  return intrinsics.freeze({ started, allowed, denied, errored, aborted, inFlight });
}

/** Its text may hold what the request called secret, and the request is over. */
function lateText({ name, hook }: HandlerStep, thrown: unknown): string {
  const { type } = describeThrown(thrown);
  return `handler ${quoteName(name, 200)} rejected for hook ${quoteName(hook)} after its deadline: ${type}`;
}

// An async function rejects inside the engine, out of reach of patched prototypes.
async function rejected(error: unknown): Promise<never> {
  throw error;
}

function closedError(): GlassineError {
  return new GlassineError("manager_closed", "The manager is closed; create a new one.");
}

function overloaded(hook: string, max: number): GlassineError {
  return new GlassineError("overloaded", `More than ${max} invocations are in flight.`, { hook });
}
