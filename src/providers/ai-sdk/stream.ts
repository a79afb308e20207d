import * as z from "zod/mini";
import { expectOptions } from "../../core/data/index.ts";
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
  streamWithLimits,
  stringIn,
} from "../rewrite/index.ts";
import { completionJson, completionShape, type ResultExtensions } from "./completion.ts";
import { fromContent } from "./content.ts";
import { type Fields, fieldNames, fieldOf, hostCopy, isFields, reading } from "./host-values.ts";
import { partIn, partJson, partSchema } from "./part-kinds.ts";
import { TextBlocks } from "./text-blocks.ts";
import { ToolInputs } from "./tool-inputs.ts";
import type { ResultLike, StreamPartLike } from "./types.ts";

/** A streamed result, put together event by event. */
export interface ContentStream<Document extends ResultLike = ResultLike>
  extends MessageStream<StreamPartLike, Document> {
  readonly current: Read<ResultExtensions>;
}

/**
 * Puts the events of `doStream` together to the result that `doGenerate` would have given.
 *
 * The input of a call counts once the call is complete: what came of it before is in `left` as
 * content. A preliminary result of a tool is replaced by the next one of its call. Errors are in
 * `document.errors`, and `left` reports them. `Document` is the result as the SDK types it.
 *
 * @throws GlassineError `options_invalid`; from `push` `stream_invalid` for an event that
 * contradicts those before it, and `stream_limit` for one too many, and again for all after it
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
export function contentStream<Document extends ResultLike = ResultLike>(
  limits: StreamLimits = {},
): ContentStream<Document> {
  expectOptions(limits, ["limits", "maxEvents", "textUnits"], "contentStream");
  // The document of a stream is the caller's own type for what the schema checked.
  return streamWithLimits(
    limits,
    new Accumulator(limits),
  ) as ContentStream as ContentStream<Document>;
}

const eventSchema = z.looseObject(completionShape);

/** Events that may come at any time and are not part of a result. */
const asides: readonly Left[] = [
  { path: "raw", kind: "setting", reason: "Raw provider data is not shown in messages." },
  { path: "error", kind: "content", reason: "The stream reported an error." },
];

/**
 * The known fields of events that are only partly read. Other fields are reported, because the
 * result does not have them.
 */
const known: ReadonlyMap<unknown, readonly string[]> = new Map([
  ["stream-start", ["warnings"]],
  ...["text", "reasoning", "tool-input"].flatMap((kind): [string, readonly string[]][] => [
    [`${kind}-delta`, ["id", "delta", "providerMetadata"]],
    [`${kind}-end`, ["id", "providerMetadata", ...(kind === "text" ? ["citations"] : [])]],
  ]),
  [
    "tool-input-start",
    ["id", "toolName", "inputEncoding", "providerMetadata", "providerExecuted", "dynamic"],
  ],
  ["ping", []],
  ["raw", ["rawValue"]],
  ["error", ["error"]],
]);

class Accumulator implements ContentStream {
  readonly #meter: StreamMeter;
  readonly #content: (Fields | (() => Fields))[] = [];
  readonly #texts: TextBlocks;
  readonly #inputs = new ToolInputs();
  readonly #errors: unknown[] = [];
  /** Where in the content the preliminary result of a call is. */
  readonly #preliminary = new Map<string, number>();
  readonly #reported = new Set<Left>();
  /** By type; an event of any other is a part that comes whole. */
  readonly #handlers: ReadonlyMap<string, (event: Fields) => void>;
  #events = 0;
  #rest: Fields = {};
  #isOver = false;

