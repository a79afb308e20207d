/** Assembles the chunks of a streamed chat completion. */
import { type Json, readWhole } from "../../core/data/index.ts";
import {
  type CanGrow,
  expectString,
  isJsonObject,
  type JsonObject,
  type MessageStream,
  objectIn,
  type Read,
  type StreamLimits,
  StreamMeter,
  type StreamReading,
  streamFault,
} from "../rewrite/index.ts";
import { textKey } from "./chat-blocks.ts";
import { textFields } from "./chat-events.ts";
import {
  any,
  fields,
  first,
  type Growing,
  GrowingFields,
  type Growth,
  growing,
  ignoring,
  isNone,
  isNothing,
  items,
  keeping,
  last,
  name,
  text,
  withList,
} from "./growing.ts";
import { eventObject } from "./pieces.ts";

/** The largest number of choices that a request can ask for. */
export const maxChoices = 128;

/** For each kind of call, the field that holds its text. */
const texts = { function: "arguments", custom: "input" } as const;
const kinds = ["function", "custom"] as const;

/** The name and the text of a call, both present from its first piece on. */
function called(kind: keyof typeof texts): Growth {
  const key = texts[kind];
  return fields({ name, [key]: text }, last, { name: "", [key]: "" });
}

const callFields = {
  id: name,
  type: name,
  function: called("function"),
  custom: called("custom"),
};

/** A call: its id and name come once, its text grows. */
function growingCall(meter: StreamMeter, where: string): Growing {
  const fields = new GrowingFields(meter, where, callFields, last, { id: "" });
  const kindsSoFar = () => kinds.filter((kind) => fields.has(kind));
  const add = (piece: unknown) => {
    fields.addOthers(objectIn(piece), ["index"]);
    const [kind, other] = kindsSoFar();
    if (other !== undefined) throw streamFault(where, "a call of the kind it began with");
    const type = kinds.find((known) => known === fields.get("type"));
    if (type !== undefined && kind !== undefined && type !== kind)
      throw streamFault(`${where}.type`, "the kind of call that it has");
  };
  const value = () => {
    const [kind] = kindsSoFar();
    const type = fields.get("type") || (kind ?? "function");
    const begun = kind === undefined ? kinds.find((known) => known === type) : undefined;
    const empty = begun && { [begun]: { name: "", [texts[begun]]: "" } };
    return { ...fields.value, type, ...empty };
  };
  return growing(add, value, () => [fields]);
}

const calls: Growth = items(growingCall, () => ({ index, id }, all, where) => {
  const isNew = index === all.length;
  if (isNew && typeof id !== "string")
    throw streamFault(`${where}.id`, "an id with the first piece of a call", [id]);
  const call = typeof index === "number" ? all[index] : undefined;
  const expected = "the index of something that has begun, or the next one";
  if (call === undefined && !isNew) throw streamFault(`${where}.index`, expected);
  return call;
});

const areObjects = (value: unknown) => Array.isArray(value) && value.every(isJsonObject);

/**
 * Details of reasoning. Pieces with the same type and index form one text, so that no text is split
 * into two parts. Without an index, a piece continues the one before it, unless that is signed.
 */
const detailList: Growth = items(
  (meter, where, detail) => {
    const key = textKey(detail);
    return new GrowingFields(meter, where, key === undefined ? {} : { [key]: any }, last);
  },
  () => {
    const places = new Map<string, number>();
    let before = "";
    return (detail, all) => {
      const { type, index } = detail;
      const isNumbered = typeof index === "number";
      const about = `${type} ${isNumbered ? index : ""}`;
      const known = textKey(detail) === undefined ? undefined : all[places.get(about) ?? -1];
      const isNext = about === before && isNothing(known?.get("signature"));
      before = about;
      if (known !== undefined && (isNumbered || isNext)) return known;
      places.set(about, all.length);
      return undefined;
    };
  },
);
const details = withList(detailList, areObjects);

/** The blocks of a content. Consecutive texts form one, and so do consecutive thoughts. */
const blocks: Growth = items(
  (meter, where) =>
    new GrowingFields(meter, where, { type: first, text, thinking: thoughts }, last),
  () => {
    let before: unknown;
    return ({ type }, all) => {
      const isMore = type === before && (type === "text" || type === "thinking");
      before = type;
      return isMore ? all.at(-1) : undefined;
    };
  },
);
const thoughts = withList(blocks, Array.isArray);

/** A string or, from Mistral, a list of blocks. A string after a list becomes a text in it. */
const content: Growth = (meter, where) => {
  const plain = text(meter, where);
  let list: Growing | undefined;
  const asBlocks = (value: unknown) => (value === "" ? [] : [{ type: "text", text: value }]);
  const add = (value: unknown) => {
    if (list === undefined && areObjects(value)) {
      plain.end();
      list = blocks(meter, where);
      list.add(asBlocks(plain.value));
    }
    if (list === undefined) plain.add(value);
    else list.add(typeof value === "string" ? asBlocks(value) : value);
  };
  const value = () => (list ?? plain).value ?? [];
  return growing(add, value, () => [list ?? plain]);
};

const message = {
  role: name,
  content,
  refusal: text,
  reasoning_details: details,
  thinking_blocks: details,
  audio: fields({ id: first, data: text, transcript: text }, any),
  tool_calls: calls,
  function_call: called("function"),
};

const choiceFields = { logprobs: fields({}, any), finish_reason: name, token_ids: any };
/** The fields of chunks and of choices that are handled separately. */
const choices = ["choices"];
const said = ["index", "delta", "message"];

