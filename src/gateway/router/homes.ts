/**
 * Which server a resource or template belongs to, learned from what servers listed and linked.
 *
 * It is kept for each session alone, and for the exchanges of each subject: what one of them makes a
 * server say has no effect on where the requests of another go. A server cannot take what another one has: of two that name the same URI,
 * the one that comes first in the configuration has it. There is a bound to all of it, and what is
 * forgotten, or was learned by another gateway, is looked for: see `destinationOf`.
 */
import { SlowServers } from "./slow-servers.ts";

/** Units of text that are kept for one owner, and for all. */
const maxOwnUnits = 1_048_576;
const maxUnits = 33_554_432;
/** Of one URI, beside its text. */
const entryUnits = 64;

export class Homes {
  /** The names of the servers, in the order of the configuration. */
  #order: readonly string[];
  /** By session or subject; who was here last is the last. */
  readonly #owners = new Map<string, Own>();
  #units = 0;
  /** Those that kept callers waiting. */
  readonly slow = new SlowServers();

  constructor(order: readonly string[]) {
    this.#order = order;
  }

  /** Other servers are configured. What is known of those that stay is kept. */
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

  /** Its server, of these, if that is known; `uri` may also be a template. */
  ofUri(owner: string, uri: string, servers: readonly string[]): string | undefined {
    const own = this.#owners.get(owner);
    const known = own?.uris.get(uri) ?? own?.templates.get(uri);
    if (known !== undefined && servers.includes(known)) return known;
    const matching = own?.serversWithTemplateFor(uri) ?? [];
    return servers.find((server) => matching.includes(server));
  }

  #change(owner: string, change: (own: Own) => void): void {
    const own = this.#owners.get(owner) ?? new Own();
    const before = own.units;
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

/** What is known for one owner. */
class Own {
  readonly uris = new Known();
  readonly templates = new Known();

  get units(): number {
    return this.uris.units + this.templates.units;
  }

  serversWithTemplateFor(uri: string): readonly string[] {
    return this.templates
      .list()
      .flatMap(([template, server]) => (isOf(template, uri) ? [server] : []));
  }

  forgetAllBut(servers: readonly string[]): void {
    for (const known of [this.uris, this.templates]) known.forgetAllBut(servers);
  }
}

/** The server of each of some texts, the oldest first. */
class Known {
  readonly #servers = new Map<string, string>();
  units = 0;

  get(text: string): string | undefined {
    return this.#servers.get(text);
  }

  list(): readonly (readonly [text: string, server: string])[] {
    return [...this.#servers];
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
      if (this.units <= maxOwnUnits / 2) return;
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

/** A server that is not configured any more, as in a session that goes on, comes last. */
function rankIn(order: readonly string[], server: string): number {
  const at = order.indexOf(server);
  return at < 0 ? order.length : at;
}

/**
 * RFC 6570: each expression stands for some text; how it is encoded does not matter here. A server
 * writes the template, so the time that this takes grows with its length alone.
 */
function isOf(template: string, uri: string): boolean {
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
