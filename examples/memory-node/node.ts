/** Types and helpers that all operations of the node share. */
import { isGlassineError } from "glassine";
import type { createPluginManager, Identity, MemoryNodeEvent, Tenant } from "glassine/memory-node";
import type { FactStore } from "./store.ts";

export interface MemoryNode {
  readonly store: FactStore;
  readonly manager: Awaited<ReturnType<typeof createPluginManager>>;
}

/** Who calls, for which tenant, in which request. */
export interface Caller {
  readonly identity: Identity;
  readonly tenant: Tenant;
  readonly requestId: string;
}

/** The error that a client receives. */
export class NodeError extends Error {
  override readonly name = "NodeError";
  readonly status: number;
  /** Whether the fact was stored in spite of the error. */
  readonly stored: boolean;

  constructor(status: number, message: string, cause?: unknown, stored = false) {
    super(message, { cause });
    this.status = status;
    this.stored = stored;
  }
}

/** Turns any error into a client's answer: 400 for an invalid payload, otherwise 500. */
export function answerTo(error: unknown): NodeError {
  if (error instanceof NodeError) return error;
  const isBadRequest = isGlassineError(error) && error.code === "payload_invalid";
  const text = error instanceof Error ? error.message : "something was thrown";
  return new NodeError(isBadRequest ? 400 : 500, text, error);
}

/** Writes one of the node's own events to the audit trail and notifies listeners. */
export async function emit(
  { store, manager }: MemoryNode,
  { identity, tenant }: Caller,
  {
    eventType,
    outcome,
    ...facts
  }: Pick<MemoryNodeEvent, "eventType" | "outcome"> & {
    readonly targetUri: string;
    readonly metadata: MemoryNodeEvent["metadata"];
  },
): Promise<void> {
  const event = {
    eventType,
    actorUri: identity.entity_uri ?? "anonymous",
    targetUri: facts.targetUri,
    tenantId: tenant.tenantId,
    timestamp: new Date().toISOString(),
    outcome,
    metadata: facts.metadata,
  };
  store.write(event);
  await manager.invoke("audit_emit", { event });
}
