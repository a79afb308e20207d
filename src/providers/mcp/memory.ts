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
import { TaskMemory, type TaskSession } from "./task-memory.ts";
import type { Direction } from "./transport.ts";

/** The requests of one session, which may span several transports. */
export interface Session extends TaskSession {
  readonly inFlight: Readonly<Record<Direction, InFlight>>;
}

const maxSessions = 10_000;

type Annotations = WeakMap<object, Map<string, ReadonlySet<string>>>;

/** What a memory holds. */
class Parts {
  readonly names = new ResourceNames();
  readonly tasks = new TaskMemory();
  readonly labels: MemorySessions = sharedSessions();
  /** One, if any, and those of memories that were taken in. */
  readonly annotations: Annotations[] = [];
  readonly sessions = new Map<string, Session>();
  readonly warned = new Set<string>();
}

/** A memory may be taken in by another, and then stands for it: keep none of its parts outside. */
export class GuardMemory {
  #held: Parts | GuardMemory | undefined;

  /** The memory that stands for this one. */
  get #standing(): GuardMemory {
    let standing: GuardMemory = this;
    while (standing.#held instanceof GuardMemory) standing = standing.#held;
    if (standing !== this) this.#held = standing;
    return standing;
  }

  /** Made at the first use: a guard of a connection that stays silent needs none. */
  get #parts(): Parts {
    if (this.#held instanceof GuardMemory) return this.#standing.#parts;
    this.#held ??= new Parts();
    return this.#held;
  }

  get names(): ResourceNames {
    return this.#parts.names;
  }

  get tasks(): TaskMemory {
    return this.#parts.tasks;
  }

  /** The labels of guards that carry labels without a store from the host. */
  get labels(): MemorySessions {
    return this.#parts.labels;
  }

  /** Returns true the first time that it gets a warning. */
  isNewWarning(text: string): boolean {
    const { warned } = this.#parts;
    const isNew = !warned.has(text);
    warned.add(text);
    return isNew;
  }

  /** The labels that `mapping` read from tool annotations. */
  annotationsBy(mapping: object): Map<string, ReadonlySet<string>> {
    const { annotations } = this.#parts;
    const [own = new WeakMap(), ...others] = annotations;
    annotations[0] = own;
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
    const all = this.#standing;
    const other = given.#standing;
    if (other === all) return;
    const { names, tasks, labels, annotations, sessions, warned } = other.#parts;
    all.names.addAll(names);
    all.tasks.addAll(tasks);
    all.labels.addAll(labels);
    all.#parts.annotations.push(...annotations);
    for (const [name, session] of sessions) all.#takeInSession(name, session);
    for (const text of warned) all.isNewWarning(text);
    other.#held = all;
  }

  #takeInSession(name: string, session: Session): void {
    const own = this.#parts.sessions.get(name);
    if (own === undefined) {
      this.#parts.sessions.set(name, session);
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
    const known = this.#parts.sessions.get(name);
    if (known !== undefined) return known;
    if (this.#parts.sessions.size >= maxSessions) this.#dropIdle();
    const session = this.#newSession(name);
    this.#parts.sessions.set(name, session);
    return session;
  }

  /** The current session of a transport, which may outlive its session. */
  current(joined: Session): Session {
    if (joined.name === undefined) return joined;
    const session = this.#parts.sessions.get(joined.name) ?? this.#newSession(joined.name);
    this.#parts.sessions.set(joined.name, session);
    return session;
  }

  /** Whether a session is not over yet. */
  knows({ name }: Session): boolean {
    return name === undefined || this.#parts.sessions.has(name);
  }

  #dropIdle(): void {
    for (const [name, { inFlight }] of this.#parts.sessions) {
      if (inFlight.outgoing.isIdle && inFlight.incoming.isIdle) this.#parts.sessions.delete(name);
    }
    this.tasks.forgotSome();
    if (this.#parts.sessions.size < maxSessions) return;
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
    const inFlight = this.#parts.sessions.get(name)?.inFlight;
    inFlight?.outgoing.clear();
    inFlight?.incoming.clear();
    this.#parts.sessions.delete(name);
  }

  #newSession(name: string | undefined): Session {
    return {
      name,
      inFlight: { outgoing: new InFlight(), incoming: new InFlight() },
    };
  }
}

let unnamed: string | undefined;

/**
 * The label session if the host names none. It is the same in all memories, so that it stays the
 * same when one takes in another; no host can name it, and a host with a store names its own.
 */
export function unnamedSession(): string {
  unnamed ??= crypto.randomUUID();
  return unnamed;
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
