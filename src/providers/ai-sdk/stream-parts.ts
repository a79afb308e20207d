import { expectOptions } from "../../core/data/index.ts";
import { type LimitOptions, withLimits } from "../rewrite/index.ts";
import { fromContent } from "./content.ts";
import { type Fields, hostCopy, isList, reading } from "./host-values.ts";
import type { ResultLike, StreamPartLike } from "./types.ts";

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
export const toStreamParts = withLimits(
  "toStreamParts",
  <Event extends StreamPartLike = StreamPartLike>(
    document: ResultLike,
    options: LimitOptions = {},
  ): readonly Event[] => {
    expectOptions(options, ["limits"], "toStreamParts");
    fromContent(document);
    return reading(
      "result",
      () => eventsOfResult(document),
      "document_invalid",
    ) as readonly Event[];
  },
);

function eventsOfResult(document: ResultLike): unknown {
  const result: ResultLike & Fields = hostCopy(document);
  const {
    content,
    warnings = [],
    response,
    finishReason,
    usage,
    providerMetadata,
    errors,
  } = result;
  const events: Fields[] = [{ type: "stream-start", warnings }];
  const about = Object.entries(response ?? {}).filter(([name]) => aboutResponse.includes(name));
  if (about.length > 0) events.push({ type: "response-metadata", ...Object.fromEntries(about) });
  for (const [index, part] of content.entries()) events.push(...eventsOf(part, String(index)));
  for (const error of isList(errors) ? errors : []) events.push({ type: "error", error });
  if (finishReason !== undefined || usage !== undefined) {
    const own = providerMetadata === undefined ? {} : { providerMetadata };
    events.push({ type: "finish", finishReason, usage, ...own });
  }
  return Object.freeze(events.map((event) => Object.freeze(event)));
}

const aboutResponse: readonly string[] = ["id", "timestamp", "modelId"];

function eventsOf(part: Fields & { readonly type: string }, id: string): readonly Fields[] {
  const { type, text, ...settings } = part;
  if (type !== "text" && type !== "reasoning") return [part];
  const { citations, ...start } = settings;
  const isCited = type === "text" && citations !== undefined;
  const deltas = text === "" ? [] : [{ type: `${type}-delta`, id, delta: text }];
  return [
    { ...(isCited ? start : settings), type: `${type}-start`, id },
    ...deltas,
    { type: `${type}-end`, id, ...(isCited ? { citations } : {}) },
  ];
}
