/** Reads an answer as one assistant message, and writes it back. */
import type { Json } from "../../core/data/index.ts";
import { type Message, messageReadFrom } from "../../core/messages/index.ts";
import type { BlockKind, BlockTable, CompiledBlocks, PlaceOf, Resets } from "./block-kinds.ts";
import { callsIn, reportRelativeIds, resetFields, writeBlocks } from "./blocks.ts";
import { type FactTable, type FreshFacts, freshFacts, type GivenFacts, wordFor } from "./facts.ts";
import {
  isEmptyValue,
  type JsonObject,
  keysOf,
  objectsIn,
  type Path,
  sameList,
  set,
  stringIn,
  valueAt,
} from "./json.ts";
import { hasCall, itemsOf, readBlocks } from "./read-blocks.ts";
import { type Reading, silentReading } from "./reading.ts";
import { type Collector, type Lost, pathOf, removedReporter } from "./report.ts";
import type { OldTurns, Segment, TurnTable } from "./turns.ts";
import { reportForm, reportToolNames } from "./write-turns.ts";

/** How an answer represents the assistant's message. */
export interface AnswerTable {
  /** The field with the blocks: `output.message.content`. */
  readonly content: string;
  /**
   * Fields beside the blocks that hold a string from the provider, such as why a model refused,
   * each with its value when there is none. The message shows each as a text part after all other
   * parts. Such a part can be changed or removed, but not added.
   */
  readonly remarks?: { readonly [field: string]: null | undefined };
  readonly facts: FactTable;
  /** Fields only valid with the old content. Default: the `BlockTable`'s `resetOnEdit`. */
  readonly resetOnEdit?: Resets;
  /** The answer without its blocks, with all fields that an SDK's types require. */
  readonly fresh: (facts: FreshFacts) => JsonObject;
}

/** The table of an answer with several messages, each of which is a turn. */
export interface AnswersTable {
  readonly choices: TurnTable;
  /** The answer without its turns. */
  readonly freshAnswer: (given: GivenFacts) => JsonObject;
}

/**
 * A field name that no document can contain, because it is not valid Unicode. It marks a remark
 * among the blocks. It is not random: some runtimes refuse to import what asks for random values.
 */
const field = /* @__PURE__ */ String.fromCharCode(0xd800);
const remark: BlockKind = {
  part: "text",
  identifiedBy: [field],
  fields: {
    text: { at: "says", shows: [field], read: (value) => value, write: (value) => value },
  },
};

/** Adds remarks to a block table: an answer's last blocks may be remarks. */
export function withRemarks(blocks: BlockTable, { remarks }: AnswerTable): BlockTable {
  return remarks === undefined ? blocks : { ...blocks, kinds: { ...blocks.kinds, remark } };
}

function remarksIn(document: JsonObject, { remarks = {} }: AnswerTable): readonly JsonObject[] {
  return Object.keys(remarks).flatMap((place) => {
    const says = valueAt(document, keysOf(place));
    return typeof says === "string" && says !== "" ? [{ [field]: place, says }] : [];
  });
}

export function readAnswer(
  table: CompiledBlocks,
  answer: AnswerTable,
  document: JsonObject,
  reading: Reading,
): Segment {
  const path = keysOf(answer.content);
  const own = objectsIn(valueAt(document, path));
  const remarks = remarksIn(document, answer);
  const blocks = remarks.length === 0 ? own : [...own, ...remarks];
  const placeOf = itemsOf(path);
  const pathOfBlock: PlaceOf = (i) =>
    i < own.length ? placeOf(i) : keysOf(stringIn(blocks[i] ?? {}, field));
  const from = { blocks, pathOfBlock };
  const { parts, at } = readBlocks(table, from, reading, "answer");
  const message = messageReadFrom(document, { role: "assistant", content: parts });
  return { message, shown: { ...from, parts: message.content, at }, turn: 0, begin: 0 };
}

export function writeAnswer(
  table: CompiledBlocks,
  answer: AnswerTable,
  messages: readonly Message[],
  shown: OldTurns | undefined,
  given: GivenFacts,
  lost: Collector<Lost>,
): JsonObject {
  const { document: old, segments: [{ shown: before } = {}] = [], left = [] } = shown ?? {};
  reportMessages(messages, lost);
  if (!table.namesResults) reportToolNames(messages.slice(0, 1), lost);
  const target = {
    table,
    place: "answer",
    lost,
    ...callsIn(
      table,
      before?.blocks ?? [],
      messages.flatMap(({ content }) => content),
    ),
    removed: removedReporter(left, lost.add),
  };
  const placeOf = (i: number): Path => [0, "content", i];
  const parts = messages[0]?.content ?? [];
  const blocks = writeBlocks(target, parts, before, placeOf);
  if (
    old !== undefined &&
    before !== undefined &&
    sameList(before.blocks, blocks) === before.blocks
  )
    return old;
  const calls = hasCall(table, blocks);
  const { stop } = answer.facts;
  const document =
    old === undefined || before === undefined
      ? answer.fresh(freshFacts(given, stop, calls, lost))
      : withStop(
          resetFields(old, answer.resetOnEdit ?? table.table.resetOnEdit, [0, "content"], lost),
          stop,
          hasCall(table, before.blocks),
          calls,
          lost,
        );
  const written = withBlocks(answer, document, blocks);
  const readAgain = () => [readAnswer(table, answer, written, silentReading()).message];
  reportRelativeIds(table, messages.slice(0, 1), readAgain, lost);
  return written;
}

/** Returns the answer with new blocks, and with the remarks that are still among them. */
function withBlocks(
  { content, remarks = {} }: AnswerTable,
  document: JsonObject,
  blocks: readonly JsonObject[],
): JsonObject {
  const before = objectsIn(valueAt(document, keysOf(content)));
  const own = sameList(
    before,
    blocks.filter((block) => !Object.hasOwn(block, field)),
  );
  const written = own === before ? document : set(document, keysOf(content), own);
  return Object.entries(remarks).reduce((made, [place, none]) => {
    const keys = keysOf(place);
    if (isEmptyValue(valueAt(document, keys))) return made;
    const kept = blocks.find((block) => block[field] === place);
    return set(made, keys, kept === undefined ? none : kept.says);
  }, written);
}

function reportMessages(messages: readonly Message[], lost: Collector<Lost>): void {
  if (messages.length === 0)
    lost.add({ path: pathOf(), reason: "A response needs a message, but there is none." });
  for (const [index, message] of messages.entries()) {
    if (index > 0) {
      const reason = "A response is a single message; this one is extra.";
      lost.add({ path: pathOf(index), reason });
      continue;
    }
    reportForm(message, index, lost);
    if (message.role === "assistant") continue;
    const reason = "A response reads back as an assistant message.";
    lost.add({ path: pathOf(index, "role"), reason });
  }
}

/** Corrects a stop reason that an edit made untrue. */
function withStop(
  old: JsonObject,
  { field, reasons }: FactTable["stop"],
  called: boolean,
  calls: boolean,
  lost: Collector<Lost>,
): JsonObject {
  const call = wordFor("call", reasons);
  const end = wordFor("end", reasons) ?? null;
  if (called === calls || call === undefined) return old;
  const before = valueAt(old, keysOf(field));
  const withReason = (to: Json) => set(old, keysOf(field), to);
  if (!calls) return before === call ? withReason(end) : old;
  if (typeof before === "string" && before !== end && before !== call) {
    const reason = "The old stop reason no longer fits: the content now has a call.";
    lost.add({ path: pathOf(0, "content"), reason });
  }
  return withReason(call);
}
