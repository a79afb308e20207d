/** Asserting a fact: authorize, validate, transform, store, propagate, audit. */
import { randomUUID } from "node:crypto";
import type { AssertRequest, Fact, Outcome } from "glassine/memory-node";
import { answerTo, type Caller, emit, type MemoryNode, NodeError } from "./node.ts";

/**
 * Stores the fact that a caller asserts.
 *
 * @throws NodeError 403 not authorized, 422 not valid, 400 no request, 500 a plugin or the store
 *   failed. `stored` is true if the fact was stored and only a later step failed.
 */
export async function assertFact(
  node: MemoryNode,
  req: AssertRequest,
  caller: Caller,
): Promise<Fact> {
  let fact: Fact;
  try {
    fact = await store(node, await accepted(node, req, caller), caller);
  } catch (error) {
    const answer = answerTo(error);
    // An invalid request leaves nothing to audit.
    if (answer.status === 400) throw answer;
    await audit(node, req, caller, null, failureOf(answer));
    throw answer;
  }
  // From here on the fact stays stored, whatever fails.
  try {
    await node.manager.invoke("post_assert_propagate", { fact, ...caller });
  } catch (error) {
    throw new NodeError(500, "Peers could not be notified.", error, true);
  } finally {
    await audit(node, req, caller, fact, { kind: "success" });
  }
  return fact;
}

/** Checks the request and returns it in the form to be stored. */
async function accepted(node: MemoryNode, req: AssertRequest, caller: Caller) {
  const { manager } = node;
  const authorized = await manager.invoke("pre_assert_authorize", { req, ...caller });
  if (!authorized.allow) throw new NodeError(403, authorized.reason);
  const valid = await manager.invoke("pre_assert_validate", { req, ...caller });
  if (!valid.allow) throw new NodeError(422, valid.reason);
  return manager.invoke("pre_assert_transform", req, { operation: caller });
}

async function store({ store, manager }: MemoryNode, req: AssertRequest, caller: Caller) {
  const fact: Fact = {
    ...req,
    confidence: req.confidence ?? 1,
    scope: req.scope ?? "local",
    // Only the node may set these.
    id: randomUUID(),
    timestamp: new Date().toISOString(),
    attested: false,
    contradicted: false,
  };
  await store.transaction(async () => {
    if (!store.insert(fact, caller.tenant.tenantId)) throw new NodeError(500, "The id is taken.");
    // The handlers of this hook cannot reject the fact, so they cause no rollback.
    await manager.invoke("post_assert_persist", { fact, ...caller });
  });
  return fact;
}

/** Records the outcome once. If that fails, the error says whether the fact was stored. */
async function audit(
  node: MemoryNode,
  req: AssertRequest,
  caller: Caller,
  fact: Fact | null,
  outcome: Outcome,
): Promise<void> {
  try {
    await node.manager.invoke("post_assert_audit", { fact, req, ...caller, outcome });
    await emit(node, caller, {
      eventType: "fact.asserted",
      outcome: outcome.kind,
      targetUri: `fact:${fact?.id ?? "none"}`,
      metadata: outcome.kind === "failure" ? { reason: outcome.reason } : {},
    });
  } catch (error) {
    throw new NodeError(500, "The assertion could not be audited.", error, fact !== null);
  }
}

function failureOf({ message, cause }: NodeError): Outcome {
  const reason = message === "" ? "unknown" : message;
  if (!(cause instanceof Error)) return { kind: "failure", reason };
  return { kind: "failure", reason, exceptionType: cause.name };
}
