/**
 * Which text of a streamed answer may be forwarded before all of it has come.
 *
 * The messages that have come so far are judged again and again: first when more than the window has
 * come, then each time when they have grown by an eighth. So what is judged on the way is at most
 * nine times what came in all, however the events are cut, and what waits to be judged is at most an
 * eighth of what came.
 *
 * What leaves are the texts at the beginning of each message, `text` and `thinking`, up to where the
 * plan holds back: the last of them, or each where a format does not say which are over. The rest
 * waits for the end: text behind any other part, tool calls, media.
 */
import type { StreamPlan } from "../../core/hooks/index.ts";
import { createMessage, type Message } from "../../core/messages/index.ts";
import { characterEnd, lastSentenceEnd } from "./sentences.ts";
import type { CanGrow } from "./stream.ts";

type Part = Message["content"][number];
type TextPart = Extract<Part, { readonly text: string }>;

/** Decides for one answer when to judge what has come, and how much of that may leave. */
export class TextRelease {
  readonly #plan: Pick<StreamPlan, "window" | "sentence">;
  /** The events, and the units of their texts. */
  #came = 0;
  /** The units alone. */
  #units = 0;
  #due = 0;
  /** How many units of each message were judged last. */
  readonly #judged = new Map<string | number, number>();

  constructor(plan: Pick<StreamPlan, "window" | "sentence">) {
    this.#plan = plan;
  }

  /** Whether to judge what has come, now that there is an event with `units` more text. */
  isDue(units: number): boolean {
    this.#came += units + 1;
    this.#units += units;
    // No more than the window has come, which is held back anyway.
    if (this.#units <= this.#plan.window || this.#came < this.#due) return false;
    this.#due = this.#came + Math.ceil(this.#came / 8);
    return true;
  }

  /**
   * What to judge of a message that has come so far; `undefined` where there is nothing new. `key`
   * stays that of the message while others begin.
   */
  toJudge(
    message: Message,
    key: string | number,
    canGrow: CanGrow = "last text",
  ): Message | undefined {
    const all = textsOf(message);
    const texts = canGrow === "any text" ? this.#eachWhole(all) : this.#wholeSentences(all);
    const units = unitsOf(texts);
    if (units <= (this.#judged.get(key) ?? 0)) return undefined;
    this.#judged.set(key, units);
    return withContent(message, texts);
  }

  /** What may leave of `judged`, which plugins made of `asked`; `undefined` if nothing may. */
  settled(asked: Message, judged: Message, canGrow: CanGrow = "last text"): Message | undefined {
    const texts = textsOf(judged);
    const isKept =
      texts.length === judged.content.length &&
      texts.length <= asked.content.length &&
      texts.every(({ content_type }, at) => content_type === asked.content[at]?.content_type);
    if (!isKept) return undefined;
    const held = canGrow === "any text" ? this.#eachHeldBack(texts) : this.#heldBack(texts);
    return held.length === 0 ? undefined : withContent(judged, held);
  }

  /** The last text may go on, so that its last sentence is not whole. Those before it are over. */
  #wholeSentences(texts: readonly TextPart[]): readonly TextPart[] {
    const last = texts.at(-1);
    if (!this.#plan.sentence || last === undefined) return texts;
    // It was announced, and nothing of it has come: the one before it may still go on.
    if (last.text === "") return this.#wholeSentences(texts.slice(0, -1));
    return cutLast(texts, lastSentenceEnd(last.text));
  }

  /** Texts up to the first of which no sentence is whole. */
  #eachWhole(texts: readonly TextPart[]): readonly TextPart[] {
    return this.#plan.sentence ? eachCut(texts, ({ text }) => lastSentenceEnd(text)) : texts;
  }

  /** Takes the window off the end of each. */
  #eachHeldBack(judged: readonly TextPart[]): readonly TextPart[] {
    return eachCut(judged, ({ text }) => this.#endIn(text, this.#window));
  }

  // Without a window a character is whole only if one that comes after it is known.
  get #window(): number {
    const { window, sentence } = this.#plan;
    return sentence ? window : Math.max(1, window);
  }

  /** Where a text ends without its last `units`. */
  #endIn(text: string, units: number): number {
    const limit = characterEnd(text, Math.max(0, text.length - units));
    return this.#plan.sentence ? lastSentenceEnd(text, limit) : limit;
  }

  /** Takes the window off the end. It reaches back into earlier texts. */
  #heldBack(judged: readonly TextPart[]): readonly TextPart[] {
    let units = this.#window;
    let texts = judged;
    while (units > 0) {
      const last = texts.at(-1);
      if (last === undefined) return texts;
      const end = this.#endIn(last.text, units);
      texts = cutLast(texts, end);
      if (end > 0) return texts;
      units -= last.text.length;
    }
    return texts;
  }
}

/** The texts at the beginning of a message. */
function textsOf({ content }: Message): readonly TextPart[] {
  const end = content.findIndex((part) => !isText(part));
  return content.slice(0, end === -1 ? content.length : end).filter(isText);
}

function isText(part: Part): part is TextPart {
  return part.content_type === "text" || part.content_type === "thinking";
}

function unitsOf(texts: readonly TextPart[]): number {
  return texts.reduce((units, { text }) => units + text.length, 0);
}

/** The last text up to `end`, or without it where nothing is left. */
function cutLast(texts: readonly TextPart[], end: number): readonly TextPart[] {
  const last = texts.at(-1);
  const others = texts.slice(0, -1);
  if (last === undefined || end === 0) return others;
  return [...others, end === last.text.length ? last : { ...last, text: last.text.slice(0, end) }];
}

/** Each text up to its end, up to the first of which nothing is left. */
function eachCut(
  texts: readonly TextPart[],
  endOf: (part: TextPart) => number,
): readonly TextPart[] {
  const cut = texts.map((part) => ({ ...part, text: part.text.slice(0, endOf(part)) }));
  const end = cut.findIndex(({ text }) => text === "");
  return end === -1 ? cut : cut.slice(0, end);
}

function withContent(message: Message, content: readonly TextPart[]): Message {
  return createMessage({ ...message, content: [...content] });
}
