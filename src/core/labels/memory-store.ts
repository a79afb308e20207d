import { expectOptions, readWhole } from "../data/index.ts";
import { MemorySessions } from "./memory-sessions.ts";
import type { LabelStore } from "./store.ts";

/** Options of `memoryLabelStore`. */
export interface MemoryLabelStoreOptions {
  /** How many sessions may have labels at a time. Default 10 000. */
  readonly maxSessions?: number | undefined;
  /**
   * After how many milliseconds without a `load` or `append` a session's labels are forgotten. It
   * must be longer than any session lives. Default 24 hours; `Infinity` keeps them.
   */
  readonly ttlMs?: number | undefined;
}

export const memoryDefaults = { maxSessions: 10_000, ttlMs: 24 * 60 * 60 * 1000 } as const;

/** A store with the default limits, for several guards. */
export function sharedSessions(): MemorySessions {
  return new MemorySessions(memoryDefaults.maxSessions, memoryDefaults.ttlMs);
}

/**
 * A label store in the memory of this process.
 *
 * Only sessions with labels take up room, and a session that was not used for `ttlMs` is over: its
 * room is free, and its id starts again without labels. If a store is full of sessions that are not
 * over, it refuses another with `label_store_full`; it never forgets one to make room.
 * Time is measured with a monotonic clock.
 *
 * @throws GlassineError `options_invalid`; what it returns rejects with `session_invalid`,
 *   `label_invalid` or `label_store_full`
 * @see spec `labels:memory-full`
 * @example
 * ```ts
 * import { memoryLabelStore } from "glassine/labels";
 *
 * const store = memoryLabelStore({ ttlMs: 60 * 60 * 1000 });
 * await store.append("session-1", ["SALARY"]);
 * console.log(await store.append("session-1", ["PII"])); // [ 'PII', 'SALARY' ]
 * console.log(await store.load("session-2")); // []
 * ```
 */
export function memoryLabelStore(options: MemoryLabelStoreOptions = {}): LabelStore {
  expectOptions(options, ["maxSessions", "ttlMs"], "memoryLabelStore");
  const { maxSessions = memoryDefaults.maxSessions, ttlMs = memoryDefaults.ttlMs } = options;
  readWhole("memoryLabelStore: maxSessions", maxSessions);
  if (ttlMs !== Number.POSITIVE_INFINITY) readWhole("memoryLabelStore: ttlMs", ttlMs);
  const sessions = new MemorySessions(maxSessions, ttlMs);
  return Object.freeze({
    load: (session: string) => sessions.load(session),
    append: (session: string, labels: readonly string[]) => sessions.append(session, labels),
  });
}
