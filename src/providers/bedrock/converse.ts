/** Converts requests and responses of Converse, streamed or not, to messages, and back. */
import { bedrock } from "./tables.ts";

/**
 * Returns the messages of the input of `ConverseCommand` or `ConverseStreamCommand`.
 *
 * The system prompt comes first, as a `system` message. A user turn becomes `tool` messages for its
 * tool results and `user` messages for the rest. Bytes are base64 in messages. `left` lists what
 * the messages do not show, such as `toolConfig`.
 *
 * @throws GlassineError `document_invalid`, with every problem and its path in `data.problems`
 * @see spec `bedrock:turns`, `bedrock:blocks`, `bedrock:left`
 */
export const fromConverseRequest = bedrock.readRequest;

/**
 * Returns an input with these `messages`, deep-frozen. With `onto`, it keeps everything of that
 * input that the messages do not show, and each block that did not change.
 *
 * @throws GlassineError `document_invalid` for `onto`, `message_invalid` for a message, and
 * `options_invalid`
 * @see spec `bedrock:onto`
 */
export const toConverseRequest = bedrock.writeRequest;

/**
 * Returns the one `assistant` message of an output of `ConverseCommand`.
 *
 * @throws GlassineError `document_invalid`
 * @see spec `bedrock:stop-reasons`, `bedrock:usage`
 */
export const fromConverseResponse = bedrock.readAnswer;

/**
 * Returns an output with the one `assistant` message in `messages`, deep-frozen. With `onto`, it
 * keeps everything of that output that the message does not show.
 *
 * @throws GlassineError `document_invalid` for `onto`, `message_invalid` for a message, and
 * `options_invalid`
 * @see spec `bedrock:onto`
 */
export const toConverseResponse = bedrock.writeAnswer;

/**
 * Assembles the events of `ConverseStreamCommand`, so that a policy sees the same whether or not
 * the output was streamed. The stream is `done` after `messageStop`; `metadata` follows it.
 *
 * @throws GlassineError `options_invalid`; `push` throws `stream_invalid` for an event that
 * contradicts earlier ones and `stream_limit` for one over a limit, and then the same error for
 * every later event
 * @see spec `bedrock:streamed`, `bedrock:stream-refused`
 */
export const converseStream = bedrock.stream;

/**
 * Returns the events that stream `document`, an output, deep-frozen. Assembling them yields it
 * again.
 *
 * @throws GlassineError `document_invalid`
 * @see spec `bedrock:events`
 */
export const toConverseEvents = bedrock.toEvents;
