/** One block of a streamed response, put together from its pieces. */
import { intrinsics, type Json } from "../../admit/index.ts";
import { readDocument, type StreamMeter, streamFault, TextPieces } from "../../documents/index.ts";
import type { Block, JsonObject } from "./json.ts";
import { citationSchema } from "./schemas.ts";

const { isProxy } = intrinsics;

/** An event or a delta as it came: a piece of text may end inside a character. */
export type Delta = object;

/** What became of a delta. */
type Taken = "taken" | "unknown";

/** Which block a delta fits, by type; any block with `input` takes pieces of that. */
const fits: Readonly<Record<string, (block: Block) => boolean>> = {
  text_delta: ({ type }) => type === "text",
  citations_delta: ({ type }) => type === "text",
  thinking_delta: ({ type }) => type === "thinking",
  signature_delta: ({ type }) => type === "thinking",
  input_json_delta: (block) => Object.hasOwn(block, "input"),
};

export class StreamBlock {
  readonly #start: Block;
  readonly #meter: StreamMeter;
  readonly #text: TextPieces;
  readonly #input: TextPieces;
  readonly #citations: Json[] = [];
  #signature: string | undefined;
  #isOpen = true;
  #whole: Block | undefined;

  constructor(start: Block, meter: StreamMeter) {
    this.#start = start;
    this.#meter = meter;
    this.#text = new TextPieces(meter);
    this.#input = new TextPieces(meter);
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** @throws GlassineError `stream_invalid` for a delta that does not fit the block */
  take(delta: Delta): Taken {
    const type = textIn(delta, "type");
    const isFit = Object.hasOwn(fits, type) ? fits[type] : undefined;
    if (isFit === undefined) return "unknown";
    if (!isFit(this.#start)) throw streamFault("delta.type", "a delta for a block of this type");
    switch (type) {
      case "text_delta":
        this.#text.add(textIn(delta, "text"));
        break;
      case "thinking_delta":
        this.#text.add(textIn(delta, "thinking"));
        break;
      case "input_json_delta":
        this.#input.add(textIn(delta, "partial_json"));
        break;
      case "signature_delta":
        // It comes whole: the SDK takes the last one, too.
        this.#signature = textIn(delta, "signature");
        this.#meter.countText(this.#signature);
        break;
      default: {
        const read = readDocument(citationSchema, delta, "delta", "stream_invalid");
        const citation = read.citation as unknown as JsonObject;
        this.#meter.countText(JSON.stringify(citation));
        this.#citations.push(citation);
      }
    }
    return "taken";
  }

  /** @throws GlassineError `stream_invalid` if a text ended inside a character */
  close(): void {
    this.#isOpen = false;
    for (const { text } of [this.#text, this.#input]) {
      if (loneSurrogate.test(text)) throw streamFault("delta", "text that is valid Unicode");
    }
    this.#whole = this.#soFar();
  }

  /** The block so far, as it would be if it had not been streamed. */
  get block(): Block {
    return this.#whole ?? this.#soFar();
  }

  #soFar(): Block {
    const start = this.#start;
    switch (start.type) {
      case "text":
        return { ...start, text: `${start.text}${this.#textSoFar()}`, ...this.#cited() };
      case "thinking": {
        const thinking = `${start.thinking}${this.#textSoFar()}`;
        const signature = this.#signature === undefined ? {} : { signature: this.#signature };
        return { ...start, thinking, ...signature };
      }
      default: {
        const { text } = this.#input;
        return text.trim() === "" ? start : { ...start, input: inputOf(text) };
      }
    }
  }

  #textSoFar(): string {
    const { text } = this.#text;
    return this.#isOpen && halfCharacter.test(text) ? text.slice(0, -1) : text;
  }

  #cited(): { readonly citations?: readonly Json[] } {
    if (this.#citations.length === 0) return {};
    const { citations } = this.#start;
    return { citations: [...(Array.isArray(citations) ? citations : []), ...this.#citations] };
  }
}

const loneSurrogate = /\p{Surrogate}/u;
const halfCharacter = /[\uD800-\uDBFF]$/;

/** What is no JSON, or not yet, stays text: whoever reads it is told that it is no object. */
function inputOf(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text.replace(halfCharacter, "");
  }
}

function textIn(delta: Delta, name: string): string {
  const text = fieldOf(delta, name);
  if (typeof text !== "string") throw streamFault(`delta.${name}`, "a text");
  return text;
}

/** A field of an event, read once; no getter of it runs. */
export function fieldOf(event: Delta, name: string): unknown {
  try {
    const field = Object.getOwnPropertyDescriptor(event, name);
    if (field === undefined || "value" in field) return field?.value;
  } catch {
    // What throws when it is asked is no plain data.
  }
  throw streamFault(name, "plain data");
}

/** A value that came as an event or a part of one. */
export function asFields(value: unknown, where: string): Delta {
  if (typeof value === "object" && value !== null && !isProxy(value)) return value;
  throw streamFault(where, "a plain object");
}
