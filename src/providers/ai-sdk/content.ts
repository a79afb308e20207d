import { expectOptions } from "../../core/data/index.ts";
import { ownValue } from "../../core/data/intrinsics.ts";
import type { Message } from "../../core/messages/index.ts";
import { type LimitOptions, type Lost, pathOf, type Read, type Written } from "../rewrite/index.ts";
import { type ResultExtensions, writeCompletion } from "./completion.ts";
import { isList } from "./host-values.ts";
import { providers } from "./tables.ts";
import type { ResultLike, SpecificationVersion, VersionOption } from "./types.ts";
import { givenVersion, versionOfResult } from "./versions.ts";

/** Options of `toContent`. */
export interface ContentOptions<Document> extends LimitOptions, VersionOption {
  /** The result that the message came from. What the message does not show is kept from it. */
  readonly onto?: Document;
  /** Used without `onto`: the slots for finish reason, usage and response. */
  readonly extensions?: ResultExtensions;
}

/**
 * Returns the message of a result of `doGenerate`, and the slots `completion` and `llm` from the
 * fields beside its content.
 *
 * Sources are shown as resources. `left` lists approval requests, parts of unknown kinds, and
 * settings that messages do not have.
 *
 * @throws GlassineError `document_invalid`
 * @example
 * ```ts
 * import { fromContent } from "glassine/ai-sdk";
 *
 * const { messages, extensions } = fromContent({
 *   content: [{ type: "text", text: "Ahoy" }],
 *   finishReason: { unified: "stop", raw: "stop" },
 *   usage: { inputTokens: { total: 3 }, outputTokens: { total: 1 } },
 * });
 * console.log(messages[0]?.role, extensions.completion?.stop_reason); // assistant end
 * ```
 */
export function fromContent(
  result: ResultLike,
  options: LimitOptions = {},
): Read<ResultExtensions> {
  return providers[versionOfResult(result)].readAnswer(result, options) as Read<ResultExtensions>;
}

/**
 * Returns a result with the content of one assistant message.
 *
 * With `onto`, the result keeps whatever did not change and whatever messages do not show,
 * including finish reason, usage and response. Provider metadata of a changed part is dropped,
 * because it signs the old part or stands for it. If anything changed, so are the provider metadata
 * and the bodies of the whole result, which may hold the old text.
 *
 * @throws GlassineError `document_invalid` for an `onto` that is not a result, `message_invalid`,
 * and `options_invalid`
 * @example
 * ```ts
 * import { createMessage } from "glassine/messages";
 * import { toContent } from "glassine/ai-sdk";
 *
 * const said = createMessage({
 *   role: "assistant",
 *   content: [{ content_type: "text", text: "Ahoy" }],
 * });
 * console.log(toContent([said]).document.content); // [ { type: 'text', text: 'Ahoy' } ]
 * ```
 */
export function toContent<Document extends ResultLike = ResultLike>(
  messages: readonly Message[],
  options: ContentOptions<Document> = {},
): Written<Document> {
  expectOptions(options, ["onto", "extensions", "limits", "specificationVersion"], "toContent");
  const { onto, extensions = {}, limits, specificationVersion } = options;
  const version = givenVersion(specificationVersion ?? versionOfResult(onto));
  const left: Lost[] = [];
  const { document, lost } = providers[version].writeAnswer(messages, {
    onto: onto ?? freshResult(messages, extensions, version, left),
    limits,
  });
  // Built from the caller's document, whose type it keeps.
  return Object.freeze({ document: document as Document, lost: Object.freeze([...lost, ...left]) });
}

/** A result without content. */
function freshResult(
  messages: unknown,
  extensions: ResultExtensions,
  version: SpecificationVersion,
  lost: Lost[],
): object {
  const parts = isList(messages) ? messages.flatMap((message) => ownValue(message, "content")) : [];
  const hasCalls = parts.some((part) => ownValue(part, "content_type") === "tool_call");
  const report = (reason: string, ...keys: readonly string[]) =>
    lost.push(Object.freeze<Lost>({ path: pathOf("extensions", ...keys), reason }));
  const completion = writeCompletion(extensions, version, report, hasCalls);
  return { ...completion, content: [], warnings: [] };
}
