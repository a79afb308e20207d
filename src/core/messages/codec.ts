/** Reads messages from the wire, and writes them. */

import {
  admitDocument,
  expectOptions,
  type Limits,
  limitsOver,
  payloadLimits,
  readOption,
  writeText,
} from "../data/index.ts";
import { freeze, mapped } from "../data/intrinsics.ts";
import { formatPath } from "../errors/index.ts";
import { markPayload, messageOf, messageReader, unreadable } from "./message.ts";
import type { Message, MessageInput } from "./message-types.generated.ts";

/** Options of `decodeMessage`. */
export interface DecodeMessageOptions {
  /** Refuse unknown fields of parts instead of dropping them. Default false. */
  readonly strict?: boolean;
  /** Limits that differ from those of payloads. `textUnits` is checked before text is parsed. */
  readonly limits?: Partial<Limits>;
}

/** What `decodeMessage` returns. */
export interface DecodedMessage {
  readonly message: Message;
  /** Paths of unknown fields of parts, which were left out: at most the first 100. */
  readonly dropped: readonly string[];
  /** How many there were. */
  readonly droppedCount: number;
}

/**
 * Reads a message from the wire: JSON text, or its parsed value. Unknown fields of a part are left
 * out and listed; an unknown field of a message, or a part of an unknown kind, is refused. Null in
 * an optional field means absent. A resource's `blob` may be a string or an array of bytes.
 *
 * @throws GlassineError `syntax_invalid` for text that is not JSON
 * @throws GlassineError `message_invalid`, with every problem and its path in `data.problems`
 * @see spec `message:unknown-field`, `message:unknown-part`
 * @example
 * ```ts
 * import { decodeMessage } from "glassine/messages";
 *
 * const text =
 *   '{"role":"user","content":[{"content_type":"text","text":"Ahoy","lang":"en"}]}';
 * const { message, dropped } = decodeMessage(text);
 * console.log(message.role, dropped); // user [ 'content[0].lang' ]
 * ```
 */
export function decodeMessage(input: unknown, options: DecodeMessageOptions = {}): DecodedMessage {
  expectOptions(options, ["strict", "limits"], "decodeMessage");
  const limits = limitsOver(payloadLimits, options.limits);
  const strict = readOption(options, "strict", "boolean") === true;
  const reading = { limits, shapeCode: "payload_shape", strict } as const;
  const read = admitDocument(messageReader.read, input, reading, "open");
  if (!read.ok) throw unreadable("message_invalid", "message", read.problems);
  const message = markPayload(read.value as object, messageReader, limits) as Message;
  const dropped = freeze(mapped(read.dropped, formatPath));
  return freeze({ message, dropped, droppedCount: read.droppedCount });
}

/**
 * Writes a message as JSON text, fields in the order of the spec. Absent fields are left out.
 *
 * @throws GlassineError `message_invalid` if it is not a message
 * @example
 * ```ts
 * import { createMessage, encodeMessage } from "glassine/messages";
 *
 * const written = encodeMessage(createMessage({ role: "user" }));
 * console.log(written); // {"schema_version":"2.0","role":"user","content":[]}
 * ```
 */
export function encodeMessage(message: Message | MessageInput): string {
  return writeText(messageOf(message));
}
