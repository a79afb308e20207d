import { intrinsics, type Json, writeText } from "../data/index.ts";
import type { AuditEvent } from "./event.ts";

const { append, create, enumerableKeys, isArray, newList, sortInPlace, toArray } = intrinsics;

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
  if (isArray(value)) {
    const items = newList<Json>();
    for (let i = 0; i < value.length; i++) append(items, sorted(value[i] as Json));
    return toArray(items);
  }
  const record = value as { readonly [key: string]: Json };
  const keys = enumerableKeys(record);
  sortInPlace(keys, byUnit);
  const copy = create(null) as Record<string, Json>;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    copy[key] = sorted(record[key] as Json);
  }
  return copy;
}

function byUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
