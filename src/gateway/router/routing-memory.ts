/**
 * Remembers which server a resource or template belongs to, from what servers listed and linked.
 *
 * Each session has its own memory, and so do the exchanges of each subject: what one caller makes a
 * server say cannot redirect another's requests. A server cannot take over another's resource: if
 * two name the same URI, it belongs to the one that comes first in the configuration. Memory is
 * bounded; an unknown resource, forgotten or learned by another gateway, is searched for: see
 * `destinationOf`.
 */
import { SlowServers } from "./slow-servers.ts";

/** How many UTF-16 units are kept for one owner, and for all of them. */
const maxOwnUnits = 1_048_576;
const maxUnits = 33_554_432;
/** The overhead counted for each entry and each comparison, and for each owner. */
const entryUnits = 64;
const ownerUnits = 1024;
/** How many templates are kept for one owner. */
const maxTemplates = 500;
/**
 * How many units of URIs are compared with templates per second for one owner: a caller may send any
 * number of URIs at once. The URIs beyond that count as unknown.
 */
const maxCompared = 33_554_432;

export class RoutingMemory {
  /** The names of the servers, in the order of the configuration. */
  #order: readonly string[];
  /** By session or subject, the most recently active one last. */
  readonly #owners = new Map<string, OwnerMemory>();
  #units = 0;
  /** The servers that kept callers waiting. */
  readonly slow = new SlowServers();

  constructor(order: readonly string[]) {
    this.#order = order;
  }

  /** Switches to other configured servers, keeping what is known about those that stay. */
  use(order: readonly string[]): void {
    this.#order = order;
    for (const owner of [...this.#owners.keys()])
      this.#change(owner, (own) => own.forgetAllBut(order));
  }

  addUri(owner: string, server: string, uri: unknown): void {
    if (typeof uri === "string")
      this.#change(owner, (own) => own.uris.add(server, uri, this.#order));
  }

  addTemplate(owner: string, server: string, template: unknown): void {
    if (typeof template !== "string") return;
    this.#change(owner, (own) => own.templates.add(server, template, this.#order));
  }

  /** Returns the one of `servers` that has `uri`, if known. `uri` may also be a template. */
  ofUri(owner: string, uri: string, servers: readonly string[]): string | undefined {
    const own = this.#owners.get(owner);
    const known = own?.uris.get(uri) ?? own?.templates.get(uri);
    if (known !== undefined && servers.includes(known)) return known;
    const matching = own?.serversWithTemplateFor(uri);
    return servers.find((server) => matching?.has(server));
  }

  #change(owner: string, change: (own: OwnerMemory) => void): void {
    const known = this.#owners.get(owner);
    const before = known?.units ?? 0;
    const own = known ?? new OwnerMemory();
    change(own);
    this.#owners.delete(owner);
    this.#owners.set(owner, own);
    this.#units += own.units - before;
    for (const [oldest, { units }] of this.#owners) {
      if (this.#units <= maxUnits) return;
      this.#owners.delete(oldest);
      this.#units -= units;
    }
  }
}

/** The resources and templates known for one owner. */
class OwnerMemory {
  readonly uris = new ServerByUri();
  readonly templates = new ServerByUri(maxTemplates);
  /** What may still be compared in the second that began then. */
  #left = 0;
  #began = Number.NEGATIVE_INFINITY;

  get units(): number {
    return ownerUnits + this.uris.units + this.templates.units;
  }

  serversWithTemplateFor(uri: string): ReadonlySet<string> {
    const found = new Set<string>();
    if (!this.#mayCompare(this.templates.size * unitsOf(uri))) return found;
    for (const [template, server] of this.templates.list())
      if (isOf(template, uri)) found.add(server);
    return found;
  }

  #mayCompare(units: number): boolean {
    const now = performance.now();
    if (now - this.#began >= 1000) {
      this.#began = now;
      this.#left = maxCompared;
    }
    this.#left -= units;
    return this.#left >= 0;
  }

  forgetAllBut(servers: readonly string[]): void {
    for (const known of [this.uris, this.templates]) known.forgetAllBut(servers);
  }
}

/** The server of each known URI or template, the oldest first. */
class ServerByUri {
  readonly #servers = new Map<string, string>();
  readonly #most: number;
  units = 0;

  /** @param most how many are kept */
  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  get size(): number {
    return this.#servers.size;
  }

  get(text: string): string | undefined {
    return this.#servers.get(text);
  }

  list(): Iterable<readonly [text: string, server: string]> {
    return this.#servers;
  }

  add(server: string, text: string, order: readonly string[]): void {
    const known = this.#servers.get(text);
    if (known !== undefined && rankIn(order, known) <= rankIn(order, server)) return;
    const units = unitsOf(text);
    if (units > maxOwnUnits / 2) return;
    this.#forget(text);
    this.#servers.set(text, server);
    this.units += units;
    for (const oldest of this.#servers.keys()) {
      if (this.units <= maxOwnUnits / 2 && this.size <= this.#most) return;
      this.#forget(oldest);
    }
  }

  forgetAllBut(servers: readonly string[]): void {
    for (const [text, server] of this.#servers) if (!servers.includes(server)) this.#forget(text);
  }

  #forget(text: string): void {
    if (this.#servers.delete(text)) this.units -= unitsOf(text);
  }
}

function unitsOf(text: string): number {
  return text.length + entryUnits;
}

/** Ranks a server that is no longer configured last. A session from before may still have one. */
function rankIn(order: readonly string[], server: string): number {
  const at = order.indexOf(server);
  return at < 0 ? order.length : at;
}

/**
 * Whether a URI can come from a template. RFC 6570: each expression stands for some text, whose
 * encoding does not matter here. Templates are untrusted, so this must run in linear time.
 */
function isOf(template: string, uri: string): boolean {
  // Most templates do not match, and here they need not be split to find out.
  if (!uri.startsWith(template.slice(0, Math.max(0, template.indexOf("{"))))) return false;
  const [first = "", ...rest] = template.split(/\{[^{}]*\}/);
  const last = rest.pop();
  if (last === undefined) return uri === template;
  if (!uri.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = uri.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return uri.length - last.length >= at && uri.endsWith(last);
}