class GrowingChoice {
  readonly #index: number;
  readonly #message: GrowingFields;
  readonly #fields: GrowingFields;
  /** The fields of the message that have a value, in the order in which they arrived. */
  readonly #said = new Set<string>();
  isFinished = false;

  constructor(index: number, meter: StreamMeter) {
    this.#index = index;
    const nothing = { content: null, refusal: null };
    this.#message = new GrowingFields(meter, "choices.delta", message, any, nothing);
    this.#fields = new GrowingFields(meter, "choices", choiceFields, last);
  }

  add(choice: JsonObject): void {
    const { delta, message: whole } = choice;
    if (!isNone(delta)) this.#addDelta(eventObject(delta, "choices.delta"));
    this.#fields.addOthers(choice, said);
    this.isFinished = !isNothing(this.#fields.get("finish_reason"));
    // Its texts are complete.
    if (this.isFinished) for (const each of [this.#message, this.#fields]) each.end();
    if (!isNone(whole)) throw streamFault("choices.message", "a delta, as a choice of a chunk has");
  }

  /** Adds a delta. After the end, only the role can still be repeated. */
  #addDelta(delta: JsonObject): void {
    for (const key of Object.keys(delta)) {
      if (isNothing(delta[key])) continue;
      if (this.isFinished && key !== "role")
        throw streamFault("choices.delta", "nothing after the finish_reason");
      this.#said.add(key);
    }
    this.#message.addOthers(delta, []);
  }

  /**
   * Whether all texts, which can still grow, come before anything that is not sent in pieces, such
   * as a list or an unknown field.
   */
  get isInOrder(): boolean {
    const said = this.#message.value;
    const isText = (key: string) => textFields.includes(key) && typeof said[key] === "string";
    const areTexts = [...this.#said].filter((key) => key !== "role").map(isText);
    return areTexts.lastIndexOf(true) < areTexts.concat(false).indexOf(false);
  }

  get document(): JsonObject {
    const all = this.#message.value;
    const { role, ...said } = Object.fromEntries(
      [...this.#said, ...Object.keys(all)].map((key) => [key, all[key] ?? null]),
    );
    const { logprobs, finish_reason, ...others } = this.#fields.value;
    return {
      index: this.#index,
      message: { role: role || "assistant", ...said },
      logprobs: Object.keys(objectIn(logprobs)).length > 0 ? (logprobs as Json) : null,
      finish_reason: finish_reason || null,
      ...others,
    };
  }
}

const names: readonly unknown[] = ["chat.completion.chunk", "chat.completion"];

const facts = {
  // Only an unusual name is kept.
  object: ignoring((value) => isNothing(value) || names.includes(value)),
  // Random text that OpenAI adds so that the length of a chunk reveals nothing.
  obfuscation: ignoring((value) => typeof value === "string"),
  id: name,
  model: keeping("last", expectString),
  created: keeping("last", (value, where) => {
    if (!Number.isFinite(value)) throw streamFault(where, "a number", [value]);
  }),
};

/** The chat completion that its chunks result in. */
export class ChatStream implements MessageStream<unknown, JsonObject> {
  readonly #meter: StreamMeter;
  readonly #reading: StreamReading;
  readonly #expected: number;
  readonly #choices = new Map<number, GrowingChoice>();
  readonly #fields: GrowingFields;
  #failed = false;
  /** The answer so far, until more of it comes. */
  #document: JsonObject | undefined;

  constructor(
    { choices, ...limits }: StreamLimits & { readonly choices: number },
    reading: StreamReading,
  ) {
    this.#meter = new StreamMeter(limits);
    this.#reading = reading;
    this.#expected = readWhole("choices", choices, maxChoices);
    this.#fields = new GrowingFields(this.#meter, "chunk", facts, last);
  }

  push(event: unknown): void {
    this.#meter.event(event, "chunk", () => this.#add(eventObject(event, "chunk")));
  }

  #add(chunk: JsonObject): void {
    if (this.#failed) throw streamFault("chunk", "nothing after an error");
    this.#document = undefined;
    this.#fields.addOthers(chunk, choices);
    this.#failed = !isNone(chunk.error);
    for (const choice of this.#choicesIn(chunk)) this.#addChoice(eventObject(choice, "choices"));
  }

  /** The choices of a chunk. Only an error can come without the field. */
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
    const known = this.#choices.get(index);
    const found = known ?? new GrowingChoice(index, this.#meter);
    if (known === undefined) this.#choices.set(index, found);
    found.add(choice);
  }

  get done(): boolean {
    if (this.#meter.isBroken) return false;
    if (this.#failed) return true;
    const all = [...this.#choices.values()];
    return all.length >= this.#expected && all.every(({ isFinished }) => isFinished);
  }

  /** No chunk says that a text is complete: reasoning can continue after the answer has begun. */
  get canGrow(): CanGrow {
    const isInOrder = [...this.#choices.values()].every((choice) => choice.isInOrder);
    return isInOrder ? "any text" : "anything";
  }

  get document(): JsonObject {
    this.#document ??= this.#reading.document(this.#soFar());
    return this.#document;
  }

  #soFar(): JsonObject {
    const { id, object, ...others } = this.#fields.value;
    const choices = [...this.#choices].sort(([a], [b]) => a - b).map(([, each]) => each.document);
    return {
      ...(isNone(id) ? {} : { id }),
      object: object ?? "chat.completion",
      ...others,
      choices,
    };
  }

  get current(): Read {
    return this.#reading.answer(this.document);
  }
}
