/** A streamed response of the Messages API, put together event by event. */
import type * as z from "zod/mini";
import { expectOptions, type Json } from "../../core/data/index.ts";
import {
  collector,
  expectString,
  type Left,
  type MessageStream,
  pathOf,
  type Read,
  readDocument,
  type StreamLimits,
  StreamMeter,
  streamFault,
  streamWithLimits,
} from "../rewrite/index.ts";
import type { ResponseExtensions } from "./extensions.ts";
import { type Block, blockIn, isObject, objectIn, type Path } from "./json.ts";
import { fromMessagesResponse, readResponse } from "./response.ts";
import {
  blockStartSchema,
  errorSchema,
  type MessagesResponse,
  messageDeltaSchema,
  startSchema,
} from "./schemas.ts";
import { asFields, type Delta, fieldOf, StreamBlock, unknownFields } from "./stream-block.ts";

/** The accumulator that `messagesStream` makes. */
export interface ResponseStream<Document extends object = MessagesResponse>
  extends MessageStream<unknown, Document> {
  readonly current: Read<ResponseExtensions>;
}

/** The fields of a response before its first event. */
const nothingYet: readonly (readonly [string, Json])[] = [
  ["type", "message"],
  ["role", "assistant"],
];

/** Events of which only these fields are read. */
const known: ReadonlyMap<string, readonly string[]> = new Map([
  ["ping", []],
  ["message_start", ["message"]],
  ["content_block_start", ["index", "content_block"]],
  ["content_block_delta", ["index", "delta"]],
  ["content_block_stop", ["index"]],
  ["message_stop", []],
  ["error", ["error"]],
]);

/** What a message says of itself once, at its start. */
const fixed = new Set(["id", "type", "role", "model", "content", "usage"]);

/**
 * Puts a streamed response together, so that a policy sees the same whether or not it was streamed.
 *
 * `push` takes each event, parsed from JSON. `current` is what `fromMessagesResponse` returns for the
 * response so far and `document` that response; both are made when asked for. The arguments of a
 * call are seen once they are whole: until the call is over they are in `current.left`. An `error`
 * event ends the stream without `done`, and is in `document.error`. What is not known here, and an
 * error, is in `current.left`. `Document` is the response as the SDK types it.
 *
 * @throws GlassineError `options_invalid`; from `push` `stream_invalid` for an event that
 * contradicts those before it, and `stream_limit` for one too many, and again for all after it
 * @see spec `anthropic:streamed`, `anthropic:stream-refused`
 * @example
 * ```ts
 * import { messagesStream } from "glassine/anthropic";
 *
 * const stream = messagesStream();
 * const message = { id: "msg_1", type: "message", role: "assistant", model: "m", content: [] };
 * stream.push({ type: "message_start", message });
 * stream.push({ type: "content_block_start", index: 0, content_block: { type: "text", text: "" } });
 * stream.push({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "Ah" } });
 * stream.push({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "oy" } });
 * const [part] = stream.current.messages[0]?.content ?? [];
 * console.log(part, stream.done); // { content_type: 'text', text: 'Ahoy' } false
 * ```
 */
export function messagesStream<Document extends object = MessagesResponse>(
  limits: StreamLimits = {},
): ResponseStream<Document> {
  expectOptions(limits, ["limits", "maxEvents", "textUnits"], "messagesStream");
  // The document of a stream is the caller's own type for what the schema checked.
  return streamWithLimits(
    limits,
    new Accumulator(limits),
  ) as ResponseStream<object> as ResponseStream<Document>;
}

class Accumulator implements ResponseStream {
  readonly #meter: StreamMeter;
  readonly #left = collector<Left>();
  readonly #blocks: StreamBlock[] = [];
  /** Those that the first event had already. */
  #before: readonly Block[] = [];
  #fields: Map<string, Json> | undefined;
  #error: Json | undefined;
  #events = 0;
  #open = 0;
  #isOver = false;
  #done = false;
  #document: MessagesResponse | undefined;
  #current: Read<ResponseExtensions> | undefined;

  constructor(limits: StreamLimits) {
    this.#meter = new StreamMeter(limits);
  }

  get done(): boolean {
    return this.#done && !this.#meter.isBroken;
  }

  push(event: unknown): void {
    this.#meter.event(event, "event", () => this.#push(event));
  }

