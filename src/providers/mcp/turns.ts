/** The messages of prompts and of sampling: in MCP, turns with one block or a list of blocks. */
import {
  type ContentPart,
  type Message,
  type MessageInput,
  messageOfPlain,
} from "../../core/messages/index.ts";
import {
  type CompiledBlocks,
  type Given,
  itemsOf,
  objectsIn,
  type Path,
  type PlaceOf,
  pairItems,
  pathOf,
  type Reading,
  readBlocks,
  writeBlocks,
} from "../rewrite/index.ts";
import type { JsonObject } from "./json.ts";
import {
  checkHead,
  type LostReports,
  lossReporter,
  mcpReading,
  reportForm,
  reportRest,
} from "./report.ts";

/** A prompt or sampling message in MCP's form. */
export type Turn = JsonObject & { readonly role: "user" | "assistant" };

/** How the turns of one document are read and written. */
export interface TurnStyle {
  readonly blocks: CompiledBlocks;
  /** In sampling a turn may have a list of blocks, including calls and results. */
  readonly isSampling: boolean;
}

/** Turns, and where they are in their document. */
export interface Turns {
  readonly turns: readonly Turn[];
  readonly pathOf: PlaceOf;
}

/** The turns as messages. */
export function readTurns({ turns, pathOf: at }: Turns, style: TurnStyle, reading: Reading) {
  return turns.map((turn, place) => readTurn(turn, style, reading, at(place)));
}

function readTurn(
  turn: Turn,
  { blocks: table, isSampling }: TurnStyle,
  reading: Reading,
  at: Path,
): MessageInput {
  const from = blocksIn(turn, at);
  if (!from.isSingle && (from.blocks.length === 1 || !isSampling)) {
    reportForm(reading, from.path, "A list instead of a single block.");
  }
  reportRest(reading, turn, ["role", "content"], at, ["_meta"]);
  const { parts: content } = readBlocks(table, from, reading, "turn");
  return { role: turn.role === "user" && isOfResults(content) ? "tool" : turn.role, content };
}

function isOfResults(content: readonly Pick<ContentPart, "content_type">[]): boolean {
  return content.length > 0 && content.every(({ content_type: type }) => type === "tool_result");
}

function blocksIn({ content }: Turn, at: Path) {
  const isSingle = !Array.isArray(content);
  const path = [...at, "content"];
  const pathOfBlock = isSingle ? () => path : itemsOf(path);
  return { blocks: objectsIn(isSingle ? [content] : content), path, pathOfBlock, isSingle };
}

/** The blocks of a turn with the message's parts, one for each block. */
function shownIn(turn: Turn, at: Path, { content: parts }: Message) {
  return { ...blocksIn(turn, at), parts, at: [...parts.keys()] };
}

/**
 * Writes messages over the turns that they came from. A message that MCP cannot express is
 * reported.
 */
export function writeTurns(
  messages: readonly Message[],
  old: Turns,
  style: TurnStyle,
  lost: LostReports,
  placeOf: PlaceOf,
  given: Given,
): JsonObject[] {
  const reading = mcpReading(given);
  const shown = readTurns(old, style, reading).map(messageOfPlain);
  const target = { ...lossReporter(reading, lost), table: style.blocks, place: "turn" };
  // If the number of messages changed, only equal messages are paired with old ones.
  const likeness = messages.length === shown.length ? "" : undefined;
  const pairs = pairItems(shown, messages, { kinds: [() => likeness] });
  const kept = new Set(pairs.map(({ at }) => at));
  for (const place of shown.keys())
    if (!kept.has(place)) target.removed(pathOf(...old.pathOf(place)));

  /** The new content of a turn, or `undefined` if MCP cannot express it. */
  function contentOf(message: Message, path: Path, before: ReturnType<typeof shownIn> | undefined) {
    const { content } = message;
    const at = (i: number): Path => [...path, "content", i];
    const blocks = writeBlocks(target, content, before, at);
    if (before?.isSingle === false || (style.isSampling && blocks.length !== 1)) return blocks;
    if (!style.isSampling && content.length !== 1) {
      lost.add([...path, "content"], "A prompt message has one part.");
    }
    return blocks.length === 1 ? blocks[0] : undefined;
  }

  return pairs.flatMap(({ item: message, old: said, at: from = -1, isSame }, place) => {
    const turn = old.turns[from];
    if (isSame && turn !== undefined) return [turn];
    const path = placeOf(place);
    const role = roleOf(message, style);
    if (role === undefined) {
      lost.add([...path, "role"], "MCP has no message with this role here.");
      return [];
    }
    checkHead(message, lost, path);
    if (style.isSampling && message.role === "user" && isOfResults(message.content)) {
      lost.add([...path, "role"], "Results must stand alone in a message with the role `tool`.");
    }
    const before = turn && said && shownIn(turn, old.pathOf(from), said);
    const content = contentOf(message, path, before);
    const isEmptied = Array.isArray(content) && content.length === 0 && message.content.length > 0;
    return content === undefined || isEmptied ? [] : [{ ...turn, role, content }];
  });
}

/** In sampling, tool results are in user turns; a message with only results has the role `tool`. */
function roleOf({ role, content }: Message, { isSampling }: TurnStyle): Turn["role"] | undefined {
  if (role === "tool") return isSampling && isOfResults(content) ? "user" : undefined;
  return role === "user" || role === "assistant" ? role : undefined;
}
