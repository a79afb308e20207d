/** Tracks one server's tool definitions, compared with the pinned ones. */
import { attempt } from "../../core/data/index.ts";
import type { ServerConfig } from "../config/index.ts";
import { isMessage, type Message } from "../transports/index.ts";
import { definitionHash, type Pins } from "./pins.ts";

/** The label for calls of a tool whose definition has changed. */
export const changedLabel = "DEFINITION_CHANGED";

const maxTools = 4096;
/** A tool with a longer name counts as changed, and is not remembered. */
const maxNameUnits = 1024;

/** A definition that differs from the pinned one. */
export interface ChangedDefinition {
  readonly tool: string;
  /** Whether no definition of this name is pinned. */
  readonly isNew: boolean;
  /** A further message for the log. */
  readonly text?: string;
  readonly action: Action;
}

/** What is done about a tool that has changed. */
type Action = ServerConfig["definitions"];

const full = `${maxTools} tools have changed: from now on, every tool that was not seen with its pinned definition counts as changed`;

/**
 * The definitions of a server's tools. Without pins, the first definition that any caller gets is
 * treated as pinned for as long as the gateway runs.
 *
 * A tool whose definition has differed once stays changed: a server may show different callers
 * different definitions, or undo a change after it has been read. It stays changed after a reload
 * too, unless the reload pins another definition of it.
 *
 * Once `maxTools` have changed, no more are remembered, and every tool that is not known to be
 * unchanged counts as changed: otherwise a server could fill the list with junk first.
 */
export class Definitions {
  readonly #onChange: (changed: ChangedDefinition) => void;
  #pins: Pins | undefined;
  #action: Action = "warn";
  readonly #first = new Map<string, string>();
  readonly #changed = new Set<string>();
  /** Tools seen with their pinned definition, and with no other. */
  readonly #unchanged = new Set<string>();
  /** Whether the list was full before a reload. */
  #wasFull = false;

  /** @param onChange called once for each tool */
  constructor(onChange: (changed: ChangedDefinition) => void) {
    this.#onChange = onChange;
  }

  /** Sets what a configuration says, at the start and at each reload. */
  use(pins: Pins | undefined, action: Action): void {
    const wasFull = this.#isFull();
    for (const tool of [...this.#changed, ...this.#unchanged]) {
      const pin = this.#pinIn(pins, tool);
      if (pin === this.#pinIn(this.#pins, tool)) continue;
      this.#unchanged.delete(tool);
      if (pin !== undefined) this.#changed.delete(tool);
    }
    this.#wasFull = wasFull && this.#changed.size > 0;
    this.#pins = pins;
    this.#action = action;
  }

  /** Whether a tool whose definition has changed is refused. */
  get refuses(): boolean {
    return this.#action === "refuse";
  }

  /** Whether calls of a tool are labelled because its definition has changed. */
  labels(tool: unknown): boolean {
    return this.#action === "label" && this.isChanged(tool);
  }

  /** Whether a tool's definition differs from the pinned one, or once did. */
  isChanged(tool: unknown): boolean {
    if (typeof tool !== "string") return false;
    if (tool.length > maxNameUnits) return true;
    // A server need not list a tool for a call of it to arrive.
    if (this.#pins !== undefined && !Object.hasOwn(this.#pins, tool)) return true;
    return this.#isFull() ? !this.#unchanged.has(tool) : this.#changed.has(tool);
  }

  /** Checks the tools of a list, and returns those that only ever had their pinned definition. */
  judge(tools: readonly unknown[]): readonly unknown[] {
    return tools.filter((tool) => isMessage(tool) && this.#isPinned(tool));
  }

  #isPinned(tool: Message): boolean {
    const { name } = tool;
    // A tool whose name is no string cannot be called.
    if (typeof name !== "string" || name.length > maxNameUnits) return false;
    // A definition that is nested too deep for the stack has no hash.
    const hash = attempt(() => definitionHash(tool));
    const pinned = this.#pinOf(name, hash);
    if (hash === undefined || pinned !== hash) this.#change(name, pinned === undefined);
    else if (!this.isChanged(name)) this.#unchanged.add(name);
    return this.#unchanged.has(name);
  }

  #change(tool: string, isNew: boolean): void {
    this.#unchanged.delete(tool);
    if (this.#isFull() || this.#changed.has(tool)) return;
    this.#changed.add(tool);
    const text = this.#isFull() && { text: full };
    this.#onChange({ tool, isNew, ...text, action: this.#action });
  }

  #isFull(): boolean {
    return this.#wasFull || this.#changed.size >= maxTools;
  }

  #pinOf(name: string, hash: string | undefined): string | undefined {
    const known = this.#pinIn(this.#pins, name);
    if (this.#pins !== undefined || known !== undefined) return known;
    const isFirst = hash !== undefined && !this.#changed.has(name);
    if (!isFirst || this.#first.size >= maxTools) return undefined;
    this.#first.set(name, hash);
    return hash;
  }

  #pinIn(pins: Pins | undefined, name: string): string | undefined {
    if (pins === undefined) return this.#first.get(name);
    return Object.hasOwn(pins, name) ? pins[name] : undefined;
  }
}
