/** Writes messages as the turns of a document, over the old ones if there are any. */
import type { Json } from "../../core/data/index.ts";
import type { ContentPart, Message } from "../../core/messages/index.ts";
import type { CompiledBlocks, FieldBlock } from "./block-kinds.ts";
import {
  callsIn,
  type LossReporter,
  reportRelativeIds,
  resetFields,
  writeBlocks,
} from "./blocks.ts";
import {
  isSameJsonText,
  type JsonObject,
  keysOf,
  type Path,
  sameList,
  set,
  stringIn,
  valueAt,
  withFields,
} from "./json.ts";
import { pairMessages } from "./messages.ts";
import { blockPath } from "./read-blocks.ts";
import { silentReading } from "./reading.ts";
import { type Collector, type Lost, pathOf, removedReporter } from "./report.ts";
import { writeFields } from "./turn-fields.ts";
import {
  type OldTurns,
  placeOfRole,
  promptOf,
  readTurns,
  type Segment,
  type TurnTable,
  turnsOf,
} from "./turns.ts";

/** A message to write, and what it replaces. */
interface Piece {
  readonly message: Message;
  /** Its index among the messages. */
  readonly index: number;
  readonly old: Segment | undefined;
  readonly isSame: boolean;
  /** Whether it moved among the other messages. */
  readonly isMoved: boolean;
}

interface TurnWriting {
  readonly table: CompiledBlocks;
  readonly turns: TurnTable;
  /** The old system prompt and turns. */
  readonly prompt: Json | undefined;
  readonly before: readonly JsonObject[];
  /** How many messages each turn was shown as. */
  readonly counts: ReadonlyMap<Segment["turn"], number>;
  readonly reporter: LossReporter;
}

/** Returns `base`, the old document if there is one, with `messages` as system prompt and turns. */
export function writeTurns(
  table: CompiledBlocks,
  turns: TurnTable,
  messages: readonly Message[],
  shown: OldTurns | undefined,
  base: JsonObject,
  lost: Collector<Lost>,
): JsonObject {
  const { document: old, segments = [], left = [] } = shown ?? {};
  const calls = callsIn(
    table,
    segments.flatMap(({ shown }) => shown.blocks),
    messages.flatMap(({ content }) => content),
  );
  const reporter = { lost, ...calls, removed: removedReporter(left, lost.add) };
  const before = segments.map(({ message }) => message);
  const given = messagesToWrite(messages, turns, lost);
  const after = given.map(({ message }) => message);
  const pieces = pairMessages(before, after).map(({ item, at, isSame, isMoved }, i) => ({
    message: item,
    index: given[i]?.index ?? i,
    old: at === undefined ? undefined : segments[at],
    isSame,
    isMoved,
  }));
  for (const { message, index } of pieces) reportMessage(message, index, turns, lost);
  if (turns.sections !== undefined) reportNeighbors(after, lost);
  if (!table.namesResults) reportToolNames(messages, lost);
  const [first] = pieces;
  const isPrompt =
    turns.prompt !== undefined &&
    first !== undefined &&
    isSystem(first) &&
    (first.old?.turn ?? "system") === "system";
  const writable = withKnownRole(isPrompt ? pieces.slice(1) : pieces, turns, lost);
  const place = keysOf(turns.prompt ?? "");
  const prompt = promptOf(turns, old)?.value;
  const writing: TurnWriting = {
    table,
    turns,
    prompt,
    before: turnsOf(turns, old),
    counts: countTurns(segments),
    reporter,
  };
  reportRemoved(segments, new Set(pieces.map((piece) => piece.old)), writing);
  const system = isPrompt ? writePrompt(first, writing) : undefined;
  const removed = prompt === undefined ? base : withFields(base, { [String(place[0])]: undefined });
  const prompted = system === undefined ? removed : set(base, place, system);
  const list = sameList(writing.before, withHidden(groupsOf(writable, turns), segments, writing));
  const isAbsent = list.length === 0 && old !== undefined && old[turns.turns] === undefined;
  const fields = turns.sections?.write(list, old) ?? { [turns.turns]: list };
  const written =
    isAbsent && turns.sections === undefined ? prompted : withFields(prompted, fields);
  const readAgain = () =>
    readTurns(table, turns, written, silentReading()).map(({ message }) => message);
  reportRelativeIds(table, messages, readAgain, lost);
  return written;
}

