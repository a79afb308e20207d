/** The 22 hooks of the memory node, in the order of its documentation. */
import * as z from "zod";
import { defineHooks, jsonValue, wholeNumber } from "../host.ts";
import { exactlyOne } from "./exactly-one.ts";
import { keepsMigrations } from "./keeps-migrations.ts";
import { anyObject, nonEmptyString } from "./open-object.ts";
import {
  assertRequestSchema,
  eventSchema,
  factSchema,
  identitySchema,
  migrationSchema,
  outcomeSchema,
  peerSchema,
  pluginViewSchema,
  querySchema,
  requestIdSchema,
  scoredSchema,
  tenantSchema,
} from "./shapes.ts";

const request = { identity: identitySchema, tenant: tenantSchema, requestId: requestIdSchema };

/** A query of facts, a recall over the graph, or one as of another time. */
export const rankForms = [
  ["tenant", "requestId"],
  ["weights", "depth"],
  ["weights", "asOf"],
] as const;

const rankOperation = exactlyOne(
  { identity: identitySchema },
  {
    tenant: tenantSchema,
    requestId: requestIdSchema,
    weights: z.record(z.string(), z.number()),
    depth: wholeNumber(),
    asOf: z.string(),
  },
  rankForms,
  "identity with tenant and requestId, with weights and depth, or with weights and asOf",
);

/** What an inbound fact came with: a capability token, or a peer and the token it showed. */
export const inboundForms = [["capToken"], ["peer", "tokenPayload"]] as const;

const withInbound = <const Shape extends z.ZodRawShape>(shape: Shape) =>
  exactlyOne(
    { ...shape, factScope: z.string(), tenant: tenantSchema },
    { capToken: anyObject(), peer: peerSchema, tokenPayload: anyObject() },
    inboundForms,
    "either capToken, or peer and tokenPayload",
  );

const outbound = z.strictObject({
  peer: peerSchema,
  tokenPayload: anyObject(),
  tenant: tenantSchema,
});

/**
 * The hooks of a memory node by name: what each carries, how it is dispatched, and its place in an
 * operation.
 *
 * An assertion runs `pre_assert_authorize`, `pre_assert_validate` and `pre_assert_transform`,
 * stores the fact and runs `post_assert_persist` inside the transaction, then runs
 * `post_assert_propagate` and `post_assert_audit`. A recall runs `pre_recall_authorize` and
 * `pre_recall_rewrite`, searches, then runs `recall_filter`, `recall_rank` and `post_recall_audit`.
 * Both are preceded by `identity_resolve`, `tenant_resolve` and, for each protected operation,
 * `capability_check`.
 *
 * @see spec `plugins:surface`
 * @example
 * ```ts
 * import { memoryNodeHooks } from "glassine/memory-node";
 *
 * const { semantic, band } = memoryNodeHooks.recall_rank;
 * console.log(Object.keys(memoryNodeHooks).length, semantic, band); // 22 score_delta RANK
 * ```
 */
