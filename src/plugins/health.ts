/** How a plugin says that it is well, and how it is asked: in time, and without a throw. */
import { createStamp, intrinsics } from "../admit/index.ts";
import { GlassineError } from "../errors/index.ts";
import { oneLine } from "../hooks/index.ts";
import { single } from "./read-plain.ts";

const { apply, create, dateNow, freeze, getOwnPropertyDescriptor, isArray, isProxy, monotonicNow } =
  intrinsics;
// Captured, so that a test's or plugin's clock does not keep a check from ending.
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;
const PromiseAtLoad = Promise;
const DateAtLoad = Date;
const { toISOString } = Date.prototype;

/**
 * How a plugin is.
 *
 * - `healthy`: all is well.
 * - `degraded`: it works in part, or recovers.
 * - `unhealthy`: it does not work.
 * - `unknown`: it has no health check, or was not asked yet.
 */
export type HealthStatus = "healthy" | "degraded" | "unhealthy" | "unknown";

const statuses: readonly string[] = ["healthy", "degraded", "unhealthy", "unknown"];

declare const answer: unique symbol;

/** What a health check answers. Made by `health` only; a look-alike is no answer. */
export interface PluginHealth {
  readonly [answer]: true;
  readonly status: HealthStatus;
  /** Empty where none was given. */
  readonly message: string;
}

/** What a health check came to. */
export interface HealthReport {
  readonly pluginName: string;
  readonly pluginVersion: string;
  readonly status: HealthStatus;
  /** One line, at most 501 characters, redacted. */
  readonly message: string;
  /** When the check ended: ISO 8601, UTC, with milliseconds. */
  readonly checkedAt: string;
  /** What went wrong with the check itself, on one line, redacted; `null` where nothing did. */
  readonly errorSummary: string | null;
}

const answers = createStamp<object>();

/**
 * The answer of a health check. It tells and does nothing: the handlers of an unhealthy plugin go
 * on as before.
 *
 * @throws GlassineError `options_invalid` when the status is none of the four or the message no text
 * @example
 * ```ts
 * import { definePlugin, health } from "glassine";
 *
 * const plugin = definePlugin({
 *   name: "cache",
 *   version: "1.0.0",
 *   healthCheck: () => health("degraded", "the cache is cold"),
 * });
 * console.log(plugin.name); // cache
 * ```
 */
export function health(status: HealthStatus, message = ""): PluginHealth {
  if (typeof status !== "string" || !isStatus(status))
    throw misuse("health expects healthy, degraded, unhealthy or unknown.");
  if (typeof message !== "string") throw misuse("The message of health is a text.");
  // Checks resolve promises with it. Without a prototype nothing patched answers for it.
  return freeze(answers.put({ __proto__: null, status, message }, {})) as unknown as PluginHealth;
}

function isStatus(text: string): text is HealthStatus {
  for (let i = 0; i < statuses.length; i++) if (statuses[i] === text) return true;
  return false;
}

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
export function runHealthCheck(run: HealthCheck): Promise<HealthReport> {
  const { check } = run;
  return new PromiseAtLoad((resolve) => {
    if (check === undefined) return resolve(reportOf(run, noCheck));
    let isOver = false;
    const end = (how: "settled" | "timed_out", finding: () => Finding) => {
      if (isOver) return;
      isOver = true;
      stopTimer(timer as never);
      try {
        run.endTurn?.(how);
      } catch {
        // Whoever listens there has no say in the report.
      }
      resolve(reportOf(run, finding()));
    };
    const timer = startTimer(() => end("timed_out", () => timedOut(run)), run.timeoutMs);
    if (run.inBackground === true) letGo(timer);
    const wait = async () => {
      const startedAt = monotonicNow();
      try {
        const returned = check(run.context);
        if (monotonicNow() - startedAt > run.timeoutMs) end("timed_out", () => timedOut(run));
        const answered = await returned;
        end("settled", () => findingOf(answered));
      } catch (thrown) {
        end("settled", () => failed(run, thrown));
      }
    };
    void wait();
  });
}

