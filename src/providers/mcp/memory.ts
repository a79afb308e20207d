/**
 * What a guard remembers, shared by all transports that it wraps.
 *
 * There is one memory per manager and `serverId`, so guards created for each connection share it.
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

/** Each part is made when it is first used: most guards use few. */
export class GuardMemory {
  #names: ResourceNames | undefined;
  #tasks: TaskMemory | undefined;
  #labels: MemorySessions | undefined;
  #labelSession: string | undefined;
  #annotations: WeakMap<object, Map<string, ReadonlySet<string>>> | undefined;
  #sessions: Map<string, Session> | undefined;
  #warned: Set<string> | undefined;

  get names(): ResourceNames {
    this.#names ??= new ResourceNames();
    return this.#names;
  }

  get tasks(): TaskMemory {
    this.#tasks ??= new TaskMemory();
    return this.#tasks;
  }

  /** The labels of guards that carry labels without a store from the host. */
  get labels(): MemorySessions {
    this.#labels ??= sharedSessions();
    return this.#labels;
  }

  /** The label session if the host names none. */
  get labelSession(): string {
    this.#labelSession ??= crypto.randomUUID();
    return this.#labelSession;
  }

  get #named(): Map<string, Session> {
    this.#sessions ??= new Map();
    return this.#sessions;
  }

  /** Returns true the first time that it gets a warning. */
  isNewWarning(text: string): boolean {
    this.#warned ??= new Set();
    const isNew = !this.#warned.has(text);
    this.#warned.add(text);
    return isNew;
  }

  /** The labels that `mapping` read from tool annotations. */
  annotationsBy(mapping: object): Map<string, ReadonlySet<string>> {
    this.#annotations ??= new WeakMap();
    const known = this.#annotations.get(mapping) ?? new Map();
    this.#annotations.set(mapping, known);
    return known;
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

/** Returns the memory for a manager and a server, which is `first` if there is none yet. */
export function memoryOf(
  manager: object,
  serverId: string | undefined,
  first = new GuardMemory(),
): GuardMemory {
  const ofManager = memories.get(manager) ?? new Map<string | undefined, GuardMemory>();
  memories.set(manager, ofManager);
  const memory = ofManager.get(serverId) ?? first;
  ofManager.set(serverId, memory);
  return memory;
}