/** Writes groups as turns. Turns that no message shows stay before the next turn that stays. */
function withHidden(
  groups: readonly Group[],
  segments: readonly Segment[],
  writing: TurnWriting,
): readonly JsonObject[] {
  const { before } = writing;
  const shown = new Set(segments.map(({ turn }) => turn));
  const hidden = [...before.keys()].filter((turn) => !shown.has(turn));
  const turns: JsonObject[] = [];
  let next = 0;
  const appendUpTo = (end: number) => {
    for (; next < hidden.length && Number(hidden[next]) < end; next += 1)
      turns.push(...before.slice(hidden[next], Number(hidden[next]) + 1));
  };
  for (const group of groups) {
    const [{ old, isMoved }] = group;
    if (!isMoved && typeof old?.turn === "number") appendUpTo(old.turn);
    turns.push(...writeTurn(group, writing));
  }
  appendUpTo(before.length);
  return turns;
}

/** Returns all messages; if the document is a single message, only the first assistant message. */
function messagesToWrite(
  messages: readonly Message[],
  { isOne }: TurnTable,
  lost: Collector<Lost>,
): readonly Pick<Piece, "message" | "index">[] {
  const all = messages.map((message, index) => ({ message, index }));
  if (isOne !== true) return all;
  const only = messages.findIndex(({ role }) => role === "assistant");
  return all.filter(({ index }) => {
    if (index !== only)
      lost.add({
        path: pathOf(index),
        reason: "A response is a single assistant message; this one is not written.",
      });
    return index === only;
  });
}

/** Reports assistant messages in a row, which become one section. */
function reportNeighbors(messages: readonly Message[], lost: Collector<Lost>): void {
  for (const [index, { role }] of messages.entries()) {
    if (role !== "assistant" || messages[index - 1]?.role !== "assistant") continue;
    const reason = "It reads back merged with the message before it.";
    lost.add({ path: pathOf(index), reason });
  }
}

/** Returns the pieces whose role turns have, and reports the others. */
function withKnownRole(
  pieces: readonly Piece[],
  { roles }: TurnTable,
  lost: Collector<Lost>,
): readonly Piece[] {
  return pieces.filter(({ message, index }) => {
    if (roles[message.role] !== undefined) return true;
    lost.add({ path: pathOf(index), reason: "The format has no such role in this place." });
    return false;
  });
}

/** Reports removed messages, or their whole turn if none of its messages remains. */
function reportRemoved(
  segments: readonly Segment[],
  kept: ReadonlySet<Segment | undefined>,
  { turns: { turns: list, prompt, sections }, before, reporter: { removed } }: TurnWriting,
): void {
  const turns = new Set([...kept].map((segment) => segment?.turn));
  const reported = new Set<Segment["turn"]>();
  for (const segment of segments) {
    const { turn, shown } = segment;
    if (kept.has(segment) || reported.has(turn)) continue;
    if (turns.has(turn)) for (const place of shown.blocks.keys()) removed(blockPath(shown, place));
    else {
      reported.add(turn);
      const old = turn === "system" ? undefined : before[turn];
      const path = turn === "system" ? keysOf(prompt ?? "") : [list, turn];
      for (const each of (old && sections?.pathsOf(old)) ?? [path]) removed(pathOf(...each));
    }
  }
}

function isSystem({ message: { role } }: Piece): boolean {
  return role === "system" || role === "developer";
}

function countTurns(segments: readonly Segment[]): ReadonlyMap<Segment["turn"], number> {
  const counts = new Map<Segment["turn"], number>();
  for (const { turn } of segments) counts.set(turn, (counts.get(turn) ?? 0) + 1);
  return counts;
}

