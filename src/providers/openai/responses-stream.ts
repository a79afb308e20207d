/** Assembles the events of a streamed response. */
import {
  type CanGrow,
  collector,
  expectObject,
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
import { type JsonObject, stringAt } from "./json.ts";
import { applyEvent, unknownFields } from "./response-event-fields.ts";
import { response, StreamedItem } from "./streamed-item.ts";
import { superseded } from "./superseded.ts";

export class ResponsesStream implements MessageStream<object, JsonObject> {
  readonly #meter: StreamMeter;
  readonly #reading: StreamReading;
  readonly #response: StreamedItem;
  readonly #left = collector<Left>();
  /** The unknown kinds of events, and the unknown fields of known ones, that were reported. */
  readonly #reported = new Set<string>();
  #events = 0;

  constructor(limits: StreamLimits, reading: StreamReading) {
    this.#meter = new StreamMeter(limits);
    this.#reading = reading;
    const leftOf = (document: JsonObject) => reading.answer(document).left;
    const report = superseded(leftOf, (path) => {
      const reason = "Its replacement does not have it.";
      this.#left.add({ path, kind: "content", reason });
    });
    this.#response = new StreamedItem({}, this.#meter, [], report, response);
  }

  push(event: object): void {
    this.#meter.event(event, "event", () => this.#apply(expectObject(event, "event")));
    this.#events += 1;
  }

  #apply(event: JsonObject): void {
    if (this.done) throw streamFault("event", "nothing after the end");
    const type = stringAt(event, "type");
    if (type === undefined) throw streamFault("event.type", noType(event), [event.type]);
    applyEvent(type, this.#response, event, ["events", this.#events]);
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

  get done(): boolean {
    return this.#response.isWhole && !this.#meter.isBroken;
  }

  /** An incomplete item other than the last one holds everything back. */
  get canGrow(): CanGrow {
    return this.#response.isInOrder ? "last text" : "anything";
  }

  get document(): JsonObject {
    return this.#reading.document(this.#response.document);
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
