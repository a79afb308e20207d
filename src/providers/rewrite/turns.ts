/**
 * Reads a document's turns as messages. A turn may be several messages: if a format puts tool
 * results into a user's turn, each run of results is a `tool` message, and each run of other parts
 * a `user` message.
 */
import type { Json } from "../../core/data/index.ts";
import { type Message, messageReadFrom } from "../../core/messages/index.ts";
import type { CompiledBlocks, Resets } from "./block-kinds.ts";
import { type JsonObject, keysOf, objectsIn, valueAt } from "./json.ts";
import { type Blocks, itemsOf, type ReadBlocks, readBlocks, type Shown } from "./read-blocks.ts";
import { knownFields, type Reading, reportFields } from "./reading.ts";
import { type Left, pathOf } from "./report.ts";
import type { SectionTable, TurnFields } from "./turn-fields.ts";

export interface TurnTable {
  /** The field with the list of turns, or with the flat list whose `sections` are the turns. */
  readonly turns: string;
  readonly sections?: SectionTable;
  /** Set if the whole document is one assistant message. */
  readonly isOne?: boolean;
  /** Where a turn has its blocks: the field with their list, or functions if there are several. */
  readonly content: string | TurnFields;
  /** The field with the blocks of the system prompt. */
  readonly prompt?: string;
  /**
   * The turn's role, by the message's role. If several roles map to one, a turn is read as the
   * first. Messages with any other role are not written.
   */
  readonly roles: { readonly [role in Message["role"]]?: string };
  /** Fields of a turn with no effect on what is said. */
  readonly turnSettings?: readonly string[];
  /** Returns the block that a string stands for. If absent, contents are always lists. */
  readonly text?: (text: string) => JsonObject;
  /** The place of the turns' blocks. Default: the place of their role. */
  readonly place?: string;
  /** By role: what joins texts into a string. Used unless the turn's old content is a list. */
  readonly joined?: { readonly [role in Message["role"]]?: string };
  /** Whether new content is a list even if it is a single text. */
  readonly isListed?: boolean;
  /**
   * Returns a turn's fields that are only valid with its old content, and what they become.
   * `hasNewText` is false if its texts are the same as before. Default: the `BlockTable`'s
   * `resetOnEdit`.
   */
  readonly resetOnEdit?: (turn: JsonObject, hasNewText: boolean) => Resets;
}

/** A message, and the part of the document that it shows. */
export interface Segment {
  readonly message: Message;
  readonly shown: Shown;
  /** The index of its turn; `system` for the system prompt. */
  readonly turn: number | "system";
  /** The index at which its blocks begin in the turn, which may be several messages. */
  readonly begin: number;
}

/** A document, the messages of its turns, and what they do not show. */
export interface OldTurns {
  readonly document: JsonObject;
  readonly segments: readonly Segment[];
  readonly left: readonly Left[];
}

export function readTurns(
  table: CompiledBlocks,
  turns: TurnTable,
  request: JsonObject,
  reading: Reading,
): readonly Segment[] {
  const segments: Segment[] = [];
  const prompt = promptOf(turns, request);
  if (prompt !== undefined) {
    const from = { blocks: blocksOf(prompt.value, turns), pathOfBlock: itemsOf(prompt.keys) };
    const read = readBlocks(table, from, reading, "system");
    segments.push(segmentOf(request, "system", "system", from, read));
  }
  const fields = turns.content;
  if (typeof fields !== "string") {
    for (const [turn, item] of turnsOf(turns, request).entries())
      segments.push(...readFieldTurn(request, table, turns, fields, item, turn, reading));
    return segments;
  }
  const content = keysOf(fields);
  const known = knownFields(["role", fields], turns.turnSettings);
  const isShared = turns.roles.tool === turns.roles.user;
  for (const [turn, item] of turnsOf(turns, request).entries()) {
    const role = roleOf(turns, item.role);
    if (role === undefined) {
      const reason = "Messages have no such role.";
      reading.left.add({ path: pathOf(turns.turns, turn), kind: "content", reason });
      continue;
    }
    const from = {
      blocks: blocksOf(valueAt(item, content), turns),
      pathOfBlock: itemsOf([turns.turns, turn, ...content]),
    };
    const place = isShared ? "turn" : placeOfRole(table, role);
    const read = readBlocks(table, from, reading, place);
    reportFields(reading, item, [turns.turns, turn], known);
    if (isShared && role === "user") segments.push(...splitUserTurn(request, turn, from, read));
    else segments.push(segmentOf(request, role, turn, from, read));
  }
  return segments;
}

