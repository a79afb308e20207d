/** Converts requests and responses of `generateContent`, streamed or not, to messages, and back. */
import { google } from "./event-array.ts";

/**
 * Returns the messages of a request to `generateContent`, given as parsed JSON.
 *
 * The system instruction comes first, as a `system` message. A user turn becomes `tool` messages
 * for its function responses and `user` messages for the rest. `left` lists what the messages do
 * not show, such as `tools` and fields in snake_case.
 *
 * @throws GlassineError `document_invalid`, with every problem and its path in `data.problems`
 * @see spec `google:turns`, `google:call-ids`, `google:left`
 */
export const fromGenerateRequest = google.readRequest;

/**
 * Returns a request with these `messages`, deep-frozen. With `onto`, it keeps everything of that
 * request that the messages do not show, and the exact JSON of each part that did not change.
 *
 * @throws GlassineError `document_invalid` for `onto`, `message_invalid` for a message, and
 * `options_invalid`
 * @see spec `google:onto`, `google:call-ids`
 */
export const toGenerateRequest = google.writeRequest;

/**
 * Returns the one `assistant` message of a response of `generateContent`, given as parsed JSON: its
 * first candidate. A JSON array is read as the events of a stream, with `isCutOff` if none ends it.
 *
 * @throws GlassineError `document_invalid`; for an array also what `push` of a stream throws
 * @see spec `google:candidates`, `google:stop-reasons`
 */
export const fromGenerateResponse = google.readAnswer;

/**
 * Returns a response with the one `assistant` message in `messages`, deep-frozen. With `onto`, it
 * keeps everything of that response that the message does not show.
 *
 * @throws GlassineError `document_invalid` for `onto`, `message_invalid` for a message, and
 * `options_invalid`
 * @see spec `google:onto`
 */
export const toGenerateResponse = google.writeAnswer;

/**
 * Assembles a streamed response, so that a policy sees the same whether or not it was streamed.
 * `push` takes each event, parsed from JSON. The stream is `done` once its first candidate has a
 * finish reason or the prompt was blocked; more events may follow.
 *
 * @throws GlassineError `options_invalid`; `push` throws `stream_invalid` for an event that is not
 * a response and `stream_limit` for one over a limit, and then the same error for every later event
 * @see spec `google:streamed`
 */
export const generateStream = google.stream;

/**
 * Returns the events that stream `document`, a response, deep-frozen. Assembling them yields it
 * again.
 *
 * @throws GlassineError `document_invalid`
 * @see spec `google:events`
 */
export const toGenerateEvents = google.toEvents;
