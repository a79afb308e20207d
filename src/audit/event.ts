/** What an event of the trail is. */
import * as z from "zod";
import type { Json } from "../admit/index.ts";

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
const timestampPattern: RegExp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Of a text in a record: one line, 500 characters and an ellipsis. */
export const textSchema = z.string().max(501);
const keySchema = z.string().regex(keyPattern);
const factSchema: z.ZodType<Json, Json> = z
  .lazy(() =>
    z.union([
      textSchema,
      z.number(),
      z.boolean(),
      z.null(),
      z.array(factSchema),
      z.record(keySchema, factSchema),
    ]),
  )
  .meta({ id: "fact" });

/** The one schema of an event. `spec/schemas/audit-event.schema.json` is written from it. */
export const auditEventSchema = z.strictObject({
  eventType: z.string().regex(eventTypePattern).describe("What happened, in dotted words."),
  actorUri: textSchema.describe("Who did it."),
  targetUri: textSchema.describe("What it was done to."),
  tenantId: textSchema.describe("Whose data it is about; `system` for what is nobody's."),
  timestamp: z.string().regex(timestampPattern).describe("When it was raised, in UTC."),
  outcome: z.enum(["success", "failure"]),
  metadata: z.record(keySchema, factSchema).describe("The facts, by keys in snake_case."),
});
