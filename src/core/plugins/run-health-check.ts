/** Asks a plugin how it is: in time, and without a throw. */
import { intrinsics, isAwaitable, waitEnd } from "../data/index.ts";
import { type Deadline, type HandlerEnd, oneLine, settle, unowned } from "../hooks/index.ts";
import { marker, timestampNow } from "../observe/index.ts";
import { answerOf, type HealthReport, isStatus } from "./health.ts";
import { quoteName } from "./read-plain.ts";

const { append, isProxy, monotonicNow, newList, toArray } = intrinsics;
// Captured, so that a test's or plugin's clock does not keep a check from ending.
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;

/** One check to run. */
export interface HealthCheck {
  readonly plugin: string;
  readonly version: string;
  readonly check: ((context: unknown) => unknown) | undefined;
  readonly context: unknown;
  /** How long the check may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Lets the process end while the check is under way. */
  readonly inBackground?: boolean;
  /** Told once that the check has ended. What it throws is dropped. */
  readonly endTurn?: (end: "settled" | "timed_out") => void;
  /** The type and text of whatever was thrown. */
  readonly describe: (thrown: unknown) => { readonly type: string; readonly text: string };
  /** The text without secrets. */
  readonly redact: (text: string) => string;
  /** Default: the current time as ISO 8601. */
  readonly now?: () => string;
}

type Finding = Pick<HealthReport, "status" | "message" | "errorSummary">;

const noCheck: Finding = {
  status: "unknown",
  message: "no health check registered",
  errorSummary: null,
};

/**
 * Runs one check to its report. Never rejects, and waits no longer than `timeoutMs`. What the check
 * does afterwards is nobody's any more, a rejection included. A check that blocks the thread cannot
 * be interrupted: it is reported as timed out once it is over.
 */
export async function runHealthCheck(run: HealthCheck): Promise<HealthReport> {
  const { check } = run;
  if (check === undefined) return reportOf(run, noCheck);
  const end = await outcomeOf(run, check);
  try {
    run.endTurn?.(end.how === "timeout" ? "timed_out" : "settled");
  } catch {
    // Whoever listens there has no say in the report.
  }
  return reportOf(run, findingOf(run, end));
}

async function outcomeOf(
  run: HealthCheck,
  check: NonNullable<HealthCheck["check"]>,
): Promise<HandlerEnd> {
  const startedAt = monotonicNow();
  const isLate = () => monotonicNow() - startedAt > run.timeoutMs;
  let returned: unknown;
  try {
    returned = check(run.context);
  } catch (thrown) {
    return waitEnd("threw", thrown);
  }
  if (isLate()) {
    if (isAwaitable(returned)) unowned(returned);
    return waitEnd("timeout", undefined);
  }
  if (!isAwaitable(returned)) return waitEnd("returned", returned);
  const end = await settle(returned, deadlineOf(run));
  return end.how === "returned" && isLate() ? waitEnd("timeout", undefined) : end;
}

/** A timer of its own, which lets the process end where the check is made in the background. */
function deadlineOf({ timeoutMs, inBackground }: HealthCheck): Deadline {
  let timer: unknown;
  return {
    join: (wait) => {
      timer = startTimer(() => wait.onDeadline(), timeoutMs);
      if (inBackground === true) letGo(timer);
    },
    leave: () => stopTimer(timer as never),
  };
}

/** Runs checks beside each other. The reports come in the order of the checks. */
export async function runHealthChecks(
  runs: readonly HealthCheck[],
): Promise<readonly HealthReport[]> {
  // By index: a patched method would be handed the contexts of other plugins.
  const pending = newList<Promise<HealthReport>>();
  for (let i = 0; i < runs.length; i++) append(pending, runHealthCheck(runs[i] as HealthCheck));
  const reports = newList<HealthReport>();
  for (let i = 0; i < pending.length; i++)
    append(reports, await (pending[i] as (typeof pending)[0]));
  return Object.freeze(toArray(reports));
}

function reportOf(run: HealthCheck, { status, message, errorSummary }: Finding): HealthReport {
  return Object.freeze({
    pluginName: run.plugin,
    pluginVersion: run.version,
    status,
    message: shown(run, message),
    checkedAt: (run.now ?? timestampNow)(),
    errorSummary: errorSummary === null ? null : shown(run, errorSummary),
  });
}

const maxShown = 500;

/** Redacted before it is cut: half a secret is no match. */
function shown({ redact }: HealthCheck, text: string): string {
  try {
    return oneLine(redact(text), maxShown);
  } catch {
    return marker;
  }
}

function findingOf(run: HealthCheck, { how, value }: HandlerEnd): Finding {
  if (how === "timeout") return timedOut(run);
  return how === "threw" ? failed(run, value) : answered(value);
}

function answered(value: unknown): Finding {
  const answer = answerOf(value);
  if (answer !== undefined) return { ...answer, errorSummary: null };
  const type = typeOf(value);
  const odd = oddStatus(value);
  return {
    status: "unhealthy",
    message: `health_check returned ${type}; expected PluginHealth`,
    errorSummary:
      odd === undefined ? `invalid result: ${type}` : `invalid status: ${quoteName(odd)}`,
  };
}

/** The word of JavaScript for the value: what `typeof` says, or `null`, or `array`. */
function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** The status of a look-alike, where it is a text but none of the four. */
function oddStatus(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || isProxy(value)) return undefined;
  try {
    const status: unknown = Object.getOwnPropertyDescriptor(value, "status")?.value;
    return typeof status === "string" && !isStatus(status) ? status : undefined;
  } catch {
    return undefined;
  }
}

function timedOut({ timeoutMs }: HealthCheck): Finding {
  return {
    status: "unhealthy",
    message: `health check timed out after ${(timeoutMs / 1000).toFixed(3)}s`,
    errorSummary: "timeout",
  };
}

function failed({ describe }: HealthCheck, thrown: unknown): Finding {
  try {
    const { type, text } = describe(thrown);
    return { status: "unhealthy", message: text, errorSummary: `${type}: ${text}` };
  } catch {
    const message = "health check failed";
    return { status: "unhealthy", message, errorSummary: message };
  }
}

/** Lets the process end although the timer runs, where the runtime knows that. */
export function letGo(timer: unknown): void {
  try {
    (timer as { unref?: () => void }).unref?.();
  } catch {
    // A patched method: then the timer holds the process for its time.
  }
}
