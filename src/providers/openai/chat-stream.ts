/** Chunks of a streamed chat completion, put together. */
import { type Json, readWhole } from "../../core/data/index.ts";
import {
  type CanGrow,
  isJsonObject,
  type JsonObject,
  type MessageStream,
  objectIn,
  type Read,
  type StreamLimits,
  StreamMeter,
  streamFault,
} from "../rewrite/index.ts";
import { textKey } from "./chat-blocks.ts";
import {
  any,
  fields,
  first,
  type Growing,
  GrowingFields,
  type Growth,
  isNone,
  isNothing,
  last,
  name,
  text,
} from "./growing.ts";
import { eventObject } from "./pieces.ts";

/** The most choices a request may ask for. */
export const maxChoices = 128;

/** The name and the text of a call, which are there from its beginning. */
function called(key: "arguments" | "input"): Growth {
  return (meter) => {
    const inner = new GrowingFields(meter, { name, [key]: text }, last);
    return {
      add: (value, where) => inner.add(value, where),
      get value() {
        return { ...inner.value, name: inner.get("name") ?? "", [key]: inner.get(key) ?? "" };
      },
      end: () => inner.end(),
    };
  };
}

const kinds = { function: called("arguments"), custom: called("input") };

/** A call: its id and name come once, its text grows. */
class GrowingCall implements Growing {
  readonly #fields: GrowingFields;
  readonly #meter: StreamMeter;
  #kind: "function" | "custom" | undefined;

  constructor(meter: StreamMeter) {
    this.#meter = meter;
    this.#fields = new GrowingFields(meter, { id: name, type: name, ...kinds }, last);
  }

