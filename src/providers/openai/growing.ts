/**
 * Values of an answer that grow with the chunks of a stream. A table says how each field grows. A
 * value that contradicts what came before is refused with `stream_invalid`.
 */
import type { Json } from "../../core/data/index.ts";
import { isWellFormed } from "../../core/data/intrinsics.ts";
import {
  expectString,
  type JsonObject,
  type StreamMeter,
  streamFault,
  TextPieces,
} from "../rewrite/index.ts";
import { given, isEmpty, withFields } from "./json.ts";
import { eventObject, keep } from "./pieces.ts";

export interface Growing {
  add(value: unknown): void;
  /** The value so far, or `undefined`. */
  readonly value: Json | undefined;
  /** Says that no more will come. A text that ends inside a character is refused. */
  end(): void;
}
/** @param where the field in chunks, as errors name it */
export type Growth = (meter: StreamMeter, where: string) => Growing;
export type Fields = { readonly [name: string]: Growth };

const what = "chat completion chunk";

/** @param inner the values that end together with it */
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
export const text: Growth = (meter, where) => {
  const pieces = new TextPieces(meter, where);
  const add: Growing["add"] = (value) => pieces.add(expectString(value, where));
  const value = () => pieces.text;
  return growing(add, value, () => [pieces]);
};

/** A string that comes once, or again unchanged. Empty ones are ignored. */
export const name: Growth = (_meter, where) => {
  let known = "";
  const add = (value: unknown) => {
    const now = expectString(value, where);
    if (now === known || now === "") return;
    if (!isWellFormed(now)) throw streamFault(where, "text that is valid Unicode");
    if (known !== "") throw streamFault(where, "the same value as before");
    known = now;
  };
  return growing(add, () => known);
};

/** Any value: the first one, or the last one that is not empty. */
export const first: Growth = keeping("first");
export const last: Growth = keeping("last");

/** @param check throws for a value that does not fit */
export function keeping(
  which: "first" | "last",
  check: (value: unknown, where: string) => void = () => {},
): Growth {
  return (meter, where) => {
    let kept: Json | undefined;
    const add = (value: unknown) => {
      if (value === kept) return;
      check(value, where);
      if (kept === undefined || (which === "last" && !isNothing(value)))
        kept = keep(value, what, meter);
    };
    return growing(add, () => kept);
  };
}

/** The last value that is not a usual one: usual ones are ignored. */
export function ignoring(isUsual: (value: unknown) => boolean): Growth {
  return (meter, where) => {
    const odd = last(meter, where);
    const add = (value: unknown) => {
      if (!isUsual(value)) odd.add(value);
    };
    return growing(add, () => odd.value);
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

/** A string grows, a list is extended, anything else is replaced, except by an empty value. */
export const any: Growth = withList(list, () => false);

/** Like `any`, but values that match grow as `form` says, and only such values may follow one. */
export function withList(form: Growth, isOfForm: (value: unknown) => boolean): Growth {
  const growthOf = (value: unknown) => {
    if (typeof value === "string") return text;
    return isOfForm(value) ? form : Array.isArray(value) ? list : last;
  };
  return (meter, where) => {
    let now: Growing | undefined;
    let growth: Growth | undefined;
    let isFormed = false;
    const add = (value: unknown) => {
      const its = growthOf(value);
      const is = isOfForm(value);
      if (isFormed && !is) throw streamFault(where, "an array of objects", [value]);
      isFormed = is;
      if (its === last && now !== undefined && isEmpty(value as Json)) return;
      if (now === undefined || its !== growth) now = its(meter, where);
      growth = its;
      now.add(value);
    };
    const value = () => now && (now.value ?? []);
    return growing(add, value, () => (now === undefined ? [] : [now]));
  };
}

/**
 * A list of objects that come in pieces. For each list, `finding` creates a function that returns
 * the item that a piece continues, or `undefined` if the piece begins a new one.
 */
export function items<Item extends Growing>(
  begin: (meter: StreamMeter, where: string, piece: JsonObject) => Item,
  finding: () => (piece: JsonObject, all: readonly Item[], where: string) => Item | undefined,
): Growth {
  return (meter, where) => {
    const all: Item[] = [];
    const find = finding();
    const addPiece = (piece: JsonObject) => {
      const found = find(piece, all, where);
      const item = found ?? begin(meter, where, piece);
      if (found === undefined) all.push(item);
      item.add(piece);
    };
    const add = (value: unknown) => {
      if (!Array.isArray(value)) throw streamFault(where, "an array", [value]);
      for (const each of value) addPiece(eventObject(each, where));
    };
    const value = () => (all.length === 0 ? undefined : all.map((item) => item.value ?? null));
    return growing(add, value, () => all);
  };
}

/**
 * An object whose fields grow as `table` says, and all others as `rest` does. A field that came as
 * null is null, or its value in `defaults`, until more comes.
 */
export class GrowingFields implements Growing {
  readonly #meter: StreamMeter;
  readonly #where: string;
  readonly #table: Fields;
  readonly #rest: Growth;
  readonly #defaults: JsonObject;
  readonly #fields = new Map<string, Growing | null>();

  constructor(
    meter: StreamMeter,
    where: string,
    table: Fields,
    rest: Growth,
    defaults: JsonObject = {},
  ) {
    this.#meter = meter;
    this.#where = where;
    this.#table = table;
    this.#rest = rest;
    this.#defaults = defaults;
  }

  add(value: unknown): void {
    this.addOthers(eventObject(value, this.#where), []);
  }

  /** Like `add`, but skips the fields that are `taken` elsewhere. */
  addOthers(fields: JsonObject, taken: readonly string[]): void {
    for (const key of Object.keys(fields)) {
      if (taken.includes(key)) continue;
      const value = fields[key];
      const known = this.#fields.get(key);
      if (!isNone(value)) (known ?? this.#begun(key)).add(value);
      else if (known === undefined) this.#fields.set(key, null);
    }
  }

  #begun(key: string): Growing {
    const growth = Object.hasOwn(this.#table, key) ? this.#table[key] : undefined;
    const field =
      growth === undefined
        ? this.#rest(this.#meter, this.#where)
        : growth(this.#meter, `${this.#where}.${key}`);
    this.#fields.set(key, field);
    return field;
  }

  has(key: string): boolean {
    return !isNone(this.#fields.get(key));
  }

  /** The value of a field so far; `undefined` if it came as null. */
  get(key: string): Json | undefined {
    return this.#fields.get(key)?.value;
  }

  get value(): JsonObject {
    const values = [...this.#fields].map(([key, field]) => {
      const value = field === null ? null : field.value;
      return [key, value ?? given(this.#defaults, key) ?? value] as const;
    });
    return withFields({ ...this.#defaults }, Object.fromEntries(values));
  }

  end(): void {
    for (const field of this.#fields.values()) field?.end();
  }
}

export function fields(table: Fields, rest: Growth, defaults?: JsonObject): Growth {
  return (meter, where) => new GrowingFields(meter, where, table, rest, defaults);
}

/** Whether a value of an event is empty, and so changes nothing. */
export function isNothing(value: unknown): boolean {
  return isNone(value) || value === "" || (Array.isArray(value) && value.length === 0);
}

export function isNone(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}
