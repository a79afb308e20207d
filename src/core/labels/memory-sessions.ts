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
  /** When it was last used; `Infinity` if it never expires, whoever uses it. */
  readonly usedAt: number;
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
  #forgetting = this.#forgetOver();
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
      this.#forgetting.next();
      if (this.#sessions.size >= this.#maxSessions) throw storeFull(this.#maxSessions);
    }
    const isNowKept = this.#toKeep.delete(session) || isKept;
    const usedAt = isNowKept ? Infinity : (found?.usedAt ?? now);
    this.#sessions.set(session, { labels: after, usedAt });
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
      else this.#sessions.set(session, { ...own, usedAt: Infinity });
    }
    for (const [session, { labels, usedAt }] of other.#sessions) {
      const own = this.#sessions.get(session);
      this.#sessions.set(session, {
        labels: asSet([...(own?.labels ?? none), ...labels]),
        usedAt: this.#toKeep.delete(session) ? Infinity : Math.max(usedAt, own?.usedAt ?? usedAt),
      });
    }
    this.#sessions = new Map([...this.#sessions].sort(([, a], [, b]) => a.usedAt - b.usedAt));
    this.#forgetting = this.#forgetOver();
  }

  /** Returns a session that has labels, and records that it is in use. */
  #use(session: string, now: number, isKept: boolean): Session | undefined {
    const found = this.#sessions.get(session);
    this.#sessions.delete(session);
    if (found === undefined || this.#isOver(found, now)) {
      if (isKept && this.#toKeep.size < this.#maxSessions) this.#toKeep.add(session);
      return undefined;
    }
    const used = { ...found, usedAt: Math.max(found.usedAt, isKept ? Infinity : now) };
    this.#sessions.set(session, used);
    return used;
  }

  /**
   * Forgets sessions until it comes to one that is not over, where it goes on the next time: to
   * begin again, it would have to pass all places of those that were forgotten or used since.
   */
  *#forgetOver(): Generator<void, never> {
    for (;;) {
      for (const [session, found] of this.#sessions) {
        // One that was used since comes again.
        while (this.#sessions.get(session) === found && found.usedAt < Infinity) {
          if (this.#isOver(found, performance.now())) this.#sessions.delete(session);
          else yield;
        }
      }
      yield;
    }
  }

  #isOver({ usedAt }: Session, now: number): boolean {
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
