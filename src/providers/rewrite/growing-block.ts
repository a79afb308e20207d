/** Blocks that come in pieces. One table says how to put them together and how to cut them up. */
import * as z from "zod/mini";
import type { Json } from "../../core/data/index.ts";
import { parseArguments } from "./arguments.ts";
import {
  chosen,
  isJsonObject,
  isSameJsonText,
  type JsonObject,
  keysOf,
  objectIn,
  set,
  valueAt,
} from "./json.ts";
import { readDocument } from "./read-document.ts";
import { expectObject, expectString, type StreamMeter, streamFault, TextPieces } from "./stream.ts";

/** An event or a piece as it arrived: its text may end inside a character. */
export type Piece = object;

/** A field of a piece, and the block's field that it extends. Nested fields are named with dots. */
type FromTo = readonly [from: string, to: string];

/** One kind of piece. It has one of `text`, `json`, `item` and `whole`, or `text` and `whole`. */
interface PieceKind {
  readonly fits: (block: JsonObject) => boolean;
  /** The blocks to cut into such pieces. Default: all that it fits. */
  readonly isCutFrom?: (block: JsonObject) => boolean;
  /** A piece of a string. */
  readonly text?: FromTo;
  /** A piece of the JSON text of a value. */
  readonly json?: FromTo;
  /** The next item or items of a list. */
  readonly item?: FromTo;
  /**
   * Fields that come whole, with their initial values. A block is cut into them only if the first
   * is a string.
   */
  readonly whole?: { readonly [field: string]: Json };
  /** Fields whose numbers, such as those of a progress bar, are not part of the answer. */
  readonly hints?: readonly string[];
  /** Checks a piece that has an item or whole fields. */
  readonly schema?: z.ZodMiniType;
}

export type PieceTable = { readonly [name: string]: PieceKind };

/** A kind of piece, and what follows from it, computed once for all pieces of a stream. */
export interface CompiledPiece extends PieceKind {
  /** The keys of the string in a piece, and what errors call it. */
  readonly from: readonly string[];
  readonly where: string;
  /** The fields of a piece that are read. */
  readonly taken: readonly string[];
}

export function compilePieces(table: PieceTable): ReadonlyMap<string, CompiledPiece> {
  return new Map(
    Object.entries(table).map(([name, kind]) => {
      const { text, json, item, whole } = kind;
      const from = (text ?? json)?.[0].split(".") ?? [];
      const taken = [...from.slice(0, 1), ...(item ? [item[0]] : []), ...Object.keys(whole ?? {})];
      return [name, { ...kind, from, where: `delta.${from.join(".")}`, taken }];
    }),
  );
}

/** One block of a streamed answer. */
export class GrowingBlock {
  readonly #start: JsonObject;
  readonly #meter: StreamMeter;
  /** Keyed by the block's field, as are `#lists`. */
  readonly #texts = new Map<string, TextPieces>();
  readonly #lists = new Map<string, Json[]>();
  readonly #json: string | undefined;
  #fields: JsonObject = {};
  #isOpen = true;
  #whole: JsonObject | undefined;
  #doubt: string | undefined;

  constructor(start: JsonObject, pieces: PieceTable, meter: StreamMeter) {
    this.#start = start;
    this.#meter = meter;
    this.#json = Object.values(pieces).find(({ json, fits }) => json && fits(start))?.json?.[1];
  }

