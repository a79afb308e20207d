/** Checks the health of a manager's plugins: on request, and repeatedly if polling is on. */
import { attempt, dropPromise, typeName } from "../data/index.ts";
import { isProxy } from "../data/intrinsics.ts";
import { emptyExtensions } from "../envelope/index.ts";
import { quoteName } from "../errors/index.ts";
import {
  type AnyRun,
  callSafely,
  callWithin,
  type Deadline,
  endTurn,
  type HandlerEnd,
  type ManagerRuntime,
  oneLine,
  RequestScope,
} from "../hooks/index.ts";
import { timestampNow } from "../observe/index.ts";
import { dropPromises } from "../schema/index.ts";
import { type CompilerInput, type Member, stepsOn } from "./handler-step.ts";
import { answerOf, type HealthReport, type HealthStatus, isStatus } from "./health.ts";
import { noRunOptions } from "./invoke.ts";

// Captured, so that the fake clock of a test or a plugin cannot keep a check from ending.
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;

/** Checks run concurrently; reports are in the order of the plugins. */
export function healthMonitor(input: CompilerInput) {
  // Functions, so that a patched method never sees a plugin, and with it its services.
  const checks = input.members.map((member) => checkOf(input, member));
  const ask = async (inBackground: boolean) =>
    Object.freeze(await Promise.all(checks.map((check) => check(inBackground))));
  const { health, logger } = input.options;
  const { onChange = logTo(logger.warn) } = health;
  const stop = health.poll ? poll(health.intervalMs, () => ask(true), onChange) : () => undefined;
  return { check: () => ask(false), stop };
}

type OnChange = (report: HealthReport, before: HealthStatus) => unknown;

function logTo(warn: (text: string) => void): OnChange {
  return ({ pluginName, status, message }, before) => {
    const why = message === "" ? "" : `: ${message}`;
    warn(`plugin '${pluginName}' went from ${before} to ${status}${why}`);
  };
}

/**
 * Checks repeatedly, first after one interval, and never twice at a time. A plugin counts as
 * `unknown` before its first report. Returns a function that stops it and all reports.
 */
function poll(
  intervalMs: number,
  check: () => Promise<readonly HealthReport[]>,
  onChange: OnChange,
): () => void {
  const known = new Map<string, HealthStatus>();
  let isStopped = false;
  let timer: ReturnType<typeof startTimer>;
  const round = async () => {
    for (const report of await check()) {
      const before = known.get(report.pluginName) ?? "unknown";
      known.set(report.pluginName, report.status);
      if (isStopped || before === report.status) continue;
      callSafely(() => onChange(report, before));
    }
    start();
  };
  const start = () => {
    if (isStopped) return;
    timer = startTimer(() => void round(), intervalMs);
    letGo(timer);
  };
  start();
  return () => {
    isStopped = true;
    stopTimer(timer);
  };
}

type Finding = Pick<HealthReport, "status" | "message" | "errorSummary">;

const hook = "health_check";
const maxShown = 500;

/** Returns a function that runs a plugin's check, resolves to its report, and never rejects. */
function checkOf(
  input: CompilerInput,
  { item, state }: Member,
): (inBackground: boolean) => Promise<HealthReport> {
  const { healthCheck } = item.manifest;
  const { options, runtime } = input;
  const { timeoutMs } = options.health;
  // A step like any other, so that the check gets a context like any other.
  const step = stepsOn(input)({
    state,
    mask: item.mask,
    hook,
    handler: () => undefined,
    name: `${state.name}.${hook}`,
    isCore: false,
    extensions: false,
    settings: { timeoutMs: null },
    canGoOff: false,
  });
  // Redacted before it is cut, because half a secret does not match.
  const shown = (text: string) => oneLine(runtime.redact(text), maxShown);
  return async (inBackground) => {
    let isOver = false;
    const run: AnyRun = {
      hook,
      runtime,
      extensions: emptyExtensions(runtime.slots),
      scope: new RequestScope(undefined),
      options: noRunOptions,
      isOver: () => isOver,
    };
    let finding: Finding = {
      status: "unknown",
      message: "no health check registered",
      errorSummary: null,
    };
    if (healthCheck !== undefined) {
      const context = new runtime.Context(step, run);
      const end = await endOf(() => healthCheck(context), timeoutMs, inBackground);
      isOver = true;
      if (end.how === "timeout") endTurn(context);
      finding = findingOf(end, timeoutMs, runtime);
    }
    const { status, message, errorSummary } = finding;
    return Object.freeze({
      pluginName: state.name,
      pluginVersion: state.identity.version,
      status,
      message: shown(message),
      checkedAt: timestampNow(),
      errorSummary: errorSummary === null ? null : shown(errorSummary),
    });
  };
}

/**
 * Runs a check, and returns how it ended. Whatever it does after its deadline is ignored, even a
 * rejection. A check that blocks the thread cannot be interrupted: it times out once it is over.
 */
function endOf(
  check: () => unknown,
  timeoutMs: number,
  inBackground: boolean,
): HandlerEnd | Promise<HandlerEnd> {
  let timer: ReturnType<typeof startTimer>;
  // A separate timer, which lets the process end if the check runs in the background.
  const deadline: Deadline = {
    join: (node) => {
      timer = startTimer(() => node.onDeadline(), timeoutMs);
      if (inBackground) letGo(timer);
    },
    leave: () => stopTimer(timer),
  };
  return callWithin(check, { deadline, timeoutMs });
}

function findingOf(
  { how, value }: HandlerEnd,
  timeoutMs: number,
  { describe }: ManagerRuntime,
): Finding {
  if (how === "timeout") {
    const message = `health check timed out after ${(timeoutMs / 1000).toFixed(3)}s`;
    return { status: "unhealthy", message, errorSummary: "timeout" };
  }
  if (how === "threw") {
    dropPromise(value);
    const { type, text } = describe(value, undefined);
    return { status: "unhealthy", message: text, errorSummary: `${type}: ${text}` };
  }
  const answer = answerOf(value);
  if (answer !== undefined) return { ...answer, errorSummary: null };
  dropPromises(value);
  const type = typeName(value);
  const odd = oddStatus(value);
  return {
    status: "unhealthy",
    message: `health_check returned ${type}; expected PluginHealth`,
    errorSummary:
      odd === undefined ? `invalid result: ${type}` : `invalid status: ${quoteName(odd)}`,
  };
}

/** The status of a look-alike, if it is a string but not one of the four. */
function oddStatus(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || isProxy(value)) return undefined;
  const status: unknown = attempt(() => Object.getOwnPropertyDescriptor(value, "status")?.value);
  return typeof status === "string" && !isStatus(status) ? status : undefined;
}

/** Lets the process end while the timer runs, if the runtime supports that. */
function letGo(timer: object | number): void {
  if (typeof timer === "object" && "unref" in timer && typeof timer.unref === "function")
    timer.unref();
}
