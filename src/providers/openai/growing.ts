/**
 * Values of an answer that grow with the chunks of a stream. A table says how each field grows. A
 * value that contradicts what came before is refused with `stream_invalid`.
 */
import * as z from "zod/mini";
import type { Json } from "../../core/data/index.ts";
import { isWellFormed } from "../../core/data/intrinsics.ts";
import {
  areObjects,
  expectObject,
  expectString,
  isEmptyValue,
  isJsonObject,
  type JsonObject,
  type StreamMeter,
  sameJson,
  streamFault,
  TextPieces,
} from "../rewrite/index.ts";
import { isEmpty, isNone, withFields } from "./json.ts";

const anything = z.unknown();

function keep(value: unknown, meter: StreamMeter): Json {
  return meter.read(anything, value, "chat completion chunk") as Json;
}

/** A value so far: a text in pieces, a list or an object of values, or JSON that came whole. */
export type Grown = TextPieces | GrownList | GrownObject | Json | undefined;

/**
 * How a value grows: creates a function that returns a value with what came of it added. `where` is
 * the value's field in chunks, as errors name it.
 */
export type Growth = (where: string) => (now: Grown, came: unknown, meter: StreamMeter) => Grown;

/** How an object grows: its fields as `table` says, and all others as `rest` does. */
export interface ObjectGrowth {
  readonly table: { readonly [name: string]: Growth };
  readonly rest: Growth;
  /** The fields that it has before they come. */
  readonly defaults?: JsonObject;
  /** Whether the fields are in the order in which something came for them. */
  readonly isOrdered?: boolean;
  /** Refuses what contradicts the object so far. */
  readonly before?: (
    piece: JsonObject,
    now: GrownObject,
    where: string,
    meter: StreamMeter,
  ) => void;
  readonly after?: (now: GrownObject, where: string, meter: StreamMeter) => void;
  /** Turns the object so far into its form in an answer that was not streamed. */
  readonly whole?: (value: JsonObject) => JsonObject;
}

export class GrownList {
  /** May have holes. */
  readonly all: Grown[] = [];
}

export class GrownObject {
  readonly #growth: ObjectGrowth;
  readonly #where: string;
  readonly #fields = new Map<string, { readonly grow: ReturnType<Growth>; now: Grown }>();
  readonly #said = new Set<string>();

  constructor(growth: ObjectGrowth, where: string) {
    this.#growth = growth;
    this.#where = where;
  }

