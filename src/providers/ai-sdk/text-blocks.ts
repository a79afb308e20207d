/** Text and reasoning that arrive in pieces, by id. */
import { expectString, type StreamMeter, streamFault, TextPieces } from "../rewrite/index.ts";
import { type Fields, fieldOf, hostCopy } from "./host-values.ts";

interface Block {
  readonly pieces: TextPieces;
  /** Fields next to the text: those of the start, and the latest metadata. */
  settings: Fields;
}

export class TextBlocks {
  readonly #meter: StreamMeter;
  /** By kind and id, because text and reasoning may share an id. */
  readonly #open = new Map<string, Block>();

  constructor(meter: StreamMeter) {
    this.#meter = meter;
  }

  /** Begins a block and returns the function that makes its part. */
  start(event: Fields): () => Fields {
    const key = keyOf(event);
    if (this.#open.has(key)) throw streamFault("id", "a block that is not open yet");
    const { type, id: _, ...settings } = event;
    const block: Block = {
      pieces: new TextPieces(this.#meter, "delta"),
      settings: copied(settings),
    };
    this.#open.set(key, block);
    const kind = kindOf(type);
    return () => Object.freeze({ ...block.settings, type: kind, text: block.pieces.text });
  }

  /** Whether a block has begun and not ended. */
  get isOpen(): boolean {
    return this.#open.size > 0;
  }

  add(event: Fields): void {
    const block = this.#blockOf(event);
    block.pieces.add(expectString(fieldOf(event, "delta"), "delta"));
    applyMetadata(block, event);
  }

  end(event: Fields): void {
    const block = this.#blockOf(event);
    block.pieces.end();
    applyMetadata(block, event);
    const citations = fieldOf(event, "citations");
    if (event.type === "text-end" && citations !== undefined) {
      block.settings = { ...block.settings, citations: hostCopy(citations) };
    }
    this.#open.delete(keyOf(event));
  }

  #blockOf(event: Fields): Block {
    const block = this.#open.get(keyOf(event));
    if (block === undefined) throw streamFault("id", "a block that is open");
    return block;
  }
}

/** The latest metadata wins: signatures arrive with the last piece. */
function applyMetadata(block: Block, event: Fields): void {
  const providerMetadata = fieldOf(event, "providerMetadata");
  if (providerMetadata === undefined || providerMetadata === null) return;
  block.settings = { ...block.settings, providerMetadata: hostCopy(providerMetadata) };
}

function copied(settings: Fields): Fields {
  const entries = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, hostCopy(value)]));
}

function keyOf(event: Fields): string {
  return `${kindOf(event.type)} ${expectString(fieldOf(event, "id"), "id")}`;
}

function kindOf(type: unknown): "text" | "reasoning" {
  return String(type).startsWith("text") ? "text" : "reasoning";
}
