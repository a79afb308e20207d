/** Requests and responses of Converse as messages, and back, streamed or not. */
import { bedrock } from "./tables.ts";

/**
 * The messages of the input of `ConverseCommand` or `ConverseStreamCommand`.
 *
 * The system prompt comes first, as a `system` message. A user turn becomes `tool` messages, which
 * hold its tool results, and `user` messages. Bytes are base64 in messages. `left` lists what the
 * messages do not show: `toolConfig`, for example.
 *
 * @throws GlassineError `document_invalid`, with every problem and its path in `data.problems`
 * @see spec `bedrock:turns`, `bedrock:blocks`, `bedrock:left`
 */
export const fromConverseRequest = bedrock.readRequest;

/**
 * The input that says `messages`, deep-frozen. With `onto` it keeps everything of that input which
 * the messages do not show, and each block that did not change.
 *
 * @throws GlassineError `document_invalid` for `onto`, `message_invalid` for a message, and
 * `options_invalid`
 * @see spec `bedrock:onto`
 */
export const toConverseRequest = bedrock.writeRequest;

/**
 * The message of an output of `ConverseCommand`: one `assistant` message.
 *
 * @throws GlassineError `document_invalid`
 * @see spec `bedrock:stop-reasons`, `bedrock:usage`
 */
export const fromConverseResponse = bedrock.readAnswer;

/**
 * The output that says `messages`, which are one `assistant` message, deep-frozen. With `onto` it
 * keeps everything of that output which the message does not show.
 *
 * @throws GlassineError `document_invalid` for `onto`, `message_invalid` for a message, and
 * `options_invalid`
 * @see spec `bedrock:onto`
 */
export const toConverseResponse = bedrock.writeAnswer;

/**
 * Puts the events of `ConverseStreamCommand` together, so that a policy sees the same whether or not
 * it was streamed. The stream is `done` once `messageStop` came; `metadata` follows it.
 *
 * @throws GlassineError `options_invalid`; from `push` `stream_invalid` for an event that
 * contradicts those before it, and `stream_limit` for one too many, and again for all after it
 * @see spec `bedrock:streamed`, `bedrock:stream-refused`
 */
export const converseStream = bedrock.stream;

/**
 * The events that stream `document`, an output, deep-frozen. Put together they are the document.
 *
 * @throws GlassineError `document_invalid`
 * @see spec `bedrock:events`
 */
export const toConverseEvents = bedrock.toEvents;