  constructor(limits: StreamLimits) {
    this.#meter = new StreamMeter(limits);
    const texts = new TextBlocks(this.#meter);
    this.#texts = texts;
    const inputs = this.#inputs;
    const start = (event: Fields) => this.#content.push(texts.start(event));
    this.#handlers = new Map<string, (event: Fields) => void>([
      ["ping", () => {}],
      ["stream-start", ({ warnings }) => this.#add({ warnings: warnings ?? [] })],
      ["response-metadata", (event) => this.#applyResponse(event)],
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
    return this.#isOver && !this.#meter.isBroken;
  }

  get document(): ResultLike {
    const errors = this.#errors.length === 0 ? {} : { errors: Object.freeze([...this.#errors]) };
    return Object.freeze({ ...this.#result, ...errors });
  }

  get #result(): ResultLike {
    const content = this.#content.map((part) => (typeof part === "function" ? part() : part));
    // What is kept of the stream's end has the fields that the schema checked.
    return {
      content: Object.freeze(content),
      warnings: Object.freeze([]),
      ...this.#rest,
    } as unknown as ResultLike;
  }

  get current(): Read<ResultExtensions> {
    const read = fromContent(this.#result);
    const left = collector<Left>();
    for (const each of read.left) left.add(each);
    for (const each of this.#reported) left.add(each);
    for (const index of this.#inputs.open) {
      left.add({
        path: pathOf("toolInputs", index),
        kind: "content",
        reason: "The input of a call arrived, but not the call itself.",
      });
    }
    return Object.freeze({ ...read, left: left.list() });
  }

  push(event: StreamPartLike): void {
    this.#meter.event(event, "event", () =>
      reading("event", () => this.#push(event), "stream_invalid"),
    );
  }

  #push(event: unknown): void {
    if (!isFields(event) || typeof fieldOf(event, "type") !== "string") {
      throw streamFault("type", "an event with a type");
    }
    this.#apply(event);
    this.#reportUnknown(event);
    this.#events += 1;
  }

  #apply(event: Fields): void {
    const { type } = event;
    const aside = asides.find(({ path }) => path === type);
    if (aside !== undefined) {
      this.#reported.add(aside);
      if (type === "error") this.#errors.push(hostCopy(fieldOf(event, "error")));
      return;
    }
    if (this.#isOver) throw streamFault("type", "nothing after the end");
    const handle = this.#handlers.get(String(type));
    if (handle === undefined) this.#applyPart(event);
    else handle(event);
  }

  #reportUnknown(event: Fields): void {
    const fields = known.get(event.type);
    if (fields === undefined) return;
    for (const name of fieldNames(event)) {
      if (name === "type" || fields.includes(name) || event[name] === null) continue;
      const path = pathOf("events", this.#events, name);
      const reason = "An unknown field of an event.";
      this.#reported.add({ path, kind: "content", reason });
    }
  }

  #applyResponse({ type: _, ...response }: Fields): void {
    this.#check({ response });
    this.#add({ response: { ...(this.#rest.response as Fields | undefined), ...response } });
  }

  #finish({ type: _, ...finish }: Fields): void {
    if (this.#texts.isOpen) throw streamFault("finish", "every block to have ended");
    this.#check(finish);
    this.#add(finish);
    this.#isOver = true;
  }

  /** Fields beside the content. */
  #add(fields: Fields): void {
    this.#rest = { ...this.#rest, ...hostCopy(fields) };
  }

  #check(result: Fields): void {
    readDocument(eventSchema, completionJson(result), "event", "stream_invalid");
  }

  /** A part that comes whole. */
  #applyPart(event: Fields): void {
    const json = partJson(event, "result");
    const part = partIn(readDocument(partSchema("result"), json, "event", "stream_invalid"));
    this.#meter.countText(JSON.stringify(part));
    if (part.type === "tool-call") this.#inputs.close(part);
    const copy = hostCopy(event);
    const id = part.type === "tool-result" ? stringIn(part, "toolCallId") : undefined;
    const before = id === undefined ? undefined : this.#preliminary.get(id);
    const at = before ?? this.#content.length;
    this.#content[at] = copy;
    if (id === undefined) return;
    if (fieldOf(event, "preliminary") === true) this.#preliminary.set(id, at);
    else this.#preliminary.delete(id);
  }
}
