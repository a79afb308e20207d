/** An event of the audit trail, its time, and its line of JSON. */
import { type Json, writeText } from "../data/index.ts";

/**
 * One thing that happened, for the record: deeply frozen plain data, with these keys in this order.
 *
 * @see spec `audit:event`
 */
export interface AuditEvent {
  /** Words of lower-case letters, digits and `_`, with dots between them: `plugin.registered`. */
  readonly eventType: string;
  /** Who did it: `system:plugin-registry`, `plugin:NAME`, or what the host says. */
  readonly actorUri: string;
  /** What it was done to: `plugin:NAME`, `hook:NAME`. */
  readonly targetUri: string;
  readonly tenantId: string;
  /** When it was raised: UTC, ISO 8601, with milliseconds. */
  readonly timestamp: string;
  readonly outcome: "success" | "failure";
  /** Facts by snake_case keys. */
  readonly metadata: { readonly [key: string]: Json };
}

/** An event as it is raised. Fields that are left out get their defaults. */
export interface AuditEventInput {
  readonly eventType: string;
  readonly actorUri: string;
  readonly targetUri: string;
  /** Default `default`. */
  readonly tenantId?: string | undefined;
  /** An instant in UTC, such as `2026-01-31T12:00:00Z`. Default: now. */
  readonly timestamp?: string | undefined;
  readonly outcome: "success" | "failure";
  readonly metadata?: { readonly [key: string]: unknown } | undefined;
}

/** The tenant of an event whose request names none. */
export const defaultTenant = "default";

export const eventTypePattern: RegExp = /^(?=.{1,128}$)[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+$/;
export const keyPattern: RegExp = /^[a-z][a-z0-9_]{0,63}$/;

/** Returns the time for a record: UTC, ISO 8601, with milliseconds. */
export function timestampNow(): string {
  return new Date().toISOString();
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

/** Returns an instant in UTC as records have it; `undefined` for anything else. */
export function timestampOf(text: unknown): string | undefined {
  if (typeof text !== "string" || !instant.test(text)) return undefined;
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return undefined;
  const at = date.toISOString();
  // JavaScript takes the 30th of February for a day in March.
  return at.slice(0, 19) === text.slice(0, 19) ? at : undefined;
}

/**
 * Returns an event's record as one line of JSON, without a line end. The fields have a fixed order
 * and the keys of the metadata are sorted, so that equal events are equal lines.
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
