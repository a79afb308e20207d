/** Assembles the chunks of a streamed chat completion. */
import { readWhole } from "../../core/data/index.ts";
import {
  areObjects,
  type CanGrow,
  expectObject,
  expectPlace,
  expectString,
  isEmptyValue,
  type JsonObject,
  type MessageStream,
  objectIn,
  type Read,
  type StreamLimits,
  StreamMeter,
  type StreamReading,
  streamFault,
  TextPieces,
} from "../rewrite/index.ts";
import { textKey } from "./chat-blocks.ts";
import { textFields } from "./chat-events.ts";
import {
  any,
  endTexts,
  type Grown,
  GrownList,
  GrownObject,
  type Growth,
  ifObjects,
  ignored,
  last,
  lastIf,
  merged,
  name,
  type ObjectGrowth,
  object,
  objects,
  once,
  text,
} from "./growing.ts";
import { isNone, withFields } from "./json.ts";
import { repeated } from "./repeated.ts";

/** The largest number of choices that a request can ask for. */
export const maxChoices = 128;

/** For each kind of call, the field that holds its text. */
const texts = { function: "arguments", custom: "input" } as const;
const kinds = ["function", "custom"] as const;

/** The name and the text of a call, both present from its first piece on. */
function called(kind: keyof typeof texts): Growth {
  const key = texts[kind];
  return object({ table: { name, [key]: text }, rest: last, defaults: { name: "", [key]: "" } });
}

/** A call: its id and name come once, its text grows. */
const listOfCalls = objects(
  {
    table: {
      index: ignored,
      id: name,
      type: name,
      function: called("function"),
      custom: called("custom"),
    },
    rest: last,
    defaults: { id: "" },
    after(call, where) {
      const [kind, other] = kinds.filter((each) => !isNone(call.get(each)));
      if (other !== undefined) throw streamFault(where, "a call of the kind it began with");
      const type = kinds.find((each) => each === call.get("type"));
      if (type !== undefined && kind !== undefined && type !== kind)
        throw streamFault(`${where}.type`, "the kind of call that it has");
    },
    whole(call) {
      const kind = kinds.find((each) => !isNone(call[each]));
      const type = call.type || (kind ?? "function");
      const begun = kind === undefined ? kinds.find((each) => each === type) : undefined;
      return { ...call, type, ...(begun && { [begun]: { name: "", [texts[begun]]: "" } }) };
    },
  },
  () =>
    ({ index, id }, all, where) => {
      // Mistral and Gemini may leave the index out, because each of their calls comes whole.
      if (isNone(index) && typeof id === "string") return all.length;
      if (index === all.length && typeof id !== "string")
        throw streamFault(`${where}.id`, "an id with the first piece of a call", [id]);
      return expectPlace(index, all.length, `${where}.index`);
    },
);

/** An answer without calls has no list of them, although some servers send an empty one. */
const calls: Growth = (where) => {
  const grow = listOfCalls(where);
  return (now, came, meter) =>
    Array.isArray(came) && came.length === 0 ? now : grow(now, came, meter);
};

/**
 * Details of reasoning. Pieces with the same type and index form one text, so that no text is split
 * into two parts. Without an index, a piece continues the one before it, unless that is signed.
 */
const details = ifObjects(
  objects({ table: { text: any, summary: any, thinking: any }, rest: last }, () => {
    const places = new Map<string, number>();
    let before = "";
    return (detail, all) => {
      if (textKey(detail) === undefined) {
        before = "";
        return all.length;
      }
      const isNumbered = typeof detail.index === "number";
      const about = `${detail.type} ${isNumbered ? detail.index : ""}`;
      const at = places.get(about) ?? all.length;
      const known = all[at];
      const isSigned = known instanceof GrownObject && !isEmptyValue(known.get("signature"));
      const place = isNumbered || (about === before && !isSigned) ? at : all.length;
      before = about;
      places.set(about, place);
      return place;
    };
  }),
);

