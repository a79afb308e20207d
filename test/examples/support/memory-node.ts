/** A memory node for one test, with a record of its hooks. */
import type { Plugin } from "glassine";
import type { AssertRequest, MemoryNodeEvent } from "glassine/memory-node";
import type { Caller, MemoryNode, NodeError } from "../../../examples/memory-node/node.ts";
import { onlooker } from "../../../examples/memory-node/onlooker.ts";
import { startNode, stopNode } from "../../../examples/memory-node/start.ts";
import { afterTest } from "../../support/cleanup.ts";

export const request: AssertRequest = {
  entity: "project:apollo",
  relation: "status",
  value: "launched",
  source: "agent:ada",
  scope: "public",
};

export const caller: Caller = {
  identity: { entity_uri: "agent:ada", permissions: ["facts:write"] },
  tenant: { tenantId: "default", metadata: {} },
  requestId: "0c9f1a0e-7f3b-4c6d-8f0a-2f6a1f1f5a11",
};

export interface Watched {
  readonly node: MemoryNode;
  /** The hooks that ran after the start, without `audit_emit`. */
  readonly seen: string[];
  readonly log: string[];
  /** Returns the stored events of a type. */
  eventsOf(type: string): readonly MemoryNodeEvent[];
}

/** Starts a node with an onlooker that fails at `failAt`, and with other plugins. */
export async function started(
  failAt: readonly string[] = [],
  plugins: readonly Plugin[] = [],
  tokens = {},
): Promise<Watched> {
  const seen: string[] = [];
  const log: string[] = [];
  const see = (hook: string) => {
    if (hook !== "audit_emit") seen.push(hook);
  };
  const node = await startNode({
    plugins: [onlooker({ see, failAt }), ...plugins],
    tokens,
    log: (line) => log.push(line),
  });
  afterTest(() => stopNode(node));
  seen.length = 0;
  const eventsOf = (type: string) =>
    node.store.events().filter(({ eventType }) => eventType === type);
  return { node, seen, log, eventsOf };
}

/** Returns the error with which a promise of the node rejects. */
export async function refusalOf(pending: Promise<unknown>): Promise<NodeError> {
  try {
    await pending;
  } catch (error) {
    return error as NodeError;
  }
  throw new Error("It was not refused.");
}
