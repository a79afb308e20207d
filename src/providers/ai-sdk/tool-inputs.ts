/**
 * Call inputs that arrive in pieces. The call that follows holds the whole input, and it alone is
 * executed, so the pieces are not kept.
 */
import { expectString, streamFault, stringIn } from "../rewrite/index.ts";
import { type Fields, fieldOf } from "./host-values.ts";

interface Input {
  readonly index: number;
  readonly toolName: string;
  ended: boolean;
}

export class ToolInputs {
  readonly #inputs = new Map<string, Input>();
  #count = 0;

  start(event: Fields): void {
    const id = textOf(event, "id");
    if (this.#inputs.has(id)) throw streamFault("id", "an input that has not begun");
    const toolName = textOf(event, "toolName");
    this.#inputs.set(id, { index: this.#count, toolName, ended: false });
    this.#count += 1;
  }

  /** The next piece. */
  add(event: Fields): string {
    if (this.#inputOf(event).ended) throw streamFault("id", "an input that has not ended");
    return textOf(event, "delta");
  }

  end(event: Fields): void {
    const input = this.#inputOf(event);
    if (input.ended) throw streamFault("id", "an input that has not ended");
    input.ended = true;
  }

  /** Ends the input when the call itself arrives. */
  close(call: Fields): void {
    const id = stringIn(call, "toolCallId");
    const input = this.#inputs.get(id);
    if (input === undefined) return;
    if (input.toolName !== call.toolName) throw streamFault("toolName", "the name it began with");
    this.#inputs.delete(id);
  }

  /** The inputs whose call has not arrived, by the order in which they began. */
  get open(): readonly number[] {
    return [...this.#inputs.values()].map(({ index }) => index);
  }

  #inputOf(event: Fields): Input {
    const input = this.#inputs.get(textOf(event, "id"));
    if (input === undefined) throw streamFault("id", "an input that has begun");
    return input;
  }
}

function textOf(event: Fields, name: string): string {
  return expectString(fieldOf(event, name), name);
}
