/**
 * Messages as the turns of a request. A `user` message goes into the turn of the `tool` message
 * before it; any other message has a turn of its own, unless it came from one with others.
 */

import type { Message } from "../../core/messages/index.ts";
import { collector, type Left, pairMessages, pathOf, removedReporter } from "../rewrite/index.ts";
import { type Block, stringIn, withFields } from "./json.ts";
import { withoutParsed } from "./parsed.ts";
import { providerCallsIn } from "./provider-calls.ts";
import { readingOf } from "./report-fields.ts";
import { reportMessage, reportToolNames } from "./report-messages.ts";
import type { MessagesRequest, Turn } from "./schemas.ts";
import { readTurns, type Segment } from "./turns.ts";
import { inList, type LossReporter } from "./write-block.ts";
import { blockPath, writeBlocks, writingTo } from "./write-blocks.ts";

/** A message to write, and what it stands for. */
interface Piece {
  readonly message: Message;
  /** Its place among the messages. */
  readonly index: number;
  readonly old: Segment | undefined;
  readonly isSame: boolean;
}

export interface WrittenTurns {
  readonly system: string | readonly Block[] | undefined;
  readonly turns: readonly Turn[];
}

export function writeTurns(
  messages: readonly Message[],
  old: MessagesRequest | undefined,
  lost: LossReporter["lost"],
): WrittenTurns {
  const left = collector<Left>();
  const segments = old === undefined ? [] : readTurns(old, readingOf(left));
  const providerCalls = providerCallsIn(
    segments.flatMap(({ shown }) => shown.blocks),
    messages,
  );
  const reporter: LossReporter = {
    lost,
    providerCalls,
    removed: removedReporter(left.list(), lost.add),
  };
  const before = segments.map(({ message }) => message);
  const pieces = pairMessages(before, messages).map(({ item, at, isSame }, index) => ({
    message: item,
    index,
    old: at === undefined ? undefined : segments[at],
    isSame,
  }));
  for (const { message, index } of pieces) reportMessage(message, index, lost);
  reportToolNames(messages, lost);
  const [first] = pieces;
  const isPrompt =
    first !== undefined && isSystem(first) && (first.old?.turn ?? "system") === "system";
  const turns = groupsOf(isPrompt ? pieces.slice(1) : pieces);
  const counts = countTurns(segments);
  reportRemoved(segments, new Set(pieces.map(({ old: segment }) => segment)), reporter);
  return {
    system: isPrompt ? writePrompt(first, old, reporter) : undefined,
    turns: turns.map((group) => writeTurn(group, old, counts, reporter)),
  };
}

/** A turn without remaining messages is dropped. */
function reportRemoved(
  segments: readonly Segment[],
  kept: ReadonlySet<Segment | undefined>,
  { removed }: LossReporter,
): void {
  const turns = new Set([...kept].map((segment) => segment?.turn));
  const reported = new Set<Segment["turn"]>();
  for (const segment of segments) {
    const { turn, shown } = segment;
    if (kept.has(segment) || reported.has(turn)) continue;
    if (turns.has(turn)) for (const place of shown.blocks.keys()) removed(blockPath(shown, place));
    else {
      reported.add(turn);
      removed(turn === "system" ? turn : pathOf("messages", turn));
    }
  }
}

function isSystem({ message: { role } }: Piece): boolean {
  return role === "system" || role === "developer";
}

/** How many messages each turn was shown as. */
function countTurns(segments: readonly Segment[]): ReadonlyMap<Segment["turn"], number> {
  const counts = new Map<Segment["turn"], number>();
  for (const { turn } of segments) counts.set(turn, (counts.get(turn) ?? 0) + 1);
  return counts;
}

/** Pieces of one turn. */
type Group = readonly [Piece, ...Piece[]];

/** The pieces of each turn. */
function groupsOf(pieces: readonly Piece[]): readonly Group[] {
  const groups: [Piece, ...Piece[]][] = [];
  for (const piece of pieces) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    if (group !== undefined && last !== undefined && areOneTurn(last, piece)) group.push(piece);
    else groups.push([piece]);
  }
  return groups;
}

function areOneTurn(last: Piece, next: Piece): boolean {
  const roles = `${last.message.role} ${next.message.role}`;
  if (last.old !== undefined && next.old !== undefined) {
    if (last.old.turn !== next.old.turn) return false;
    return roles === "tool user" || roles === "user tool";
  }
  if (next.old !== undefined) return false;
  return roles === "tool user" && next.message.content.length > 0;
}

function writePrompt(
  piece: Piece,
  old: MessagesRequest | undefined,
  reporter: LossReporter,
): string | readonly Block[] | undefined {
  const before = piece.old === undefined ? undefined : (old?.system ?? undefined);
  if (piece.isSame && before !== undefined) return before;
  const blocks = writePiece(piece, reporter);
  return shortened(blocks, before);
}

function writeTurn(
  group: Group,
  old: MessagesRequest | undefined,
  counts: ReadonlyMap<Segment["turn"], number>,
  reporter: LossReporter,
): Turn {
  const [first] = group;
  const from = first.old?.turn;
  const turn = typeof from === "number" ? old?.messages[from] : undefined;
  const isWhole = group.every((piece) => piece.isSame) && group.length === counts.get(from ?? -1);
  if (turn !== undefined && isWhole && areInOrder(group)) return turn;
  if (group.length > 1) reportEmpty(group, reporter);
  const blocks = group.flatMap((piece) => writePiece(piece, reporter));
  const role = turnRole(first.message.role);
  const content = shortened(blocks, turn?.content);
  // A turn may be an answer, with all fields that the SDK added.
  const kept = turn && withoutParsed(turn, [first.index, "content"], reporter.lost);
  return withFields(kept, { role, content });
}

/** Whether the messages of a turn stand as they stood in it. */
function areInOrder(group: readonly Piece[]): boolean {
  const begins = group.map(({ old }) => old?.shown.begin ?? 0);
  return begins.every((begin, i) => i === 0 || begin > (begins[i - 1] ?? -1));
}

/** An emptied message leaves no trace in a turn that it shares. */
function reportEmpty(group: readonly Piece[], { lost }: LossReporter): void {
  for (const { message, index } of group) {
    if (message.content.length > 0) continue;
    const reason = "An empty message next to others in its turn does not read back.";
    lost.add({ path: pathOf(index), reason });
  }
}

function writePiece({ message, index, old, isSame }: Piece, reporter: LossReporter) {
  if (isSame && old !== undefined) return old.shown.blocks;
  const place = isSystem({ message, index, old, isSame }) ? "system" : "turn";
  return writeBlocks(
    message.content,
    old?.shown,
    inList([index, "content"]),
    writingTo(place, reporter),
  );
}

function turnRole(role: Message["role"]): Turn["role"] {
  if (role === "developer" || role === "system") return "system";
  return role === "tool" ? "user" : role;
}

/** One plain text is written as that text, unless it was written as a block before. */
function shortened(
  blocks: readonly Block[],
  old: string | readonly Block[] | undefined,
): string | readonly Block[] {
  const [only] = blocks;
  const isPlain = blocks.length === 1 && only?.type === "text" && Object.keys(only).length === 2;
  return isPlain && (old === undefined || typeof old === "string")
    ? stringIn(only, "text")
    : blocks;
}
