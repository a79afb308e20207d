/** A gateway's servers: the current ones, and those that a reload replaced. */
import type { ServerConfig } from "../config/index.ts";
import { Definitions, type Pins } from "../definitions/index.ts";
import type { Transport } from "../transports/index.ts";
import { none, sum } from "./counts.ts";
import type { GatewayEvents } from "./gateway-events.ts";
import type { GatewayCounts, GatewayParts } from "./parts.ts";
import type { Kept, Server } from "./server.ts";

/** Makes one of the servers of a configuration. */
type Make = (name: string, config: ServerConfig, parts: GatewayParts, kept: Kept) => Server;

export class Servers {
  readonly #make: Make;
  readonly #events: GatewayEvents;
  #current: readonly Server[] = [];
  /** Includes replaced servers that still have connections. */
  readonly #all = new Set<Server>();
  /** By the name of the server. */
  readonly #kept = new Map<string, Kept>();
  /** The counts of removed servers' guards. */
  #past = none;

  constructor(make: Make, events: GatewayEvents) {
    this.#make = make;
    this.#events = events;
  }

  get current(): readonly Server[] {
    return this.#current;
  }

  get names(): readonly string[] {
    return this.#current.map(({ name }) => name);
  }

  /**
   * Replaces all servers at once. Also sets the first ones.
   *
   * @returns `removed`: the names of servers with which sessions cannot go on; `unused`: resolves
   *   when no request uses the previous manager any more
   */
  use(
    next: GatewayParts,
    pins: ReadonlyMap<string, Pins>,
  ): { readonly removed: ReadonlySet<string>; readonly unused: Promise<unknown> } {
    const made = Object.entries(next.config.servers).map(([name, config]) =>
      this.#make(name, config, next, this.#keptOf(name)),
    );
    // Only once all are made: if making one throws, the current servers go on as they were.
    for (const [name, { definitions: action }] of Object.entries(next.config.servers))
      this.#keptOf(name).definitions.use(pins.get(name), action);
    const unused = [...this.#all].map((each) =>
      each.use(
        next,
        made.find(({ name }) => name === each.name),
      ),
    );
    const removed = this.#current.filter(({ isRemoved }) => isRemoved).map(({ name }) => name);
    for (const each of this.#current) void this.#forget(each);
    for (const each of made) this.#all.add(each);
    this.#current = made;
    return { removed: new Set(removed), unused: Promise.all(unused) };
  }

  #keptOf(name: string): Kept {
    const known = this.#kept.get(name);
    if (known !== undefined) return known;
    const definitions = new Definitions((changed) => this.#events.definitionChanged(name, changed));
    const kept = { definitions, processes: new Set<Transport>() };
    this.#kept.set(name, kept);
    return kept;
  }

  async #forget(server: Server): Promise<void> {
    await server.retire();
    this.#all.delete(server);
    this.#past = sum(this.#past, server.guard.counts());
  }

  counts(): GatewayCounts {
    return [...this.#all].map(({ guard }) => guard.counts()).reduce(sum, this.#past);
  }

  /** How many requests to servers have no answer yet. */
  get openRequests(): number {
    return [...this.#all].reduce((sofar, { guard }) => sofar + guard.counts().openIncoming, 0);
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#all].map((each) => each.close()));
  }
}
