/**
 * Values of an answer that grow with the chunks of a stream. A table says how each field does; what
 * it cannot take, because it contradicts what came before, is `stream_invalid`.
 */
import type { Json } from "../../core/data/index.ts";
import {
  expectString,
  type JsonObject,
  type StreamMeter,
  streamFault,
  TextPieces,
} from "../rewrite/index.ts";
import { isEmpty } from "./json.ts";
import { eventObject, keep } from "./pieces.ts";

export interface Growing {
  add(value: unknown, where: string): void;
  /** What has come so far, or nothing. */
  readonly value: Json | undefined;
  /** No more may come: a text that ends inside a character is refused. */
  end(): void;
}
export type Growth = (meter: StreamMeter) => Growing;
export type Fields = { readonly [name: string]: Growth };

const what = "chat completion chunk";

/** @param inner what ends with it */
export function growing(
  add: Growing["add"],
  value: () => Json | undefined,
  inner: () => Iterable<Pick<Growing, "end">> = () => [],
): Growing {
  return {
    add,
    get value() {
      return value();
    },
    end() {
      for (const each of inner()) each.end();
    },
  };
}

/** A string in pieces. */
export const text: Growth = (meter) => {
  const pieces = new TextPieces(meter, "a text");
  const add: Growing["add"] = (value, where) => pieces.add(expectString(value, where));
  const value = () => pieces.text;
  return growing(add, value, () => [pieces]);
};

/** A string that comes once, or again unchanged. An empty one may come before it. */
export const name: Growth = () => {
  let known = "";
  const add = (value: unknown, where: string) => {
    const now = expectString(value, where);
    if (/\p{Surrogate}/u.test(now)) throw streamFault(where, "text that is valid Unicode");
    if (known !== "" && now !== "" && known !== now)
      throw streamFault(where, "the same value as before");
    if (now !== "") known = now;
  };
  return growing(add, () => known);
};

/** Anything as it came first, or as it came last; what says nothing takes nothing back. */
export const first: Growth = whole(false);
export const last: Growth = whole(true);

/** @param check throws for a value that does not fit */
export function whole(
  isReplaced: boolean,
  check: (value: unknown, where: string) => void = () => {},
): Growth {
  return (meter) => {
    let kept: Json | undefined;
    const add = (value: unknown, where: string) => {
      check(value, where);
      const isNews = isReplaced && !isNothing(value) && value !== kept;
      if (kept === undefined || isNews) kept = keep(value, what, meter);
    };
    return growing(add, () => kept);
  };
}

/** A list to which each chunk adds items. */
const list: Growth = (meter) => {
  const items: Json[] = [];
  const add = (value: unknown) => {
    const more = keep(value, what, meter);
    for (const item of Array.isArray(more) ? more : []) items.push(item);
  };
  return growing(add, () => [...items]);
};

/** A string grows, a list is extended, anything else replaced, but not by an empty value. */
export const any: Growth = withList(list, () => false);

/** The same, where lists that are of a form grow as it says, and nothing else follows one. */
export function withList(form: Growth, isOfForm: (value: unknown) => boolean): Growth {
  const growthOf = (value: unknown) => {
    if (typeof value === "string") return text;
    return isOfForm(value) ? form : Array.isArray(value) ? list : last;
  };
  return (meter) => {
    let now: Growing | undefined;
    let growth: Growth | undefined;
    let isFormed = false;
    const add = (value: unknown, where: string) => {
      const its = growthOf(value);
      const is = isOfForm(value);
      if (isFormed && !is) throw streamFault(where, "an array of objects", [value]);
      isFormed = is;
      if (its === last && now !== undefined && isEmpty(value as Json)) return;
      if (now === undefined || its !== growth) now = its(meter);
      growth = its;
      now.add(value, where);
    };
    const value = () => now && (now.value ?? []);
    return growing(add, value, () => (now === undefined ? [] : [now]));
  };
}

/**
 * A list of objects that come in pieces. For each list `finding` makes a function that returns the
 * item that a piece goes on with, or nothing where it begins one.
 */
export function items<Item extends Growing>(
  begin: (meter: StreamMeter, piece: JsonObject) => Item,
  finding: () => (piece: JsonObject, all: readonly Item[], where: string) => Item | undefined,
): Growth {
  return (meter) => {
    const all: Item[] = [];
    const find = finding();
    const addPiece = (piece: JsonObject, where: string) => {
      const found = find(piece, all, where);
      const item = found ?? begin(meter, piece);
      if (found === undefined) all.push(item);
      item.add(piece, where);
    };
    const add = (value: unknown, where: string) => {
      if (!Array.isArray(value)) throw streamFault(where, "an array", [value]);
      for (const each of value) addPiece(eventObject(each, where), where);
    };
    const value = () => (all.length === 0 ? undefined : all.map((item) => item.value ?? null));
    return growing(add, value, () => all);
  };
}

/** An object, each field by the table; `rest` are the others. A field is null until more comes. */
export class GrowingFields implements Growing {
  readonly #meter: StreamMeter;
  readonly #table: Fields;
  readonly #rest: Growth;
  readonly #fields = new Map<string, Growing | null>();
  /** The fields for which something came, in that order. */
  readonly said = new Set<string>();

  constructor(meter: StreamMeter, table: Fields, rest: Growth) {
    this.#meter = meter;
    this.#table = table;
    this.#rest = rest;
  }

  add(value: unknown, where: string): void {
    for (const [key, each] of Object.entries(eventObject(value, where))) {
      this.addTo(key, each, where);
    }
  }

  addTo(key: string, value: unknown, where: string): void {
    let field = this.#fields.get(key) ?? null;
    const growth = Object.hasOwn(this.#table, key) ? this.#table[key] : undefined;
    if (field === null && !isNone(value)) field = (growth ?? this.#rest)(this.#meter);
    if (!isNothing(value)) this.said.add(key);
    this.#fields.set(key, field);
    if (!isNone(value)) field?.add(value, growth === undefined ? where : `${where}.${key}`);
  }

  has(key: string): boolean {
    return !isNone(this.#fields.get(key));
  }

  /** What has come for a field; nothing for null. */
  get(key: string): Json | undefined {
    return this.#fields.get(key)?.value;
  }

  get value(): JsonObject {
    return Object.fromEntries(
      [...this.#fields].flatMap(([key, field]) => {
        const value = field === null ? null : field.value;
        return value === undefined ? [] : [[key, value]];
      }),
    );
  }

  end(): void {
    for (const field of this.#fields.values()) field?.end();
  }
}

export function fields(table: Fields, rest: Growth): Growth {
  return (meter) => new GrowingFields(meter, table, rest);
}

/** Whether a value of an event says nothing new. */
export function isNothing(value: unknown): boolean {
  return isNone(value) || value === "" || (Array.isArray(value) && value.length === 0);
}

export function isNone(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}