  add(value: unknown, where: string): void {
    const { index: _, ...delta } = eventObject(value, where);
    for (const kind of ["function", "custom"] as const) {
      if (isNone(delta[kind])) continue;
      if (this.#kind !== undefined && this.#kind !== kind)
        throw streamFault(where, "a call of the kind it began with");
      this.#kind = kind;
    }
    this.#fields.add(delta, where);
    const type = this.#fields.get("type");
    const isKnown = type === "function" || type === "custom";
    if (isKnown && this.#kind !== undefined && this.#kind !== type)
      throw streamFault(`${where}.type`, "the kind of call that it has");
  }

  get value(): JsonObject {
    const type = this.#fields.get("type") || (this.#kind ?? "function");
    const all = { id: "", ...this.#fields.value, type };
    const isBegun = this.#kind === undefined && (type === "function" || type === "custom");
    return isBegun ? { ...all, [type]: kinds[type](this.#meter).value ?? null } : all;
  }

  end(): void {
    this.#fields.end();
  }
}

const calls: Growth = (meter) => {
  const list: GrowingCall[] = [];
  return {
    add(value, where) {
      if (!Array.isArray(value)) throw streamFault(where, "an array", [value]);
      for (const each of value) {
        const { index, id } = eventObject(each, where);
        const isNew = index === list.length;
        if (isNew && typeof id !== "string")
          throw streamFault(`${where}.id`, "an id with the first piece of a call", [id]);
        if (isNew) list.push(new GrowingCall(meter));
        const call = typeof index === "number" ? list[index] : undefined;
        const expected = "the index of something that has begun, or the next one";
        if (call === undefined) throw streamFault(`${where}.index`, expected);
        call.add(each, where);
      }
    },
    get value() {
      return list.length === 0 ? undefined : list.map(({ value }) => value);
    },
    end() {
      for (const call of list) call.end();
    },
  };
};

/**
 * Details of reasoning. Pieces of the same kind and index are one text, so that nothing stands in
 * two parts; without an index, a piece belongs to the one before it, unless that is signed.
 */
const details: Growth = (meter) => {
  const list: GrowingFields[] = [];
  const texts = new Map<string, GrowingFields>();
  let before = "";
  /** Details of another form. */
  let other: Growing | undefined;
  const addDetail = (detail: JsonObject, where: string) => {
    const key = textKey(detail);
    const { type, index } = detail;
    const isNumbered = typeof index === "number";
    const about = `${type} ${isNumbered ? index : ""}`;
    const known = key === undefined ? undefined : texts.get(about);
    const isNext = about === before && isNothing(known?.get("signature"));
    before = about;
    let growing = isNumbered || isNext ? known : undefined;
    if (growing === undefined) {
      growing = new GrowingFields(meter, key === undefined ? {} : { [key]: any }, last);
      list.push(growing);
      texts.set(about, growing);
    }
    growing.add(detail, where);
  };
  return {
    add(value, where) {
      const isList = Array.isArray(value) && value.every(isJsonObject);
      if (isList ? other !== undefined : list.length > 0)
        throw streamFault(where, "an array of objects", [value]);
      if (isList) for (const each of value) addDetail(eventObject(each, where), where);
      else {
        other ??= any(meter);
        other.add(value, where);
      }
    },
    get value() {
      return list.length > 0 ? list.map(({ value }) => value) : other?.value;
    },
    end() {
      for (const growing of list) growing.end();
    },
  };
};

/** Blocks of a content. Texts that follow each other are one, and so are thoughts. */
const blocks: Growth = (meter) => {
  const list: GrowingFields[] = [];
  let before: unknown;
  return {
    add(value, where) {
      if (!Array.isArray(value)) throw streamFault(where, "an array", [value]);
      for (const each of value) {
        const block = eventObject(each, where);
        const { type } = block;
        const isMore = type === before && (type === "text" || type === "thinking");
        const open = isMore ? list.at(-1) : undefined;
        const growing =
          open ?? new GrowingFields(meter, { type: first, text, thinking: thoughts }, last);
        if (open === undefined) list.push(growing);
        before = type;
        growing.add(block, where);
      }
    },
    get value() {
      return list.map(({ value }) => value);
    },
    end() {
      for (const growing of list) growing.end();
    },
  };
};

/** One of two forms, of which the first value decides. */
function either(isFirst: (value: unknown) => boolean, one: Growth, other: Growth): Growth {
  return (meter) => {
    let now: Growing | undefined;
    return {
      add(value, where) {
        now ??= (isFirst(value) ? one : other)(meter);
        now.add(value, where);
      },
      get value() {
        return now?.value;
      },
      end: () => now?.end(),
    };
  };
}

const thoughts: Growth = either(Array.isArray, (meter) => blocks(meter), any);

/** A string or, from Mistral, a list of blocks; after one, a string is a text in it. */
const content: Growth = (meter) => {
  const plain = text(meter);
  let list: Growing | undefined;
  const asBlocks = (value: unknown) => (value === "" ? [] : [{ type: "text", text: value }]);
  return {
    add(value, where) {
      if (list === undefined && Array.isArray(value) && value.every(isJsonObject)) {
        plain.end();
        list = blocks(meter);
        list.add(asBlocks(plain.value), where);
      }
      if (list === undefined) plain.add(value, where);
      else list.add(typeof value === "string" ? asBlocks(value) : value, where);
    },
    get value() {
      return (list ?? plain).value;
    },
    end() {
      for (const each of [plain, list]) each?.end();
    },
  };
};

const message = {
  role: name,
  content,
  refusal: text,
  reasoning_details: details,
  thinking_blocks: details,
  audio: fields({ id: first, data: text, transcript: text }, any),
  tool_calls: calls,
  function_call: called("arguments"),
};

class GrowingChoice {
  readonly #index: number;
  readonly #message: GrowingFields;
  readonly #fields: GrowingFields;
  /** The fields of the message, in the order in which something came for each of them. */
  readonly #order = new Set<string>();

  constructor(index: number, meter: StreamMeter) {
    this.#index = index;
    this.#message = new GrowingFields(meter, message, any);
    const table = { logprobs: fields({}, any), finish_reason: name, token_ids: any };
    this.#fields = new GrowingFields(meter, table, last);
  }

  get isFinished(): boolean {
    return !isNothing(this.#fields.get("finish_reason"));
  }

  add(choice: JsonObject): void {
    const { index: _, delta, message: whole, ...others } = choice;
    if (!isNone(delta)) this.#addDelta(eventObject(delta, "choices.delta"));
    this.#fields.add(others, "choices");
    // Its texts are complete.
    if (this.isFinished) for (const each of [this.#message, this.#fields]) each.end();
    if (!isNone(whole)) throw streamFault("choices.message", "a delta, as a choice of a chunk has");
  }

  /** The role comes at the beginning, and perhaps again. */
  #addDelta(delta: JsonObject): void {
    for (const [key, value] of Object.entries(delta)) {
      if (this.isFinished && key !== "role" && !isNothing(value))
        throw streamFault("choices.delta", "nothing after the finish_reason");
      if (!isNothing(value)) this.#order.add(key);
      this.#message.addTo(key, value, "choices.delta");
    }
  }

  /** Whether no list comes before a text: a list may still grow, and is not sent in pieces. */
  get isInOrder(): boolean {
    const said = this.#message.value;
    const areTexts = [...this.#order].map((key) => typeof said[key] === "string");
    const firstOther = areTexts.indexOf(false);
    return firstOther === -1 || areTexts.lastIndexOf(true) < firstOther;
  }

  get document(): JsonObject {
    const { role, ...said }: JsonObject = { content: null, refusal: null, ...this.#message.value };
    const order = new Set([...this.#order, ...Object.keys(said)]);
    const entries = [...order].flatMap((key) =>
      Object.hasOwn(said, key) ? [[key, said[key]]] : [],
    );
    const { logprobs, finish_reason, ...others } = this.#fields.value;
    return {
      index: this.#index,
      message: { role: role || "assistant", ...Object.fromEntries(entries) },
      logprobs: Object.keys(objectIn(logprobs)).length > 0 ? (logprobs as Json) : null,
      finish_reason: finish_reason || null,
      ...others,
    };
  }
}

/** A value as it came last, if it is of a type. */
function checked(isIt: (value: unknown) => boolean, expected: string): Growth {
  return (meter) => {
    const kept = last(meter);
    return {
      add(value, where) {
        if (!isIt(value)) throw streamFault(where, expected, [value]);
        kept.add(value, where);
      },
      get value() {
        return kept.value;
      },
      end() {},
    };
  };
}

const facts = {
  id: name,
  model: checked((value) => typeof value === "string", "a string"),
  created: checked(Number.isFinite, "a number"),
};

/** What a stream reads its answer with. */
interface Reading {
  readonly document: (document: unknown) => JsonObject;
  readonly answer: (document: unknown) => Read;
}

/** The chunks of a chat completion, put together. */
export class ChatStream implements MessageStream<unknown, JsonObject> {
  readonly #meter: StreamMeter;
  readonly #reading: Reading;
  readonly #expected: number;
  readonly #choices = new Map<number, GrowingChoice>();
  readonly #fields: GrowingFields;
  #failed = false;

  constructor(
    { choices, ...limits }: StreamLimits & { readonly choices: number },
    reading: Reading,
  ) {
    this.#meter = new StreamMeter(limits);
    this.#reading = reading;
    this.#expected = readWhole("choices", choices, maxChoices);
    this.#fields = new GrowingFields(this.#meter, facts, last);
  }

  push(event: unknown): void {
    this.#meter.event(event, "chunk", () => this.#add(eventObject(event, "chunk")));
  }

  #add(chunk: JsonObject): void {
    if (this.#failed) throw streamFault("chunk", "nothing after an error");
    const { choices, ...others } = chunk;
    for (const [key, value] of Object.entries(others)) {
      if (!isUsual(key, value)) this.#fields.addTo(key, value, "chunk");
    }
    this.#failed = !isNone(others.error);
    for (const choice of this.#choicesIn(chunk)) this.#addChoice(eventObject(choice, "choices"));
  }

  /** An error stands alone. Any other chunk has choices, be it none. */
  #choicesIn({ choices, type }: JsonObject): readonly unknown[] {
    if (Array.isArray(choices)) return choices;
    if (this.#failed && isNone(choices)) return [];
    const expected = "an array, as each chunk of a streamed chat completion has";
    const came = String(type).startsWith("response.")
      ? "for events of Responses there is responsesStream"
      : "push each chunk of the stream by itself";
    throw streamFault("choices", `${expected} (${came})`, [choices]);
  }

  #addChoice(choice: JsonObject): void {
    const { index } = choice;
    if (typeof index !== "number" || !Number.isInteger(index) || index < 0 || index >= maxChoices) {
      const came = typeof index === "number" ? [] : [index];
      throw streamFault("choices.index", `a whole number below ${maxChoices}`, came);
    }
    const found = this.#choices.get(index) ?? new GrowingChoice(index, this.#meter);
    this.#choices.set(index, found);
    found.add(choice);
  }

  get done(): boolean {
    if (this.#meter.isBroken) return false;
    if (this.#failed) return true;
    const all = [...this.#choices.values()];
    return all.length >= this.#expected && all.every(({ isFinished }) => isFinished);
  }

  /** No chunk says that a text is over: reasoning may go on after the answer began. */
  get canGrow(): CanGrow {
    const isInOrder = [...this.#choices.values()].every((choice) => choice.isInOrder);
    return isInOrder ? "any text" : "anything";
  }

  get document(): JsonObject {
    const { id, ...others } = this.#fields.value;
    const choices = [...this.#choices].sort(([a], [b]) => a - b).map(([, each]) => each.document);
    return this.#reading.document({
      ...(isNone(id) ? {} : { id }),
      object: "chat.completion",
      ...others,
      choices,
    });
  }

  get current(): Read {
    return this.#reading.answer(this.document);
  }
}

/** What a chunk calls itself, and random text that OpenAI adds so that its length reveals nothing. */
function isUsual(key: string, value: unknown): boolean {
  if (key === "obfuscation") return typeof value === "string";
  const names: readonly unknown[] = ["chat.completion.chunk", "chat.completion"];
  return key === "object" && (isNothing(value) || names.includes(value));
}
