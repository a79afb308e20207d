/** Trails without a manager, for what only the trail itself shows: its outcomes and its queue. */
import {
  type AuditEvent,
  type AuditEventInput,
  type AuditOptions,
  type AuditSink,
  type AuditTrail,
  createTrail,
  readAuditOptions,
} from "../../../src/core/observe/index.ts";

export { takesMany } from "../../../src/core/observe/index.ts";

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
