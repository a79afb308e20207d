/** One choice of a streamed chat completion. */
import type { Json } from "../../core/data/index.ts";
import { expectString, type StreamMeter, streamFault, TextPieces } from "../rewrite/index.ts";
import { compact, given, type JsonObject } from "./json.ts";
import { eventObject, GrowingFields, keep, placeIn, sameName } from "./pieces.ts";
import { isEmpty } from "./report-fields.ts";

const what = "chat completion chunk";

/** A call: its id and name come once, its text grows. */
class StreamedCall {
  readonly #text: TextPieces;
  /** What stands beside the name and the text, and what beside those two together. */
  readonly #inner: GrowingFields;
  readonly #outer: GrowingFields;
  #kind: "function" | "custom" | undefined;
  #type: string | undefined;
  #id: string | undefined;
  #name: string | undefined;

  constructor(meter: StreamMeter) {
    this.#text = new TextPieces(meter, "tool_calls");
    this.#inner = new GrowingFields(meter, what);
    this.#outer = new GrowingFields(meter, what);
  }

  apply(delta: JsonObject): void {
    this.#id = sameName(this.#id, delta.id, "tool_calls.id");
    this.#type = sameName(this.#type, delta.type, "tool_calls.type");
    for (const kind of ["function", "custom"] as const) {
      const inner = given(delta, kind);
      if (inner === undefined) continue;
      if (this.#kind !== undefined && this.#kind !== kind) {
        throw streamFault("tool_calls", "a call of the kind it began with");
      }
      this.#kind = kind;
      this.applyInner(eventObject(inner, "tool_calls"), kind === "custom" ? "input" : "arguments");
    }
    const isKnown = this.#type === "function" || this.#type === "custom";
    if (isKnown && this.#kind !== undefined && this.#kind !== this.#type) {
      throw streamFault("tool_calls.type", "the kind of call that it has");
    }
    const known = ["index", "id", "type", "function", "custom"];
    applyOthers(delta, known, this.#outer);
  }

  /** The name and the next piece of the text. */
  applyInner(inner: JsonObject, key: "arguments" | "input"): void {
    this.#name = sameName(this.#name, inner.name, "tool_calls.name");
    this.#text.add(expectString(given(inner, key) ?? "", `tool_calls.${key}`));
    applyOthers(inner, ["name", key], this.#inner);
  }

  /** @throws GlassineError `stream_invalid` for a text that ends inside a character */
  end(): void {
    this.#text.end();
  }

  document(): JsonObject {
    const type = this.#type || (this.#kind ?? "function");
    const kind = this.#kind ?? (type === "custom" ? type : "function");
    const key = kind === "custom" ? "input" : "arguments";
    const isKnown = this.#kind !== undefined || type === kind;
    return compact([
      ["id", this.#id ?? ""],
      ["type", type],
      [kind, isKnown ? this.inner(key) : undefined],
      ...this.#outer.entries(),
    ]);
  }

  /** By itself it is the `function_call` of older models. */
  inner(key: "arguments" | "input"): JsonObject {
    return compact([["name", this.#name ?? ""], [key, this.#text.text], ...this.#inner.entries()]);
  }
}

export class StreamedChoice {
  readonly #index: number;
  readonly #meter: StreamMeter;
  readonly #calls: StreamedCall[] = [];
  readonly #message: GrowingFields;
  readonly #others: GrowingFields;
  readonly #audio: GrowingFields;
  readonly #logprobs = new Map<string, Json>();
  #legacy: StreamedCall | undefined;
  #hasAudio = false;
  #role: string | undefined;
  #finish: string | undefined;

  constructor(index: number, meter: StreamMeter) {
    this.#index = index;
    this.#meter = meter;
    this.#message = new GrowingFields(meter, what);
    this.#others = new GrowingFields(meter, what);
    this.#audio = new GrowingFields(meter, what);
  }

  get isFinished(): boolean {
    return this.#finish !== undefined;
  }

  apply(choice: JsonObject): void {
    const delta = given(choice, "delta");
    if (delta !== undefined) this.#applyDelta(eventObject(delta, "choices.delta"));
    this.#applyLogprobs(given(choice, "logprobs"));
    this.#finish = sameName(this.#finish, choice.finish_reason, "finish_reason") || undefined;
    if (this.isFinished) this.#end();
    if (given(choice, "message") !== undefined) {
      throw streamFault("choices.message", "a delta, as a choice of a chunk has");
    }
    const known = ["index", "delta", "message", "logprobs", "finish_reason"];
    applyOthers(choice, known, this.#others);
  }

  /** The role comes at the beginning, and perhaps again. */
  #applyDelta(delta: JsonObject): void {
    this.#role = sameName(this.#role, delta.role, "choices.delta.role");
    for (const [key, value] of Object.entries(delta)) {
      if (key === "role") continue;
      if (this.isFinished && !isNothing(value)) {
        throw streamFault("choices.delta", "nothing after the finish_reason");
      }
      if (key === "tool_calls") this.#applyCalls(value);
      else if (key === "function_call" && value !== null) this.#applyLegacy(value);
      else if (key === "audio" && value !== null) this.#applyAudio(value);
      else this.#message.add(key, textOrNull(key, value));
    }
  }

  #applyCalls(deltas: unknown): void {
    if (deltas === null || deltas === undefined) return;
    if (!Array.isArray(deltas)) throw streamFault("tool_calls", "an array", [deltas]);
    for (const each of deltas) {
      const delta = eventObject(each, "tool_calls");
      const place = placeIn(delta.index, this.#calls.length, "tool_calls.index");
      const isNew = place === this.#calls.length;
      if (isNew && typeof delta.id !== "string") {
        throw streamFault("tool_calls.id", "an id with the first piece of a call", [delta.id]);
      }
      const call = this.#calls[place] ?? new StreamedCall(this.#meter);
      call.apply(delta);
      if (isNew) this.#calls.push(call);
    }
  }

  #applyLegacy(value: unknown): void {
    this.#legacy ??= new StreamedCall(this.#meter);
    this.#legacy.applyInner(eventObject(value, "function_call"), "arguments");
  }

  #applyAudio(value: unknown): void {
    const audio = eventObject(value, "choices.delta.audio");
    this.#hasAudio = true;
    for (const [key, value] of Object.entries(audio)) {
      if (key === "data" || key === "transcript") textOf(value, `choices.delta.audio.${key}`);
      if (key !== "id") this.#audio.add(key, value);
      else if (!this.#audio.has(key)) this.#audio.set(key, value);
    }
  }

  #applyLogprobs(logprobs: Json | undefined): void {
    if (isEmpty(logprobs)) return;
    for (const [key, list] of Object.entries(eventObject(logprobs, "choices.logprobs"))) {
      const before = this.#logprobs.get(key);
      const kept = list === null ? (before ?? null) : keep(list, what, this.#meter);
      if (!Array.isArray(kept) || list === null) this.#logprobs.set(key, kept);
      else if (Array.isArray(before)) for (const item of kept) before.push(item);
      else this.#logprobs.set(key, [...kept]);
    }
  }

  /** Its texts are complete. */
  #end(): void {
    for (const call of this.#calls) call.end();
    this.#legacy?.end();
    for (const fields of [this.#message, this.#audio, this.#others]) fields.end();
  }

  document(): JsonObject {
    const calls = this.#calls.map((call) => call.document());
    const message = compact([
      ["role", this.#role || "assistant"],
      ["content", null],
      ["refusal", null],
      ...this.#message.entries(),
      ["tool_calls", calls.length > 0 ? calls : undefined],
      ["function_call", this.#legacy?.inner("arguments")],
      ["audio", this.#hasAudio ? compact(this.#audio.entries()) : undefined],
    ]);
    return compact([
      ["index", this.#index],
      ["message", message],
      ["logprobs", this.#logprobs.size > 0 ? Object.fromEntries(this.#logprobs) : null],
      ["finish_reason", this.#finish ?? null],
      ...this.#others.entries(),
    ]);
  }
}

function applyOthers(json: JsonObject, known: readonly string[], into: GrowingFields): void {
  for (const [key, value] of Object.entries(json)) {
    // Null does not take back earlier values.
    if (!known.includes(key) && !(value === null && into.has(key))) into.set(key, value);
  }
}

function textOrNull(key: string, value: unknown): unknown {
  if (key === "content" || key === "refusal") textOf(value, `choices.delta.${key}`);
  return value ?? null;
}

/** @throws GlassineError `stream_invalid` for what is neither a piece of text nor nothing */
function textOf(value: unknown, where: string): void {
  if (value === null || value === undefined || typeof value === "string") return;
  throw streamFault(where, "a string", [value]);
}

function isNothing(value: unknown): boolean {
  return (
    value === null ||
    value === undefined ||
    value === "" ||
    (Array.isArray(value) && value.length === 0)
  );
}
