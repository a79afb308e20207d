/**
 * A request's turns as messages. A user turn may mix tool results with anything else: each run of
 * results is a `tool` message, each run of the rest a `user` message.
 */
import { createMessage, type Message } from "../../core/messages/index.ts";
import type { Block } from "./json.ts";
import { type ReadBlocks, readBlocks } from "./read-block.ts";
import { type Reading, reportFields } from "./report-fields.ts";
import type { MessagesRequest } from "./schemas.ts";
import type { Shown } from "./write-blocks.ts";

/** A message, and the part of the request that it shows. */
export interface Segment {
  readonly message: Message;
  readonly shown: Shown;
  /** The turn it is in, by place; `system` for the system prompt. */
  readonly turn: number | "system";
}

/** Blocks, and where they are in the document. */
type Blocks = Pick<Shown, "blocks" | "path" | "begin">;

const turnFields = new Set(["role", "content"]);
const none: ReadonlySet<string> = new Set();

export function readTurns(request: MessagesRequest, reading: Reading): readonly Segment[] {
  const segments: Segment[] = [];
  const { system } = request;
  if (system !== undefined && system !== null) {
    const blocks = blocksOf(system);
    const read = readBlocks(blocks, ["system"], reading, ({ type }) => type === "text");
    segments.push(segmentOf("system", "system", { blocks, path: ["system"], begin: 0 }, read));
  }
  for (const [turn, { role, content, ...rest }] of request.messages.entries()) {
    const blocks = blocksOf(content);
    const path = ["messages", turn, "content"];
    const read = readBlocks(blocks, path, reading);
    reportFields(reading, rest, ["messages", turn], turnFields, none);
    const from = { blocks, path, begin: 0 };
    if (role !== "user") segments.push(segmentOf(role, turn, from, read));
    else segments.push(...runsOf(turn, from, read));
  }
  return segments;
}

/** A text stands for one block of it. */
function blocksOf(content: string | readonly Block[]): readonly Block[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}

function segmentOf(
  role: Message["role"],
  turn: Segment["turn"],
  from: Blocks,
  { parts, at }: ReadBlocks,
): Segment {
  const message = createMessage({ role, content: parts });
  return { message, turn, shown: { ...from, parts: message.content, at } };
}

/** A user turn, cut where results and other parts meet. What no part shows stays with those before. */
function runsOf(turn: number, { blocks, path }: Blocks, read: ReadBlocks): readonly Segment[] {
  const segments: Segment[] = [];
  let begin = 0;
  for (let first = 0; first === 0 || first < read.parts.length; ) {
    const role = roleAt(read, first);
    let end = first + 1;
    while (end < read.parts.length && roleAt(read, end) === role) end += 1;
    const stop = read.at[end] ?? blocks.length;
    const parts = read.parts.slice(first, end);
    const at = read.at.slice(first, end).map((place) => place - begin);
    const from = { blocks: blocks.slice(begin, stop), path, begin };
    segments.push(segmentOf(role, turn, from, { parts, at }));
    begin = stop;
    first = end;
  }
  return segments;
}

function roleAt({ parts }: ReadBlocks, i: number): "tool" | "user" {
  return parts[i]?.content_type === "tool_result" ? "tool" : "user";
}