/** The pieces of one turn. */
type Group = readonly [Piece, ...Piece[]];

function groupsOf(pieces: readonly Piece[], turns: TurnTable): readonly Group[] {
  const groups: [Piece, ...Piece[]][] = [];
  for (const piece of pieces) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    if (group !== undefined && last !== undefined && areOneTurn(last, piece, turns))
      group.push(piece);
    else groups.push([piece]);
  }
  return groups;
}

function areOneTurn(last: Piece, next: Piece, { roles: { tool, user } }: TurnTable): boolean {
  if (tool !== user) return false;
  const roles = `${last.message.role} ${next.message.role}`;
  if (last.old !== undefined && next.old !== undefined) {
    if (last.old.turn !== next.old.turn) return false;
    return roles === "tool user" || roles === "user tool";
  }
  if (next.old !== undefined) return false;
  return roles === "tool user" && next.message.content.length > 0;
}

function writePrompt(piece: Piece, writing: TurnWriting): Json | undefined {
  const before = piece.old && writing.prompt;
  if (piece.isSame && before !== undefined) return before;
  return shortened(writePiece(piece, writing), before, writing.turns);
}

function writeTurn(group: Group, writing: TurnWriting): readonly JsonObject[] {
  const { table, turns, before: all, counts, reporter } = writing;
  const [first] = group;
  const from = first.old?.turn;
  const turn = typeof from === "number" ? all[from] : undefined;
  const isWhole = group.every((piece) => piece.isSame) && group.length === counts.get(from ?? -1);
  if (turn !== undefined && isWhole && areInOrder(group)) return [turn];
  if (group.length > 1) reportEmpty(group, reporter);
  const blocks: readonly JsonObject[] = group.flatMap((piece) => writePiece(piece, writing));
  // A turn may be an answer, including all fields that the SDK added.
  const path = [first.index, "content"];
  const resets = turns.resetOnEdit?.(turn ?? {}, hasNewText(group)) ?? table.table.resetOnEdit;
  const kept = resetFields(turn ?? {}, resets, path, reporter.lost);
  const role = turns.roles[first.message.role];
  if (typeof turns.content !== "string") {
    // All blocks of such a table are field blocks.
    const fieldBlocks = blocks as readonly FieldBlock[];
    const { message, index } = first;
    return writeFields(fieldBlocks, turn && kept, message, index, turns.content, table, reporter);
  }
  const before = valueAt(turn, keysOf(turns.content));
  const joint = Array.isArray(before) ? undefined : turns.joined?.[first.message.role];
  const content =
    joint === undefined
      ? shortened(blocks, before, turns)
      : joinedText(blocks, joint, path, reporter.lost);
  return [set(withFields(kept, { role }), keysOf(turns.content), content)];
}

/** Whether the texts of a turn are not those that it had. */
function hasNewText(group: Group): boolean {
  const textsOf = (messages: readonly (Message | undefined)[]) =>
    messages.flatMap((message) => message?.content ?? []).filter((part) => isText(part));
  const before = textsOf(group.map(({ old }) => old?.message));
  return !isSameJsonText(before, textsOf(group.map(({ message }) => message)));
}

function isText({ content_type }: ContentPart): boolean {
  return content_type === "text";
}

/** Whether the messages of a turn are in their old order. */
function areInOrder(group: readonly Piece[]): boolean {
  const begins = group.map(({ old }) => old?.begin ?? 0);
  return begins.every((begin, i) => i === 0 || begin > (begins[i - 1] ?? -1));
}

/** Reports empty messages, which leave no trace in a turn that they share with others. */
function reportEmpty(group: readonly Piece[], { lost }: LossReporter): void {
  for (const { message, index } of group) {
    if (message.content.length > 0) continue;
    const reason = "An empty message next to others in its turn does not read back.";
    lost.add({ path: pathOf(index), reason });
  }
}

