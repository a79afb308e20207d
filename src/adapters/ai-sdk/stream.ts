import * as z from "zod";
import {
  collector,
  type Left,
  type MessageStream,
  pathOf,
  type Read,
  readDocument,
  type StreamLimits,
  StreamMeter,
  streamFault,
} from "../../documents/index.ts";
import { completionJson, completionShape, type ResultExtensions } from "./completion.ts";
import { fromContent } from "./content.ts";
import { type Fields, fieldOf, hostCopy, isFields, reading } from "./host-values.ts";
import { partJson, partSchema } from "./part-kinds.ts";
import { TextBlocks } from "./text-blocks.ts";
import { ToolInputs } from "./tool-inputs.ts";
import type { ResultLike, StreamPartLike } from "./types.ts";

/** A streamed result, put together event by event. */
export interface ContentStream extends MessageStream<StreamPartLike, ResultLike> {
  readonly current: Read<ResultExtensions>;
}

/**
 * Puts the events of `doStream` together to the result that `doGenerate` would have given.
 *
 * The input of a call counts once the call is complete: what came of it before is in `left` as
 * content. A preliminary result of a tool gives way to the next one of its call.
 *
 * @throws GlassineError `options_invalid` for a limit that is no whole number above 0
 * @example
 * ```ts
 * import { contentStream } from "glassine/ai-sdk";
 *
 * const stream = contentStream();
 * stream.push({ type: "text-start", id: "1" });
 * stream.push({ type: "text-delta", id: "1", delta: "Ah" });
 * stream.push({ type: "text-delta", id: "1", delta: "oy" });
 * console.log(stream.current.messages[0]?.content); // [ { content_type: 'text', text: 'Ahoy' } ]
 * ```
 */
export function contentStream(limits: StreamLimits = {}): ContentStream {
  return new Accumulator(limits);
}

const eventSchema = z.looseObject(completionShape);

/** Events that may come at any time and are no part of a result. */
const asides: readonly Left[] = [
  { path: "raw", kind: "setting", reason: "What the provider itself sent is in no message." },
  { path: "error", kind: "content", reason: "The stream told of an error." },
];

class Accumulator implements ContentStream {
  readonly #meter: StreamMeter;
  readonly #content: (Fields | (() => Fields))[] = [];
  readonly #inputs = new ToolInputs();
  /** Where in the content the preliminary result of a call is. */
  readonly #preliminary = new Map<string, number>();
  readonly #told = new Set<Left>();
  /** By type; an event of any other is a part that comes whole. */
  readonly #takers: ReadonlyMap<string, (event: Fields) => void>;
  #rest: Fields = {};
  #done = false;

