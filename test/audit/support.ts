/** Events, managers and waits for the tests of the audit trail. */
import process from "node:process";
import { createPluginManager, type Manager } from "glassine";
import type { AuditEvent, AuditEventInput, AuditOptions, AuditSink } from "glassine/audit";

/** Returns an event of a host's own type. */
export function eventOf(changes: Partial<AuditEventInput> = {}): AuditEventInput {
  return {
    eventType: "billing.invoice_sent",
    actorUri: "system:billing",
    targetUri: "invoice:7",
    outcome: "success",
    ...changes,
  };
}

/** A record as the trail creates it. */
export const record: AuditEvent = {
  eventType: "billing.invoice_sent",
  actorUri: "system:billing",
  targetUri: "invoice:7",
  tenantId: "default",
  timestamp: "2026-01-31T12:00:00.000Z",
  outcome: "success",
  metadata: { invoice: 7, lines: ["a", "b"] },
};

export interface Kept {
  readonly manager: Manager;
  readonly records: AuditEvent[];
  readonly log: string[];
}

/** Returns a manager whose sink keeps the records. */
export async function keeping(options: Omit<AuditOptions, "sink"> = {}): Promise<Kept> {
  const records: AuditEvent[] = [];
  return { ...(await managerTo((event) => records.push(event), options)), records };
}

/** Returns a manager that records its events in `sink`, and the lines of its log. */
export async function managerTo(
  sink: AuditSink,
  options: Omit<AuditOptions, "sink"> = {},
): Promise<Omit<Kept, "records">> {
  const log: string[] = [];
  const logger = { error: (text: string) => void log.push(text) };
  const manager = await createPluginManager({ plugins: [], audit: { sink, ...options }, logger });
  return { manager, log };
}

/** Returns the only record of an event. */
export async function recordOf(
  event: AuditEventInput,
  secrets: readonly string[] = [],
): Promise<AuditEvent> {
  const { manager, records } = await keeping({ secrets });
  await manager.audit(event);
  return records[0] as AuditEvent;
}

export interface Gate {
  readonly opened: Promise<void>;
  readonly open: () => void;
  readonly fail: (reason: unknown) => void;
}

export function gate(): Gate {
  let open = () => {};
  let fail: Gate["fail"] = () => {};
  const opened = new Promise<void>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { opened, open, fail };
}

/** Waits for everything that is due now: microtasks, timers of a millisecond, rejections. */
export async function rest(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** Returns the errors and rejections that nobody caught during `run`. */
export async function uncaughtDuring(run: () => Promise<unknown>): Promise<readonly unknown[]> {
  const seen: unknown[] = [];
  const note = (reason: unknown) => seen.push(reason);
  process.on("unhandledRejection", note);
  process.on("uncaughtException", note);
  try {
    await run();
    await rest();
  } finally {
    process.off("unhandledRejection", note);
    process.off("uncaughtException", note);
  }
  return seen;
}
