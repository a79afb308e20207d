/** What became of the tool definitions of one server, compared with those that are pinned. */
import { attempt } from "../../core/data/index.ts";
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
 * different definitions, or take one back after it has been read. So it does over a reload, unless
 * that pins another definition of it.
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
  /** More changed before a reload than were remembered. */
  readonly #wasFull: boolean = false;
  readonly #onChange: (changed: ChangedDefinition) => void;

  /** `before` has what is known from before a reload. `onChange` is called once for each tool. */
  constructor(
    pins: Pins | undefined,
    before: Definitions | undefined,
    onChange: (changed: ChangedDefinition) => void,
  ) {
    this.#pins = pins;
    this.#first = before === undefined ? new Map() : before.#first;
    this.#onChange = onChange;
    if (before === undefined) return;
    const isSame = (tool: string) => before.#knownPinOf(tool) === this.#knownPinOf(tool);
    for (const tool of before.#changed) if (isSame(tool)) this.#changed.add(tool);
    for (const tool of before.#unchanged) if (isSame(tool)) this.#unchanged.add(tool);
    this.#wasFull = before.#isFull() && this.#changed.size > 0;
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
    // One that is nested deeper than the stack has none.
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
    this.#onChange({ tool, isNew, ...(this.#isFull() && { text: full }) });
  }

  #isFull(): boolean {
    return this.#wasFull || this.#changed.size >= maxTools;
  }

  #pinOf(name: string, hash: string | undefined): string | undefined {
    const known = this.#knownPinOf(name);
    if (this.#pins !== undefined || known !== undefined) return known;
    if (hash === undefined || this.#first.size >= maxTools) return undefined;
    this.#first.set(name, hash);
    return hash;
  }

  #knownPinOf(name: string): string | undefined {
    if (this.#pins === undefined) return this.#first.get(name);
    return Object.hasOwn(this.#pins, name) ? this.#pins[name] : undefined;
  }
}