  #push(event: unknown): void {
    const fields = asFields(event, "event");
    const type = expectString(fieldOf(fields, "type"), "event.type");
    this.#document = undefined;
    this.#current = undefined;
    this.#apply(type, fields);
    const taken = known.get(type);
    if (taken !== undefined) {
      this.#reportFields(["events", this.#events], unknownFields(fields, taken));
    }
    this.#events += 1;
  }

  get document(): MessagesResponse {
    this.#document ??= readResponse(
      Object.fromEntries([
        ...(this.#fields ?? nothingYet),
        ["content", [...this.#before, ...this.#blocks.map(({ block }) => block)]],
        ...(this.#error === undefined ? [] : [["error", this.#error] as const]),
      ]),
    );
    return this.#document;
  }

  get current(): Read<ResponseExtensions> {
    if (this.#current === undefined) {
      const read = fromMessagesResponse(this.document);
      const left = Object.freeze([...read.left, ...this.#doubts(), ...this.#left.list()]);
      this.#current = Object.freeze({ ...read, left });
    }
    return this.#current;
  }

  /** Inputs that are not over, or that another reader of the stream may take otherwise. */
  #doubts(): readonly Left[] {
    return this.#blocks.flatMap(({ doubt }, at): readonly Left[] => {
      if (doubt === undefined) return [];
      const path = pathOf("content", this.#before.length + at, "input");
      return [Object.freeze<Left>({ path, kind: "content", reason: doubt })];
    });
  }

  #apply(type: string, event: Delta): void {
    switch (type) {
      case "ping":
        return;
      case "message_start":
        this.#begin(event);
        return;
      case "content_block_start":
        this.#beginBlock(event);
        return;
      case "content_block_delta":
        this.#addTo(this.#blockAt(event), event);
        return;
      case "content_block_stop":
        this.#blockAt(event).close();
        this.#open -= 1;
        return;
      case "message_delta":
        this.#change(event);
        return;
      case "message_stop":
        this.#started();
        if (this.#open > 0) throw streamFault("message_stop", "every block to have ended");
        this.#isOver = true;
        this.#done = true;
        return;
      case "error":
        this.#fail(event);
        return;
      default:
        this.#report(["events", this.#events], "An event of an unknown type.");
    }
  }

  /** The provider's error is in the document, and reported as content. */
  #fail(event: Delta): void {
    const { error } = this.#read(errorSchema, event);
    this.#isOver = true;
    if (error === undefined || error === null) {
      this.#report(["error"], "The provider ended the stream with an error.");
    } else this.#error = error as Json;
  }

  #begin(event: Delta): void {
    if (this.#isOver || this.#fields !== undefined) {
      throw streamFault("message_start", "one message, which starts once");
    }
    const { message } = this.#read(startSchema, event);
    // The schema of the start event checks what the interface says.
    const response = message as MessagesResponse;
    this.#before = response.content;
    this.#fields = new Map(Object.entries(response));
  }

  #beginBlock(event: Delta): void {
    this.#started();
    const count = this.#before.length + this.#blocks.length;
    if (fieldOf(event, "index") !== count)
      throw streamFault("index", "the number of blocks before this one");
    const { content_block: start } = this.#read(blockStartSchema, event);
    this.#blocks.push(new StreamBlock(blockIn(start), this.#meter));
    this.#open += 1;
  }

  #blockAt(event: Delta): StreamBlock {
    this.#started();
    const index = fieldOf(event, "index");
    const place = typeof index === "number" ? index - this.#before.length : -1;
    const block = Number.isInteger(place) ? this.#blocks[place] : undefined;
    if (block?.isOpen !== true) throw streamFault("index", "the index of an open block");
    return block;
  }

  #addTo(block: StreamBlock, event: Delta): void {
    const unknown = block.apply(asFields(fieldOf(event, "delta"), "delta"));
    if (unknown !== "all") this.#reportFields(["events", this.#events, "delta"], unknown);
    else {
      const path = ["content", Number(fieldOf(event, "index"))];
      this.#report(path, "A delta of an unknown type.");
    }
  }

  #change(event: Delta): void {
    const fields = this.#started();
    const { type: _, delta, usage, ...more } = this.#read(messageDeltaSchema, event);
    for (const [name, value] of Object.entries(objectIn({ ...more, ...delta }))) {
      if (fixed.has(name))
        throw streamFault("message_delta", "no field that message_start has set");
      merge(fields, name, value);
    }
    const counts = Object.entries(objectIn(usage));
    if (counts.length === 0) return;
    const before = fields.get("usage");
    const all = new Map(Object.entries(isObject(before) ? before : {}));
    for (const [name, value] of counts) merge(all, name, value);
    fields.set("usage", Object.fromEntries(all));
  }

  /** The fields of a message that started and is not over. */
  #started(): Map<string, Json> {
    if (this.#isOver) throw streamFault("event", "nothing after the end");
    if (this.#fields === undefined) throw streamFault("event", "message_start as the first event");
    return this.#fields;
  }

  #read<Schema extends z.ZodMiniType>(schema: Schema, event: Delta): z.output<Schema> {
    const read = readDocument(schema, event, "event", "stream_invalid");
    this.#meter.countText(JSON.stringify(read));
    return read;
  }

  /** What an event has beside the fields that were taken. */
  #reportFields(path: Path, names: readonly string[]): void {
    for (const name of names) {
      this.#report([...path, name], "An unknown field of an event.");
    }
  }

  #report(path: Path, reason: string): void {
    this.#left.add({ path: pathOf(...path), kind: "content", reason });
  }
}

/** Totals and reasons replace those before them; a null says nothing new. */
function merge(fields: Map<string, Json>, name: string, value: Json): void {
  if (value !== null || !fields.has(name)) fields.set(name, value);
}
