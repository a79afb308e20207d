/** Chunks of a streamed chat completion, put together. */
import { expectOptions, type Json, readWhole } from "../../core/data/index.ts";
import {
  type MessageStream,
  type Read,
  type StreamLimits,
  StreamMeter,
  streamFault,
  streamWithLimits,
} from "../rewrite/index.ts";
import { StreamedChoice } from "./chat-choice.ts";
import { fromChatResponse } from "./chat-response.ts";
import type { ModelExtensions } from "./extensions.ts";
import { compact, given, type JsonObject, textAt } from "./json.ts";
import { eventObject, GrowingFields, maybeNumber, maybeText, sameName } from "./pieces.ts";
import { chatResponse, read } from "./read.ts";
import { chatResponseSchema } from "./shapes.ts";

/** Limits of a chat stream, and what is known of its request. */
export interface ChatStreamOptions extends StreamLimits {
  /** How many choices the request asked for, its `n`. Default 1, also for null. */
  readonly choices?: number | null | undefined;
}

/** The most choices a request may ask for. */
const maxChoices = 128;

/**
 * Puts the chunks of a streamed chat completion together.
 *
 * `current` is what `fromChatResponse` returns for the answer so far, and in the end the same as if
 * it had not been streamed. It is done when every choice has its `finish_reason`, or with an error;
 * the usage comes after that.
 * `Document` is the type of `document`, such as the SDK's `ChatCompletion`.
 *
 * @throws GlassineError `options_invalid`
 * @see spec `openai:stream-same`, `openai:stream-refused`
 * @example
 * ```ts
 * import { chatStream } from "glassine/openai";
 *
 * const stream = chatStream();
 * for (const content of ["A", "hoy"]) {
 *   stream.push({ id: "c1", choices: [{ index: 0, delta: { content } }] });
 * }
 * console.log(stream.current.messages[0]?.content); // [ { content_type: 'text', text: 'Ahoy' } ]
 * ```
 */
export function chatStream<Document extends object = JsonObject>(
  options: ChatStreamOptions = {},
): MessageStream<object, Document> & { readonly current: Read<ModelExtensions> } {
  const stream = new ChatStream(options) as ChatStream & { readonly document: Document };
  return streamWithLimits(options, stream);
}

class ChatStream implements MessageStream<object, JsonObject> {
  readonly #meter: StreamMeter;
  readonly #expected: number;
  readonly #choices = new Map<number, StreamedChoice>();
  readonly #fields: GrowingFields;
  #id: string | undefined;
  #failed = false;

  constructor(options: ChatStreamOptions) {
    expectOptions(options, ["choices", "limits", "maxEvents", "textUnits"], "chatStream");
    const { choices, ...limits } = options;
    this.#meter = new StreamMeter(limits);
    this.#expected = readWhole("choices", choices ?? 1, maxChoices);
    this.#fields = new GrowingFields(this.#meter, "chat completion chunk");
  }

  push(event: object): void {
    this.#meter.event(event, "chunk", () => this.#applyChunk(eventObject(event, "chunk")));
  }

  #applyChunk(chunk: JsonObject): void {
    if (this.#failed) throw streamFault("chunk", "nothing after an error");
    for (const [key, value] of Object.entries(chunk)) {
      if (key === "choices" || isUsual(key, value) || isPadding(key, value)) continue;
      if (key === "model") maybeText(value, key);
      if (key === "created") maybeNumber(value, key);
      if (key === "id") this.#id = sameName(this.#id, value, "id");
      else if (hasContent(value) || !this.#fields.has(key)) this.#fields.set(key, value ?? null);
    }
    this.#failed = given(chunk, "error") !== undefined;
    for (const choice of this.#choicesIn(chunk)) this.#apply(eventObject(choice, "choices"));
  }

  /** An error stands alone. Any other chunk has choices, be it none. */
  #choicesIn(chunk: JsonObject): readonly unknown[] {
    const choices = given(chunk, "choices");
    if (Array.isArray(choices)) return choices;
    if (this.#failed && choices === undefined) return [];
    const expected = "an array, as each chunk of a streamed chat completion has";
    const came = textAt(chunk, "type")?.startsWith("response.")
      ? "for events of Responses there is responsesStream"
      : "push each chunk of the stream by itself";
    throw streamFault("choices", `${expected} (${came})`, [choices]);
  }

  #apply(choice: JsonObject): void {
    const { index } = choice;
    if (typeof index !== "number" || !Number.isInteger(index) || index < 0 || index >= maxChoices) {
      const came = typeof index === "number" ? [] : [index];
      throw streamFault("choices.index", `a whole number below ${maxChoices}`, came);
    }
    let found = this.#choices.get(index);
    if (found === undefined) {
      found = new StreamedChoice(index, this.#meter);
      this.#choices.set(index, found);
    }
    found.apply(choice);
  }

  get done(): boolean {
    if (this.#meter.isBroken) return false;
    if (this.#failed) return true;
    const all = [...this.#choices.values()];
    return all.length >= this.#expected && all.every(({ isFinished }) => isFinished);
  }

  get document(): JsonObject {
    const places = [...this.#choices.keys()].sort((a, b) => a - b);
    const choices = places.map((place) => this.#choices.get(place)?.document() as Json);
    const document = compact([
      ["id", this.#id],
      ["object", "chat.completion"],
      ...this.#fields.entries(),
      ["choices", choices],
    ]);
    return read(chatResponseSchema, document, chatResponse);
  }

  get current(): Read<ModelExtensions> {
    return fromChatResponse(this.document);
  }
}

/** Random text that OpenAI adds to each chunk, so that its length reveals nothing. */
function isPadding(key: string, value: unknown): boolean {
  return key === "obfuscation" && typeof value === "string";
}

/** What a chunk calls itself. The document has a name of its own for that. */
function isUsual(key: string, value: unknown): boolean {
  const names: readonly unknown[] = ["chat.completion.chunk", "chat.completion"];
  return key === "object" && (!hasContent(value) || names.includes(value));
}

/** The first chunk of some servers has empty names in it. */
function hasContent(value: unknown): boolean {
  return value !== null && value !== "" && value !== undefined;
}
