/** The events of an answer that grows: what is new in them, and whether they agree with those sent. */

import { type JsonObject, keysOf, set, valueAt } from "./json.ts";

/** The text that one event adds to an answer. */
interface EventText {
  /** Which text it is for. */
  readonly of: string;
  readonly text: string;
}

/** Where an API has text in the events of an answer. */
export interface EventTexts {
  /** Which of several answers an event belongs to, such as the index of a choice. */
  answerOf(event: object): string | number;
  /**
   * The same for the message at `place` of a whole answer, where one that came later may be put
   * before it. Without it, that is the place.
   */
  answerAt?(answer: object, place: number): string | number;
  textOf(event: object): EventText | undefined;
  /** The event with another text in its place. */
  withText(event: object, text: string): object;
  /** The event as the one at `place` of the stream, where an API numbers its events. */
  atPlace?(event: object, place: number): object;
}

/**
 * For events that have a text in one of these places, of one answer.
 *
 * @param index where they name the block that it is in
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

/** The events of one answer that were sent, each with the text that it has so far. */
type Sent = (EventText | undefined)[];

/**
 * Sends an answer as one stream while it grows. It is handed the events of the answer so far, as if
 * that were all of it, and returns what is new: events that were not sent yet, and for a text that
 * has grown an event with the rest of it.
 */
export class EventPieces {
  readonly #texts: EventTexts;
  #sent: ReadonlyMap<string | number, Sent> = new Map();
  #count = 0;

  constructor(texts: EventTexts) {
    this.#texts = texts;
  }

  /**
   * What is new of an answer that goes on: up to the last text of it, as what comes after that may
   * still change. Nothing if it contradicts what was sent.
   *
   * @param all the events of all that has come, where any of its texts may be held back: those that
   *   come after one of which nothing leaves yet wait for it, as they do in the whole answer
   */
  next(events: readonly object[], all: readonly object[] = events): readonly object[] {
    const waiting = this.#textsIn(all);
    const ends = new Map<string | number, number>();
    for (const [at, event] of events.entries()) {
      const text = this.#texts.textOf(event);
      if (text === undefined || text.text === "") continue;
      const answer = this.#texts.answerOf(event);
      const texts = waiting.get(answer);
      if (texts?.[0] !== text.of) continue;
      texts.shift();
      ends.set(answer, at);
    }
    const known = events.filter((event, at) => at <= (ends.get(this.#texts.answerOf(event)) ?? -1));
    return this.#newIn(known, true) ?? [];
  }

  /** Which texts each answer has, in order. */
  #textsIn(events: readonly object[]): ReadonlyMap<string | number, string[]> {
    const found = new Map<string | number, string[]>();
    for (const event of events) {
      const text = this.#texts.textOf(event);
      if (text === undefined || text.text === "") continue;
      const answer = this.#texts.answerOf(event);
      const known = found.get(answer);
      if (known === undefined) found.set(answer, [text.of]);
      else known.push(text.of);
    }
    return found;
  }

  /** What is new of the whole answer; `undefined` if it contradicts what was sent. */
  last(events: readonly object[]): readonly object[] | undefined {
    return this.#newIn(events, false);
  }

  #newIn(events: readonly object[], goesOn: boolean): readonly object[] | undefined {
    const sent = new Map([...this.#sent].map(([answer, list]) => [answer, [...list]]));
    const places = new Map<string | number, number>();
    const news: object[] = [];
    for (const event of events) {
      const answer = this.#texts.answerOf(event);
      const at = places.get(answer) ?? 0;
      places.set(answer, at + 1);
      const list = sent.get(answer) ?? [];
      sent.set(answer, list);
      const text = this.#texts.textOf(event);
      if (at === list.length) {
        list.push(text);
        news.push(event);
        continue;
      }
      const before = list[at];
      if (before?.of !== text?.of) return undefined;
      if (before === undefined || text === undefined || before.text === text.text) continue;
      // A text that is shorter than before may still become what was sent.
      if (goesOn && before.text.startsWith(text.text)) continue;
      if (!text.text.startsWith(before.text)) return undefined;
      list[at] = text;
      news.push(this.#texts.withText(event, text.text.slice(before.text.length)));
    }
    const isAllThere = [...sent].every(([answer, list]) => places.get(answer) === list.length);
    if (!goesOn && !isAllThere) return undefined;
    this.#sent = sent;
    return news.map((event) => {
      const place = this.#count;
      this.#count += 1;
      return this.#texts.atPlace?.(event, place) ?? event;
    });
  }
}
