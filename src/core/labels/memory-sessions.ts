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
  readonly #kept = new Set<string>();
  /** True once there were more sessions to keep than are remembered: none may expire then. */
  #keepsAll = false;

  constructor(maxSessions: number, ttlMs: number) {
    this.#maxSessions = maxSessions;
    this.#ttlMs = ttlMs;
  }

  async load(session: string): Promise<readonly string[]> {
    checkSession(session);
    return this.#use(session, performance.now());
  }

  async append(session: string, labels: readonly string[]): Promise<readonly string[]> {
    checkSession(session);
    const added = readLabels(labels);
    const now = performance.now();
    const before = this.#use(session, now);
    const after = asSet([...before, ...added], before);
    if (after === before) return before;
    if (after.length > maxSessionLabels) throw sessionFull();
    if (before.length === 0) {
      this.#forgetOver(now);
      if (this.#sessions.size >= this.#maxSessions) throw storeFull(this.#maxSessions);
    }
    this.#sessions.set(session, { labels: after, usedAt: now });
    return after;
  }

  /** From now on a session never expires, whoever uses it. */
  keep(session: string): void {
    if (this.#keepsAll || this.#kept.has(session)) return;
    if (this.#kept.size < this.#maxSessions) this.#kept.add(session);
    else this.#keepsAll = true;
  }

  /**
   * Adds all sessions of another store. No limit applies, because no label may get lost: a session
   * that then has too many labels is refused when it is used.
   */
  addAll(other: MemorySessions): void {
    for (const session of other.#kept) this.keep(session);
    this.#keepsAll ||= other.#keepsAll;
    for (const [session, { labels, usedAt }] of other.#sessions) {
      const own = this.#sessions.get(session);
      this.#sessions.set(session, {
        labels: asSet([...(own?.labels ?? none), ...labels]),
        usedAt: Math.max(usedAt, own?.usedAt ?? usedAt),
      });
    }
    this.#sessions = new Map([...this.#sessions].sort(([, a], [, b]) => a.usedAt - b.usedAt));
  }

  /** Returns the labels of a session, and records that it is in use. */
  #use(session: string, now: number): readonly string[] {
    const found = this.#sessions.get(session);
    if (found === undefined) return none;
    this.#sessions.delete(session);
    if (this.#isOver(session, found, now)) return none;
    this.#sessions.set(session, { labels: found.labels, usedAt: now });
    return found.labels;
  }

  #forgetOver(now: number): void {
    for (const [session, found] of this.#sessions) {
      if (!this.#isIdle(found, now)) return;
      if (this.#isOver(session, found, now)) this.#sessions.delete(session);
    }
  }

  #isOver(session: string, found: Session, now: number): boolean {
    return this.#isIdle(found, now) && !this.#keepsAll && !this.#kept.has(session);
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
