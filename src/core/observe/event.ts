/** What an event of the trail is. */
import type { Json } from "../data/index.ts";

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

/** An event as it is raised: what is left out is filled in. */
export interface AuditEventInput {
  readonly eventType: string;
  readonly actorUri: string;
  readonly targetUri: string;
  /** Default `default`. */
  readonly tenantId?: string | undefined;
  /** An instant in UTC, as `2026-01-31T12:00:00Z`. Default: now. */
  readonly timestamp?: string | undefined;
  readonly outcome: "success" | "failure";
  readonly metadata?: { readonly [key: string]: unknown } | undefined;
}

/** The tenant of an event whose request names none. */
export const defaultTenant = "default";

export const eventTypePattern: RegExp = /^(?=.{1,128}$)[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)+$/;
export const keyPattern: RegExp = /^[a-z][a-z0-9_]{0,63}$/;
