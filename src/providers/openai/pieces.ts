/** Fields of a streamed answer as they grow: text in pieces, anything else as it last arrived. */
import * as z from "zod/mini";
import type { Json } from "../../core/data/index.ts";
import {
  expectString,
  kindOf,
  readDocument,
  type StreamMeter,
  streamFault,
  TextPieces,
} from "../rewrite/index.ts";
import { isObject, type JsonObject, objectIn } from "./json.ts";
import { isEmpty } from "./report-fields.ts";

const anything = z.unknown();

/** A copy of an event's object, counted against the limits of the stream. */
export function keepObject(
  value: unknown,
  what: string,
  where: string,
  meter: StreamMeter,
): JsonObject {
  return objectIn(keep(eventObject(value, where), what, meter));
}

/** A copy of an event's value, counted against the limits of the stream. */
export function keep(value: unknown, what: string, meter: StreamMeter): Json {
  const copy = readDocument(anything, value, what, "stream_invalid") as Json;
  meter.countText(JSON.stringify(copy));
  return copy;
}

/** What was kept, checked against what the whole document must have. */
export function expectShape(schema: z.ZodMiniType, kept: JsonObject, what: string): JsonObject {
  return objectIn(readDocument(schema, kept, what, "stream_invalid"));
}

/** The fields that a stream adds to, whatever their names are. */
export class GrowingFields {
  readonly #fields = new Map<string, TextPieces | GrowingList | Json>();
  readonly #meter: StreamMeter;
  readonly #what: string;

  constructor(meter: StreamMeter, what: string) {
    this.#meter = meter;
    this.#what = what;
  }

  /** Text grows, lists are extended, anything else is replaced, but not by an empty value. */
  add(name: string, value: unknown): void {
    const old = this.#fields.get(name);
    if (typeof value === "string") {
      const pieces = old instanceof TextPieces ? old : new TextPieces(this.#meter, this.#what);
      pieces.add(value);
      this.#fields.set(name, pieces);
    } else if (Array.isArray(value)) {
      const list = old instanceof GrowingList ? old : new GrowingList();
      for (const item of keep(value, this.#what, this.#meter) as readonly Json[])
        list.items.push(item);
      this.#fields.set(name, list);
    } else if (old === undefined || !isEmpty(value as Json)) {
      this.#fields.set(name, keep(value, this.#what, this.#meter));
    }
  }

  /** Replaces a field, even text. */
  set(name: string, value: unknown): void {
    if (this.has(name) && this.#fields.get(name) === value) return;
    this.#fields.set(name, keep(value, this.#what, this.#meter));
  }

  /** @throws GlassineError `stream_invalid` for a text that ends inside a character */
  end(): void {
    for (const field of this.#fields.values()) if (field instanceof TextPieces) field.end();
  }

  has(name: string): boolean {
    return this.#fields.has(name);
  }

  /** For `Object.fromEntries`. */
  entries(): readonly (readonly [string, Json])[] {
    return [...this.#fields].map(([name, value]) => {
      if (value instanceof TextPieces) return [name, value.text];
      return [name, value instanceof GrowingList ? [...value.items] : value];
    });
  }
}

/** A list to which each event adds some items. */
class GrowingList {
  readonly items: Json[] = [];
}

/**
 * Null counts as absent. @throws GlassineError `stream_invalid` for anything but valid Unicode text
 */
export function maybeText(value: unknown, where: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  const text = expectString(value, where);
  if (/\p{Surrogate}/u.test(text)) throw streamFault(where, "text that is valid Unicode");
  return text;
}

/** @throws GlassineError `stream_invalid` for anything but a finite number */
export function maybeNumber(value: unknown, where: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw streamFault(where, "a number", [value]);
}

/**
 * A name that arrives once, or again unchanged. An empty one may arrive before it.
 *
 * @throws GlassineError `stream_invalid`
 */
export function sameName(
  known: string | undefined,
  value: unknown,
  where: string,
): string | undefined {
  const name = maybeText(value, where);
  if (name === undefined) return known;
  if (name === "") return known ?? "";
  if (known !== undefined && known !== "" && known !== name) {
    throw streamFault(where, "the same value as before");
  }
  return name;
}

/** @throws GlassineError `stream_invalid` */
export function eventObject(value: unknown, where: string): JsonObject {
  if (kindOf(value) === "an object" && isObject(value)) return value;
  throw streamFault(where, "an object", [value]);
}

/** A place in a list that has `length` items, the next free one included. */
export function placeIn(value: unknown, length: number, where: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= length) {
    return value;
  }
  const received = typeof value === "number" ? [] : [value];
  throw streamFault(where, "the index of something that has begun, or the next one", received);
}