function writePiece(
  { message, index, old, isSame }: Piece,
  { table, turns, reporter }: TurnWriting,
): readonly JsonObject[] {
  if (isSame && old !== undefined) return old.shown.blocks;
  const place = turns.place ?? placeOfRole(table, message.role);
  const placeOf = (i: number): Path => [index, "content", i];
  return writeBlocks({ ...reporter, table, place }, message.content, old?.shown, placeOf);
}

function joinedText(
  blocks: readonly JsonObject[],
  joint: string,
  path: Path,
  lost: Collector<Lost>,
): string {
  if (blocks.length !== 1) {
    const reason = "The format has a single string here, so all texts were joined.";
    lost.add({ path: pathOf(...path), reason });
  }
  return blocks.map((block) => stringIn(block, "text")).join(joint);
}

/** Writes a single plain text as a string, unless the old content was a list. */
function shortened(
  blocks: readonly JsonObject[],
  old: Json | undefined,
  { text, isListed }: TurnTable,
): Json {
  const [only] = blocks;
  if (old === undefined && isListed === true) return blocks;
  if (text === undefined || blocks.length !== 1 || only === undefined) return blocks;
  const onlyText = stringIn(only, "text");
  const isPlain = Object.keys(only).length === 2 && only.type === text(onlyText).type;
  return isPlain && (old === undefined || typeof old === "string") ? onlyText : blocks;
}

/** Reports versions, which no format has, and channels, which most do not have. */
export function reportForm(
  message: Message,
  index: number,
  lost: Collector<Lost>,
  hasChannels = false,
): void {
  if (message.channel !== undefined && !hasChannels) {
    lost.add({ path: pathOf(index, "channel"), reason: "The format has no channels." });
  }
  if (message.schema_version !== "2.0") {
    const reason = "The format has no version; it reads back as 2.0.";
    lost.add({ path: pathOf(index, "schema_version"), reason });
  }
}

/** Reports what would read back in another message, or with another role. */
function reportMessage(
  message: Message,
  index: number,
  { roles, content: fields }: TurnTable,
  lost: Collector<Lost>,
): void {
  reportForm(message, index, lost, typeof fields !== "string" && fields.channelOf !== undefined);
  const { role, content } = message;
  if (typeof fields !== "string") return;
  if (role === "developer" && roles.developer === roles.system) {
    const reason = "The format has no developer role; written as system.";
    lost.add({ path: pathOf(index, "role"), reason });
  }
  if (roles.tool !== roles.user || (role !== "user" && role !== "tool")) return;
  if (role === "tool" && content.length === 0) {
    const reason = "A tool message without a result reads back as a user message.";
    lost.add({ path: pathOf(index, "role"), reason });
  }
  for (const [i, { content_type: type }] of content.entries()) {
    if ((type === "tool_result") === (role === "tool")) continue;
    const reason =
      role === "tool"
        ? "Not a tool result, so it reads back in a user message."
        : "A tool result reads back in a tool message.";
    lost.add({ path: pathOf(index, "content", i), reason });
  }
}

/** Reports results whose tool name is lost: only the earlier call with the same id has a name. */
export function reportToolNames(messages: readonly Message[], lost: Collector<Lost>): void {
  const names = new Map<string, string>();
  for (const [index, { content }] of messages.entries()) {
    for (const [i, part] of content.entries()) {
      if (part.content_type === "tool_call")
        names.set(part.content.tool_call_id, part.content.name);
      if (part.content_type !== "tool_result") continue;
      // An empty id names no call, so reading finds none either. Its block may have the name.
      if (part.content.tool_call_id === "") continue;
      const name = names.get(part.content.tool_call_id) ?? "";
      if (part.content.tool_name === name) continue;
      const reason =
        "A result has no tool name of its own, and no earlier call with its id has this name.";
      const path = pathOf(index, "content", i, "content", "tool_name");
      lost.add({ path, reason });
    }
  }
}
