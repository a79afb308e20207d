/** What takes the MCP requests of callers: whichever front they come through. */
import { isLasting, type Refusable, serverGone } from "../ends/index.ts";
import type { Identity } from "../identity/index.ts";
import type { Connection } from "./listen.ts";
import type { Server } from "./server.ts";
import type { Wired } from "./wire.ts";

export interface McpEndpoint {
  /** Whether MCP requests come at this path. */
  isAt(path: string): boolean;
  handle(request: Request, identity: Identity, connection: Connection): Promise<Response>;
  /** The session that a request names, if it is that of its subject; else that of the subject. */
  sessionFor(request: Request, identity: Identity): string;
  /** How many are open. */
  sessions(): number;
  endIdle(): Promise<void>;
  /** Ends the sessions and the subscriptions with these servers, which a reload took away. */
  endWith(servers: ReadonlySet<string>): Promise<void>;
  /** Refuses the open requests whose methods `isMeant` takes. */
  readonly refuse: Refusable["refuse"];
  close(): Promise<void>;
}

type Servers = readonly Pick<Server, "name">[];

/** What is connected now. */
export class Connected {
  readonly #all = new Map<Wired, { readonly servers: Servers; readonly ends: boolean }>();

  /** `ends`: all of it does, when one of its servers is taken away; else its subscriptions do. */
  add(wired: Wired, servers: Servers, ends: boolean): void {
    this.#all.set(wired, { servers, ends });
  }

  remove(wired: Wired): void {
    this.#all.delete(wired);
  }

  async endWith(names: ReadonlySet<string>): Promise<void> {
    const meant = [...this.#all].filter(([, { servers }]) =>
      servers.some(({ name }) => names.has(name)),
    );
    await Promise.allSettled(
      meant.map(([wired, { ends }]) =>
        ends ? wired.close() : wired.refuse(serverGone, isLasting),
      ),
    );
  }

  readonly refuse: Refusable["refuse"] = async (refusal, isMeant) => {
    await Promise.all([...this.#all.keys()].map((each) => each.refuse(refusal, isMeant)));
  };

  async closeAll(): Promise<void> {
    await Promise.allSettled([...this.#all.keys()].map((each) => each.close()));
  }
}

/** Open exchanges by subject, which are to it what a session is to its requests. */
export class OpenExchanges {
  readonly #bySubject = new Map<string, number>();
  readonly #most: () => number;

  constructor(most: () => number) {
    this.#most = most;
  }

  /** Returns what ends the exchange; undefined for one too many. */
  begin({ key }: Identity): (() => void) | undefined {
    const others = this.#bySubject.get(key) ?? 0;
    if (others >= this.#most()) return undefined;
    this.#bySubject.set(key, others + 1);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      const left = (this.#bySubject.get(key) ?? 1) - 1;
      if (left === 0) this.#bySubject.delete(key);
      else this.#bySubject.set(key, left);
    };
  }
}
