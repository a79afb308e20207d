import type { LimitOptions, MessageStream, Read, StreamLimits } from "../rewrite/index.ts";
import type { ResultExtensions } from "./completion.ts";
import { providers } from "./tables.ts";
import type { ResultLike, StreamPartLike } from "./types.ts";

/** A streamed result, put together event by event. */
export interface ContentStream<Document extends ResultLike = ResultLike>
  extends MessageStream<StreamPartLike, Document> {
  readonly current: Read<ResultExtensions>;
}

/**
 * Puts the events of `doStream` together to the result that `doGenerate` would have given.
 *
 * The input of a call counts once the call is complete: what came of it before is in `left` as
 * content. A preliminary result of a tool is replaced by the next one of its call. Errors are in
 * `document.errors`, and `left` reports them. `Document` is the result as the SDK types it.
 *
 * @throws GlassineError `options_invalid`; from `push` `stream_invalid` for an event that
 * contradicts those before it, and `stream_limit` for one too many, and again for all after it
 * @example
 * ```ts
 * import { contentStream } from "glassine/ai-sdk";
 *
 * const stream = contentStream();
 * stream.push({ type: "text-start", id: "1" });
 * stream.push({ type: "text-delta", id: "1", delta: "Ah" });
 * stream.push({ type: "text-delta", id: "1", delta: "oy" });
 * console.log(stream.current.messages[0]?.content); // [ { content_type: 'text', text: 'Ahoy' } ]
 * ```
 */
export const contentStream = providers.v3.stream as <Document extends ResultLike = ResultLike>(
  limits?: StreamLimits,
) => ContentStream<Document>;

/**
 * The events that stream a result, such as one that a policy changed.
 *
 * A stream that takes them gives the same result again. What travels beside a stream, the request
 * and the headers and body of the response, is not among them. `Event` is an event as the SDK types
 * it: `toStreamParts<LanguageModelV3StreamPart>(document)`.
 *
 * @throws GlassineError `document_invalid`
 * @example
 * ```ts
 * import { toStreamParts } from "glassine/ai-sdk";
 *
 * const events = toStreamParts({ content: [{ type: "text", text: "Ahoy" }] });
 * console.log(events.map(({ type }) => type).join(" ")); // stream-start text-start text-delta text-end
 * ```
 */
export const toStreamParts = providers.v3.toEvents as <
  Event extends StreamPartLike = StreamPartLike,
>(
  document: ResultLike,
  options?: LimitOptions,
) => readonly Event[];
