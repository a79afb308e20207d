/** Sinks that keep the order of events even if they get many at once. */
import type { AuditSink } from "./options.ts";

const sinks = new WeakSet<AuditSink>();

/** Marks a sink that may get events before it has settled those before. */
export function takesMany<Sink extends AuditSink>(sink: Sink): Sink {
  sinks.add(sink);
  return sink;
}

export function isForMany(sink: AuditSink): boolean {
  return sinks.has(sink);
}
