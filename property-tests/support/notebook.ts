/** What one plugin can find out: everything it sees, and which objects are identical. */
import { inspect } from "node:util";
import { isGlassineError, type PluginContext } from "glassine";
import { reach } from "./data.ts";
import { looksOf } from "./two-worlds.ts";

/** A hop without a time of its own gets a different one each time. */
const timeless = (text: string) => text.replaceAll(/20\d\d-\d\d-\d\dT[\d:.]+Z/g, "(then)");

export class Notebook {
  readonly #ids = new Map<object, number>();
  /** By page, so that the order in which handlers finish does not matter. */
  readonly #pages = new Map<string, string[]>();

  write(page: string, what: string, value: unknown): void {
    const lines = this.#pages.get(page) ?? [];
    lines.push(`${what}: ${timeless(typeof value === "string" ? value : textOf(value))}`);
    this.#pages.set(page, lines);
  }

  /** Notes everything that a handler receives. */
  look(page: string, payload: unknown, context: PluginContext, view: object | undefined): void {
    const { plugin, hook, capabilities, config, operation, request, signal, state } = context;
    const facts = { plugin, hook, capabilities, config, operation, request };
    this.write(page, "payload", payload);
    this.write(page, "context", { ...facts, aborted: signal.aborted, state: [...state] });
    this.write(page, "context inspected", inspect(context, { showHidden: true, depth: 9 }));
    if (view !== undefined) this.write(page, "view", looksOf(view));
    this.write(page, "identities", this.#identities([payload, plugin, config, operation, view]));
    state.set(`${hook} ${state.size}`, page);
  }

  /** Notes what a helper returns or throws. */
  attempt(page: string, what: string, call: () => object): void {
    try {
      this.write(page, what, looksOf(call()));
    } catch (error) {
      this.write(page, `${what} throws`, tellingOf(error));
    }
  }

  /** A number for each reachable object, assigned when it is first seen. */
  #identities(values: readonly unknown[]): readonly number[] {
    return values
      .flatMap((value) => [...reach(value)])
      .map((object) => {
        const id = this.#ids.get(object) ?? this.#ids.size;
        this.#ids.set(object, id);
        return id;
      });
  }

  get pages(): { readonly [page: string]: readonly string[] } {
    return Object.fromEntries([...this.#pages].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** Everything in an error except its stack. */
function tellingOf(error: unknown): unknown {
  if (!isGlassineError(error)) throw error;
  const { name, code, message, data, cause } = error;
  const own = Reflect.ownKeys(error).filter((key) => key !== "stack");
  return { name, code, message, data, cause, own: own.map(String) };
}

const textOf = (value: unknown): string => JSON.stringify(value) ?? "undefined";
