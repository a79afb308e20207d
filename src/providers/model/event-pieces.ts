/** Finds the new events of a growing answer, and whether they contradict what was sent. */
import type { EventText, EventTexts } from "../rewrite/index.ts";

/** One entry for each sent event of an answer: its text so far, if it has one. */
type Sent = (EventText | undefined)[];

/**
 * Sends an answer as one stream while it grows. It takes the events of the answer so far, as if the
 * answer ended there, and returns what is new: events that were not sent yet, and for a text that
 * has grown, an event with the rest of it.
 */
export class EventPieces {
  readonly #texts: EventTexts;
  #sent: ReadonlyMap<string | number, Sent> = new Map();
  #count = 0;

  constructor(texts: EventTexts) {
    this.#texts = texts;
  }

  /**
   * Returns the new events of an answer that goes on, up to its last text: what comes after that
   * may still change. Returns none if the events contradict what was sent.
   *
   * @param all the events of everything that has arrived, if any of its texts may be held back. To
   *   keep the order of the whole answer, texts wait until every earlier text has begun to leave
   */
  next(events: readonly object[], all: readonly object[] = events): readonly object[] {
    const waiting = this.#textsIn(all);
    const ends = new Map<string | number, number>();
    for (const [at, event] of events.entries()) {
      const text = this.#texts.textOf(event);
      if (text === undefined || text.text === "") continue;
      const answer = this.#texts.answerOf(event);
      const texts = waiting.get(answer);
      if (texts?.at(-1) !== text.of) continue;
      texts.pop();
      ends.set(answer, at);
    }
    const known = events.filter((event, at) => at <= (ends.get(this.#texts.answerOf(event)) ?? -1));
    return this.#newIn(known, true) ?? [];
  }

  /** Lists the texts of each answer, the first one last. */
  #textsIn(events: readonly object[]): ReadonlyMap<string | number, string[]> {
    const found = new Map<string | number, string[]>();
    for (const event of events.toReversed()) {
      const text = this.#texts.textOf(event);
      if (text === undefined || text.text === "") continue;
      const answer = this.#texts.answerOf(event);
      const known = found.get(answer);
      if (known === undefined) found.set(answer, [text.of]);
      else known.push(text.of);
    }
    return found;
  }

  /** Returns the new events of the whole answer; `undefined` if they contradict what was sent. */
  last(events: readonly object[]): readonly object[] | undefined {
    return this.#newIn(events, false);
  }

  #newIn(events: readonly object[], isPartial: boolean): readonly object[] | undefined {
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
      // A text that is shorter than before may still grow into what was sent.
      if (isPartial && before.text.startsWith(text.text)) continue;
      if (!text.text.startsWith(before.text)) return undefined;
      list[at] = text;
      news.push(this.#texts.withText(event, text.text.slice(before.text.length)));
    }
    const isAllThere = [...sent].every(([answer, list]) => places.get(answer) === list.length);
    if (!isPartial && !isAllThere) return undefined;
    this.#sent = sent;
    return news.map((event) => {
      const place = this.#count;
      this.#count += 1;
      return this.#texts.atPlace?.(event, place) ?? event;
    });
  }
}
