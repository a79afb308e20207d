/** A gateway's servers: the current ones, and those that a reload replaced. */
import type { Definitions, Pins } from "../definitions/index.ts";
import type { Transport } from "../transports/index.ts";
import { none, sum } from "./counts.ts";
import type { GatewayCounts, GatewayParts } from "./parts.ts";
import type { Server } from "./server.ts";

/** Makes the servers of a configuration. */
type Make = (
  parts: GatewayParts,
  pins: ReadonlyMap<string, Pins>,
  known: ReadonlyMap<string, Definitions>,
  processesOf: (name: string) => Set<Transport>,
) => readonly Server[];

export class Servers {
  readonly #make: Make;
  #current: readonly Server[] = [];
  /** Includes replaced servers that still have connections. */
  readonly #all = new Set<Server>();
  /** What is known about each server's definitions, kept across reloads. */
  readonly #known = new Map<string, Definitions>();
  /** The processes of each server, which count across reloads. */
  readonly #processes = new Map<string, Set<Transport>>();
  /** The counts of removed servers' guards. */
  #past = none;

  constructor(make: Make) {
    this.#make = make;
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
    const made = this.#make(next, pins, this.#known, (name) => this.#processesOf(name));
    const unused = [...this.#all].map((each) =>
      each.use(
        next,
        made.find(({ name }) => name === each.name),
      ),
    );
    const removed = this.#current.filter(({ isRemoved }) => isRemoved).map(({ name }) => name);
    for (const each of this.#current) void this.#forget(each);
    for (const each of made) this.#all.add(each);
    for (const { name, terms } of this.#all) this.#known.set(name, terms.definitions);
    this.#current = made;
    return { removed: new Set(removed), unused: Promise.all(unused) };
  }

  #processesOf(name: string): Set<Transport> {
    const processes = this.#processes.get(name) ?? new Set();
    this.#processes.set(name, processes);
    return processes;
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
