/** One block of a streamed response, put together from its pieces. */
import * as z from "zod/mini";
import { intrinsics, type Json } from "../../core/data/index.ts";
import {
  expectString,
  isSameJsonText,
  parseArguments,
  readDocument,
  type StreamMeter,
  streamFault,
  TextPieces,
} from "../rewrite/index.ts";
import { type Block, chosen, isObject, type JsonObject, objectIn } from "./json.ts";
import { citationSchema, compactionSchema } from "./schemas.ts";

const { isProxy } = intrinsics;

/** An event or a delta as it came: a piece of text may end inside a character. */
export type Delta = object;

/** What became of a delta: the fields of it that are not known, or all of it. */
type Unknown = readonly string[] | "all";

interface DeltaKind {
  /** Which block it fits. */
  readonly fits: (block: Block) => boolean;
  /** What is taken of it. */
  readonly fields: readonly string[];
}

const inType = (type: string) => (block: Block) => block.type === type;

/** By type; any block with `input` takes pieces of that. */
const kinds: ReadonlyMap<string, DeltaKind> = new Map([
  ["text_delta", { fits: inType("text"), fields: ["text"] }],
  ["citations_delta", { fits: inType("text"), fields: ["citation"] }],
  ["thinking_delta", { fits: inType("thinking"), fields: ["thinking"] }],
  ["signature_delta", { fits: inType("thinking"), fields: ["signature"] }],
  ["input_json_delta", { fits: hasInput, fields: ["partial_json"] }],
  ["compaction_delta", { fits: inType("compaction"), fields: ["content", "encrypted_content"] }],
]);

function hasInput(block: Block): boolean {
  return Object.hasOwn(block, "input");
}

export class StreamBlock {
  readonly #start: Block;
  readonly #meter: StreamMeter;
  readonly #text: TextPieces;
  readonly #input: TextPieces;
  readonly #citations: Json[] = [];
  #signature: string | undefined;
  #compaction: JsonObject = {};
  #isOpen = true;
  #whole: Block | undefined;
  #doubt: string | undefined;

  constructor(start: Block, meter: StreamMeter) {
    this.#start = start;
    this.#meter = meter;
    this.#text = new TextPieces(meter, "delta");
    this.#input = new TextPieces(meter, "delta");
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Why the input that is shown is not all that a reader of the stream may take, if it is not. */
  get doubt(): string | undefined {
    return this.#isOpen ? this.#doubtSoFar() : this.#doubt;
  }

  #doubtSoFar(): string | undefined {
    // An input that is not an object is reported when the block is read.
    const { input } = this.block;
    if (!hasInput(this.#start) || !isObject(input)) return undefined;
    const isOther = !isEmptyInput(this.#start.input) && !isSameJsonText(this.#start.input, input);
    if (this.#input.text.trim() !== "" && isOther) {
      return "It began with another input; the later one is shown.";
    }
    const { isAmbiguous, isExact } = parseArguments(this.#input.text);
    if (isAmbiguous) return "It has a duplicate key; the last value is shown.";
    if (!isExact)
      return "It has a number that cannot be represented exactly; the nearest is shown.";
    return this.#isOpen ? "More of it may follow." : undefined;
  }

  /** @throws GlassineError `stream_invalid` for a delta that does not fit the block */
  apply(delta: Delta): Unknown {
    const type = textIn(delta, "type");
    const kind = kinds.get(type);
    if (kind === undefined) return "all";
    if (!kind.fits(this.#start)) {
      throw streamFault("delta.type", "a delta for a block of this type");
    }
    this.#add(type, delta);
    return unknownFields(delta, kind.fields);
  }

  #add(type: string, delta: Delta): void {
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
      case "signature_delta": {
        // It comes whole: the SDK takes the last one, too.
        const signature = new TextPieces(this.#meter, "delta.signature");
        signature.add(textIn(delta, "signature"));
        signature.end();
        this.#signature = signature.text;
        break;
      }
      case "compaction_delta": {
        // It comes whole: the SDK takes the last one, too.
        const read = readDocument(compactionSchema, delta, "delta", "stream_invalid");
        this.#meter.countText(JSON.stringify(read));
        this.#compaction = chosen(objectIn(read), ["content", "encrypted_content"]);
        break;
      }
      default: {
        const read = readDocument(citationSchema, delta, "delta", "stream_invalid");
        const citation = objectIn(read.citation);
        this.#meter.countText(JSON.stringify(citation));
        this.#citations.push(citation);
      }
    }
  }

  /** @throws GlassineError `stream_invalid` if a text ended inside a character */
  close(): void {
    this.#text.end();
    this.#input.end();
    this.#isOpen = false;
    this.#whole = this.#soFar();
    this.#doubt = this.#doubtSoFar();
  }

  /** The block so far, as it would be if it had not been streamed. */
  get block(): Block {
    return this.#whole ?? this.#soFar();
  }

  #soFar(): Block {
    const start = this.#start;
    switch (start.type) {
      case "text":
        return { ...start, text: `${start.text}${this.#text.text}`, ...this.#cited() };
      case "thinking": {
        const thinking = `${start.thinking}${this.#text.text}`;
        const signature = this.#signature === undefined ? {} : { signature: this.#signature };
        return { ...start, thinking, ...signature };
      }
      case "compaction":
        return { ...start, ...this.#compaction };
      default: {
        const { text } = this.#input;
        return text.trim() === "" ? start : { ...start, input: inputOf(text) };
      }
    }
  }

  #cited(): { readonly citations?: readonly Json[] } {
    if (this.#citations.length === 0) return {};
    const { citations } = this.#start;
    return { citations: [...(Array.isArray(citations) ? citations : []), ...this.#citations] };
  }
}

/** Whether a call begins as calls do whose input comes in pieces. */
function isEmptyInput(input: Json | undefined): boolean {
  if (isObject(input)) return Object.keys(input).length === 0;
  return input === undefined || input === null || input === "";
}

const anyValue = z.unknown();

/**
 * What is not (yet) JSON, or not data that a document may contain, stays text: reading it reports
 * that it is not an object.
 */
function inputOf(text: string): Json {
  try {
    return readDocument(anyValue, JSON.parse(text), "input") as Json;
  } catch {
    return text;
  }
}

/** The fields of an event, or of a delta, that have a value and are none of `known`. */
export function unknownFields(event: Delta, known: readonly string[]): readonly string[] {
  return Object.keys(event).filter((name) => {
    return name !== "type" && !known.includes(name) && fieldOf(event, name) != null;
  });
}

function textIn(delta: Delta, name: string): string {
  return expectString(fieldOf(delta, name), `delta.${name}`);
}

/** A field of an event, read once; no getter of it runs. */
export function fieldOf(event: Delta, name: string): unknown {
  try {
    const field = Object.getOwnPropertyDescriptor(event, name);
    if (field === undefined || "value" in field) return field?.value;
  } catch {
    // A value that throws when it is inspected is not plain data.
  }
  throw streamFault(name, "plain data");
}

/** A value that came as an event or a part of one. */
export function asFields(value: unknown, where: string): Delta {
  if (typeof value === "object" && value !== null && !isProxy(value)) return value;
  throw streamFault(where, "a plain object");
}
