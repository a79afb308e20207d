/** Notices that the server of the label store lost labels, and adds them again. */
import { putNewest, unionOf } from "../../core/data/index.ts";
import { type LabelStore, memoryDefaults } from "../../core/labels/index.ts";

/**
 * Returns a store whose answers have all labels that `store` ever answered with for the session. If
 * an answer of `store` lacks some, they are appended again, and `onLost` is called.
 *
 * It remembers as many sessions as a store in memory keeps, those that were used last. It forgets
 * one that is idle for `ttlMs`, since `store` may have forgotten it by then.
 *
 * @see spec `labels:gateway-restores`
 */
export function rememberingStore(store: LabelStore, ttlMs: number, onLost: () => void): LabelStore {
  /** The least recently used session comes first. */
  const seen = new Map<string, { readonly labels: readonly string[]; readonly usedAt: number }>();

  async function complete(session: string, answer: readonly string[]): Promise<readonly string[]> {
    const usedAt = performance.now();
    const before = seen.get(session);
    const isKnown = before !== undefined && usedAt - before.usedAt < ttlMs;
    const labels = isKnown ? unionOf(answer, before.labels) : answer;
    // Before anything is awaited, so that no other answer is overwritten.
    if (labels.length > 0) putNewest(seen, session, { labels, usedAt }, memoryDefaults.maxSessions);
    else seen.delete(session);
    if (labels === answer) return answer;
    onLost();
    return complete(session, await store.append(session, labels));
  }

  return {
    load: async (session) => complete(session, await store.load(session)),
    append: async (session, labels) => complete(session, await store.append(session, labels)),
  };
}
