/** Assembles the events of a streamed response. */
import {
  type CanGrow,
  collector,
  type Left,
  type MessageStream,
  type Path,
  pathOf,
  type Read,
  type StreamLimits,
  StreamMeter,
  type StreamReading,
  streamFault,
} from "../rewrite/index.ts";
import { given, type JsonObject, textAt, withFields } from "./json.ts";
import { eventObject, expectShape, keep, keepObject, placeIn } from "./pieces.ts";
import { endings, partLists, streamedTexts, unknownFields } from "./response-event-fields.ts";
import { begunResponseSchema, responsesResponseSchema } from "./shapes.ts";
import { StreamedItem } from "./streamed-item.ts";
import { Superseded } from "./superseded.ts";

const what = "response event";

export class ResponsesStream implements MessageStream<object, JsonObject> {
  readonly #meter: StreamMeter;
  readonly #reading: StreamReading;
  readonly #superseded: Superseded;
  readonly #items: StreamedItem[] = [];
  readonly #left = collector<Left>();
  /** The unknown kinds of events, and the unknown fields of known ones, that were reported. */
  readonly #reported = new Set<string>();
  #events = 0;
  #base: JsonObject = {};
  /** The index of the event that `#base` came in. */
  #baseFrom = 0;
  #final: JsonObject | undefined;

  constructor(limits: StreamLimits, reading: StreamReading) {
    this.#meter = new StreamMeter(limits);
    this.#reading = reading;
    const leftOf = (document: JsonObject) => reading.answer(document).left;
    this.#superseded = new Superseded(leftOf, (path) => {
      const reason = "Its replacement does not have it.";
      this.#left.add({ path, kind: "content", reason });
    });
  }

  push(event: object): void {
    this.#meter.event(event, "event", () => this.#applyEvent(eventObject(event, "event")));
    this.#events += 1;
  }

  #applyEvent(json: JsonObject): void {
    if (this.done) throw streamFault("event", "nothing after the end");
    const type = textAt(json, "type");
    if (type === undefined) throw streamFault("event.type", noType(json), [json.type]);
    if (Object.hasOwn(endings, type)) this.#end(json.response);
    else if (type === "error") this.#fail(json);
    else this.#apply(type, json);
    this.#reportUnknown(type, json);
  }

  /** Reports an unknown event or unknown fields, once for each kind of event. */
  #reportUnknown(type: string, event: JsonObject): void {
    const fields = unknownFields(type, event);
    if (fields === undefined)
      this.#reportOnce(type, [], "The first event of a kind that messages do not show.");
    for (const field of fields ?? [])
      this.#reportOnce(type, [field], "The first occurrence of an unknown field of this event.");
  }

  #reportOnce(type: string, at: Path, reason: string): void {
    const key = JSON.stringify([type, ...at]);
    if (this.#reported.has(key)) return;
    this.#meter.countText(key);
    this.#reported.add(key);
    this.#left.add({ path: pathOf("events", this.#events, ...at), kind: "content", reason });
  }

  #apply(type: string, event: JsonObject): void {
    switch (type) {
      case "response.created":
      case "response.in_progress":
      case "response.queued":
        this.#begin(event.response);
        return;
      case "response.output_item.added": {
        const place = placeIn(event.output_index, this.#items.length, "output_index");
        if (place < this.#items.length) throw streamFault("output_index", "the next index");
        const from = ["events", this.#events, "item"];
        this.#items.push(new StreamedItem(event.item, this.#meter, from, this.#superseded));
        return;
      }
      case "response.output_item.done":
        this.#itemOf(event).finish(event.item);
        return;
      case "response.output_text.annotation.added":
        this.#itemOf(event).addAnnotation(event.content_index, event.annotation);
        return;
    }
    const [, name = "", step = ""] = /^response\.(\w+)\.(added|delta|done)$/.exec(type) ?? [];
    const text = streamedTexts.find((each) => each.name === name);
    const list = (["summary", "content"] as const).find((each) => partLists[each].event === name);
    if (text !== undefined && step !== "added") {
      const found = this.#itemOf(event).text(text, event);
      if (step === "delta") found.add(event.delta);
      else found.finish(event[text.key]);
    } else if (list !== undefined && step !== "delta") {
      const item = this.#itemOf(event);
      const index = event[partLists[list].index];
      const from = ["events", this.#events, "part"];
      if (step === "added") item.addPart(list, index, event.part, from);
      else item.finishPart(list, index, event.part, from);
    }
  }

  #begin(value: unknown): void {
    const response = expectShape(begunResponseSchema, this.#sameResponse(value), what);
    this.#replaceBase(response);
    this.#base = response;
    this.#baseFrom = this.#events;
  }

  #replaceBase(now: JsonObject): void {
    this.#superseded.reportResponse(this.#base, now, ["events", this.#baseFrom, "response"]);
  }

  #itemOf(event: JsonObject): StreamedItem {
    const place = placeIn(event.output_index, this.#items.length, "output_index");
    const item = this.#items[place];
    if (item === undefined) throw streamFault("output_index", "an item that has begun");
    item.check(event);
    return item;
  }

  #sameResponse(value: unknown): JsonObject {
    const response = keepObject(value, what, "response", this.#meter);
    const id = textAt(this.#base, "id");
    if (id && id !== textAt(response, "id"))
      throw streamFault("response.id", "the id that it began with");
    return response;
  }

  /** The last event repeats the whole output or leaves it out. */
  #end(value: unknown): void {
    const kept = this.#sameResponse(value);
    const output = Array.isArray(kept.output) ? kept.output : [];
    const isSilent = output.length === 0;
    const schema = isSilent ? begunResponseSchema : responsesResponseSchema;
    const response = expectShape(schema, kept, what);
    for (const [index, item] of isSilent ? [] : this.#items.entries()) {
      item.expectAgreement(eventObject(output[index], "response.output"));
    }
    const { output: items = [] } = this.#soFar();
    this.#replaceBase(response);
    this.#final = isSilent ? withFields(response, { output: items }) : response;
  }

  /** The error is in the event itself, or in an object in it. */
  #fail(event: JsonObject): void {
    const { code = null, message = null, param = null } = event;
    const error = keep(given(event, "error") ?? { code, message, param }, what, this.#meter);
    this.#final = withFields(this.#soFar(), { status: "failed", error });
  }

  #soFar(): JsonObject {
    return withFields(this.#base, { output: this.#items.map(({ document }) => document) });
  }

  get done(): boolean {
    return this.#final !== undefined && !this.#meter.isBroken;
  }

  /** An incomplete item other than the last one holds everything back. */
  get canGrow(): CanGrow {
    const isInOrder = this.#items.slice(0, -1).every(({ isWhole }) => isWhole);
    return isInOrder && this.#items.at(-1)?.isInOrder !== false ? "last text" : "anything";
  }

  get document(): JsonObject {
    const document = this.#final ?? this.#soFar();
    return this.#reading.document(document);
  }

  get current(): Read {
    const read = this.#reading.answer(this.document);
    return Object.freeze({ ...read, left: Object.freeze([...read.left, ...this.#left.list()]) });
  }
}

function noType(event: JsonObject): string {
  const expected = "a string, as each event of a streamed response has";
  return Array.isArray(event.choices)
    ? `${expected} (for chunks of chat completions there is chatStream)`
    : `${expected} (push each event of the stream by itself)`;
}
