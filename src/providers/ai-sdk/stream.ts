import type { LimitOptions, MessageStream, Read, StreamLimits } from "../rewrite/index.ts";
import type { ResultExtensions } from "./completion.ts";
import { providers } from "./tables.ts";
import type { ResultLike, StreamPartLike } from "./types.ts";

/** A streamed result, assembled event by event. */
export interface ContentStream<Document extends ResultLike = ResultLike>
  extends MessageStream<StreamPartLike, Document> {
  readonly current: Read<ResultExtensions>;
}

/**
 * Assembles the events of `doStream` into the result that `doGenerate` would have returned.
 *
 * The input of a call is shown once the call is complete; until then, `left` reports it as content.
 * A preliminary result of a tool is replaced by the next result of its call. Errors are in
 * `document.errors`, and `left` reports them. `Document` is the SDK's type of the result.
 *
 * @throws GlassineError `options_invalid`; `push` throws `stream_invalid` for an event that
 * contradicts earlier ones and `stream_limit` for one over a limit, and then for every later event
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
 * Returns the events that stream a result, such as one that a policy changed.
 *
 * Assembling them yields the same result again, without what travels beside a stream: the request,
 * and the headers and body of the response. `Event` is the SDK's type:
 * `toStreamParts<LanguageModelV3StreamPart>(document)`.
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
