/** What the accumulators of streamed responses have in common. */
import { GlassineError } from "../errors/index.ts";
import type { Read } from "./messages.ts";

/** Puts a streamed response together, event by event. */
export interface MessageStream<Event, Document> {
  /**
   * Takes the next event.
   *
   * @throws GlassineError `stream_invalid` for one that contradicts those before it
   * @throws GlassineError `stream_limit` for one too many
   */
  push(event: Event): void;
  /** What `from…` gives of the response so far. */
  readonly current: Read;
  /** The response so far, as if it had not been streamed. */
  readonly document: Document;
  /** Whether the end was among the events. */
  readonly done: boolean;
}

/** Limits of one stream. */
export interface StreamLimits {
  /** How many events there may be. Default 1 000 000. */
  readonly maxEvents?: number;
  /** How long all texts together may be, in UTF-16 units. Default 16 777 216. */
  readonly textUnits?: number;
}

/** Counts what a stream holds against its limits. */
export class StreamMeter {
  readonly #maxEvents: number;
  readonly #textUnits: number;
  #events = 0;
  #units = 0;

  constructor({ maxEvents = 1_000_000, textUnits = 16_777_216 }: StreamLimits = {}) {
    this.#maxEvents = wholeNumber("maxEvents", maxEvents);
    this.#textUnits = wholeNumber("textUnits", textUnits);
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
}

function wholeNumber(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  const expected = `Expected ${name} to be a whole number above 0, got another value.`;
  throw new GlassineError("options_invalid", expected, { option: name });
}

function overLimit(most: string): GlassineError {
  const text = `The stream has more than ${most}. Raise the limit, or end the request.`;
  return new GlassineError("stream_limit", text);
}

/** @param where the event or field at fault, by known names only */
export function streamFault(where: string, expected: string): GlassineError {
  const text = `The stream is not readable at ${where}: expected ${expected}.`;
  return new GlassineError("stream_invalid", text, { where });
}

/** A text that comes in pieces: kept apart until it is asked for, so that time stays linear. */
export class TextPieces {
  readonly #meter: StreamMeter;
  #pieces: string[] = [];

  constructor(meter: StreamMeter) {
    this.#meter = meter;
  }

  add(piece: string): void {
    this.#meter.countText(piece);
    this.#pieces.push(piece);
  }

  get text(): string {
    if (this.#pieces.length > 1) this.#pieces = [this.#pieces.join("")];
    return this.#pieces[0] ?? "";
  }
}
