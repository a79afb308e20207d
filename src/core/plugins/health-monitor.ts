/** Asks the plugins of a manager how they are: on request, and again and again where it polls. */
import { intrinsics } from "../data/index.ts";
import { emptyExtensions } from "../envelope/index.ts";
import {
  type AnyRun,
  endTurn,
  type HandlerStep,
  type ManagerRuntime,
  RequestScope,
} from "../hooks/index.ts";
import { noRunOptions } from "./begin-run.ts";
import { handlerStep, type Member, type StepDefaults } from "./handler-step.ts";
import type { HealthReport } from "./health.ts";
import type { ReadOptions } from "./manager-options.ts";
import { pollHealth } from "./poll-health.ts";
import { type HealthCheck, runHealthChecks } from "./run-health-check.ts";

const { append, newList, toArray } = intrinsics;

interface HealthMonitorInput {
  readonly members: readonly Member[];
  readonly defaults: StepDefaults;
  readonly runtime: ManagerRuntime;
  readonly options: ReadOptions;
  readonly redact: (text: string) => string;
}

export interface HealthMonitor {
  readonly check: () => Promise<readonly HealthReport[]>;
  readonly stop: () => void;
}

export function healthMonitor(input: HealthMonitorInput): HealthMonitor {
  const { members, options } = input;
  const { poll, intervalMs, onChange } = options.health;
  const checked = members.map((member) => ({ ...member, step: checkStep(input, member) }));
  const ask = (inBackground: boolean) => () => {
    // By index: a patched method would be handed the plugins, and with them their services.
    const checks = newList<HealthCheck>();
    for (let i = 0; i < checked.length; i++)
      append(checks, checkOf(input, checked[i] as CheckedPlugin, inBackground));
    return runHealthChecks(toArray(checks));
  };
  const stop = poll
    ? pollHealth({ intervalMs, check: ask(true), onChange: onChange ?? logged(options) })
    : () => undefined;
  return { check: ask(false), stop };
}

function logged({ logger }: ReadOptions): NonNullable<ReadOptions["health"]["onChange"]> {
  return ({ pluginName, status, message }, before) => {
    const why = message === "" ? "" : `: ${message}`;
    logger.warn(`plugin '${pluginName}' went from ${before} to ${status}${why}`);
  };
}

const hook = "health_check";

/** The check as a handler, so that its context is one like any other. */
function checkStep({ defaults }: HealthMonitorInput, { item, state }: Member): HandlerStep {
  return handlerStep(defaults, {
    state,
    mask: item.mask,
    hook,
    handler: () => undefined,
    name: `${state.name}.${hook}`,
    isCore: false,
    extensions: false,
    timeoutMs: null,
    grant: 0,
  });
}

interface CheckedPlugin extends Member {
  readonly step: HandlerStep;
}

function checkOf(
  { defaults, runtime, options, redact }: HealthMonitorInput,
  { item, state, step }: CheckedPlugin,
  inBackground: boolean,
): HealthCheck {
  const { healthCheck } = item.definition.manifest;
  let isOver = false;
  const run: AnyRun = {
    hook,
    runtime,
    extensions: emptyExtensions(defaults.slots),
    scope: new RequestScope(undefined),
    options: noRunOptions,
    isOver: () => isOver,
  };
  const context = new runtime.Context(step, run);
  return {
    plugin: state.name,
    version: state.version,
    check: healthCheck,
    context,
    timeoutMs: options.health.timeoutMs,
    inBackground,
    endTurn: (end) => {
      isOver = true;
      if (end === "timed_out") endTurn(context);
    },
    describe: (thrown) => runtime.describe(thrown, undefined),
    redact,
  };
}
