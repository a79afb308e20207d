import { ownValue } from "../../core/data/intrinsics.ts";

/**
 * Holds back events of which the answer may keep nothing: plugins judge the answer, so they would
 * never see what another event replaces. Where an answer is written again, there are none of them.
 */
export class HeldEvents {
  /**
   * The events of the inputs of calls that the provider runs, by their ids, until the call comes:
   * some providers write such an input anew. Of other inputs, the answer reports a difference.
   */
  readonly #inputs = new Map<unknown, object[]>();
  /** The last preliminary result of each call, until its next result or the end comes. */
  readonly #results = new Map<unknown, object>();

  /** Returns the events that may leave now that `event` has come. */
  next(event: object): readonly object[] {
    const fields = event as { readonly [name: string]: unknown };
    const { type, id, toolCallId, preliminary, providerExecuted } = fields;
    switch (type) {
      case "raw":
        return [];
      case "tool-input-start":
        if (providerExecuted === true) this.#inputs.set(id, []);
        return this.#unlessHeld(id, event);
      case "tool-input-delta":
      case "tool-input-end":
        return this.#unlessHeld(id, event);
      case "tool-call":
        return [...this.#inputOf(toolCallId, ownValue(event, "input")), event];
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

  /** Their metadata are not those of the call, which is what the answer keeps. */
  #unlessHeld(id: unknown, event: object): readonly object[] {
    const { providerMetadata: _, ...kept } = event as { readonly providerMetadata?: unknown };
    const waiting = this.#inputs.get(id);
    waiting?.push(kept);
    return waiting === undefined ? [kept] : [];
  }

  /** Returns the events of an input that waited, or none if the call has another input. */
  #inputOf(id: unknown, input: unknown): readonly object[] {
    const events = this.#inputs.get(id) ?? [];
    this.#inputs.delete(id);
    const text = events.map((event) => ownValue(event, "delta") ?? "").join("");
    return text === input ? events : [];
  }
}