  add(piece: JsonObject, meter: StreamMeter): void {
    const { isOrdered, before, after } = this.#growth;
    before?.(piece, this, this.#where, meter);
    for (const key of Object.keys(piece)) {
      const value = piece[key];
      const field = this.#fields.get(key) ?? this.#begun(key, value);
      if (isNone(value)) continue;
      if (isOrdered && !isEmptyValue(value)) this.#said.add(key);
      field.now = field.grow(field.now, value, meter);
    }
    after?.(this, this.#where, meter);
  }

  #begun(key: string, value: unknown) {
    const { table, rest } = this.#growth;
    const own = Object.hasOwn(table, key) ? table[key] : undefined;
    const where = this.#where === "" ? key : `${this.#where}.${key}`;
    const grow = own === undefined ? rest(this.#where) : own(where);
    const field = { grow, now: isNone(value) ? null : undefined };
    this.#fields.set(key, field);
    return field;
  }

  get(key: string): Grown {
    return this.#fields.get(key)?.now;
  }

  /** The fields for which something came, in this order, if that matters. */
  get said(): readonly (readonly [name: string, now: Grown])[] {
    return [...this.#said].map((key) => [key, this.get(key)]);
  }

  get all(): readonly Grown[] {
    return [...this.#fields.values()].map(({ now }) => now);
  }

  /** A field that came as null may have a default. */
  get value(): JsonObject {
    const { defaults = {}, whole = (value) => value } = this.#growth;
    const valueAt = (key: string) => {
      const value = jsonOf(this.get(key));
      return value ?? (Object.hasOwn(defaults, key) ? defaults[key] : value);
    };
    const keys = [...this.#said, ...Object.keys(defaults), ...this.#fields.keys()];
    return whole(withFields({}, Object.fromEntries(keys.map((key) => [key, valueAt(key)]))));
  }
}

function jsonOf(now: Grown): Json | undefined {
  if (now instanceof TextPieces) return now.text;
  if (now instanceof GrownObject) return now.value;
  return now instanceof GrownList ? now.all.flatMap((item) => [jsonOf(item) ?? null]) : now;
}

/** Refuses texts that end inside a character: no more of them will come. */
export function endTexts(now: Grown): void {
  if (now instanceof TextPieces) now.end();
  else if (now instanceof GrownObject || now instanceof GrownList)
    for (const each of now.all) endTexts(each);
}

/** A string in pieces. */
export const text: Growth = (where) => (now, came, meter) => {
  const pieces = now instanceof TextPieces ? now : new TextPieces(meter, where);
  pieces.add(expectString(came, where));
  return pieces;
};

/** A string that comes once, or again unchanged. Empty ones are ignored. */
export const name: Growth = (where) => (now, came) => {
  const said = expectString(came, where);
  if (said === now || said === "") return now ?? "";
  if (!isWellFormed(said)) throw streamFault(where, "text that is valid Unicode");
  if (!isEmptyValue(now)) throw streamFault(where, "the same value as before");
  return said;
};

/** JSON that comes once, or again unchanged. Empty values are ignored. */
export const once: Growth = (where) => (now, came, meter) => {
  if (came === now) return now;
  const said = keep(came, meter);
  if (!isNone(now) && isNothing(came)) return now;
  if (isNothing(now) || sameJson(now, said)) return said;
  throw streamFault(where, "the same value as before");
};

/** Any value: the last one that is not empty. */
export const last: Growth = lastIf(() => true);

/** Like `last`, without the values for which `isKept` returns false. */
export function lastIf(isKept: (value: unknown, where: string) => boolean): Growth {
  return (where) => (now, came, meter) => {
    if (came === now || !isKept(came, where)) return now;
    return !isNone(now) && isEmptyValue(came) ? now : keep(came, meter);
  };
}

export const ignored: Growth = lastIf(() => false);

/**
 * A string grows, a list is extended, anything else is replaced, except by an empty value. Texts,
 * lists and objects are not replaced by anything of another shape, unless they are empty.
 */
export const any: Growth = (where) => (now, came, meter) => {
  if (shapeOf(now) !== shapeOf(came)) {
    if (!isNone(now) && isNothing(came)) return now;
    expectNothing(now, where, came);
  }
  if (typeof came === "string") return text(where)(now, came, meter);
  if (!Array.isArray(came)) return !isNone(now) && isEmpty(came as Json) ? now : keep(came, meter);
  const list = now instanceof GrownList ? now : new GrownList();
  for (const item of keep(came, meter) as readonly Json[]) list.all.push(item);
  return list;
};

/** Like `last`, but objects and lists keep what only an earlier one has. */
export const merged: Growth = (where) => {
  const merge = mergedJson(where || "chunk");
  return (now, came, meter) => (came === now ? now : merge(now, keep(came, meter), meter));
};

/** Merges JSON that has been read. */
const mergedJson: Growth = (where) => (now, came, meter) => {
  if (!isNone(now) && isNothing(came)) return now;
  if (shapeOf(now) !== shapeOf(came)) expectNothing(now, where, came);
  if (isJsonObject(came)) {
    const all = now instanceof GrownObject ? now : new GrownObject(anyFields, where);
    all.add(came, meter);
    return all;
  }
  if (!Array.isArray(came)) return came as Json;
  const list = now instanceof GrownList ? now : new GrownList();
  const merge = mergedJson(where);
  for (const [at, item] of came.entries()) list.all[at] = merge(list.all[at], item, meter);
  return list;
};
const anyFields: ObjectGrowth = { table: {}, rest: mergedJson };

function shapeOf(value: unknown): string {
  if (value instanceof TextPieces) return "string";
  return value instanceof GrownList || Array.isArray(value) ? "list" : typeof value;
}

function isNothing(value: unknown): boolean {
  return isEmptyValue(value) || isEmpty(value as Json);
}

/** Refuses a value that would replace a text, a list or an object that is not empty. */
function expectNothing(now: Grown, where: string, came: unknown): void {
  endTexts(now);
  if (["string", "list", "object"].includes(shapeOf(now)) && !isNothing(jsonOf(now)))
    throw streamFault(where, "a value of the same kind as before", [came]);
}

export function object(growth: ObjectGrowth): Growth {
  return (where) => (now, came, meter) => {
    const all = now instanceof GrownObject ? now : new GrownObject(growth, where);
    all.add(expectObject(came, where), meter);
    return all;
  };
}

/**
 * A list of objects that come in pieces. For each list, `finding` creates a function that returns
 * the place of the object that a piece belongs to, which may be a new one.
 */
export function objects(
  growth: ObjectGrowth,
  finding: () => (piece: JsonObject, all: readonly Grown[], where: string) => number,
): Growth {
  return (where) => {
    const find = finding();
    return (now, came, meter) => {
      if (!Array.isArray(came)) throw streamFault(where, "an array of objects", [came]);
      const list = now instanceof GrownList ? now : new GrownList();
      for (const each of came) {
        const piece = expectObject(each, where);
        const at = find(piece, list.all, where);
        const known = list.all[at];
        const item = known instanceof GrownObject ? known : new GrownObject(growth, where);
        list.all[at] = item;
        item.add(piece, meter);
      }
      return list;
    };
  };
}

/** Like `any`, but a list of objects grows as `growth` says, and only more of it may follow. */
export function ifObjects(growth: Growth): Growth {
  return (where) => {
    const ofObjects = growth(where);
    const ofOthers = any(where);
    let isBegun = false;
    return (now, came, meter) => {
      if (!isBegun && areObjects(came) && !isNothing(came)) {
        expectNothing(now, where, came);
        isBegun = true;
      }
      return (isBegun ? ofObjects : ofOthers)(now, came, meter);
    };
  };
}
