import { type JsonObject, keysOf, set, valueAt } from "./json.ts";

/** The text that one event adds to an answer. */
export interface EventText {
  /** Identifies the text of the answer that it belongs to. */
  readonly of: string;
  readonly text: string;
}

/** Where an API has text in an answer's events. */
export interface EventTexts {
  /** Returns which of several answers an event belongs to, such as the index of a choice. */
  answerOf(event: object): string | number;
  /**
   * Returns what `answerOf` returns for events of the message at `place` of an answer. Needed if a
   * message that comes later may be inserted before it. Default: `place`.
   */
  answerAt?(answer: object, place: number): string | number;
  textOf(event: object): EventText | undefined;
  /** Returns the event with another text. */
  withText(event: object, text: string): object;
  /**
   * Whether the event that ends a text may change as long as a later text does. It then waits for
   * that one.
   */
  readonly endsVary?: boolean;
  /** Returns the event as the one at `place` of the stream, if the API numbers its events. */
  atPlace?(event: object, place: number): object;
}

/**
 * Returns the `EventTexts` of events that have a text in one of these places, all of one answer.
 *
 * @param index the place of the index of the block that the text is in
 */
export function textsAt(index: string, places: readonly string[]): EventTexts {
  const all = places.map(keysOf);
  const placeIn = (event: object) =>
    all.find((keys) => typeof valueAt(event as JsonObject, keys) === "string");
  return {
    answerOf: () => 0,
    textOf(event) {
      const place = placeIn(event);
      if (place === undefined) return undefined;
      const block = valueAt(event as JsonObject, keysOf(index));
      const text = String(valueAt(event as JsonObject, place));
      return { of: `${place.join(".")} ${String(block)}`, text };
    },
    withText: (event, text) => set(event as JsonObject, placeIn(event) ?? [], text),
  };
}
