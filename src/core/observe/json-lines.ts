import { type Json, writeText } from "../data/index.ts";
import type { AuditEvent } from "./event.ts";

/**
 * The record of an event as one line of JSON, without a line end. The fields have their order, keys
 * of the metadata are sorted: events that say the same are the same text.
 *
 * @see spec `audit:json-line`
 * @example
 * ```ts
 * import { jsonLines, type AuditEvent } from "glassine/audit";
 *
 * const lines: string[] = [];
 * const sink = (event: AuditEvent) => lines.push(jsonLines(event));
 * sink({
 *   eventType: "billing.invoice_sent",
 *   actorUri: "system:billing",
 *   targetUri: "invoice:7",
 *   tenantId: "default",
 *   timestamp: "2026-01-31T12:00:00.000Z",
 *   outcome: "success",
 *   metadata: { lines: 3, currency: "EUR" },
 * });
 * console.log(lines[0]?.slice(-40)); // "metadata":{"currency":"EUR","lines":3}}
 * ```
 */
export function jsonLines(event: AuditEvent): string {
  const { eventType, actorUri, targetUri, tenantId, timestamp, outcome, metadata } = event;
  return writeText({
    eventType,
    actorUri,
    targetUri,
    tenantId,
    timestamp,
    outcome,
    metadata: sorted(metadata),
  });
}

function sorted(value: Json): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, fact]) => [key, sorted(fact)]));
}
