import { GlassineError } from "../../core/errors/index.ts";
import type { ContentPart, Message } from "../../core/messages/index.ts";
import { checkHead, type Path, type Reports, readMessages } from "./report.ts";

type PartOf<Type extends ContentPart["content_type"]> = Extract<
  ContentPart,
  { readonly content_type: Type }
>;

/** A part, and where its content is in the messages. */
export interface Found<Part> {
  readonly content: Part extends { readonly content: infer Content } ? Content : never;
  readonly at: Path;
}

/**
 * The part that a document of one part is written from. Everything else is reported.
 *
 * @throws GlassineError `message_invalid` when no message has such a part
 */
export function onlyPartOf<const Type extends ContentPart["content_type"]>(
  messages: readonly Message[],
  role: Message["role"],
  type: Type,
  lost: Reports,
): Found<PartOf<Type>> {
  let found: Found<PartOf<Type>> | undefined;
  for (const [m, message] of readMessages(messages).entries()) {
    const place = message.content.findIndex((part) => part.content_type === type);
    if (found !== undefined || place < 0) {
      lost.add([m], `MCP takes one message here, with one part of type ${type}.`);
      continue;
    }
    checkHead(message, lost, [m]);
    if (message.role !== role) lost.add([m, "role"], `The role must be ${role} here.`);
    for (const [p, part] of message.content.entries()) {
      if (p === place) {
        const content = (part as { readonly content: unknown }).content;
        found = { content: content as never, at: [m, "content", p, "content"] };
      } else {
        lost.add([m, "content", p], `MCP takes one part of type ${type} here.`);
      }
    }
  }
  if (found !== undefined) return found;
  throw noMessage(`with a part of type ${type}`);
}

/** The error when there is nothing to write the document from. */
export function noMessage(what: string): GlassineError {
  return new GlassineError("message_invalid", `Expected a message ${what}, got none.`);
}

/** Reports a part that belongs to another call. */
export function checkCall(
  found: { readonly at: Path },
  key: string,
  value: string,
  expected: string,
  lost: Reports,
): void {
  if (value !== expected) lost.add([...found.at, key], "The call determines it, so it is kept.");
}

const answerKeys = {
  tool_result: ["tool_call_id", "tool_name"],
  prompt_result: ["prompt_request_id", "prompt_name"],
} as const;

/**
 * The part that an answer is written from, which must belong to the answered call.
 *
 * @throws GlassineError `message_invalid` when no message has such a part
 */
export function onlyAnswerOf<const Type extends keyof typeof answerKeys>(
  messages: readonly Message[],
  type: Type,
  call: { readonly id: string; readonly name: string },
  lost: Reports,
): Found<PartOf<Type>> {
  const found = onlyPartOf(messages, "tool", type, lost);
  const content = found.content as Readonly<Record<string, string>>;
  const [id, name] = answerKeys[type];
  checkCall(found, id, content[id] as string, call.id, lost);
  checkCall(found, name, content[name] as string, call.name, lost);
  return found;
}
