/**
 * Decides which text of a streamed answer may be forwarded before all of it has arrived.
 *
 * The messages so far are judged repeatedly: first when more than the window has arrived, then each
 * time they have grown by an eighth. So however the events are cut, at most nine times the total is
 * judged on the way, and at most an eighth of what has arrived waits to be judged.
 *
 * Only the texts at the beginning of each message, `text` and `thinking`, may leave early. The plan
 * holds back the end of the last of them, or of each if a format does not say which are complete.
 * The rest waits for the end: tool calls, media, and text after any such part.
 */
import type { StreamPlan } from "../../core/hooks/index.ts";
import { createMessage, type Message } from "../../core/messages/index.ts";
import type { CanGrow } from "../rewrite/index.ts";
import { characterEnd, lastSentenceEnd } from "./sentences.ts";

type Part = Message["content"][number];
type TextPart = Extract<Part, { readonly text: string }>;

/** Decides for one answer when to judge what has arrived, and how much of it may leave. */
export class TextRelease {
  readonly #plan: Pick<StreamPlan, "window" | "sentence">;
  /** The number of events plus the UTF-16 units of their texts. */
  #came = 0;
  /** The units only. */
  #units = 0;
  #due = 0;
  /** How many units of each message were judged the last time. */
  readonly #judged = new Map<string | number, number>();

  constructor(plan: Pick<StreamPlan, "window" | "sentence">) {
    this.#plan = plan;
  }

  /** Counts an event with `units` more text. Returns true if it is time to judge the answer. */
  isDue(units: number): boolean {
    this.#came += units + 1;
    this.#units += units;
    // No more than the window has arrived, and that is held back anyway.
    if (this.#units <= this.#plan.window || this.#came < this.#due) return false;
    this.#due = this.#came + Math.ceil(this.#came / 8);
    return true;
  }

  /**
   * Returns what to judge of the message so far; `undefined` if there is nothing new. `key`
   * identifies the message, and must not change when other messages begin.
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

  /** Returns what may leave of `judged`, the result for `asked`; `undefined` if nothing may. */
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

  /** Cuts the last text after its last whole sentence: only this text may still go on. */
  #wholeSentences(texts: readonly TextPart[]): readonly TextPart[] {
    const last = texts.at(-1);
    if (!this.#plan.sentence || last === undefined) return texts;
    // It has begun, but is still empty: the text before it may still go on.
    if (last.text === "") return this.#wholeSentences(texts.slice(0, -1));
    return cutLast(texts, lastSentenceEnd(last.text));
  }

  /** Cuts each text after its last whole sentence, up to the first text that has none. */
  #eachWhole(texts: readonly TextPart[]): readonly TextPart[] {
    return this.#plan.sentence ? eachCut(texts, ({ text }) => lastSentenceEnd(text)) : texts;
  }

  /** Cuts the window off the end of each text. */
  #eachHeldBack(judged: readonly TextPart[]): readonly TextPart[] {
    return eachCut(judged, ({ text }) => this.#endIn(text, this.#window));
  }

  // At least 1: without a window, only the next character shows that the last one is whole.
  get #window(): number {
    const { window, sentence } = this.#plan;
    return sentence ? window : Math.max(1, window);
  }

  /** Returns where a text ends if its last `units` are held back. */
  #endIn(text: string, units: number): number {
    const limit = characterEnd(text, Math.max(0, text.length - units));
    return this.#plan.sentence ? lastSentenceEnd(text, limit) : limit;
  }

  /** Cuts the window off the end. It may reach back into earlier texts. */
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

/** Returns the texts at the beginning of a message. */
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

/** Cuts the last text at `end`, and drops it if nothing is left. */
function cutLast(texts: readonly TextPart[], end: number): readonly TextPart[] {
  const last = texts.at(-1);
  const others = texts.slice(0, -1);
  if (last === undefined || end === 0) return others;
  return [...others, end === last.text.length ? last : { ...last, text: last.text.slice(0, end) }];
}

/** Cuts each text at its end, up to the first of which nothing is left. */
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
