/** Asks plugins how they are again and again, and tells of changes. */
import { isAwaitable } from "../data/index.ts";
import { unowned } from "../hooks/index.ts";
import type { HealthReport, HealthStatus } from "./health.ts";
import { letGo } from "./run-health-check.ts";

// Captured, so that a test's or plugin's clock does not end the polling.
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;

/** What `pollHealth` takes. */
interface HealthPoll {
  /** From the end of one round to the start of the next, in milliseconds. */
  readonly intervalMs: number;
  readonly check: () => Promise<readonly HealthReport[]>;
  /**
   * Told of each change, once: the report, and the status before. What it throws or rejects with is
   * dropped.
   */
  readonly onChange: (report: HealthReport, before: HealthStatus) => unknown;
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
      const answer = onChange(report, before);
      if (isAwaitable(answer)) unowned(answer);
    } catch {
      // The next change is told all the same.
    }
  };
  const round = async () => {
    try {
      const reports = await check();
      for (const report of reports) tell(report);
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
