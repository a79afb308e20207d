/**
 * A streamed answer, in which events begin, extend and end blocks by their index. A table says what
 * each event of the format does.
 */
import type * as z from "zod/mini";
import type { Json } from "../../core/data/index.ts";
import {
  type CompiledPiece,
  compilePieces,
  fieldOf,
  GrowingBlock,
  knownIn,
  type Piece,
  type PieceTable,
  unknownFields,
} from "./growing-block.ts";
import {
  isEmptyValue,
  isJsonObject,
  type JsonObject,
  keysOf,
  objectIn,
  objectsIn,
  type Path,
  set,
  valueAt,
} from "./json.ts";
import type { Read } from "./messages.ts";
import { collector, type Left, pathOf } from "./report.ts";
import {
  type CanGrow,
  expectObject,
  expectString,
  type MessageStream,
  type StreamLimits,
  StreamMeter,
  streamFault,
} from "./stream.ts";

interface StreamEvent {
  /** The fields that `apply` reads; any other is reported. Absent if it reads all of them. */
  readonly fields?: readonly string[];
  readonly apply: (answer: GrowingAnswer, event: Piece) => void;
}

export interface StreamTable {
  /** The fields of an answer before its first event. */
  readonly empty: JsonObject;
  /** The place of the blocks in an answer. */
  readonly content: string;
  /** The fields of an answer that only its first event can set. */
  readonly fixed?: readonly string[];
  readonly events: { readonly [name: string]: StreamEvent };
  readonly pieces: PieceTable;
  /** Returns the name of an event or a piece. Default: its `type`. */
  readonly nameOf?: (event: Piece) => string;
  /** Turns a block made of pieces into its form in an answer that was not streamed, and back. */
  readonly whole?: (grown: JsonObject) => JsonObject;
  readonly grown?: (whole: JsonObject) => JsonObject;
}

/** What a table's functions can do with the answer so far. */
export type GrowingAnswer = Omit<AnswerStream, keyof MessageStream<unknown, JsonObject>>;

/** The functions with which a stream reads events and the answer so far. */
export interface StreamReading {
  readonly event: (event: unknown) => unknown;
  readonly document: (document: JsonObject) => JsonObject;
  readonly answer: (document: JsonObject) => Read;
}

export class AnswerStream implements MessageStream<unknown, JsonObject> {
  readonly #meter: StreamMeter;
  readonly #table: StreamTable;
  readonly #content: Path;
  readonly #pieces: ReadonlyMap<string, CompiledPiece>;
  readonly #reading: StreamReading;
  readonly #left = collector<Left>();
  #omitted: Left | undefined;
  readonly #blocks: GrowingBlock[] = [];
  readonly #notes = new Map<string, Left>();
  readonly #lists = new Map<string, Json[]>();
  /** What a table remembers between events. */
  readonly state = new Map<string, Json>();
  /** The blocks that the first event already had. */
  #before: readonly JsonObject[] = [];
  #fields: Map<string, Json> | undefined;
  /** The fields inside other fields, by the place of those, so that an event adds only its own. */
  readonly #inner = new Map<string, Map<string, Json>>();
  #error: Json | undefined;
  #events = 0;
  #open = 0;
  #isOver = false;
  #done = false;
  #document: JsonObject | undefined;
  #current: Read | undefined;

  constructor(table: StreamTable, reading: StreamReading, limits: StreamLimits) {
    this.#meter = new StreamMeter(limits);
    this.#table = table;
    this.#content = keysOf(table.content);
    this.#pieces = compilePieces(table.pieces);
    this.#reading = reading;
  }

  get done(): boolean {
    return this.#done && !this.#meter.isBroken;
  }

