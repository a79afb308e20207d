/** V: views of a message's parts, and reads of a few properties of each. */
import { createMessage, type Message, type PartInfo, partsOf } from "glassine/messages";
import { partAt, realisticEnvelope } from "./workloads.ts";

export const parts = 100;
const text = "x".repeat(20);

/** The message that is viewed. */
export const message: Message = createMessage({
  role: "assistant",
  content: Array.from({ length: parts }, (_, i) => partAt(i, text)),
});

/** Totals of what was read: enough for a check, without keeping the values. */
interface Read {
  uris: number;
  names: number;
  args: number;
  bytes: number;
}

/** The expected totals. */
export const expected: Read = { uris: 80, names: 80, args: 40, bytes: 0 };
for (const part of message.content) expected.bytes += sizeOf(part);

/** Returns the size of a part in bytes; all text here is ASCII. */
function sizeOf(part: Message["content"][number]): number {
  if (part.content_type === "text") return part.text.length;
  if (part.content_type === "resource") return (part.content.content ?? "").length;
  if (part.content_type === "tool_result") return JSON.stringify(part.content.content).length;
  if (part.content_type === "tool_call" || part.content_type === "prompt_request") {
    return JSON.stringify(part.content.arguments).length;
  }
  throw new Error(`No part of kind ${part.content_type} here.`);
}

type Four = Pick<PartInfo, "uri" | "name" | "args" | "sizeBytes">;

function add(read: Read, { uri, name, args, sizeBytes }: Four): void {
  if (uri !== undefined) read.uris += 1;
  if (name !== undefined) read.names += 1;
  if (args !== undefined) read.args += 1;
  read.bytes += sizeBytes ?? 0;
}

/** Reads four properties of each view. */
export function lazily(): Read {
  const read: Read = { uris: 0, names: 0, args: 0, bytes: 0 };
  for (const view of partsOf(message, { extensions: realisticEnvelope })) add(read, view);
  return read;
}