  constructor(limits: StreamLimits) {
    this.#meter = new StreamMeter(limits);
    const texts = new TextBlocks(this.#meter);
    const inputs = this.#inputs;
    const start = (event: Fields) => this.#content.push(texts.start(event));
    this.#takers = new Map<string, (event: Fields) => void>([
      ["stream-start", ({ warnings }) => this.#add({ warnings: warnings ?? [] })],
      ["response-metadata", (event) => this.#takeResponse(event)],
      ["text-start", start],
      ["text-delta", (event) => texts.add(event)],
      ["text-end", (event) => texts.end(event)],
      ["reasoning-start", start],
      ["reasoning-delta", (event) => texts.add(event)],
      ["reasoning-end", (event) => texts.end(event)],
      ["tool-input-start", (event) => inputs.start(event)],
      ["tool-input-delta", (event) => this.#meter.countText(inputs.add(event))],
      ["tool-input-end", (event) => inputs.end(event)],
      ["finish", (event) => this.#finish(event)],
    ]);
  }

  get done(): boolean {
    return this.#done;
  }

  get document(): ResultLike {
    const content = this.#content.map((part) => (typeof part === "function" ? part() : part));
    return Object.freeze({
      content: Object.freeze(content),
      warnings: Object.freeze([]),
      ...this.#rest,
    }) as unknown as ResultLike;
  }

  get current(): Read<ResultExtensions> {
    const read = fromContent(this.document);
    const left = collector<Left>();
    for (const each of read.left) left.add(each);
    for (const each of this.#told) left.add(each);
    for (const index of this.#inputs.open) {
      left.add({
        path: pathOf("toolInputs", index),
        kind: "content",
        reason: "The input of a call came, and the call itself has not.",
      });
    }
    return Object.freeze({ ...read, left: left.list() });
  }

  push(event: StreamPartLike): void {
    this.#meter.countEvent();
    reading("event", () => this.#push(event), "stream_invalid");
  }

  #push(event: unknown): void {
    if (!isFields(event) || typeof fieldOf(event, "type") !== "string") {
      throw streamFault("type", "an event with a type");
    }
    const { type } = event;
    const aside = asides.find(({ path }) => path === type);
    if (aside !== undefined) {
      this.#told.add(aside);
      return;
    }
    if (this.#done) throw streamFault("type", "nothing after the end");
    const take = this.#takers.get(type as string);
    if (take === undefined) this.#takePart(event);
    else take(event);
  }

  #takeResponse({ type: _, ...response }: Fields): void {
    this.#check({ response });
    this.#add({ response: { ...(this.#rest.response as Fields | undefined), ...response } });
  }

  #finish({ type: _, ...finish }: Fields): void {
    this.#check(finish);
    this.#add(finish);
    this.#done = true;
  }

  /** Fields beside the content. */
  #add(fields: Fields): void {
    this.#rest = { ...this.#rest, ...(hostCopy(fields) as Fields) };
  }

  #check(result: Fields): void {
    readDocument(eventSchema, completionJson(result), "event", "stream_invalid");
  }

  /** A part that comes whole. */
  #takePart(event: Fields): void {
    const json = partJson(event, "result");
    const part = readDocument(partSchema("result"), json, "event", "stream_invalid") as Fields;
    this.#meter.countText(JSON.stringify(part));
    if (part.type === "tool-call") this.#inputs.close(part);
    const copy = hostCopy(event) as Fields;
    const id = part.type === "tool-result" ? (part.toolCallId as string) : undefined;
    const before = id === undefined ? undefined : this.#preliminary.get(id);
    const at = before ?? this.#content.length;
    this.#content[at] = copy;
    if (id === undefined) return;
    if (fieldOf(event, "preliminary") === true) this.#preliminary.set(id, at);
    else this.#preliminary.delete(id);
  }
}

/**
 * The events that stream a result, such as one that a policy changed.
 *
 * A stream that takes them gives the same result again. What travels beside a stream, the request
 * and the headers and body of the response, is not among them.
 *
 * @throws GlassineError `document_invalid`
 * @example
 * ```ts
 * import { toStreamParts } from "glassine/ai-sdk";
 *
 * const events = toStreamParts({ content: [{ type: "text", text: "Ahoy" }] });
 * console.log(events.map(({ type }) => type).join(" ")); // stream-start text-start text-delta text-end
 * ```
 */
export function toStreamParts<Event extends StreamPartLike = StreamPartLike>(
  document: ResultLike,
): readonly Event[] {
  fromContent(document);
  return reading("result", () => eventsOfResult(document), "document_invalid") as readonly Event[];
}

function eventsOfResult(document: ResultLike): unknown {
  const result = hostCopy(document) as ResultLike & Fields;
  const { content, warnings = [], response, finishReason, usage, providerMetadata } = result;
  const events: Fields[] = [{ type: "stream-start", warnings }];
  const about = Object.entries(response ?? {}).filter(([name]) => aboutResponse.includes(name));
  if (about.length > 0) events.push({ type: "response-metadata", ...Object.fromEntries(about) });
  for (const [index, part] of content.entries()) events.push(...eventsOf(part, String(index)));
  if (finishReason !== undefined || usage !== undefined) {
    const own = providerMetadata === undefined ? {} : { providerMetadata };
    events.push({ type: "finish", finishReason, usage, ...own });
  }
  return Object.freeze(events.map((event) => Object.freeze(event)));
}

const aboutResponse: readonly string[] = ["id", "timestamp", "modelId"];

function eventsOf(part: Fields & { readonly type: string }, id: string): readonly Fields[] {
  const { type, text, ...settings } = part;
  if (type !== "text" && type !== "reasoning") return [part];
  const deltas = text === "" ? [] : [{ type: `${type}-delta`, id, delta: text }];
  return [{ ...settings, type: `${type}-start`, id }, ...deltas, { type: `${type}-end`, id }];
}