  push(event: unknown): void {
    this.#meter.event(event, "event", () =>
      this.#push(expectObject(this.#reading.event(event), "event")),
    );
  }

  #push(event: Piece): void {
    const name = this.#nameOf(event, "event.type");
    this.#document = undefined;
    this.#current = undefined;
    const kind = Object.hasOwn(this.#table.events, name) ? this.#table.events[name] : undefined;
    if (kind === undefined) this.#report(["events", this.#events], "An event of an unknown type.");
    kind?.apply(this, event);
    if (kind?.fields !== undefined) this.#reportFields([], event, kind.fields);
    this.#events += 1;
  }

  #nameOf(event: Piece, where: string): string {
    const { nameOf } = this.#table;
    return nameOf?.(event) ?? expectString(fieldOf(event, "type"), where);
  }

  get document(): JsonObject {
    this.#document ??= this.#reading.document(this.#soFar());
    return this.#document;
  }

  #soFar(): JsonObject {
    const begun = Object.fromEntries(this.#fields ?? Object.entries(this.#table.empty));
    const fields = [...this.#inner].reduce<JsonObject>(withInner, begun);
    const { whole = (grown) => grown } = this.#table;
    const blocks = [...this.#before, ...this.#blocks.map(({ block }) => whole(block))];
    const filled = blocks.length === 0 ? fields : set(fields, this.#content, blocks);
    const lists = Object.fromEntries([...this.#lists].map(([name, items]) => [name, [...items]]));
    return { ...filled, ...lists, ...(this.#error === undefined ? {} : { error: this.#error }) };
  }

  get current(): Read {
    if (this.#current === undefined) {
      const read = this.#reading.answer(this.document);
      const left = Object.freeze([
        ...read.left,
        ...this.#doubts(),
        ...this.#left.list(),
        ...this.#notes.values(),
      ]);
      this.#current = Object.freeze({ ...read, left });
    }
    return this.#current;
  }

  /** Values that are not complete, or that another reader of the stream may read differently. */
  #doubts(): readonly Left[] {
    return this.#blocks.flatMap(({ doubt, jsonField = "" }, at): readonly Left[] => {
      if (doubt === undefined) return [];
      const path = pathOf(...this.#content, this.#before.length + at, ...keysOf(jsonField));
      return [Object.freeze<Left>({ path, kind: "content", reason: doubt })];
    });
  }

  /** While a block other than the last is open, nothing may be forwarded. */
  get canGrow(): CanGrow {
    const isInOrder = this.#open <= (this.#blocks.at(-1)?.isOpen === true ? 1 : 0);
    return isInOrder ? "last text" : "anything";
  }

  get omitted(): Left | undefined {
    return this.#omitted;
  }

  /** Whether an event has begun the answer. */
  get isBegun(): boolean {
    return this.#fields !== undefined;
  }

  /** The last block as it began, plus the fields that came whole. */
  get last(): JsonObject | undefined {
    return this.#blocks.at(-1)?.outline;
  }

  get blockCount(): number {
    return this.#before.length + this.#blocks.length;
  }

  /** Begins the answer with the fields of its first event, which may already have blocks. */
  begin(fields: JsonObject): void {
    if (this.#isOver || this.#fields !== undefined) {
      throw streamFault("event", "the answer to begin only once");
    }
    this.#before = objectsIn(valueAt(fields, this.#content));
    this.#fields = new Map(Object.entries(fields));
  }

  /** @param index the index in the event */
  beginBlock(index: unknown, block: JsonObject): void {
    this.#started();
    if (index !== this.blockCount)
      throw streamFault("index", "the number of blocks before this one");
    this.#blocks.push(new GrowingBlock(block, this.#table.pieces, this.#meter));
    this.#open += 1;
  }

  /** Puts a whole block at `index`, replacing any block there. Returns its index. */
  putBlock(block: JsonObject, index = this.blockCount): number {
    this.#started();
    const whole = new GrowingBlock(block, this.#table.pieces, this.#meter);
    whole.close();
    this.#blocks[index - this.#before.length] = whole;
    return index;
  }

  /** Whether a block with this index has begun. In some formats, the first piece begins a text. */
  hasBlock(index: unknown): boolean {
    return typeof index === "number" && index < this.blockCount;
  }

  addPiece(index: unknown, value: unknown): void {
    const block = this.#blockAt(index);
    const piece = expectObject(value, "delta");
    const name = this.#nameOf(piece, "delta.type");
    const kind = this.#pieces.get(name);
    if (kind === undefined) {
      this.#report([...this.#content, Number(index)], "A delta of an unknown type.");
      return;
    }
    block.add(piece, kind);
    this.#reportFields(["delta"], piece, knownIn(piece, kind));
    // What stands beside a string that is nested in the piece.
    const [outer, inner] = kind.from;
    if (outer !== undefined && inner !== undefined)
      this.#reportFields(["delta", outer], expectObject(fieldOf(piece, outer), outer), [inner]);
  }

  /** Replaces fields of an open block with ones that came whole. */
  setFields(index: unknown, fields: JsonObject): void {
    this.#blockAt(index).setFields(fields);
  }

  endBlock(index: unknown): void {
    this.#blockAt(index).close();
    this.#open -= 1;
  }

  #blockAt(index: unknown): GrowingBlock {
    this.#started();
    const place = typeof index === "number" ? index - this.#before.length : -1;
    const block = Number.isInteger(place) ? this.#blocks[place] : undefined;
    if (block?.isOpen !== true) throw streamFault("index", "the index of an open block");
    return block;
  }

  /**
   * Replaces fields of the answer, such as totals and reasons. A null never replaces a value. An
   * object adds to the one before, of which something may have been forwarded.
   */
  merge(changes: JsonObject): void {
    const fields = this.#started();
    for (const [name, value] of Object.entries(changes)) {
      if (this.#table.fixed?.includes(name))
        throw streamFault(name, "no change of what the beginning of the answer sets");
      const isObject = this.#inner.has(name) || isJsonObject(fields.get(name));
      if (isObject && isJsonObject(value)) this.mergeInto(name, value);
      else {
        if (value !== null) this.#inner.delete(name);
        replace(fields, name, value);
      }
    }
  }

  /** Replaces fields inside a field, `candidates.0`. A null never replaces a value. */
  mergeInto(place: string, changes: JsonObject): void {
    const fields = this.#started();
    const inner = Object.entries(changes);
    if (inner.length === 0) return;
    const [field, ...keys] = keysOf(place);
    const name = String(field);
    const before = fields.get(name) ?? null;
    // Keeps the order in which fields came.
    fields.set(name, before);
    const all = this.#inner.get(place) ?? new Map(Object.entries(objectIn(valueAt(before, keys))));
    for (const [key, value] of inner) replace(all, key, value);
    this.#inner.set(place, all);
  }

  /** Marks the answer as complete. More events may follow in formats without a final event. */
  complete(): void {
    this.#started();
    this.#done = true;
  }

  /**
   * Checks a string that events may repeat, but not change: the first may have been forwarded.
   *
   * @throws GlassineError `stream_invalid` for a different string
   */
  expectSame(field: string, text: Json | undefined): void {
    if (isEmptyValue(text)) return;
    if (this.state.has(field) && this.state.get(field) !== text)
      throw streamFault(field, "the same text as in an earlier event");
    this.state.set(field, text ?? null);
  }

  /** @throws GlassineError `stream_invalid` before the beginning and after the end */
  expectOpen(): void {
    this.#started();
  }

  /** Adds an item to a list of the answer, even after its end. */
  append(field: string, item: Json): void {
    const items = this.#lists.get(field) ?? [];
    items.push(item);
    this.#lists.set(field, items);
  }

  /** Reports something about the stream under a key; `undefined` withdraws the report. */
  note(key: string, left: Left | undefined): void {
    if (left === undefined) this.#notes.delete(key);
    else this.#notes.set(key, left);
  }

  /** Counts text against the limits. */
  countText(text: string): void {
    this.#meter.countText(text);
  }

  /** @param event the name of the final event */
  end(event = "message_stop"): void {
    this.#started();
    if (this.#open > 0) throw streamFault(event, "every block to have ended");
    this.#isOver = true;
    this.#done = true;
  }

  /** Puts the provider's error into the document, where it is reported as content. */
  fail(error: unknown): void {
    this.#isOver = true;
    if (error === undefined || error === null) {
      this.#report(["error"], "The provider ended the stream with an error.");
    } else this.#error = error as Json;
  }

  /** Reports part of an event that the answer does not keep. */
  omit(path: Path, reason: string): void {
    this.#report(["events", this.#events, ...path], reason);
  }

  /** Checks an event and counts it against the limits. */
  read<Schema extends z.ZodMiniType>(schema: Schema, event: Piece): z.output<Schema> {
    return this.#meter.read(schema, event, "event");
  }

  /** Returns the fields of the answer. Throws unless it has begun and is not over. */
  #started(): Map<string, Json> {
    if (this.#isOver) throw streamFault("event", "nothing after the end");
    if (this.#fields === undefined)
      throw streamFault("event", "the event that begins an answer first");
    return this.#fields;
  }

  #reportFields(below: Path, event: Piece, known: readonly string[]): void {
    for (const name of unknownFields(event, known)) {
      const path = ["events", this.#events, ...below, name];
      this.#report(path, "An unknown field of an event.");
    }
  }

  #report(path: Path, reason: string): void {
    const left: Left = { path: pathOf(...path), kind: "content", reason };
    this.#omitted ??= left;
    this.#left.add(left);
  }
}

/** Returns an answer with the fields that events merged into a place of it. */
function withInner(
  answer: JsonObject,
  [place, inner]: readonly [string, ReadonlyMap<string, Json>],
): JsonObject {
  const keys = keysOf(place);
  return set(answer, keys, { ...objectIn(valueAt(answer, keys)), ...Object.fromEntries(inner) });
}

function replace(fields: Map<string, Json>, name: string, value: Json): void {
  if (value !== null || !fields.has(name)) fields.set(name, value);
}