/** Blocks of a content, whose fields of these names are streamed. Consecutive ones form one. */
function blocksWith(table: ObjectGrowth["table"]): Growth {
  return objects({ table, rest: last }, () => {
    let before: unknown;
    return ({ type }, all) => {
      const isMore = type === before && typeof type === "string" && Object.hasOwn(table, type);
      before = type;
      return isMore ? all.length - 1 : all.length;
    };
  });
}
const blocks = blocksWith({ text, thinking: ifObjects(blocksWith({ text })) });

/** A string or, from Mistral, a list of blocks. A string after a list becomes a text in it. */
const content: Growth = (where) => {
  const ofText = text(where);
  const ofBlocks = blocks(where);
  const asBlocks = (value: unknown) => (value === "" ? [] : [{ type: "text", text: value }]);
  return (now, came, meter) => {
    if (!areObjects(came) && !(now instanceof GrownList)) return ofText(now, came, meter);
    const list = typeof came === "string" ? asBlocks(came) : came;
    if (!(now instanceof TextPieces)) return ofBlocks(now, list, meter);
    now.end();
    return ofBlocks(ofBlocks(undefined, asBlocks(now.text), meter), list, meter);
  };
};

const isFinished = (choice: Grown) =>
  choice instanceof GrownObject && !isEmptyValue(choice.get("finish_reason"));

const noMessage = { content: null, refusal: null };

const choices = objects(
  {
    table: {
      delta: object({
        table: {
          role: name,
          content,
          refusal: text,
          reasoning_details: details,
          thinking_blocks: details,
          audio: object({ table: { id: name, data: text, transcript: text }, rest: any }),
          tool_calls: calls,
          function_call: called("function"),
          provider_specific_fields: merged,
        },
        rest: any,
        defaults: noMessage,
        isOrdered: true,
      }),
      logprobs: object({ table: {}, rest: any }),
      finish_reason: name,
      token_ids: any,
    },
    // Part of an object may be content: none may hide what an earlier one had.
    rest: merged,
    before({ delta, message }, choice, where, meter) {
      meter.endsTexts = isFinished(choice);
      const isMore = ([key, value]: [string, unknown]) => key !== "role" && !isEmptyValue(value);
      if (meter.endsTexts && Object.entries(objectIn(delta)).some(isMore))
        throw streamFault(`${where}.delta`, "nothing after the finish_reason");
      if (!isNone(message))
        throw streamFault(`${where}.message`, "a delta, as a choice of a chunk has");
    },
    // Its texts are complete. Later chunks do not look through all of them again.
    after(choice, _, meter) {
      if (isFinished(choice) && !meter.endsTexts) endTexts(choice);
      meter.endsTexts = false;
    },
    whole({ index = null, delta, message: _, logprobs, finish_reason, ...others }) {
      const { role, ...said } = objectIn(delta ?? noMessage);
      return {
        index,
        message: { role: role || "assistant", ...said },
        logprobs: Object.keys(objectIn(logprobs)).length > 0 ? (logprobs ?? null) : null,
        finish_reason: finish_reason || null,
        ...others,
      };
    },
  },
  () =>
    ({ index }, _, where) => {
      if (typeof index === "number" && Number.isInteger(index) && index >= 0 && index < maxChoices)
        return index;
      const came = typeof index === "number" ? [] : [index];
      throw streamFault(`${where}.index`, `a whole number below ${maxChoices}`, came);
    },
);

/**
 * Whether all texts of a message, which can still grow, come before anything that is not sent in
 * pieces, such as a list or an unknown field.
 */
function isInOrder(choice: Grown): boolean {
  const delta = choice instanceof GrownObject ? choice.get("delta") : undefined;
  const said = delta instanceof GrownObject ? delta.said : [];
  const areTexts = said.flatMap(([key, now]) =>
    key === "role" ? [] : [textFields.includes(key) && now instanceof TextPieces],
  );
  return areTexts.lastIndexOf(true) < areTexts.concat(false).indexOf(false);
}

