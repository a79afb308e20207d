/** Forwards text of a streamed answer before the answer ends, once plugins have settled it. */
import { attempt } from "../../core/data/index.ts";
import type { StreamPlan } from "../../core/hooks/index.ts";
import type { Message } from "../../core/messages/index.ts";
import {
  type EventTexts,
  isEmptyValue,
  isSameJsonText,
  type LimitOptions,
  type MessageStream,
  type ModelProvider,
  type Read,
  sameJson,
} from "../rewrite/index.ts";
import { EventPieces } from "./event-pieces.ts";
import { TextRelease } from "./release.ts";

/** How the events of an answer are forwarded: in pieces, all at its end, or as they come. */
export type Forwarding = PieceForwarding | "whole" | "as they come";

/**
 * Decides how to forward an answer. `checksRest` is true if anything but text, such as tool calls,
 * is checked at the end and must wait for that even if no plugin holds the text back.
 */
export function forwardingOf(
  provider: ModelProvider,
  plan: StreamPlan,
  checksRest: boolean,
): Forwarding {
  const { mode, window, sentence } = plan;
  if (mode === "buffer") return "whole";
  if (mode !== "pieces" && !checksRest) return "as they come";
  const { eventTexts } = provider;
  if (eventTexts === undefined) return "whole";
  return new PieceForwarding(provider, eventTexts, { window, sentence }, mode === "pieces");
}

class PieceForwarding {
  readonly #provider: ModelProvider;
  readonly #texts: EventTexts;
  readonly #release: TextRelease;
  readonly #pieces: EventPieces;
  readonly #isJudged: boolean;
  /** The events that have left. */
  readonly #sent: object[] = [];
  /** What may leave of each message, by a key that stays the same while other messages begin. */
  readonly #settled = new Map<string | number, Message>();

  constructor(
    provider: ModelProvider,
    texts: EventTexts,
    plan: Pick<StreamPlan, "window" | "sentence">,
    isJudged: boolean,
  ) {
    this.#provider = provider;
    this.#texts = texts;
    this.#release = new TextRelease(plan);
    this.#pieces = new EventPieces(texts);
    this.#isJudged = isJudged;
  }

  /**
   * Judges the answer so far, if enough of it is new, and returns the events that may leave now.
   * There are none if the answer so far cannot be read or written.
   */
  async next(
    event: object,
    stream: MessageStream<object, object>,
    { limits, isSeen, judge }: ForwardingRules,
  ): Promise<readonly object[]> {
    if (!this.#release.isDue(this.#texts.textOf(event)?.text.length ?? 0)) return [];
    const { canGrow = "any text" } = stream;
    if (canGrow === "anything") return [];
    // Part of an answer may be invalid before the rest has come.
    const read = attempt(() => stream.current);
    const document = attempt(() => stream.document);
    if (read === undefined || document === undefined || !isSeen(read, document)) return [];
    let isNew = false;
    const keyAt = (place: number) => this.#texts.answerAt?.(document, place) ?? place;
    for (const [place, message] of read.messages.entries()) {
      const key = keyAt(place);
      const asked = this.#release.toJudge(message, key, canGrow);
      if (asked === undefined) continue;
      const judged = this.#isJudged ? await judge(asked, read) : asked;
      const settled = this.#release.settled(asked, judged, canGrow);
      if (settled !== undefined) this.#settled.set(key, settled);
      isNew ||= settled !== undefined;
    }
    if (!isNew) return [];
    const messages = read.messages.map(
      (message, place): Message => this.#settled.get(keyAt(place)) ?? { ...message, content: [] },
    );
    const part = attempt(() => this.#written(messages, { ...limits, onto: document }));
    const { endsVary = false } = this.#texts;
    const isInOrder = canGrow === "last text" && !endsVary;
    const all = isInOrder ? part : attempt(() => this.#provider.toEvents(document, limits));
    if (part === undefined || all === undefined) return [];
    const news = this.#pieces.next(endsVary ? this.#upToVarying(part, all) : part, all);
    this.#sent.push(...news);
    return news;
  }

  /**
   * Returns the events of `part` up to a text whose end is another than in `all`, although the text
   * is the same: a later text, of which some is held back, still decides about it.
   */
  #upToVarying(part: readonly object[], all: readonly object[]): readonly object[] {
    const isSame = (at: number) => sameJson(part[at], all[at]);
    const isText = (event: object) => this.#texts.textOf(event) !== undefined;
    const text = part.findIndex((event, at) => isText(event) && isSame(at) && !isSame(at + 1));
    return text === -1 ? part : part.slice(0, text + 1);
  }

  /** The unsent events of the whole answer; `undefined` if it contradicts those that were sent. */
  last(events: readonly object[], limits: LimitOptions): readonly object[] | undefined {
    const rest = this.#pieces.last(events);
    if (rest === undefined || this.#sent.length === 0) return rest;
    const whole = this.#assembled(events, limits);
    const read = this.#assembled([...this.#sent, ...rest], limits);
    return whole === undefined || sameJson(whole, read) ? rest : undefined;
  }

  /**
   * The answer that a caller reads from these events, without values that say nothing; `undefined`
   * if they contradict each other.
   */
  #assembled(events: readonly object[], limits: LimitOptions): unknown {
    const most = Number.MAX_SAFE_INTEGER;
    return attempt(() => {
      const stream = this.#provider.stream({ ...limits, maxEvents: most, textUnits: most });
      for (const event of events) stream.push(event);
      // A text that has left may have begun with an empty list, and lose it in an edit.
      const spoken = (_: string, value: unknown) => (isEmptyValue(value) ? undefined : value);
      return JSON.parse(JSON.stringify(stream.document, spoken));
    });
  }

  /** The events of an answer with these messages; `undefined` if the format cannot express them. */
  #written(
    messages: readonly Message[],
    options: LimitOptions & { readonly onto: object },
  ): readonly object[] | undefined {
    const { onto: _, ...limits } = options;
    const { document } = this.#provider.writeAnswer(messages, options);
    const shown = this.#provider.readAnswer(document, limits).messages;
    const contents = (list: readonly Message[]) => list.map(({ content }) => content);
    if (!isSameJsonText(contents(shown), contents(messages))) return undefined;
    return this.#provider.toEvents(document, limits);
  }
}

interface ForwardingRules {
  readonly limits: LimitOptions;
  /** Whether plugins see everything in an answer that they have to see. */
  readonly isSeen: (read: Read, answer: object) => boolean;
  /** Returns a message of the answer so far as plugins left it. Rejects to refuse the answer. */
  readonly judge: (message: Message, read: Read) => Promise<Message>;
}
