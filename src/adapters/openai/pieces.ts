/** Fields of a streamed answer as they grow: texts in pieces, anything else as it came last. */
import * as z from "zod";
import type { Json } from "../../admit/index.ts";
import {
  kindOf,
  readDocument,
  type StreamMeter,
  streamFault,
  TextPieces,
} from "../../documents/index.ts";
import type { JsonObject } from "./json.ts";

const anything = z.unknown();

/** A copy of what an event holds, counted against the limits of its stream. */
export function keep(value: unknown, what: string, meter: StreamMeter): Json {
  const copy = readDocument(anything, value, what, "stream_invalid") as Json;
  meter.countText(JSON.stringify(copy));
  return copy;
}

/** A text so far. What an event cut through the middle of a character waits for its other half. */
export function textSoFar(pieces: TextPieces, isDone: boolean): string {
  const { text } = pieces;
  const last = text.charCodeAt(text.length - 1);
  return !isDone && last >= 0xd800 && last < 0xdc00 ? text.slice(0, -1) : text;
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

  /** Texts grow, lists are added to, anything else is replaced. */
  add(name: string, value: unknown): void {
    const old = this.#fields.get(name);
    if (typeof value === "string") {
      const pieces = old instanceof TextPieces ? old : new TextPieces(this.#meter);
      pieces.add(value);
      this.#fields.set(name, pieces);
    } else if (Array.isArray(value)) {
      const list = old instanceof GrowingList ? old : new GrowingList();
      for (const item of keep(value, this.#what, this.#meter) as readonly Json[])
        list.items.push(item);
      this.#fields.set(name, list);
    } else if (value !== null || old === undefined) {
      this.#fields.set(name, keep(value, this.#what, this.#meter));
    }
  }

  /** Replaces, texts too. */
  set(name: string, value: unknown): void {
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      if (this.#fields.get(name) === value) return;
      if (typeof value === "string") this.#meter.countText(value);
      this.#fields.set(name, value);
      return;
    }
    this.#fields.set(name, keep(value, this.#what, this.#meter));
  }

  has(name: string): boolean {
    return this.#fields.has(name);
  }

  /** For `Object.fromEntries`. */
  entries(isDone: boolean): readonly (readonly [string, Json])[] {
    return [...this.#fields].map(([name, value]) => {
      if (value instanceof TextPieces) return [name, textSoFar(value, isDone)];
      return [name, value instanceof GrowingList ? [...value.items] : value];
    });
  }
}

/** A list of which each event tells some items. */
class GrowingList {
  readonly items: Json[] = [];
}

/** A name that is told once, or again as it was. An empty one may be told before it. */
export function sameName(
  known: string | undefined,
  told: unknown,
  where: string,
): string | undefined {
  if (typeof told !== "string") return known;
  if (told === "") return known ?? "";
  if (known !== undefined && known !== "" && known !== told) {
    throw streamFault(where, "what was told before");
  }
  return told;
}

/** @throws GlassineError `stream_invalid` */
export function eventObject(value: unknown, where: string): JsonObject {
  if (kindOf(value) === "an object") return value as JsonObject;
  throw streamFault(where, "an object", [value]);
}

/** A place in a list that has `length` items, the next free one included. */
export function placeIn(value: unknown, length: number, where: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= length) {
    return value;
  }
  const came = typeof value === "number" ? [] : [value];
  throw streamFault(where, "the place of something begun, or the next one", came);
}