  /** The block as it began, with the fields that came whole. */
  get outline(): JsonObject {
    return { ...this.#start, ...this.#fields };
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The field whose JSON comes in pieces. */
  get jsonField(): string | undefined {
    return this.#json;
  }

  /** Why another reader of the stream may see a different value; `undefined` if none may. */
  get doubt(): string | undefined {
    return this.#isOpen ? this.#doubtSoFar() : this.#doubt;
  }

  #doubtSoFar(): string | undefined {
    if (this.#json === undefined) return undefined;
    // A value that is not an object is reported when the block is read.
    const value = valueAt(this.block, keysOf(this.#json));
    if (!isJsonObject(value)) return undefined;
    const text = this.#texts.get(this.#json)?.text ?? "";
    const first = valueAt(this.#start, keysOf(this.#json));
    if (text.trim() !== "" && !isEmptyObject(first) && !isSameJsonText(first, value)) {
      return "It began with another value; the later one is shown.";
    }
    const { isAmbiguous, isClose } = parseArguments(text);
    if (isAmbiguous) return "It has a duplicate key; the last value is shown.";
    if (!isClose)
      return "It has a number that cannot be represented exactly; the nearest is shown.";
    return this.#isOpen ? "It may be incomplete, as the block has not ended." : undefined;
  }

  /** @throws GlassineError `stream_invalid` for a piece that does not fit the block */
  add(piece: Piece, kind: CompiledPiece): void {
    const { fits, text, json, item, whole, schema = anyFields } = kind;
    if (!fits(this.#start)) throw streamFault("delta", "a delta for a block of this type");
    const grown = text ?? json;
    if (grown !== undefined) {
      const to = grown[1];
      const pieces = this.#texts.get(to) ?? new TextPieces(this.#meter, "delta");
      pieces.add(expectString(fieldAt(piece, kind.from), kind.where));
      this.#texts.set(to, pieces);
      if (whole === undefined) return;
    }
    const read = objectIn(this.#meter.read(schema, piece, "delta"));
    if (item !== undefined) {
      const [from, to] = item;
      const list = this.#lists.get(to) ?? [];
      const next = read[from] ?? null;
      list.push(...(Array.isArray(next) ? (next as readonly Json[]) : [next]));
      this.#lists.set(to, list);
    }
    // The SDKs keep the last value, too.
    if (whole !== undefined)
      this.#fields = { ...this.#fields, ...chosen(read, Object.keys(whole)) };
  }

  /** Replaces fields with ones that came whole. */
  setFields(fields: JsonObject): void {
    this.#fields = { ...this.#fields, ...fields };
  }

  /** @throws GlassineError `stream_invalid` if a text ended inside a character */
  close(): void {
    for (const pieces of this.#texts.values()) pieces.end();
    this.#isOpen = false;
    this.#whole = this.#soFar();
    this.#doubt = this.#doubtSoFar();
  }

  /** The block so far, with its pieces joined. */
  get block(): JsonObject {
    return this.#whole ?? this.#soFar();
  }

  #soFar(): JsonObject {
    let block = this.#start;
    for (const [to, { text }] of this.#texts) {
      const keys = keysOf(to);
      if (to !== this.#json) {
        const begun = valueAt(block, keys);
        block = set(block, keys, `${typeof begun === "string" ? begun : ""}${text}`);
      } else if (text.trim() !== "") block = set(block, keys, parsedOf(text));
    }
    for (const [to, items] of this.#lists) {
      const before = valueAt(block, keysOf(to));
      block = set(block, keysOf(to), [...(Array.isArray(before) ? before : []), ...items]);
    }
    return { ...block, ...this.#fields };
  }
}

/** Whether a value is empty, as at the start of a block whose value comes in pieces. */
function isEmptyObject(value: Json | undefined): boolean {
  if (isJsonObject(value)) return Object.keys(value).length === 0;
  return value === undefined || value === null || value === "";
}

const anyValue = z.unknown();
const anyFields = z.looseObject({});

/**
 * Parses a value. Text that is not (yet) JSON, or not data that a document may contain, stays text,
 * and reading the block reports that it is not an object.
 */
function parsedOf(text: string): Json {
  try {
    return readDocument(anyValue, JSON.parse(text), "input") as Json;
  } catch {
    return text;
  }
}

/** A block without what comes in pieces, and the pieces, each with its kind's name. */
export interface CutBlock {
  readonly start: JsonObject;
  readonly pieces: readonly (readonly [name: string, fields: JsonObject])[];
}

export function cutBlock(block: JsonObject, table: PieceTable): CutBlock {
  const pieces: (readonly [string, JsonObject])[] = [];
  let start = block;
  for (const [name, { fits, isCutFrom = fits, text, json, item, whole }] of Object.entries(table)) {
    if (!isCutFrom(block)) continue;
    if (text !== undefined) {
      const from = keysOf(text[0]);
      const to = keysOf(text[1]);
      start = set(start, to, "");
      pieces.push([name, set({}, from, valueAt(block, to) ?? "")]);
    }
    const value = json && valueAt(block, keysOf(json[1]));
    if (json !== undefined && value !== undefined) {
      start = set(start, keysOf(json[1]), {});
      pieces.push([name, set({}, keysOf(json[0]), JSON.stringify(value))]);
    }
    const list = item && valueAt(block, keysOf(item[1]));
    if (item !== undefined && Array.isArray(list) && list.length > 0) {
      start = set(start, keysOf(item[1]), []);
      for (const each of list) pieces.push([name, { [item[0]]: each }]);
    }
    const names = Object.keys(whole ?? {});
    if (names.length > 0 && typeof block[String(names[0])] === "string") {
      const fields = chosen(block, names);
      start = { ...start, ...chosen(objectIn(whole), Object.keys(fields)) };
      pieces.push([name, fields]);
    }
  }
  return { start, pieces };
}

/** Returns the fields of a piece that its kind reads, or may leave out. */
export function knownIn(piece: Piece, { taken, hints = [] }: CompiledPiece): readonly string[] {
  return [...taken, ...hints.filter((name) => typeof fieldOf(piece, name) === "number")];
}

/** Returns the fields of an event or a piece that have a value and are not in `known`. */
export function unknownFields(event: Piece, known: readonly string[]): readonly string[] {
  return fieldNames(event).filter((name) => {
    return name !== "type" && !known.includes(name) && fieldOf(event, name) != null;
  });
}

export function fieldNames(event: Piece): readonly string[] {
  try {
    return Object.keys(event);
  } catch {
    throw streamFault("event", "plain data");
  }
}

/** Reads a field of an event, once and without running a getter. */
export function fieldOf(event: Piece, name: string): unknown {
  try {
    const field = Object.getOwnPropertyDescriptor(event, name);
    if (field === undefined || "value" in field) return field?.value;
  } catch {
    // A value that throws when it is inspected is not plain data.
  }
  throw streamFault(name, "plain data");
}

/** Like `fieldOf`, for a field that may be nested. */
function fieldAt(event: Piece, keys: readonly string[]): unknown {
  let value: unknown = event;
  for (const key of keys) value = fieldOf(expectObject(value, "delta"), key);
  return value;
}
