/**
 * What a guard remembers, shared by all transports that it wraps.
 *
 * There is one memory per manager and `serverId`, so guards created for each connection share it. A
 * guard that switches to another manager makes one memory of both.
 * It is bounded: for what was forgotten, a guard refuses or assumes the worst case.
 */
import { GlassineError } from "../../core/errors/index.ts";
import { checkSession, type MemorySessions, sharedSessions } from "../../core/labels/index.ts";
import { InFlight } from "./in-flight.ts";
import { ResourceNames } from "./resource-names.ts";
import { TaskMemory } from "./task-memory.ts";
import type { Direction } from "./transport.ts";

/** The requests of one session, which may span several transports. */
export interface Session {
  /** Absent for the session of a single transport. */
  readonly name: string | undefined;
  readonly inFlight: Readonly<Record<Direction, InFlight>>;
}

const maxSessions = 10_000;

type Annotations = WeakMap<object, Map<string, ReadonlySet<string>>>;

let unnamed: string | undefined;

/**
 * Each part is made when it is first used: most guards use few.
 *
 * A memory may be taken in by another, and then stands for it: nothing here may be read but through
 * `#all`, and no part may be kept outside.
 */
export class GuardMemory {
  #takenInBy: GuardMemory | undefined;
  #names: ResourceNames | undefined;
  #tasks: TaskMemory | undefined;
  #labels: MemorySessions | undefined;
  /** The first is this memory's own, the others are those of memories that it took in. */
  #annotations: Annotations[] | undefined;
  #sessions: Map<string, Session> | undefined;
  #warned: Set<string> | undefined;

  /** The memory that holds what this one does. */
  get #all(): GuardMemory {
    if (this.#takenInBy === undefined) return this;
    this.#takenInBy = this.#takenInBy.#all;
    return this.#takenInBy;
  }

  get names(): ResourceNames {
    const all = this.#all;
    all.#names ??= new ResourceNames();
    return all.#names;
  }

  get tasks(): TaskMemory {
    const all = this.#all;
    all.#tasks ??= new TaskMemory();
    return all.#tasks;
  }

  /** The labels of guards that carry labels without a store from the host. */
  get labels(): MemorySessions {
    const all = this.#all;
    all.#labels ??= sharedSessions();
    return all.#labels;
  }

  /**
   * The label session if the host names none. It is the same in all memories, so that it stays the
   * same when one takes in another; no host can name it, and a host with a store names its own.
   */
  get labelSession(): string {
    unnamed ??= crypto.randomUUID();
    return unnamed;
  }

  get #named(): Map<string, Session> {
    const all = this.#all;
    all.#sessions ??= new Map();
    return all.#sessions;
  }

  /** Returns true the first time that it gets a warning. */
  isNewWarning(text: string): boolean {
    const all = this.#all;
    all.#warned ??= new Set();
    const isNew = !all.#warned.has(text);
    all.#warned.add(text);
    return isNew;
  }

  /** The labels that `mapping` read from tool annotations. */
  annotationsBy(mapping: object): Map<string, ReadonlySet<string>> {
    const all = this.#all;
    all.#annotations ??= [new WeakMap()];
    const [own, ...others] = all.#annotations as [Annotations, ...Annotations[]];
    const known = own.get(mapping) ?? new Map<string, ReadonlySet<string>>();
    own.set(mapping, known);
    for (const other of others) {
      for (const [tool, labels] of other.get(mapping) ?? []) {
        known.set(tool, new Set([...(known.get(tool) ?? []), ...labels]));
      }
      other.delete(mapping);
    }
    return known;
  }

  /** Makes one memory of two: from now on, either is the union of both. */
  takeIn(given: GuardMemory): void {
    const all = this.#all;
    const other = given.#all;
    if (other === all) return;
    if (other.#names !== undefined) all.names.addAll(other.#names);
    if (other.#tasks !== undefined) all.tasks.addAll(other.#tasks);
    if (other.#labels !== undefined) all.labels.addAll(other.#labels);
    if (other.#annotations !== undefined) {
      all.#annotations = [...(all.#annotations ?? [new WeakMap()]), ...other.#annotations];
    }
    for (const session of other.#sessions?.values() ?? []) all.#takeInSession(session);
    for (const text of other.#warned ?? []) all.isNewWarning(text);
    other.#takenInBy = all;
    other.#names = undefined;
    other.#tasks = undefined;
    other.#labels = undefined;
    other.#annotations = undefined;
    other.#sessions = undefined;
    other.#warned = undefined;
  }

  #takeInSession(session: Session): void {
    const name = session.name as string;
    const own = this.#named.get(name);
    if (own === undefined) {
      this.#named.set(name, session);
      return;
    }
    own.inFlight.outgoing.addAll(session.inFlight.outgoing);
    own.inFlight.incoming.addAll(session.inFlight.incoming);
    this.tasks.join(own, session);
  }

  /** @throws GlassineError `session_invalid`; `overloaded` for too many sessions */
  join(name: string | undefined): Session {
    if (name === undefined) return this.#newSession(name);
    checkSession(name);
    const known = this.#named.get(name);
    if (known !== undefined) return known;
    if (this.#named.size >= maxSessions) this.#dropIdle();
    const session = this.#newSession(name);
    this.#named.set(name, session);
    return session;
  }

  /** The current session of a transport, which may outlive its session. */
  current(joined: Session): Session {
    if (joined.name === undefined) return joined;
    const session = this.#named.get(joined.name) ?? this.#newSession(joined.name);
    this.#named.set(joined.name, session);
    return session;
  }

  /** Whether a session is not over yet. */
  knows({ name }: Session): boolean {
    return name === undefined || this.#named.has(name);
  }

  #dropIdle(): void {
    for (const [name, { inFlight }] of this.#named) {
      if (inFlight.outgoing.isIdle && inFlight.incoming.isIdle) this.#named.delete(name);
    }
    this.tasks.forgotSome();
    if (this.#named.size < maxSessions) return;
    const text = `More than ${maxSessions} sessions have requests without an answer. End those that are over with endSession.`;
    throw new GlassineError("overloaded", text);
  }

  /** Ends an unnamed session. A named one stays: its next exchange may follow after a pause. */
  leave(session: Session): void {
    if (session.name !== undefined) return;
    session.inFlight.outgoing.clear();
    session.inFlight.incoming.clear();
  }

  /** Forgets the requests of a named session that is over, and its tasks. */
  end(name: string): void {
    const inFlight = this.#named.get(name)?.inFlight;
    inFlight?.outgoing.clear();
    inFlight?.incoming.clear();
    this.#named.delete(name);
  }

  #newSession(name: string | undefined): Session {
    return {
      name,
      inFlight: { outgoing: new InFlight(), incoming: new InFlight() },
    };
  }
}

const memories = new WeakMap<object, Map<string | undefined, GuardMemory>>();

/** Returns the memory for a manager and a server. */
export function memoryOf(manager: object, serverId: string | undefined): GuardMemory {
  const ofManager = memories.get(manager) ?? new Map<string | undefined, GuardMemory>();
  memories.set(manager, ofManager);
  const memory = ofManager.get(serverId) ?? new GuardMemory();
  ofManager.set(serverId, memory);
  return memory;
}
