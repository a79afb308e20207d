import { asSet, expectOptions, readWhole } from "../data/index.ts";
import { none } from "../data/intrinsics.ts";
import { GlassineError } from "../errors/index.ts";
import {
  checkSession,
  type LabelStore,
  maxSessionLabels,
  readLabels,
  sessionFull,
} from "./store.ts";

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

interface Session {
  readonly labels: readonly string[];
  readonly usedAt: number;
}

const dayMs = 24 * 60 * 60 * 1000;

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
  const { maxSessions = 10_000, ttlMs = dayMs } = options;
  readWhole("memoryLabelStore: maxSessions", maxSessions);
  if (ttlMs !== Number.POSITIVE_INFINITY) readWhole("memoryLabelStore: ttlMs", ttlMs);
  /** The least recently used session comes first. */
  const sessions = new Map<string, Session>();

  function isOver(found: Session, now: number): boolean {
    return now - found.usedAt >= ttlMs;
  }

  /** Returns the labels of a session, and records that it is in use. */
  function use(session: string, now: number): readonly string[] {
    const found = sessions.get(session);
    if (found === undefined) return none;
    sessions.delete(session);
    if (isOver(found, now)) return none;
    sessions.set(session, { labels: found.labels, usedAt: now });
    return found.labels;
  }

  function forgetOver(now: number): void {
    for (const [session, found] of sessions) {
      if (!isOver(found, now)) return;
      sessions.delete(session);
    }
  }

  // `async`, so that errors become rejections. Nothing is awaited: each call is one step.
  return Object.freeze({
    async load(session: string) {
      checkSession(session);
      return use(session, performance.now());
    },
    async append(session: string, labels: readonly string[]) {
      checkSession(session);
      const added = readLabels(labels);
      const now = performance.now();
      const before = use(session, now);
      const after = asSet([...before, ...added], before);
      if (after === before) return before;
      if (after.length > maxSessionLabels) throw sessionFull();
      if (before.length === 0) {
        forgetOver(now);
        if (sessions.size >= maxSessions) throw storeFull(maxSessions);
      }
      sessions.set(session, { labels: after, usedAt: now });
      return after;
    },
  });
}

function storeFull(maxSessions: number): GlassineError {
  return new GlassineError(
    "label_store_full",
    `The store holds labels of at most ${maxSessions} sessions. Use a memoryLabelStore with a higher maxSessions, or with a lower ttlMs so that unused ones expire sooner.`,
    { limit: maxSessions },
  );
}
