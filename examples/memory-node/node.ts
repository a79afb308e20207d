/** What the operations of the node share. */
import { isGlassineError } from "glassine";
import type { createPluginManager, Identity, MemoryNodeEvent, Tenant } from "glassine/memory-node";
import type { FactStore } from "./store.ts";

export interface MemoryNode {
  readonly store: FactStore;
  readonly manager: Awaited<ReturnType<typeof createPluginManager>>;
}

/** Who asks, for whom, in which request. */
export interface Caller {
  readonly identity: Identity;
  readonly tenant: Tenant;
  readonly requestId: string;
}

/** What a client is answered with. */
export class NodeError extends Error {
  override readonly name = "NodeError";
  readonly status: number;
  /** Whether the fact that it is about is stored all the same. */
  readonly stored: boolean;

  constructor(status: number, message: string, cause?: unknown, stored = false) {
    super(message, { cause });
    this.status = status;
    this.stored = stored;
  }
}

/** The answer to what went wrong: our own, a bad request, or a failure of the node. */
export function answerTo(error: unknown): NodeError {
  if (error instanceof NodeError) return error;
  const isBadRequest = isGlassineError(error) && error.code === "payload_invalid";
  const text = error instanceof Error ? error.message : "something was thrown";
  return new NodeError(isBadRequest ? 400 : 500, text, error);
}

/** Records an event of the node itself in the trail, and notifies listeners. */
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
