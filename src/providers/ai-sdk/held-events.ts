import { fieldOf } from "./host-values.ts";

/**
 * Holds back events of which the answer may keep nothing: plugins judge the answer, so they would
 * never see what another event replaces. Where an answer is written again, there are none of them.
 */
export class HeldEvents {
  /** The events of each input, by its id, until its call comes. */
  readonly #inputs = new Map<unknown, object[]>();
  /** The last preliminary result of each call, until its next result or the end comes. */
  readonly #results = new Map<unknown, object>();

  /** Returns the events that may leave now that `event` has come. */
  next(event: object): readonly object[] {
    const { type, id, toolCallId, preliminary } = event as { readonly [name: string]: unknown };
    switch (type) {
      case "raw":
        return [];
      case "tool-input-start":
        this.#inputs.set(id, [event]);
        return [];
      case "tool-input-delta":
      case "tool-input-end":
        this.#inputs.get(id)?.push(event);
        return [];
      case "tool-call":
        return [...this.#inputOf(toolCallId, fieldOf(event, "input")), event];
      case "tool-result":
        this.#results.delete(toolCallId);
        if (preliminary !== true) return [event];
        this.#results.set(toolCallId, event);
        return [];
      case "finish":
        return [...this.#results.values(), event];
      default:
        return [event];
    }
  }

  /**
   * Returns the events of a call's input, or none if the call has another input. Their metadata are
   * not those of the call, which is what the answer keeps.
   */
  #inputOf(id: unknown, input: unknown): readonly object[] {
    const events = this.#inputs.get(id) ?? [];
    this.#inputs.delete(id);
    const text = events.map((event) => fieldOf(event, "delta") ?? "").join("");
    if (text !== input) return [];
    return events.map((event) => {
      const { providerMetadata: _, ...kept } = event as { readonly providerMetadata?: unknown };
      return kept;
    });
  }
}
