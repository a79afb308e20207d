/** Changes of trust as data, so that another process can receive one. */
import { isGlassineError } from "glassine";
import { type LockEntry, revokePlugins, trustPlugins } from "glassine/node";

export interface Order {
  readonly path: string;
  /** The entries to trust; if absent, the order revokes instead. */
  readonly trust?: readonly LockEntry[];
  readonly revoke?: readonly string[];
  readonly reason: string;
  readonly waitMs?: number;
}

/** The outcome: the code of a refusal, or null. */
export interface Outcome {
  readonly code: string | null;
  readonly message: string;
  readonly systemCode: unknown;
  readonly recovered: string | null;
  readonly warnings: readonly string[];
}

export async function carryOut(order: Order): Promise<Outcome> {
  const { path, trust, revoke = [], reason, waitMs } = order;
  try {
    const { recovered = null, warnings } = trust
      ? await trustPlugins(path, trust, reason, { waitMs })
      : await revokePlugins(path, revoke, reason, { waitMs });
    return { code: null, message: "", systemCode: undefined, recovered, warnings };
  } catch (error) {
    if (!isGlassineError(error)) throw error;
    const { code, message, data } = error;
    return { code, message, systemCode: data.systemCode, recovered: null, warnings: [] };
  }
}
