/** Federation: facts that come in from peers, and facts that go out to them. */
import type { Fact, Peer, Tenant } from "glassine/memory-node";
import { answerTo, type Caller, type MemoryNode, NodeError } from "./node.ts";

/** A peer and the payload of the token that it presented. */
interface Showing {
  readonly peer: Peer;
  readonly tokenPayload: { readonly scopes: readonly string[] };
}

interface Ingested {
  readonly accepted: readonly string[];
  readonly rejected: readonly { readonly fact_id: string; readonly error: string }[];
}

/** Facts from federation belong to the default tenant, whatever the sender says. */
const tenant: Tenant = { tenantId: "default", metadata: { tenant_context_source: "pinned" } };

/** @throws NodeError 403 not authentic, 500 a plugin failed */
export async function registerPeer(
  { manager }: MemoryNode,
  req: Peer,
  { identity, tenant }: Caller,
): Promise<Peer> {
  const decision = await manager
    .invoke("federation_peer_authenticate", { req, identity, tenant })
    .catch((error: unknown) => {
      throw answerTo(error);
    });
  if (!decision.allow) throw new NodeError(403, decision.reason);
  return req;
}

/** Takes in a batch, fact by fact. A fact that fails does not affect the others. */
export async function federationInbound(
  node: MemoryNode,
  facts: readonly Fact[],
  { peer, tokenPayload }: Showing,
): Promise<Ingested> {
  const accepted: string[] = [];
  const rejected: { fact_id: string; error: string }[] = [];
  for (const fact of facts) {
    const operation = { factScope: fact.scope ?? "local", tenant, peer, tokenPayload };
    try {
      const error = await ingest(node, fact, operation);
      if (error === undefined) accepted.push(fact.id);
      else rejected.push({ fact_id: fact.id, error });
    } catch (error) {
      // Do not reveal this node's internal errors to a peer.
      const text = answerTo(error).status === 400 ? "malformed" : "internal error";
      rejected.push({ fact_id: fact.id, error: text });
    }
  }
  return { accepted, rejected };
}

/** Stores a fact. Returns the reason if it was rejected, `undefined` if it was accepted. */
async function ingest(
  { manager, store }: MemoryNode,
  fact: Fact,
  operation: Showing & { readonly factScope: string; readonly tenant: Tenant },
): Promise<string | undefined> {
  const decision = await manager.invoke("federation_inbound_validate", { fact, ...operation });
  if (!decision.allow) return decision.reason;
  const filtered = await manager.invoke("federation_inbound_filter", fact, { operation });
  // A peer's attestation does not count here.
  const taken = { ...filtered, attested: false };
  const isNew = await store.transaction(async () => store.insert(taken, tenant.tenantId));
  return isNew ? undefined : "duplicate";
}

/**
 * Sends a peer the facts that it may see: filtered, then signed. If either fails, sends nothing.
 *
 * @throws NodeError 500 a plugin failed
 */
export async function federationOutbound(
  { manager, store }: MemoryNode,
  { peer, tokenPayload }: Showing,
  send: (facts: readonly Fact[]) => Promise<void>,
): Promise<number> {
  const operation = { peer, tokenPayload, tenant };
  const batch = store.ofScopes(tokenPayload.scopes, tenant.tenantId);
  let signed: readonly Fact[];
  try {
    const filtered = await manager.invoke("federation_outbound_filter", batch, { operation });
    signed = await manager.invoke("federation_outbound_sign", filtered, { operation });
  } catch (error) {
    throw answerTo(error);
  }
  await send(signed);
  return signed.length;
}