export const memoryNodeHooks = defineHooks({
  // Assertion: authorize, validate, transform, store, propagate, audit.
  pre_assert_authorize: {
    semantic: "voting",
    description:
      "A caller wants to assert a fact that nothing has looked at yet. Decides whether it may.",
    ordering: "core_first",
    band: "AUTHZ",
    payload: z.strictObject({ req: assertRequestSchema, ...request }),
  },
  pre_assert_validate: {
    semantic: "voting",
    description: "A permitted caller asserts a fact. Decides whether the request is well formed.",
    ordering: "core_first",
    band: "VALIDATE",
    payload: z.strictObject({ req: assertRequestSchema, ...request }),
  },
  pre_assert_transform: {
    semantic: "filter_chain",
    description: "A valid request is about to be stored. The value is what will be stored.",
    ordering: "plugins_first",
    band: "TRANSFORM",
    payload: assertRequestSchema,
    operation: z.strictObject(request),
  },
  post_assert_persist: {
    semantic: "fire_and_forget",
    description:
      "A fact was written, and its transaction is still open. A failure does not undo it.",
    ordering: "plugin_only",
    band: "PERSIST",
    payload: z.strictObject({ fact: factSchema, ...request }),
  },
  post_assert_propagate: {
    semantic: "fire_and_forget",
    description: "A fact was stored, and its peers are about to be notified.",
    ordering: "plugin_only",
    band: "PERSIST",
    payload: z.strictObject({ fact: factSchema, ...request }),
  },
  post_assert_audit: {
    semantic: "fire_and_forget",
    description:
      "An assertion succeeded or failed; the fact is null if none was stored. A failure reaches the caller.",
    strict: true,
    ordering: "core_only_default",
    band: "AUDIT",
    payload: z.strictObject({
      fact: factSchema.nullable(),
      req: assertRequestSchema,
      ...request,
      outcome: outcomeSchema,
    }),
  },

  // Recall: authorize, rewrite, filter, rank, audit.
  pre_recall_authorize: {
    semantic: "voting",
    description: "A caller wants to recall facts. Decides whether it may run this query.",
    ordering: "core_first",
    band: "AUTHZ",
    payload: z.strictObject({ ...request, query: querySchema }),
  },
  pre_recall_rewrite: {
    semantic: "filter_chain",
    description: "A permitted query is about to run. The value is the query to run.",
    ordering: "plugins_first",
    band: "TRANSFORM",
    payload: querySchema,
    operation: z.strictObject(request),
  },
  recall_filter: {
    semantic: "filter_chain",
    description: "A search found facts. The value is the facts to rank.",
    ordering: "plugins_first",
    band: "FILTER",
    payload: z.array(factSchema),
    operation: z.strictObject(request),
  },
  recall_rank: {
    semantic: "score_delta",
    description: "Facts are about to be ranked. Handlers adjust their scores by id.",
    ordering: "plugins_first",
    band: "RANK",
    payload: z.array(scoredSchema),
    operation: rankOperation,
  },
  post_recall_audit: {
    semantic: "fire_and_forget",
    description:
      "A recall succeeded or failed; the result is null if there is none. A failure reaches the caller.",
    strict: true,
    ordering: "core_only_default",
    band: "AUDIT",
    payload: z.strictObject({ result: anyObject().nullable(), ...request, outcome: outcomeSchema }),
  },

  // Federation: who a peer is, what comes in from it, what goes out to it.
  federation_peer_authenticate: {
    semantic: "voting",
    description:
      "A node asks to be registered as a peer. Decides whether it is who it claims to be.",
    ordering: "core_first",
    band: "AUTHN",
    payload: z.strictObject({ req: peerSchema, identity: identitySchema, tenant: tenantSchema }),
  },
  federation_inbound_validate: {
    semantic: "voting",
    description: "A peer sent a fact. Decides whether to accept it.",
    ordering: "core_first",
    band: "VALIDATE",
    payload: withInbound({ fact: factSchema }),
  },
  federation_inbound_filter: {
    semantic: "filter_chain",
    description:
      "An accepted fact of a peer is about to be stored. The value is what will be stored.",
    ordering: "plugins_first",
    band: "FILTER",
    payload: factSchema,
    operation: withInbound({}),
  },
  federation_outbound_filter: {
    semantic: "filter_chain",
    description: "Facts are about to be sent to a peer. The value is the facts to send.",
    ordering: "plugins_first",
    band: "FILTER",
    payload: z.array(factSchema),
    operation: outbound,
  },
  federation_outbound_sign: {
    semantic: "filter_chain",
    description:
      "The facts to send to a peer are settled. The value is these facts; handlers sign them.",
    ordering: "plugins_first",
    band: "TRANSFORM",
    payload: z.array(factSchema),
    operation: outbound,
  },

  // Every request: who calls, for whom, and what they may do.
  identity_resolve: {
    semantic: "filter_chain",
    description:
      "A request arrived with credentials, which must not reach a log or the audit trail. The value is the caller's identity.",
    ordering: "core_first",
    band: "AUTHN",
    payload: identitySchema,
    operation: z.strictObject({ rawCredentials: jsonValue() }),
  },
  tenant_resolve: {
    semantic: "filter_chain",
    description: "The caller is known. The value is the tenant whose data the request concerns.",
    ordering: "core_first",
    band: "AUTHN",
    payload: tenantSchema,
    operation: z.strictObject({ identity: identitySchema }),
  },
  capability_check: {
    semantic: "voting",
    description: "A caller wants to use a permission that it holds. Decides whether it may, now.",
    ordering: "core_first",
    band: "AUTHZ",
    payload: z.strictObject({
      identity: identitySchema,
      capability: nonEmptyString(),
      tenant: tenantSchema,
    }),
  },

  // The node itself: its schema, its audit trail, its plugins.
  migration_register: {
    semantic: "filter_chain",
    description:
      "The node starts. The value is the list of the plugins' migrations; each plugin adds its own.",
    ordering: "core_only_default",
    band: "TRANSFORM",
    payload: z.array(migrationSchema),
    operation: z.strictObject({
      dbPath: nonEmptyString(),
      migrationsDir: nonEmptyString(),
      settings: anyObject(),
    }),
    // An arrow function, so that emitted declarations do not name a function of this folder.
    keeps: (given, got, plugin) => keepsMigrations(given, got, plugin),
  },
  audit_emit: {
    semantic: "fire_and_forget",
    description:
      "An event was written to the audit trail. A failure reaches the code that emitted it.",
    strict: true,
    ordering: "core_only_default",
    band: "AUDIT",
    payload: z.strictObject({ event: eventSchema }),
  },
  config_validate: {
    semantic: "voting",
    description:
      "A plugin is being registered. Decides whether it may, with this name and these capabilities.",
    ordering: "core_first",
    band: "VALIDATE",
    payload: z.strictObject({ plugin: pluginViewSchema }),
  },
});

type Hooks = typeof memoryNodeHooks;

/** The hooks of the memory node by name. An interface, like `StandardHooks`. */
export interface MemoryNodeHooks extends Hooks {}
