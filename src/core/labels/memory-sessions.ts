/** The sessions of a label store in memory. */
import { asSet } from "../data/index.ts";
import { none } from "../data/intrinsics.ts";
import { GlassineError } from "../errors/index.ts";
import {
  checkSession,
  type LabelStore,
  maxSessionLabels,
  readLabels,
  sessionFull,
} from "./store.ts";

interface Session {
  readonly labels: readonly string[];
  readonly usedAt: number;
  /** Whether it never expires, whoever uses it. */
  readonly isKept: boolean;
}

/**
 * A label store in memory, which expires sessions that are idle for `ttlMs`, except those to keep.
 *
 * Its methods are `async` so that errors become rejections. Nothing is awaited: each is one step.
 */
export class MemorySessions implements LabelStore {
  readonly #maxSessions: number;
  readonly #ttlMs: number;
  /** The least recently used session comes first. */
  #sessions = new Map<string, Session>();
  /** Sessions to keep once they have labels: as many as there may be sessions. */
  readonly #toKeep = new Set<string>();

  constructor(maxSessions: number, ttlMs: number) {
    this.#maxSessions = maxSessions;
    this.#ttlMs = ttlMs;
  }

  /** `isKept`: from now on, the session never expires. */
  async load(session: string, isKept = false): Promise<readonly string[]> {
    checkSession(session);
    return this.#use(session, performance.now(), isKept)?.labels ?? none;
  }

  /** `isKept` as for `load`. */
  async append(
    session: string,
    labels: readonly string[],
    isKept = false,
  ): Promise<readonly string[]> {
    checkSession(session);
    const added = readLabels(labels);
    const now = performance.now();
    const found = this.#use(session, now, isKept);
    const before = found?.labels ?? none;
    const after = asSet([...before, ...added], before);
    if (after === before) return before;
    if (after.length > maxSessionLabels) throw sessionFull();
    if (before.length === 0) {
      this.#forgetOver(now);
      if (this.#sessions.size >= this.#maxSessions) throw storeFull(this.#maxSessions);
    }
    const isOneKept = this.#toKeep.delete(session) || isKept || found?.isKept === true;
    this.#sessions.set(session, { labels: after, usedAt: now, isKept: isOneKept });
    return after;
  }

  /** For a session that is over, and whose id nothing else will have. */
  forget(session: string): void {
    this.#sessions.delete(session);
    this.#toKeep.delete(session);
  }

  /**
   * Adds all sessions of another store. No limit applies, because no label may get lost: a session
   * that then has too many labels is refused when it is used.
   */
  addAll(other: MemorySessions): void {
    for (const session of other.#toKeep) {
      const own = this.#sessions.get(session);
      if (own === undefined) this.#toKeep.add(session);
      else this.#sessions.set(session, { ...own, isKept: true });
    }
    for (const [session, { labels, usedAt, isKept }] of other.#sessions) {
      const own = this.#sessions.get(session);
      this.#sessions.set(session, {
        labels: asSet([...(own?.labels ?? none), ...labels]),
        usedAt: Math.max(usedAt, own?.usedAt ?? usedAt),
        isKept: this.#toKeep.delete(session) || isKept || own?.isKept === true,
      });
    }
    this.#sessions = new Map([...this.#sessions].sort(([, a], [, b]) => a.usedAt - b.usedAt));
  }

  /** Returns a session that has labels, and records that it is in use. */
  #use(session: string, now: number, isKept: boolean): Session | undefined {
    const found = this.#sessions.get(session);
    this.#sessions.delete(session);
    if (found === undefined || this.#isOver(found, now)) {
      if (isKept && this.#toKeep.size < this.#maxSessions) this.#toKeep.add(session);
      return undefined;
    }
    const used = { labels: found.labels, usedAt: now, isKept: isKept || found.isKept };
    this.#sessions.set(session, used);
    return used;
  }

  #forgetOver(now: number): void {
    for (const [session, found] of this.#sessions) {
      if (!this.#isIdle(found, now)) return;
      if (this.#isOver(found, now)) this.#sessions.delete(session);
    }
  }

  #isOver(found: Session, now: number): boolean {
    return this.#isIdle(found, now) && !found.isKept;
  }

  #isIdle({ usedAt }: Session, now: number): boolean {
    return now - usedAt >= this.#ttlMs;
  }
}

function storeFull(maxSessions: number): GlassineError {
  return new GlassineError(
    "label_store_full",
    `The store holds labels of at most ${maxSessions} sessions. Use a memoryLabelStore with a higher maxSessions, or with a lower ttlMs so that unused ones expire sooner.`,
    { limit: maxSessions },
  );
}