/** Reads a turn with several fields as a message, if it has a role that messages have. */
function readFieldTurn(
  document: JsonObject,
  table: CompiledBlocks,
  turns: TurnTable,
  fields: TurnFields,
  item: JsonObject,
  turn: number,
  reading: Reading,
): readonly Segment[] {
  const path = turns.sections === undefined ? [turns.turns, turn] : [];
  const role = fields.roleOf(item);
  if (role === undefined && turns.sections === undefined) {
    const reason = "Messages have no such role.";
    reading.left.add({ path: pathOf(...path), kind: "content", reason });
    return [];
  }
  fields.report(item, turn, reading);
  const placed = fields.blocksOf(item);
  const from: Blocks = {
    blocks: placed.map(({ block }) => block),
    pathOfBlock: (i) => [...path, ...(placed[i]?.path ?? [])],
  };
  const place = turns.place ?? (role === undefined ? "" : placeOfRole(table, role));
  const read = readBlocks(table, from, reading, place);
  if (role === undefined) return [];
  const channel = fields.channelOf?.(item);
  return [segmentOf(document, role, turn, from, read, channel)];
}

export function turnsOf(
  { turns, sections }: TurnTable,
  document: JsonObject | undefined,
): readonly JsonObject[] {
  if (document === undefined) return [];
  return sections === undefined ? objectsIn(document[turns]) : sections.read(document);
}

export function promptOf({ prompt }: TurnTable, document: JsonObject | undefined) {
  if (prompt === undefined || document === undefined) return undefined;
  const keys = keysOf(prompt);
  const value = valueAt(document, keys) ?? undefined;
  return value === undefined ? undefined : { keys, value };
}

export function placeOfRole({ table: { places } }: CompiledBlocks, role: Message["role"]): string {
  if (Object.hasOwn(places, role)) return role;
  return role === "system" || role === "developer" ? "system" : "turn";
}

/** Returns the message role for a turn's role. A user turn with tool results is `user`, too. */
function roleOf({ roles }: TurnTable, wire: Json | undefined): Message["role"] | undefined {
  const found = Object.entries(roles).find(([, name]) => name === wire)?.[0];
  return (found ?? (wire === undefined ? "user" : undefined)) as Message["role"] | undefined;
}

/** A string stands for one block of text. */
function blocksOf(content: Json | undefined, { text }: TurnTable): readonly JsonObject[] {
  return typeof content === "string" ? (text ? [text(content)] : []) : objectsIn(content);
}

function segmentOf(
  document: JsonObject,
  role: Message["role"],
  turn: Segment["turn"],
  from: Blocks,
  { parts, at }: ReadBlocks,
  channel?: Message["channel"],
): Segment {
  const message = messageReadFrom(document, { role, content: parts, ...(channel && { channel }) });
  return { message, turn, begin: 0, shown: { ...from, parts: message.content, at } };
}

/** Splits a user turn where results and other parts meet. Unshown blocks stay with those before. */
function splitUserTurn(
  document: JsonObject,
  turn: number,
  { blocks, pathOfBlock }: Blocks,
  read: ReadBlocks,
): readonly Segment[] {
  const segments: Segment[] = [];
  let begin = 0;
  for (let first = 0; first === 0 || first < read.parts.length; ) {
    const role = roleAt(read, first);
    let end = first + 1;
    while (end < read.parts.length && roleAt(read, end) === role) end += 1;
    const stop = read.at[end] ?? blocks.length;
    const parts = read.parts.slice(first, end);
    const at = read.at.slice(first, end).map((place) => place - begin);
    const start = begin;
    const from = {
      blocks: blocks.slice(start, stop),
      pathOfBlock: (i: number) => pathOfBlock(start + i),
    };
    segments.push({ ...segmentOf(document, role, turn, from, { parts, at }), begin: start });
    begin = stop;
    first = end;
  }
  return segments;
}

function roleAt({ parts }: ReadBlocks, i: number): "tool" | "user" {
  return parts[i]?.content_type === "tool_result" ? "tool" : "user";
}
