/** What the accumulators of streamed responses share. */
import type * as z from "zod/mini";
import { kindOf, readWhole } from "../../core/data/index.ts";
import { isNativePromise, isProxy, isWellFormed } from "../../core/data/intrinsics.ts";
import { GlassineError } from "../../core/errors/index.ts";
import { isJsonObject, type JsonObject } from "./json.ts";
import type { LimitOptions, Read } from "./messages.ts";
import { readDocument } from "./read-document.ts";
import type { Left } from "./report.ts";

/** Which part of an answer can still grow. */
export type CanGrow = "last text" | "any text" | "anything";

/**
 * Assembles a streamed response, event by event. Once an event has been refused, every further one
 * is refused with the same error, and the stream is never done.
 */
export interface MessageStream<Event, Document> {
  /**
   * Takes the next event.
   *
   * @throws GlassineError `stream_invalid` for an event that contradicts those before it
   * @throws GlassineError `stream_limit` for an event that exceeds a limit
   */
  push(event: Event): void;
  /** What the `from…` function returns for the response so far. */
  readonly current: Read;
  /** The response so far, as if it had not been streamed. */
  readonly document: Document;
  /** Whether the end has arrived. */
  readonly done: boolean;
  /**
   * Which part of what has arrived can still grow: only the last text, any text, or anything, so
   * that nothing may be forwarded yet. Default: `any text`.
   */
  readonly canGrow?: CanGrow | undefined;
  /** The first thing that arrived and that `document` does not hold, such as an unknown event. */
  readonly omitted?: Left | undefined;
}

/** Limits of one stream. */
export interface StreamLimits extends LimitOptions {
  /** The most events. Default: 1 000 000. */
  readonly maxEvents?: number | undefined;
  /** The most text in total, in UTF-16 units. Default: 16 777 216. */
  readonly textUnits?: number | undefined;
}

/** Holds a stream to its limits. */
export class StreamMeter {
  readonly #maxEvents: number;
  readonly #textUnits: number;
  #events = 0;
  #units = 0;
  #refusal: { readonly error: unknown } | undefined;
  /** Whether each piece that comes now has to end its text. */
  endsTexts = false;

  constructor({ maxEvents = 1_000_000, textUnits = 16_777_216 }: StreamLimits = {}) {
    this.#maxEvents = readWhole("maxEvents", maxEvents);
    this.#textUnits = readWhole("textUnits", textUnits);
  }

  /**
   * Counts an event and calls `apply` for it. After a refusal, part of the answer may be missing,
   * so the stream accepts nothing more. `where` names what the stream consists of.
   *
   * @throws GlassineError `stream_invalid` for a string; whatever `apply` throws; and the same
   *   error again for every later event
   */
  event(event: unknown, where: string, apply: () => void): void {
    if (this.#refusal !== undefined) throw this.#refusal.error;
    try {
      this.countEvent();
      if (typeof event === "string") throw streamFault(where, parsed, [event]);
      apply();
    } catch (error) {
      this.#refusal = { error };
      throw error;
    }
  }

  /** Whether an event was refused. */
  get isBroken(): boolean {
    return this.#refusal !== undefined;
  }

  /** @throws GlassineError `stream_limit` */
  countEvent(): void {
    this.#events += 1;
    if (this.#events > this.#maxEvents) throw overLimit(`${this.#maxEvents} events`);
  }

  /** @throws GlassineError `stream_limit` */
  countText(text: string): void {
    this.#units += text.length;
    if (this.#units > this.#textUnits) throw overLimit(`${this.#textUnits} UTF-16 units of text`);
  }

  /**
   * Returns a copy of an event, or of part of one, and counts its text.
   *
   * @throws GlassineError `stream_limit`; `stream_invalid` for a value that `schema` refuses
   */
  read<Schema extends z.ZodMiniType>(
    schema: Schema,
    value: unknown,
    what: string,
  ): z.output<Schema> {
    const copy = readDocument(schema, value, what, "stream_invalid");
    this.countText(JSON.stringify(copy));
    return copy;
  }
}

const parsed = "an object (parse the JSON of each `data:` line; `[DONE]` is not an event)";

function overLimit(most: string): GlassineError {
  const text = `The stream has more than ${most}. Raise the limit, or end the request.`;
  return new GlassineError("stream_limit", text);
}

/**
 * @param where the faulty event or field, with known names only
 * @param expected what was expected, and how to fix it
 * @param came the received value, in a list: the message names its kind, never the value
 */
export function streamFault(
  where: string,
  expected: string,
  came: readonly unknown[] = [],
): GlassineError {
  const received = came.map((value) => `, got ${kindOf(value)}`).join("");
  const text = `The stream is not readable at ${where}: expected ${expected}${received}.`;
  return new GlassineError("stream_invalid", text, { where });
}

/** @throws GlassineError `stream_invalid` for anything that is not a string */
export function expectString(value: unknown, where: string): string {
  if (typeof value === "string") return value;
  throw streamFault(where, "a string", [value]);
}

/**
 * Returns an event, or part of one.
 *
 * @throws GlassineError `stream_invalid` for anything that is not an object
 */
export function expectObject(value: unknown, where: string): JsonObject {
  // Checks in the order of `kindOf`, which is too slow here: each delta comes here several times
  // (row L2 of tools/bench/report.md). A revoked proxy throws when it is inspected.
  const isOther = typeof value !== "object" || isProxy(value) || isNativePromise(value);
  if (!isOther && isJsonObject(value)) return value;
  throw streamFault(where, "an object", [value]);
}

/**
 * Returns an index in a list that has `length` items, or the next free one.
 *
 * @throws GlassineError `stream_invalid`
 */
export function expectPlace(value: unknown, length: number, where: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= length)
    return value;
  const received = typeof value === "number" ? [] : [value];
  throw streamFault(where, "the index of something that has begun, or the next one", received);
}

/**
 * Text that arrives in pieces. They are joined only when the text is read, so that time stays
 * linear. The text is always valid Unicode.
 */
export class TextPieces {
  readonly #meter: StreamMeter;
  readonly #where: string;
  #pieces: string[] = [];
  /** The first half of a surrogate pair at the end, waiting for the second. */
  #half = "";

  /** @param where the event or field that has the pieces, for error messages */
  constructor(meter: StreamMeter, where: string) {
    this.#meter = meter;
    this.#where = where;
  }

  /**
   * @throws GlassineError `stream_limit`; `stream_invalid` for half a character inside the text,
   *   or at the end of a piece that has to end it
   */
  add(piece: string): void {
    this.#meter.countText(piece);
    const text = this.#half + piece;
    const end = isHalf(text.charCodeAt(text.length - 1)) ? text.length - 1 : text.length;
    const whole = text.slice(0, end);
    if (!isWellFormed(whole)) throw this.#invalid();
    this.#half = text.slice(end);
    this.#pieces.push(whole);
    if (this.#meter.endsTexts) this.end();
  }

  /** @throws GlassineError `stream_invalid` for a text that ends inside a character */
  end(): void {
    if (this.#half !== "") throw this.#invalid();
  }

  get text(): string {
    if (this.#pieces.length > 1) this.#pieces = [this.#pieces.join("")];
    return this.#pieces[0] ?? "";
  }

  #invalid(): GlassineError {
    return streamFault(this.#where, "text that is valid Unicode");
  }
}

/** Whether a unit is the first half of a surrogate pair. */
function isHalf(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
