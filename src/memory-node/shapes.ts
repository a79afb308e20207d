/**
 * The data that the memory node's hooks carry. The node's own objects are open: known keys are
 * typed, others are kept. A tenant, an outcome and a query are exact, because their shape decides.
 */
import * as z from "zod";
import { wholeNumber, withRule } from "../host.ts";
import { anyObject, fraction, nonEmptyString, openObject, uuid } from "./open-object.ts";
import { tenantIdFault, tenantIdWords } from "./tenant-id.ts";

/** A fact. Its `value` can be any JSON, including null. */
export const factSchema = openObject({
  id: nonEmptyString(),
  entity: z.string().optional(),
  relation: z.string().optional(),
  source: z.string().optional(),
  scope: z.string().optional(),
  confidence: fraction().optional(),
  timestamp: z.string().optional(),
  valid_until: z.string().optional(),
  garden_id: z.string().optional(),
  attested: z.boolean().optional(),
  contradicted: z.boolean().optional(),
});

/** What a caller wants to assert: a fact that has no id yet. */
export const assertRequestSchema = openObject({
  entity: nonEmptyString(),
  relation: nonEmptyString(),
  source: nonEmptyString(),
  scope: z.string().optional(),
  confidence: fraction().optional(),
  valid_until: z.string().optional(),
  garden_id: z.string().optional(),
});

/** The caller. Without `entity_uri`, the node does not know it. */
export const identitySchema = openObject({
  entity_uri: z.string().optional(),
  tenant_id: z.string().optional(),
  permissions: z.array(z.string()).optional(),
});

/** The tenant whose data a request is about, and how it was determined. */
export const tenantSchema = z.strictObject({
  tenantId: withRule(z.string(), tenantIdWords, (id) => tenantIdFault(id) === undefined),
  metadata: openObject({
    tenant_context_source: z.enum(["hook", "pinned", "resolved", "system"]).optional(),
    source_tenant_id: z.string().optional(),
    resolved_by: z.string().optional(),
  }),
});

export const requestIdSchema = uuid();

/** How an operation ended. */
export const outcomeSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("success") }),
  z.strictObject({
    kind: z.literal("failure"),
    reason: nonEmptyString(),
    exceptionType: z.string().optional(),
  }),
]);

/**
 * A recall query: all fourteen keys, null where the caller set nothing. A handler that rewrites it
 * must return all of them, so that a forgotten key cannot widen the query.
 */
export const querySchema = z.strictObject({
  entity: z.string().nullable(),
  relation: z.string().nullable(),
  source: z.string().nullable(),
  scope: z.string().nullable(),
  min_confidence: fraction().nullable(),
  include_contradicted: z.boolean(),
  include_expired: z.boolean(),
  after: z.string().nullable(),
  cursor: z.string().nullable(),
  limit: wholeNumber().nullable(),
  garden_id: z.string().nullable(),
  attested: z.boolean().nullable(),
  include_low_trust: z.boolean(),
  as_of: z.string().nullable(),
});

/**
 * An element of the list to rank: a fact, or a result that has a fact. The keys of handlers' deltas
 * are its `id` or, if it has none, its fact's.
 */
export const scoredSchema = withRule(
  openObject({
    id: nonEmptyString().optional(),
    fact: factSchema.optional(),
    score: z.number().optional(),
  }),
  "an id, or a fact",
  ({ id, fact }) => id !== undefined || fact !== undefined,
);

/** A peer that the node knows, or one that wants to be registered. */
export const peerSchema = openObject({
  node_id: z.string().optional(),
  node_url: z.string().optional(),
});

/** A schema change that a plugin owns. */
export const migrationSchema = z.strictObject({
  plugin_name: nonEmptyString(),
  migration_id: withRule(wholeNumber(), "a whole number from 1 on", (id) => id >= 1),
  sql: nonEmptyString(),
  description: z.string(),
  plugin_version: nonEmptyString(),
  backend: nonEmptyString(),
});

/** An event of the audit trail. Its `metadata` has facts by key. */
export const eventSchema = z.strictObject({
  eventType: nonEmptyString(),
  actorUri: z.string(),
  targetUri: z.string(),
  tenantId: z.string(),
  timestamp: z.string(),
  outcome: z.enum(["success", "failure"]),
  metadata: anyObject(),
});

/** What other plugins see of a plugin: names and flags. */
export const pluginViewSchema = z.strictObject({
  name: nonEmptyString(),
  version: nonEmptyString(),
  requiresHost: z.string(),
  capabilities: z.array(z.string()),
  hooks: z.array(z.string()),
  dependsOn: z.array(z.string()),
  asyncSafe: z.boolean(),
});
