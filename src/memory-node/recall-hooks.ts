/** The hooks of a recall: authorize, rewrite, filter, rank, audit. */
import * as z from "zod";
import { defineHooks, wholeNumber } from "../host.ts";
import { exactlyOne } from "./exactly-one.ts";
import { anyObject, orNull } from "./open-object.ts";
import {
  factSchema,
  identitySchema,
  outcomeSchema,
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

export const recallHooks = defineHooks({
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
    payload: z.strictObject({ result: orNull(anyObject()), ...request, outcome: outcomeSchema }),
  },
});
