import type { ContentPart, Message } from "../../core/messages/index.ts";
import { align, placesGone } from "./align.ts";
import { fromBlock, isOneType, toBlock } from "./blocks.ts";
import { isObject, type JsonObject, sameJson } from "./json.ts";
import {
  checkHead,
  type LeftReports,
  type Path,
  type ReportRemovedAt,
  type Reports,
  reportRest,
  settingsOf,
} from "./report.ts";
import { fromToolBlock, toToolBlock } from "./tool-blocks.ts";

/** A prompt or sampling message in MCP's form. */
export type Turn = JsonObject & { readonly role: "user" | "assistant" };

/** How the turns of one document are read and written. */
export interface TurnStyle {
  readonly requestId: string;
  /** In sampling a turn may have a list of blocks, including calls and results. */
  readonly isSampling: boolean;
}

/** Names of calls by id: a tool result has only the id. */
type CallNames = Map<string, string>;

/** A message as it is put together. */
type Shown = Pick<Message, "role"> & { readonly content: readonly ContentPart[] };

/** The turns of a document as messages. */
export function fromTurns(
  turns: readonly Turn[],
  style: TurnStyle,
  left: LeftReports,
  at: Path,
): Shown[] {
  const names: CallNames = new Map();
  return turns.map((turn, place) => fromTurn(turn, style, names, left, [...at, place]));
}

/** A document that is one turn itself. */
export function fromOneTurn(turn: Turn, style: TurnStyle, left: LeftReports): Shown {
  return fromTurn(turn, style, new Map(), left, []);
}

function fromTurn(
  turn: Turn,
  style: TurnStyle,
  names: CallNames,
  left: LeftReports,
  at: Path,
): Shown {
  const blocks = blocksOf(turn);
  const isList = Array.isArray(turn.content);
  const path = [...at, "content"];
  if (isList && (blocks.length === 1 || !style.isSampling)) {
    left.form(path, "A list instead of a single block.");
  }
  reportRest(turn, ["role", "content"], left, at, settingsOf.bare);
  const pathTo = (place: number) => (isList ? [...path, place] : path);
  if (style.isSampling) learnCalls(blocks, names, left, pathTo);
  const content = blocks.map((block, place) => {
    const here = pathTo(place);
    const part = style.isSampling ? fromToolBlock(block, names, left, here) : undefined;
    return part ?? fromBlock(block, style.requestId, left, here);
  });
  return { role: turn.role === "user" && isOfResults(content) ? "tool" : turn.role, content };
}

function isOfResults(content: readonly ContentPart[]): boolean {
  return content.length > 0 && content.every((part) => part.content_type === "tool_result");
}

function blocksOf({ content }: Turn): readonly JsonObject[] {
  return (Array.isArray(content) ? content : [content]).filter(isObject);
}

function learnCalls(
  blocks: readonly JsonObject[],
  names: CallNames,
  left: LeftReports,
  pathTo: (place: number) => Path,
): void {
  for (const [place, { type, id, name }] of blocks.entries()) {
    if (type !== "tool_use" || typeof id !== "string" || typeof name !== "string") continue;
    // Which of the two a result belongs to is up to its reader: the messages name the last.
    if ((names.get(id) ?? name) !== name) {
      left.content([...pathTo(place), "id"], "An earlier call to another tool has the same id.");
    }
    names.set(id, name);
  }
}

/** The turns of the old document, how they were shown, and how to report removed ones. */
export interface OldTurns {
  readonly turns: readonly Turn[];
  readonly shown: readonly Message[];
  /** Where they are in that document. */
  readonly path: Path;
  readonly removed: ReportRemovedAt;
}

/** One of them. */
interface OldTurn {
  readonly turn: Turn;
  readonly shown: Message;
  readonly path: Path;
  readonly removed: ReportRemovedAt;
}

/**
 * Writes messages over the turns that they came from. A message that MCP cannot express is
 * reported.
 */
