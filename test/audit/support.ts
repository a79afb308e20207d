/** Events, sinks and waits for the tests of the audit trail. */
import process from "node:process";
import {
  type AuditEvent,
  type AuditEventInput,
  type AuditOptions,
  type AuditSink,
  type AuditTrail,
  createTrail,
  readAuditOptions,
} from "../../src/core/observe/index.ts";

export { takesMany } from "../../src/core/observe/index.ts";

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
  readonly trail: AuditTrail;
  readonly records: AuditEvent[];
  readonly log: string[];
}

/** Returns a trail whose sink keeps the records. */
export function keeping(options: Omit<AuditOptions, "sink"> = {}, deliver?: AuditSink): Kept {
  const records: AuditEvent[] = [];
  return { ...trailTo((event) => records.push(event), options, deliver), records };
}

export function trailTo(
  sink: AuditSink | undefined,
  options: Omit<AuditOptions, "sink"> = {},
  deliver?: AuditSink,
): { readonly trail: AuditTrail; readonly log: string[] } {
  const log: string[] = [];
  const logger = { error: (text: string) => void log.push(text) };
  const read = readAuditOptions(sink === undefined ? options : { sink, ...options }, logger);
  return { trail: createTrail(read, deliver), log };
}

/** Returns a trail with the given logger, if any. */
export function trailLoggedBy(
  logger: Parameters<typeof readAuditOptions>[1],
  sink: AuditSink,
): AuditTrail {
  return createTrail(readAuditOptions({ sink }, logger));
}

/** Returns the only record of an event. */
export function recordOf(event: AuditEventInput, secrets: readonly string[] = []): AuditEvent {
  const { trail, records } = keeping({ secrets });
  trail.emit(event);
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
