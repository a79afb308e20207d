/** Events, sinks and waits of the tests of the audit trail. */
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

/** An event of a host's own. */
export function eventOf(changes: Partial<AuditEventInput> = {}): AuditEventInput {
  return {
    eventType: "billing.invoice_sent",
    actorUri: "system:billing",
    targetUri: "invoice:7",
    outcome: "success",
    ...changes,
  };
}

/** A record as a trail makes it. */
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

/** A trail whose sink keeps what it is given. */
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

/** A trail that logs where a test says, or nowhere. */
export function trailLoggedBy(
  logger: Parameters<typeof readAuditOptions>[1],
  sink: AuditSink,
): AuditTrail {
  return createTrail(readAuditOptions({ sink }, logger));
}

/** The one record that comes of an event. */
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

/** Lets everything that is due now happen: microtasks, timers of a millisecond, rejections. */
export async function rest(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setTimeout(resolve, 2));
}

/** What nobody caught while `run` ran. */
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