const names: readonly unknown[] = ["chat.completion.chunk", "chat.completion"];

/** Text that OpenAI and Mistral add so that the length of a chunk reveals nothing. */
const padding: readonly string[] = ["obfuscation", "p"];
const isNoText = (value: unknown) => typeof value !== "string";

/** The answer. A chunk's fields are those of the answer. */
const answer: ObjectGrowth = {
  table: {
    // The request's value, or a default, could hide what an earlier chunk said.
    ...Object.fromEntries(repeated.map((field) => [field, once])),
    // Only an unusual name is kept.
    object: lastIf((value) => !isEmptyValue(value) && !names.includes(value)),
    ...Object.fromEntries(padding.map((field) => [field, lastIf(isNoText)])),
    id: name,
    model: lastIf((value, where) => expectString(value, where) !== ""),
    created: lastIf((value, where) => {
      if (typeof value === "number") return true;
      throw streamFault(where, "a number", [value]);
    }),
    choices,
  },
  rest: merged,
  /** Only an error can come without choices. */
  before({ choices, error, type }, now) {
    if (!isNone(now.get("error"))) throw streamFault("chunk", "nothing after an error");
    if (Array.isArray(choices) || (isNone(choices) && !isNone(error))) return;
    const expected = "an array, as each chunk of a streamed chat completion has";
    const isOther = typeof type === "string" && type.startsWith("response.");
    const came = isOther
      ? "for events of Responses there is responsesStream"
      : "push each chunk of the stream by itself";
    throw streamFault("choices", `${expected} (${came})`, [choices]);
  },
  whole({ id, object, choices, ...others }) {
    const kept = Object.entries(others).filter(
      ([field, value]) => !padding.includes(field) || !isNone(value),
    );
    return {
      ...(isNone(id) ? {} : { id }),
      object: object ?? "chat.completion",
      ...Object.fromEntries(kept),
      choices: choices ?? [],
    };
  },
};

/** The chat completion that its chunks result in. */
export class ChatStream implements MessageStream<unknown, JsonObject> {
  readonly #meter: StreamMeter;
  readonly #reading: StreamReading;
  readonly #expected: number;
  readonly #answer = new GrownObject(answer, "");
  /** The answer so far, until more of it comes. */
  #document: JsonObject | undefined;
  /** Whether the usage came in a chunk without choices. */
  #isUsageApart = false;

  constructor(
    { choices, ...limits }: StreamLimits & { readonly choices: number },
    reading: StreamReading,
  ) {
    this.#meter = new StreamMeter(limits);
    this.#reading = reading;
    this.#expected = readWhole("choices", choices, maxChoices);
  }

  push(event: unknown): void {
    this.#meter.event(event, "chunk", () => {
      this.#document = undefined;
      const chunk = expectObject(event, "chunk");
      this.#answer.add(chunk, this.#meter);
      if (!isNone(chunk.usage)) this.#isUsageApart = isEmptyValue(chunk.choices);
    });
  }

  get #choices(): readonly Grown[] {
    const choices = this.#answer.get("choices");
    return choices instanceof GrownList ? choices.all.flatMap((choice) => [choice]) : [];
  }

  get done(): boolean {
    if (this.#meter.isBroken) return false;
    if (!isNone(this.#answer.get("error"))) return true;
    return this.#choices.length >= this.#expected && this.#choices.every(isFinished);
  }

  /** No chunk says that a text is complete: reasoning can continue after the answer has begun. */
  get canGrow(): CanGrow {
    return this.#choices.every(isInOrder) ? "any text" : "anything";
  }

  /** As `chatEvents` reads the order: usage that came apart from the choices is behind them. */
  get document(): JsonObject {
    if (this.#document === undefined) {
      const whole = this.#answer.value;
      const { usage, ...others } = whole;
      this.#document = this.#reading.document(
        this.#isUsageApart ? withFields(others, { usage }) : whole,
      );
    }
    return this.#document;
  }

  get current(): Read {
    return this.#reading.answer(this.document);
  }
}
