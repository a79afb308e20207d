/** One choice of a streamed chat completion. */
import type { Json } from "../../admit/index.ts";
import { type StreamMeter, streamFault, TextPieces } from "../../documents/index.ts";
import { compact, given, isObject, type JsonObject } from "./json.ts";
import { eventObject, GrowingFields, keep, placeIn, sameName, textSoFar } from "./pieces.ts";

const what = "chat completion chunk";

/** A call: its id and name are told once, its text grows. */
class StreamedCall {
  readonly #meter: StreamMeter;
  readonly #text: TextPieces;
  readonly #others: GrowingFields;
  #kind: "function" | "custom" | undefined;
  #type: string | undefined;
  #id: string | undefined;
  #name: string | undefined;

  constructor(meter: StreamMeter) {
    this.#meter = meter;
    this.#text = new TextPieces(meter);
    this.#others = new GrowingFields(meter, what);
  }

  take(delta: JsonObject): void {
    this.#id = sameName(this.#id, delta.id, "tool_calls.id");
    this.#type = sameName(this.#type, delta.type, "tool_calls.type");
    for (const kind of ["function", "custom"] as const) {
      const inner = given(delta, kind);
      if (inner === undefined) continue;
      if (this.#kind !== undefined && this.#kind !== kind) {
        throw streamFault("tool_calls", "a call of the kind it began with");
      }
      this.#kind = kind;
      this.takeInner(eventObject(inner, "tool_calls"), kind === "custom" ? "input" : "arguments");
    }
    const known = ["index", "id", "type", "function", "custom"];
    takeOthers(delta, known, this.#others);
  }

  /** The name and the next piece of the text. */
  takeInner(inner: JsonObject, key: "arguments" | "input"): void {
    this.#name = sameName(this.#name, inner.name, "tool_calls.name");
    const piece = given(inner, key) ?? "";
    if (typeof piece !== "string") throw streamFault(`tool_calls.${key}`, "a text", [piece]);
    this.#text.add(piece);
    for (const [name, value] of Object.entries(inner)) {
      if (name !== "name" && name !== key) this.#others.set(name, keep(value, what, this.#meter));
    }
  }

  document(isDone: boolean): JsonObject {
    const type = this.#type ?? this.#kind ?? "function";
    const kind = this.#kind ?? "function";
    const key = kind === "custom" ? "input" : "arguments";
    const inner = { name: this.#name ?? "", [key]: textSoFar(this.#text, isDone) };
    const isKnown = this.#kind !== undefined || type === "function";
    return compact([
      ["id", this.#id ?? ""],
      ["type", type],
      [kind, isKnown ? inner : undefined],
      ...this.#others.entries(isDone),
    ]);
  }

  /** As the `function_call` of older models has it. */
  legacy(isDone: boolean): JsonObject {
    return { name: this.#name ?? "", arguments: textSoFar(this.#text, isDone) };
  }
}

export class StreamedChoice {
  readonly #index: number;
  readonly #meter: StreamMeter;
  readonly #calls: StreamedCall[] = [];
  readonly #message: GrowingFields;
  readonly #others: GrowingFields;
  readonly #audio: GrowingFields;
  readonly #logprobs = new Map<string, Json[] | null>();
  #legacy: StreamedCall | undefined;
  #hasAudio = false;
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

  take(choice: JsonObject): void {
    const delta = given(choice, "delta");
    if (delta !== undefined) this.#takeDelta(eventObject(delta, "choices.delta"));
    this.#takeLogprobs(given(choice, "logprobs"));
    this.#finish = sameName(this.#finish, choice.finish_reason, "finish_reason") || undefined;
    takeOthers(choice, ["index", "delta", "logprobs", "finish_reason"], this.#others);
  }

  #takeDelta(delta: JsonObject): void {
    for (const [key, value] of Object.entries(delta)) {
      if (key === "role") continue;
      if (this.isFinished && !isNothing(value)) {
        throw streamFault("choices.delta", "nothing after the finish_reason");
      }
      if (key === "tool_calls") this.#takeCalls(value);
      else if (key === "function_call" && value !== null) this.#takeLegacy(value);
      else if (key === "audio" && isObject(value)) this.#takeAudio(value);
      else this.#message.add(key, textOrNull(key, value));
    }
  }

  #takeCalls(deltas: unknown): void {
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
      call.take(delta);
      if (isNew) this.#calls.push(call);
    }
  }

  #takeLegacy(value: unknown): void {
    this.#legacy ??= new StreamedCall(this.#meter);
    this.#legacy.takeInner(eventObject(value, "function_call"), "arguments");
  }

  #takeAudio(audio: JsonObject): void {
    this.#hasAudio = true;
    for (const [key, value] of Object.entries(audio)) {
      if (key !== "id") this.#audio.add(key, value);
      else if (!this.#audio.has(key)) this.#audio.set(key, value);
    }
  }

  #takeLogprobs(logprobs: unknown): void {
    if (!isObject(logprobs)) return;
    for (const [key, list] of Object.entries(logprobs)) {
      const before = this.#logprobs.get(key);
      if (!Array.isArray(list)) this.#logprobs.set(key, before ?? null);
      else {
        const items = keep(list, what, this.#meter) as readonly Json[];
        if (Array.isArray(before)) for (const item of items) before.push(item);
        else this.#logprobs.set(key, [...items]);
      }
    }
  }

  document(isDone: boolean): JsonObject {
    const end = isDone || this.isFinished;
    const calls = this.#calls.map((call) => call.document(end));
    const message = compact([
      ["role", "assistant"],
      ["content", null],
      ["refusal", null],
      ...this.#message.entries(end),
      ["tool_calls", calls.length > 0 ? calls : undefined],
      ["function_call", this.#legacy?.legacy(end)],
      ["audio", this.#hasAudio ? compact(this.#audio.entries(end)) : undefined],
    ]);
    return compact([
      ["index", this.#index],
      ["message", message],
      ["logprobs", this.#logprobs.size > 0 ? Object.fromEntries(this.#logprobs) : null],
      ["finish_reason", this.#finish ?? null],
      ...this.#others.entries(end),
    ]);
  }
}

function takeOthers(json: JsonObject, known: readonly string[], into: GrowingFields): void {
  for (const [key, value] of Object.entries(json)) {
    if (!known.includes(key)) into.set(key, value);
  }
}

function textOrNull(key: string, value: unknown): unknown {
  const isText = key === "content" || key === "refusal";
  if (!isText || value === null || value === undefined || typeof value === "string")
    return value ?? null;
  throw streamFault(`choices.delta.${key}`, "a text", [value]);
}

function isNothing(value: unknown): boolean {
  return (
    value === null ||
    value === undefined ||
    value === "" ||
    (Array.isArray(value) && value.length === 0)
  );
}