/** Runs checks beside each other. The reports come in the order of the checks. */
export async function runHealthChecks(
  runs: readonly HealthCheck[],
): Promise<readonly HealthReport[]> {
  const pending = runs.map((run) => runHealthCheck(run));
  const reports: HealthReport[] = [];
  for (const report of pending) reports.push(await report);
  return freeze(reports);
}

function reportOf(run: HealthCheck, { status, message, errorSummary }: Finding): HealthReport {
  const report = create(null) as { -readonly [Field in keyof HealthReport]: HealthReport[Field] };
  report.pluginName = run.plugin;
  report.pluginVersion = run.version;
  report.status = status;
  report.message = shown(run, message);
  report.checkedAt = (run.now ?? timeNow)();
  report.errorSummary = errorSummary === null ? null : shown(run, errorSummary);
  return freeze(report);
}

function timeNow(): string {
  return apply(toISOString, new DateAtLoad(dateNow()), []);
}

const maxShown = 500;

/** Redacted before it is cut: half a secret is no match. */
function shown({ redact }: HealthCheck, text: string): string {
  try {
    return oneLine(redact(text), maxShown);
  } catch {
    return "[REDACTED]";
  }
}

function findingOf(value: unknown): Finding {
  if (answers.of(value) !== undefined) {
    const { status, message } = value as PluginHealth;
    return { status, message, errorSummary: null };
  }
  const type = typeOf(value);
  const odd = oddStatus(value);
  return {
    status: "unhealthy",
    message: `health_check returned ${type}; expected PluginHealth`,
    errorSummary: odd === undefined ? `invalid result: ${type}` : `invalid status: ${single(odd)}`,
  };
}

/** The word of JavaScript for the value: what `typeof` says, or `null`, or `array`. */
function typeOf(value: unknown): string {
  if (value === null) return "null";
  return isArray(value) ? "array" : typeof value;
}

/** The status of a look-alike, where it is a text but none of the four. */
function oddStatus(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || isProxy(value)) return undefined;
  try {
    const status: unknown = getOwnPropertyDescriptor(value, "status")?.value;
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
function letGo(timer: unknown): void {
  try {
    (timer as { unref?: () => void }).unref?.();
  } catch {
    // A patched method: then the timer holds the process for its time.
  }
}

/** What `pollHealth` takes. */
interface HealthPoll {
  /** From the end of one round to the start of the next, in milliseconds. */
  readonly intervalMs: number;
  readonly check: () => Promise<readonly HealthReport[]>;
  /** Told of each change, once: the report, and the status before. What it throws is dropped. */
  readonly onChange: (report: HealthReport, before: HealthStatus) => void;
}

/**
 * Asks again and again, the first time after one interval, and never beside itself. A plugin counts
 * as `unknown` before its first report. The timer holds no process. Gives what stops it; nothing is
 * told after that.
 */
export function pollHealth({ intervalMs, check, onChange }: HealthPoll): () => void {
  const known = new Map<string, HealthStatus>();
  let isStopped = false;
  let timer: unknown;
  const tell = (report: HealthReport) => {
    const before = known.get(report.pluginName) ?? "unknown";
    known.set(report.pluginName, report.status);
    if (isStopped || before === report.status) return;
    try {
      onChange(report, before);
    } catch {
      // The next change is told all the same.
    }
  };
  const round = async () => {
    try {
      for (const report of await check()) tell(report);
    } catch {
      // Checks do not reject; a round that does tells nothing, and the next one comes.
    }
    arm();
  };
  const arm = () => {
    if (isStopped) return;
    timer = startTimer(() => void round(), intervalMs);
    letGo(timer);
  };
  arm();
  return () => {
    isStopped = true;
    stopTimer(timer as never);
  };
}

function misuse(text: string): GlassineError {
  return new GlassineError("options_invalid", text);
}
