/**
 * Turns that spread a message's list of parts over several fields, and turns that are several items
 * of a flat list.
 */
import type { Json } from "../../core/data/index.ts";
import type { Message } from "../../core/messages/index.ts";
import type { CompiledBlocks, FieldBlock } from "./block-kinds.ts";
import type { LossReporter } from "./blocks.ts";
import { isSameJsonText, type JsonObject, type Path } from "./json.ts";
import { itemsOf, readBlocks } from "./read-blocks.ts";
import { type Reading, silentReading } from "./reading.ts";
import { pathOf } from "./report.ts";

/** Turns that are sections of a flat list: each consists of several items in a row. */
export interface SectionTable {
  /** Returns a document's sections. The paths of their blocks start at the document. */
  readonly read: (document: JsonObject) => readonly JsonObject[];
  readonly pathsOf: (section: JsonObject) => readonly Path[];
  /** Returns the fields that a document with these sections has. */
  readonly write: (
    sections: readonly JsonObject[],
    old: JsonObject | undefined,
  ) => { readonly [field: string]: Json | undefined };
}

/** A block of a turn with several fields, and where it is in the turn. */
export interface PlacedBlock {
  readonly block: FieldBlock;
  readonly path: Path;
}

/** Turns that spread a message's list of parts over several fields. Each turn is one message. */
export interface TurnFields {
  /** Returns the role of a turn's message; `undefined` if no message shows the turn. */
  readonly roleOf: (turn: JsonObject) => Message["role"] | undefined;
  /** Returns the channel of a turn's message, in formats that have channels. */
  readonly channelOf?: (turn: JsonObject) => Message["channel"];
  readonly blocksOf: (turn: JsonObject) => readonly PlacedBlock[];
  /** Reports what neither blocks nor extensions show of the turn at index `at`. */
  readonly report: (turn: JsonObject, at: number, reading: Reading) => void;
  /** Writes blocks as a turn, or several turns. `old` is the turn to write over. */
  readonly write: (
    blocks: readonly FieldBlock[],
    old: JsonObject | undefined,
    message: Message,
    report: TurnReport,
  ) => readonly JsonObject[];
}

export interface TurnReport {
  readonly lost: (reason: string, kind?: "stored") => void;
  readonly removed: (path: Path) => void;
}

/** Writes a message as turns, and reports what would read back differently. */
export function writeFields(
  blocks: readonly FieldBlock[],
  old: JsonObject | undefined,
  message: Message,
  index: number,
  { write, blocksOf, roleOf, channelOf }: TurnFields,
  table: CompiledBlocks,
  { lost, removed }: LossReporter,
): readonly JsonObject[] {
  const add = (reason: string, ...below: Path) =>
    lost.add({ path: pathOf(index, ...below), reason });
  const written = write(blocks, old, message, {
    lost: (reason, kind) => lost.add({ path: pathOf(index), reason, ...(kind && { kind }) }),
    removed: (path) => removed(pathOf(...path)),
  });
  const again = written.flatMap(blocksOf).map(({ block }) => block);
  if (!showTheSame(table, again, blocks))
    add("Its parts read back merged, or in the order of the format's fields.", "content");
  const shown = written.filter((turn) => roleOf(turn) !== undefined);
  const [first] = shown;
  if (first === undefined || shown.length > 1 || roleOf(first) !== message.role)
    add("It reads back as several messages, with another role, or not at all.");
  else if (channelOf !== undefined && channelOf(first) !== message.channel)
    add(
      "The format has no such channel here.",
      ...(message.channel === undefined ? [] : ["channel"]),
    );
  return written;
}

/** Whether two lists of blocks show the same parts. */
function showTheSame(
  table: CompiledBlocks,
  blocks: readonly JsonObject[],
  others: readonly JsonObject[],
): boolean {
  const partsOf = (all: readonly JsonObject[]) =>
    readBlocks(table, { blocks: all, pathOfBlock: itemsOf([]) }, silentReading(), "").parts;
  return isSameJsonText(partsOf(blocks), partsOf(others));
}
