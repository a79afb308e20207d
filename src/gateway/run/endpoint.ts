/** The interface of an endpoint for callers' MCP requests, and what its implementations share. */

import type { Identity } from "../identity/index.ts";
import {
  type AdmittedConnection,
  isLasting,
  type Refusable,
  serverGone,
} from "../transports/index.ts";
import type { GatewayEvents } from "./gateway-events.ts";
import type { Caller } from "./guarded-server.ts";
import type { GatewayLog } from "./parts.ts";
import type { Server } from "./server.ts";
import type { Sessions } from "./sessions.ts";
import type { Wire, Wired } from "./wire.ts";

/** Counts further requests. Returns the response that refuses them if there are too many. */
export type Limit = (more: number) => Response | undefined;

export interface EndpointOptions {
  readonly log: GatewayLog;
  readonly events: GatewayEvents;
  /** Returns the servers for the next session or exchange. */
  readonly servers: () => readonly Server[];
  readonly wire: Wire;
  /** Callers by the `sessionId` of their fronts. Filled here. */
  readonly callers: Map<string, Caller>;
  /** Drops the labels of a session that is over. */
  readonly forgetLabels: (session: string) => void;
}

export interface McpEndpoint {
  /** Whether this path takes MCP requests. */
  isAt(path: string): boolean;
  /** `limit` counts what a batch has besides its first message. */
  handle(
    request: Request,
    identity: Identity,
    connection: AdmittedConnection,
    limit: Limit,
  ): Promise<Response>;
  /** Returns the session that a request names, if its subject owns that, or else the subject's. */
  sessionFor(request: Request, identity: Identity): string;
  readonly sessions: Pick<Sessions, "size" | "endIdle">;
  readonly connected: Pick<Connected, "refuse" | "closeAll">;
  /** Ends the sessions and subscriptions with these servers, which a reload removed. */
  endWith(servers: ReadonlySet<string>): Promise<void>;
}

/** Forgets a session that is over. Its servers may be older than the current ones. */
export function forgetSession(
  id: string,
  sessions: Pick<Sessions, "remove">,
  { callers, servers, forgetLabels }: EndpointOptions,
  own: readonly Server[] = [],
): void {
  callers.delete(id);
  sessions.remove(id);
  for (const { guard } of new Set([...own, ...servers()])) guard.endSession(id);
  forgetLabels(id);
}

type Servers = readonly Pick<Server, "name">[];

/** The connections that are open. */
export class Connected {
  readonly #all = new Map<Wired, { readonly servers: Servers; readonly ends: boolean }>();

  /** If a server is removed, all of the connection ends if `ends`, or else its subscriptions. */
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

  /** Refuses the open requests whose methods `isMeant` accepts. */
  readonly refuse: Refusable["refuse"] = async (refusal, isMeant) => {
    await Promise.all([...this.#all.keys()].map((each) => each.refuse(refusal, isMeant)));
  };

  async closeAll(): Promise<void> {
    await Promise.allSettled([...this.#all.keys()].map((each) => each.close()));
  }
}

/** Limits how many exchanges a subject has open, as sessions limit their open requests. */
export class OpenExchanges {
  readonly #bySubject = new Map<string, number>();
  readonly #most: () => number;

  constructor(most: () => number) {
    this.#most = most;
  }

  /** Returns a function that ends the exchange, or undefined if there are too many. */
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
