/**
 * Which server a resource, template or task belongs to, learned from what servers listed.
 *
 * Rule: a server cannot take what another one listed. Of two that list the same URI, the one that
 * comes first in the configuration has it. What is forgotten, because there is too much of it, is
 * unknown, and refused.
 */

const maxKnown = 65_536;

export class Homes {
  /** The names of the servers, in the order of the configuration. */
  readonly #order: readonly string[];
  readonly #uris = new Map<string, string>();
  readonly #templates = new Map<string, { readonly server: string; readonly pattern: RegExp }>();
  readonly #tasks = new Map<string, string>();

  constructor(order: readonly string[]) {
    this.#order = order;
  }

  addUri(server: string, uri: unknown): void {
    if (typeof uri === "string" && this.#isFirst(server, this.#uris.get(uri)))
      put(this.#uris, uri, server);
  }

  addTemplate(server: string, template: unknown): void {
    if (typeof template !== "string") return;
    const known = this.#templates.get(template);
    if (this.#isFirst(server, known?.server))
      put(this.#templates, template, { server, pattern: patternOf(template) });
  }

  /** `owner` is whose task it is: two subjects may have tasks of one name. */
  addTask(server: string, owner: string, task: unknown): void {
    const key = JSON.stringify([owner, task]);
    if (typeof task === "string" && !this.#tasks.has(key)) put(this.#tasks, key, server);
  }

  ofUri(uri: unknown): string | undefined {
    if (typeof uri !== "string") return undefined;
    const known = this.#uris.get(uri);
    if (known !== undefined) return known;
    const matching = [...this.#templates.values()].filter(({ pattern }) => pattern.test(uri));
    return this.#order.find((name) => matching.some(({ server }) => server === name));
  }

  ofTask(owner: string, task: unknown): string | undefined {
    return this.#tasks.get(JSON.stringify([owner, task]));
  }

  #isFirst(server: string, known: string | undefined): boolean {
    return known === undefined || this.#order.indexOf(server) < this.#order.indexOf(known);
  }
}

function put<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > maxKnown && oldest !== undefined) map.delete(oldest);
}

/** RFC 6570: each expression stands for some text; how it is encoded does not matter here. */
function patternOf(template: string): RegExp {
  const parts = template.split(/\{[^{}]*\}/);
  return new RegExp(`^${parts.map(escaped).join(".*")}$`);
}

function escaped(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