export function toTurns(
  messages: readonly Message[],
  { turns, shown, path, removed }: OldTurns,
  style: TurnStyle,
  lost: Reports,
  at: Path,
): JsonObject[] {
  const names: CallNames = new Map();
  const pairs = align(shown, messages);
  for (const place of placesGone(shown, pairs)) removed([...path, place]);
  return pairs.flatMap(({ item: message, old: before, at: from, isSame }, place) => {
    if (style.isSampling) checkNames(message, names, lost, [...at, place]);
    const oldTurn = from === undefined ? undefined : turns[from];
    const old =
      from === undefined || oldTurn === undefined || before === undefined
        ? undefined
        : { turn: oldTurn, shown: before, path: [...path, from], removed };
    if (isSame && old !== undefined) return [old.turn];
    const turn = toTurn(message, old, style, lost, [...at, place]);
    return turn === undefined ? [] : [turn];
  });
}

/** One message over a document that is one turn itself. */
export function toOneTurn(
  message: Message,
  old: Omit<OldTurn, "path"> | undefined,
  style: TurnStyle,
  lost: Reports,
): JsonObject | undefined {
  if (style.isSampling) checkNames(message, new Map(), lost, [0]);
  const isSame = old !== undefined && sameJson(message, old.shown);
  return isSame ? old.turn : toTurn(message, old && { ...old, path: [] }, style, lost, [0]);
}

/** Reports a tool name that differs from the call's: a result refers to its tool only by id. */
function checkNames(message: Message, names: CallNames, lost: Reports, at: Path): void {
  for (const part of message.content) {
    if (part.content_type === "tool_call") {
      names.set(part.content.tool_call_id, part.content.name);
    }
  }
  for (const [place, part] of message.content.entries()) {
    if (part.content_type !== "tool_result") continue;
    const { tool_call_id, tool_name } = part.content;
    if (tool_name === (names.get(tool_call_id) ?? "")) continue;
    const path = [...at, "content", place, "content", "tool_name"];
    lost.add(path, "MCP names the tool only where it is called.");
  }
}

function toTurn(
  message: Message,
  old: OldTurn | undefined,
  style: TurnStyle,
  lost: Reports,
  at: Path,
): JsonObject | undefined {
  const original = old?.turn;
  const role = roleOf(message, style);
  if (role === undefined) {
    lost.add([...at, "role"], "MCP has no message with this role here.");
    return undefined;
  }
  checkHead(message, lost, at);
  if (style.isSampling && message.role === "user" && isOfResults(message.content)) {
    lost.add([...at, "role"], "Results must stand alone in a message with the role `tool`.");
  }
  const before = original === undefined ? [] : blocksOf(original);
  const shown = old?.shown.content ?? [];
  const wasList = Array.isArray(original?.content);
  const pairs = align(shown, message.content);
  const staying = pairs.filter(({ item, old: known }) => {
    return known !== undefined && isOneType(known, item);
  });
  for (const place of placesGone(shown, staying)) {
    old?.removed([...old.path, "content", ...(wasList ? [place] : [])]);
  }
  const blocks = pairs.flatMap(({ item: part, old: known, at: from, isSame }, place) => {
    const block = from === undefined ? undefined : before[from];
    if (isSame && block !== undefined) return [block];
    const here = [...at, "content", place];
    const next = style.isSampling
      ? (toToolBlock(part, lost, here, block, known) ??
        toBlock(part, style.requestId, lost, here, block, known))
      : toBlock(part, style.requestId, lost, here, block, known);
    return next === undefined ? [] : [next];
  });
  if (blocks.length === 0 && message.content.length > 0) return undefined;
  if (wasList || (style.isSampling && blocks.length !== 1)) {
    return { ...original, role, content: blocks };
  }
  if (!style.isSampling && message.content.length !== 1) {
    lost.add([...at, "content"], "A prompt message has one part.");
  }
  return blocks.length === 1 ? { ...original, role, content: blocks[0] } : undefined;
}

/** In sampling, tool results are in user turns; a message with only results has the role `tool`. */
function roleOf({ role, content }: Message, { isSampling }: TurnStyle): Turn["role"] | undefined {
  if (role === "tool") return isSampling && isOfResults(content) ? "user" : undefined;
  return role === "user" || role === "assistant" ? role : undefined;
}
