/**
 * What the hooks of the memory node carry. Objects of the node's own are open: known keys are
 * typed, others kept. What decides by its shape, a tenant, an outcome or a query, is exact.
 */
import * as z from "zod";
import { wholeNumber, withRule } from "../host.ts";
import { anyObject, openObject, orNull, share, uuid, word } from "./open-object.ts";
import { tenantIdFault, tenantIdWords } from "./tenant-id.ts";

/** A fact. Its `value` is JSON of any form, null included. */
export const factSchema = openObject({
  id: word(),
  entity: z.string().optional(),
  relation: z.string().optional(),
  source: z.string().optional(),
  scope: z.string().optional(),
  confidence: share().optional(),
  timestamp: z.string().optional(),
  valid_until: z.string().optional(),
  garden_id: z.string().optional(),
  attested: z.boolean().optional(),
  contradicted: z.boolean().optional(),
});

/** What a caller wants to assert: a fact that has no id yet. */
export const assertRequestSchema = openObject({
  entity: word(),
  relation: word(),
  source: word(),
  scope: z.string().optional(),
  confidence: share().optional(),
  valid_until: z.string().optional(),
  garden_id: z.string().optional(),
});

/** Who calls. Without `entity_uri` it is nobody the node knows. */
export const identitySchema = openObject({
  entity_uri: z.string().optional(),
  tenant_id: z.string().optional(),
  permissions: z.array(z.string()).optional(),
});

/** Whose data a request is about, and how that was found out. */
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
    reason: word(),
    exceptionType: z.string().optional(),
  }),
]);

/**
 * A recall query: all fourteen keys, null where the caller asked for nothing. A handler that
 * rewrites it gives them all back, so that none is widened by being forgotten.
 */
export const querySchema = z.strictObject({
  entity: orNull(z.string()),
  relation: orNull(z.string()),
  source: orNull(z.string()),
  scope: orNull(z.string()),
  min_confidence: orNull(share()),
  include_contradicted: z.boolean(),
  include_expired: z.boolean(),
  after: orNull(z.string()),
  cursor: orNull(z.string()),
  limit: orNull(wholeNumber()),
  garden_id: orNull(z.string()),
  attested: orNull(z.boolean()),
  include_low_trust: z.boolean(),
  as_of: orNull(z.string()),
});

/**
 * An element of the list that is ranked: a fact, or a result with a fact in it. Handlers give their
 * deltas by its `id`, or else by that of its fact.
 */
export const scoredSchema = withRule(
  openObject({
    id: word().optional(),
    fact: factSchema.optional(),
    score: z.number().optional(),
  }),
  "an id, or a fact",
  ({ id, fact }) => id !== undefined || fact !== undefined,
);

/** A peer as the node knows it, and one that wants to be registered. */
export const peerSchema = openObject({
  node_id: z.string().optional(),
  node_url: z.string().optional(),
});

/** A change of the schema that a plugin owns. */
export const migrationSchema = z.strictObject({
  plugin_name: word(),
  migration_id: withRule(wholeNumber(), "a whole number from 1 on", (id) => id >= 1),
  sql: word(),
  description: z.string(),
  plugin_version: word(),
  backend: word(),
});

/** An event of the audit trail. Its metadata are facts by key. */
export const eventSchema = z.strictObject({
  eventType: word(),
  actorUri: z.string(),
  targetUri: z.string(),
  tenantId: z.string(),
  timestamp: z.string(),
  outcome: z.enum(["success", "failure"]),
  metadata: anyObject(),
});

/** What others are shown of a plugin: names and flags. */
export const pluginViewSchema = z.strictObject({
  name: word(),
  version: word(),
  requiresHost: z.string(),
  capabilities: z.array(z.string()),
  hooks: z.array(z.string()),
  dependsOn: z.array(z.string()),
  asyncSafe: z.boolean(),
});
