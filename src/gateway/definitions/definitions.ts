/** What became of the tool definitions of one server, compared with those that are pinned. */
import { isMessage, type Message } from "../ends/index.ts";
import { definitionHash, type Pins } from "./pins.ts";

/** The label of calls of a tool whose definition changed. */
export const changedLabel = "DEFINITION_CHANGED";

const maxTools = 4096;
const maxNameUnits = 1024;

/** A definition that is not the pinned one. */
export interface ChangedDefinition {
  readonly tool: string;
  /** Whether no definition of this name is pinned. */
  readonly isNew: boolean;
  /** What there is to say beside that. */
  readonly text?: string;
}

const full = `${maxTools} tools changed: from now on every tool that was not seen as it is pinned counts as changed`;

/**
 * The definitions of the tools of a server. Without pins, the first that any caller is shown count
 * as pinned for as long as the gateway runs.
 *
 * A tool whose definition was another one once stays changed: a server may show different callers
 * different definitions, or take one back after it has been read.
 *
 * Once so many have changed that no more are remembered, one that is not known to be as it was counts
 * as changed: a server may show junk first.
 */
export class Definitions {
  readonly #pins: Pins | undefined;
  readonly #first: Map<string, string>;
  readonly #changed = new Set<string>();
  /** Seen with their pinned definitions, and with no other. */
  readonly #unchanged = new Set<string>();
  readonly #onChange: (changed: ChangedDefinition) => void;

  /** `first` has what was seen before a reload. `onChange` is called once for each tool. */
  constructor(
    pins: Pins | undefined,
    first: Map<string, string>,
    onChange: (changed: ChangedDefinition) => void,
  ) {
    this.#pins = pins;
    this.#first = first;
    this.#onChange = onChange;
  }

  /** Whether the definition of a tool is not the pinned one. */
  isChanged(tool: unknown): boolean {
    if (typeof tool !== "string") return false;
    return this.#isFull() ? !this.#unchanged.has(tool) : this.#changed.has(tool);
  }

  /** Looks at the tools of a list, and returns those with their pinned definitions. */
  judge(tools: readonly unknown[]): readonly unknown[] {
    return tools.filter((tool) => isMessage(tool) && this.#isPinned(tool));
  }

  #isPinned(tool: Message): boolean {
    const { name } = tool;
    // Nothing calls it by such a name.
    if (typeof name !== "string" || name.length > maxNameUnits) return false;
    const hash = hashOf(tool);
    const pinned = this.#pinOf(name, hash);
    if (hash === undefined || pinned !== hash) this.#change(name, pinned === undefined);
    else if (!this.isChanged(name)) this.#unchanged.add(name);
    return this.#unchanged.has(name);
  }

  #change(tool: string, isNew: boolean): void {
    this.#unchanged.delete(tool);
    if (this.#isFull() || this.#changed.has(tool)) return;
    this.#changed.add(tool);
    this.#onChange({ tool, isNew, ...(this.#isFull() && { text: full }) });
  }

  #isFull(): boolean {
    return this.#changed.size >= maxTools;
  }

  #pinOf(name: string, hash: string | undefined): string | undefined {
    if (this.#pins !== undefined)
      return Object.hasOwn(this.#pins, name) ? this.#pins[name] : undefined;
    const known = this.#first.get(name);
    if (known !== undefined || hash === undefined || this.#first.size >= maxTools) return known;
    this.#first.set(name, hash);
    return hash;
  }
}

/** Undefined for one that is nested deeper than the stack. */
function hashOf(tool: Message): string | undefined {
  try {
    return definitionHash(tool);
  } catch {
    return undefined;
  }
}
