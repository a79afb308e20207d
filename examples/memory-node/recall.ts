/** Recalling facts: authorize, rewrite, search, filter, rank, audit. */
import { applyScores, type Fact, type Outcome, type RecallQuery } from "glassine/memory-node";
import { answerTo, type Caller, emit, type MemoryNode, NodeError } from "./node.ts";

interface RecallResult {
  readonly facts: readonly { readonly fact: Fact; readonly score: number }[];
  readonly total: number;
}

/** Completes a query: every field that `asked` leaves out gets its default. */
export function queryOf(asked: Partial<RecallQuery>): RecallQuery {
  return {
    entity: null,
    relation: null,
    source: null,
    scope: null,
    min_confidence: null,
    include_contradicted: false,
    include_expired: false,
    after: null,
    cursor: null,
    limit: null,
    garden_id: null,
    attested: null,
    include_low_trust: false,
    as_of: null,
    ...asked,
  };
}

/**
 * Finds facts and returns those that pass every filter, ranked. A failure returns none of them.
 *
 * @throws NodeError 403 not authorized, 400 no query, 500 a plugin failed
 */
export async function recall(
  node: MemoryNode,
  query: RecallQuery,
  caller: Caller,
): Promise<RecallResult> {
  let result: RecallResult;
  try {
    result = await ranked(node, query, caller);
  } catch (error) {
    const answer = answerTo(error);
    if (answer.status === 400) throw answer;
    await audit(node, caller, null, { kind: "failure", reason: answer.message || "unknown" });
    throw answer;
  }
  await audit(node, caller, result, { kind: "success" });
  return result;
}

async function ranked({ manager, store }: MemoryNode, query: RecallQuery, caller: Caller) {
  const decision = await manager.invoke("pre_recall_authorize", { ...caller, query });
  if (!decision.allow) throw new NodeError(403, decision.reason);
  const operation = caller;
  const asked = await manager.invoke("pre_recall_rewrite", query, { operation });
  const found = store.find(asked, caller.tenant.tenantId, new Date().toISOString());
  const left = await manager.invoke("recall_filter", found, { operation });
  const scored = left.map((fact) => ({ fact, score: fact.confidence ?? 1 }));
  const deltas = await manager.invoke("recall_rank", scored, { operation });
  const facts = applyScores(scored, deltas);
  return { facts, total: facts.length };
}

async function audit(
  node: MemoryNode,
  caller: Caller,
  result: RecallResult | null,
  outcome: Outcome,
): Promise<void> {
  const shown = result === null ? null : { ids: result.facts.map(({ fact }) => fact.id) };
  try {
    await node.manager.invoke("post_recall_audit", { result: shown, ...caller, outcome });
    await emit(node, caller, {
      eventType: "recall.run",
      outcome: outcome.kind,
      targetUri: "facts:all",
      metadata: { total: result?.total ?? 0 },
    });
  } catch (error) {
    throw new NodeError(500, "The recall could not be audited.", error);
  }
}
