/** The 22 hooks of the memory node, in the order of its documentation. */
import { defineHooks } from "../host.ts";
import { assertHooks } from "./assert-hooks.ts";
import { federationHooks } from "./federation-hooks.ts";
import { nodeHooks } from "./node-hooks.ts";
import { recallHooks } from "./recall-hooks.ts";
import { requestHooks } from "./request-hooks.ts";

/**
 * The hooks of a memory node by name: what each carries, how it is dispatched, and where it stands
 * in an operation.
 *
 * An assertion runs `pre_assert_authorize`, `pre_assert_validate` and `pre_assert_transform`, stores
 * with `post_assert_persist` inside the transaction, then `post_assert_propagate` and
 * `post_assert_audit`. A recall runs `pre_recall_authorize` and `pre_recall_rewrite`, searches, then
 * `recall_filter`, `recall_rank` and `post_recall_audit`. Before either come `identity_resolve`,
 * `tenant_resolve` and, for each protected operation, `capability_check`.
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
  ...assertHooks,
  ...recallHooks,
  ...federationHooks,
  ...requestHooks,
  ...nodeHooks,
});

type Hooks = typeof memoryNodeHooks;

/** The hooks of the memory node by name. An interface as `StandardHooks` is one. */
export interface MemoryNodeHooks extends Hooks {}
