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
import { eventObject, keep } from "./pieces.ts";
import { isEmpty } from "./report-fields.ts";

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

/** A value with nothing to end. */
function growing(add: Growing["add"], value: () => Json | undefined): Growing {
  return {
    add,
    get value() {
      return value();
    },
    end() {},
  };
}

/** A string in pieces. */
export const text: Growth = (meter) => {
  const pieces = new TextPieces(meter, "a text");
  return {
    add: (value, where) => pieces.add(expectString(value, where)),
    get value() {
      return pieces.text;
    },
    end: () => pieces.end(),
  };
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
export const first: Growth = (meter) => whole(meter, false);
export const last: Growth = (meter) => whole(meter, true);

function whole(meter: StreamMeter, isReplaced: boolean): Growing {
  let kept: Json | undefined;
  const add = (value: unknown) => {
    const isNews = isReplaced && !isNothing(value) && value !== kept;
    if (kept === undefined || isNews) kept = keep(value, what, meter);
  };
  return growing(add, () => kept);
}

/** A string grows, a list is extended, anything else replaced, but not by an empty value. */
export const any: Growth = (meter) => {
  let now: Growing | undefined;
  let kind = "";
  return {
    add(value, where) {
      const is = typeof value === "string" ? "text" : Array.isArray(value) ? "list" : "other";
      if (is === "other" && now !== undefined && isEmpty(value as Json)) return;
      if (now === undefined || is !== kind)
        now = is === "text" ? text(meter) : is === "list" ? list(meter) : last(meter);
      kind = is;
      now.add(value, where);
    },
    get value() {
      return now?.value;
    },
    end: () => now?.end(),
  };
};

/** A list to which each chunk adds items. */
const list: Growth = (meter) => {
  const items: Json[] = [];
  const add = (value: unknown) => {
    const more = keep(value, what, meter);
    for (const item of Array.isArray(more) ? more : []) items.push(item);
  };
  return growing(add, () => [...items]);
};

/** An object, each field by the table; `rest` are the others. A field is null until more comes. */
export class GrowingFields implements Growing {
  readonly #meter: StreamMeter;
  readonly #table: Fields;
  readonly #rest: Growth;
  readonly #fields = new Map<string, Growing | null>();

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
    this.#fields.set(key, field);
    if (!isNone(value)) field?.add(value, growth === undefined ? where : `${where}.${key}`);
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
