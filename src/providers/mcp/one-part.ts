/** Tables for documents that are shown as one part of one message: what each of its fields is. */
import { GlassineError } from "../../core/errors/index.ts";
import { type ContentPart, type Message, messageOfPlain } from "../../core/messages/index.ts";
import type { Path, Read, Reading, Written } from "../rewrite/index.ts";
import { sameJson } from "../rewrite/index.ts";
import type { Onto, RequestOptions } from "./call-options.ts";
import { type DocumentKind, documentReader, documentWriter } from "./converter.ts";
import type { JsonObject } from "./json.ts";
import { checkHead, type LostReports, mcpReading, readMessages, readOf } from "./report.ts";

type PartType = Exclude<ContentPart["content_type"], "text" | "thinking">;
type ContentOf<Type extends PartType> = Extract<ContentPart, { content_type: Type }>["content"];

/** What only the host knows about the call. */
export interface CallFacts {
  readonly id: string;
  readonly name?: string | undefined;
  readonly serverId?: string | undefined;
}

/** One kind of document. */
export interface OnePart<Type extends PartType = PartType> extends DocumentKind {
  readonly role: Message["role"];
  readonly type: Type;
  /** The fields that the call decides, not the document. One that is `undefined` must be absent. */
  readonly fixed: (call: CallFacts) => { readonly [name: string]: unknown };
  /** Reads the other fields from the document. */
  readonly read: (document: JsonObject, reading: Reading, at: Path) => object;
  /** Writes a part as a document, over `before`. */
  write(
    content: ContentOf<Type>,
    before: JsonObject | undefined,
    lost: LostReports,
    at: Path,
    call: CallFacts,
  ): object;
}

/** Makes a message with one part of these fields, and checks that they are JSON. */
export function messageOf(
  { role, type, fixed }: Pick<OnePart, "role" | "type" | "fixed">,
  call: CallFacts,
  fields: object,
): Message {
  // Spreading both would give each object a hidden class of its own, which slows every reader.
  const content = Object.assign(fixed(call), fields);
  // Built by field name; `messageOfPlain` checks them.
  return messageOfPlain({
    role,
    content: [{ content_type: type, content } as never],
  });
}

/** Reads a document that the caller has checked. `reading` has what the message does not show. */
export function readPart(kind: Omit<OnePart, "write">, document: JsonObject, call: CallFacts) {
  const reading = mcpReading({ id: call.id });
  const message = messageOf(kind, call, kind.read(document, reading, []));
  return { message, reading };
}

/**
 * Finds the content of the part that a document is written from. Everything else is reported.
 *
 * @throws GlassineError `message_invalid` when no message has such a part
 */
export function contentOf<Type extends PartType>(
  { role, type, fixed }: Pick<OnePart<Type>, "role" | "type" | "fixed">,
  messages: readonly Message[],
  call: CallFacts,
  lost: LostReports,
): { readonly content: ContentOf<Type>; readonly at: Path } {
  let found: { readonly content: ContentOf<Type>; readonly at: Path } | undefined;
  for (const [m, message] of readMessages(messages).entries()) {
    const place = message.content.findIndex((part) => part.content_type === type);
    if (found !== undefined || place < 0) {
      lost.add([m], `MCP takes one message here, with one part of type ${type}.`);
      continue;
    }
    checkHead(message, lost, [m]);
    if (message.role !== role) lost.add([m, "role"], `The role must be ${role} here.`);
    for (const [p, part] of message.content.entries()) {
      if (p !== place) lost.add([m, "content", p], `MCP takes one part of type ${type} here.`);
      else found = { content: Object(part).content, at: [m, "content", p, "content"] };
    }
  }
  if (found === undefined) throw noMessage(`with a part of type ${type}`);
  const { content, at } = found;
  for (const [name, value] of Object.entries(fixed(call))) {
    const said: unknown = content[name as keyof typeof content];
    if (sameJson(said, value)) continue;
    lost.add([...at, name], "The call determines this field, or MCP does not have it here.");
  }
  return found;
}

/** The error when there is nothing to write the document from. */
export function noMessage(what: string): GlassineError {
  return new GlassineError("message_invalid", `Expected a message ${what}, got none.`);
}

/** Makes the function that reads a kind of document. `slots` returns the slots for a document. */
/* @__NO_SIDE_EFFECTS__ */
export function reader<Options extends RequestOptions, Slots extends object = object>(
  call: string,
  kind: Omit<OnePart, "write">,
  slots: (document: JsonObject, options: CallFacts) => Slots = () => ({}) as Slots,
): (document: object, options: Options) => Read<Slots> {
  return documentReader(call, kind, (known, reading, options: CallFacts) => {
    const document = known as JsonObject;
    const message = messageOf(kind, options, kind.read(document, reading, []));
    return readOf([message], slots(document, options), reading);
  });
}

/** Makes the function that writes a kind of document. */
/* @__NO_SIDE_EFFECTS__ */
export function writer<Options extends RequestOptions & Onto, Type extends PartType>(
  call: string,
  kind: OnePart<Type>,
): (messages: readonly Message[], options: Options) => Written<object> {
  return documentWriter(call, kind, (messages, before, lost, options: CallFacts) =>
    writePart(kind, messages, before as JsonObject | undefined, options, lost),
  );
}

/** Writes messages as a document that shares the values of `before` and of the messages. */
export function writePart<Type extends PartType>(
  kind: OnePart<Type>,
  messages: readonly Message[],
  before: JsonObject | undefined,
  call: CallFacts,
  lost: LostReports,
): JsonObject {
  const { content, at } = contentOf(kind, messages, call, lost);
  return kind.write(content, before, lost, at, call) as JsonObject;
}
