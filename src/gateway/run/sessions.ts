/** The sessions of MCP 2025-11-25 over HTTP, each bound to the subject that began it. */
import type { GatewayConfig } from "../config/index.ts";
import type { Identity } from "../identity/index.ts";

export interface Session {
  readonly id: string;
  /** The key of the identity that owns the session. */
  readonly key: string;
  /** When its last request came, or was answered. */
  usedAt: number;
  /** Whether one of its requests has no answer yet. */
  readonly isBusy: boolean;
  close(): Promise<void>;
}

export class Sessions<Kind extends Session = Session> {
  readonly #sessions = new Map<string, Kind>();
  /** By the key of the identity that owns them. */
  readonly #ofSubject = new Map<string, Set<Kind>>();
  readonly #limits: () => GatewayConfig["limits"];

  constructor(limits: () => GatewayConfig["limits"]) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Whether this subject may begin another session. */
  hasRoomFor({ key }: Identity): boolean {
    const { sessions, sessionsPerSubject } = this.#limits();
    if (this.#sessions.size >= sessions) return false;
    return (this.#ofSubject.get(key)?.size ?? 0) < sessionsPerSubject;
  }

  add(session: Kind): void {
    const { id, key } = session;
    this.remove(id);
    this.#sessions.set(id, session);
    this.#ofSubject.set(key, (this.#ofSubject.get(key) ?? new Set()).add(session));
  }

  has(id: string): boolean {
    return this.#sessions.has(id);
  }

  remove(id: string): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    this.#sessions.delete(id);
    const own = this.#ofSubject.get(session.key);
    own?.delete(session);
    if (own?.size === 0) this.#ofSubject.delete(session.key);
  }

  /** Returns the session if it belongs to this subject. Another's is treated as unknown. */
  of(id: string, { key }: Identity): Kind | undefined {
    const session = this.#sessions.get(id);
    if (session === undefined || session.key !== key) return undefined;
    session.usedAt = performance.now();
    return session;
  }

  /** The last open request of a session was answered. */
  answered(id: string): void {
    const session = this.#sessions.get(id);
    if (session !== undefined) session.usedAt = performance.now();
  }

  async endIdle(): Promise<void> {
    const before = performance.now() - this.#limits().idleSessionMs;
    await this.endWhere(({ usedAt, isBusy }) => !isBusy && usedAt < before);
  }

  /** Ends the one of these sessions of a subject that was used least recently. */
  async endOldest(subject: string, isMeant: (session: Kind) => boolean): Promise<void> {
    const meant = [...(this.#ofSubject.get(subject) ?? [])].filter(isMeant);
    const [oldest] = meant.sort((one, other) => one.usedAt - other.usedAt);
    if (oldest === undefined) return;
    // At once: for each of two callers that come together, another one ends.
    this.remove(oldest.id);
    await oldest.close();
  }

  async endWhere(isMeant: (session: Kind) => boolean): Promise<void> {
    const meant = [...this.#sessions.values()].filter(isMeant);
    await Promise.allSettled(meant.map((each) => each.close()));
  }
}
