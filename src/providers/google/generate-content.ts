/** Requests and responses of `generateContent` as messages, and back, streamed or not. */
import { google } from "./event-array.ts";

/**
 * The messages of a request to `generateContent`, parsed from JSON.
 *
 * The system instruction comes first, as a `system` message. A user turn becomes `tool` messages,
 * which hold its function responses, and `user` messages. `left` lists what the messages do not
 * show: `tools`, for example, and fields in snake_case.
 *
 * @throws GlassineError `document_invalid`, with every problem and its path in `data.problems`
 * @see spec `google:turns`, `google:call-ids`, `google:left`
 */
export const fromGenerateRequest = google.readRequest;

/**
 * The request that says `messages`, deep-frozen. With `onto` it keeps everything of that request
 * which the messages do not show, and the very JSON of each part that did not change.
 *
 * @throws GlassineError `document_invalid` for `onto`, `message_invalid` for a message, and
 * `options_invalid`
 * @see spec `google:onto`, `google:call-ids`
 */
export const toGenerateRequest = google.writeRequest;

/**
 * The message of a response of `generateContent`, parsed from JSON: one `assistant` message, the
 * first candidate. A JSON array is read as the events of a stream.
 *
 * @throws GlassineError `document_invalid`; for an array also as `push` of a stream
 * @see spec `google:candidates`, `google:stop-reasons`
 */
export const fromGenerateResponse = google.readAnswer;

/**
 * The response that says `messages`, which are one `assistant` message, deep-frozen. With `onto` it
 * keeps everything of that response which the message does not show.
 *
 * @throws GlassineError `document_invalid` for `onto`, `message_invalid` for a message, and
 * `options_invalid`
 * @see spec `google:onto`
 */
export const toGenerateResponse = google.writeAnswer;

/**
 * Puts a streamed response together, so that a policy sees the same whether or not it was streamed.
 * `push` takes each event, parsed from JSON. The stream is `done` once its first candidate has a
 * finish reason, or the prompt was blocked; more may follow.
 *
 * @throws GlassineError `options_invalid`; from `push` `stream_invalid` for an event that is not a
 * response, and `stream_limit` for one too many, and again for all after it
 * @see spec `google:streamed`
 */
export const generateStream = google.stream;

/**
 * The events that stream `document`, a response, deep-frozen. Put together they are the document.
 *
 * @throws GlassineError `document_invalid`
 * @see spec `google:events`
 */
export const toGenerateEvents = google.toEvents;
