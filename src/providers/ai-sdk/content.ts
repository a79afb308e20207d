import { expectOptions } from "../../core/data/index.ts";
import type { Message } from "../../core/messages/index.ts";
import { type LimitOptions, type Lost, pathOf, type Read, type Written } from "../rewrite/index.ts";
import { type ResultExtensions, writeCompletion } from "./completion.ts";
import { fieldOf, isList } from "./host-values.ts";
import { providers } from "./tables.ts";
import type { ResultLike, SpecificationVersion, VersionOption } from "./types.ts";
import { givenVersion, versionOfResult } from "./versions.ts";

/** Options of `toContent`. */
export interface ContentOptions<Document> extends LimitOptions, VersionOption {
  /** The result that the message came from: what it does not show is taken from it. */
  readonly onto?: Document;
  /** Used without `onto`: the slots with finish reason, usage and response. */
  readonly extensions?: ResultExtensions;
}

/**
 * The message of a result of `doGenerate`, with `completion` and `llm` from what stands beside it.
 *
 * Sources are shown as resources. Approval requests and what is of no known kind are in `left`,
 * with the settings that messages do not hold.
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
 * The result that says what one assistant message says.
 *
 * With `onto`, what did not change stays as it is there, and so does all that messages do not
 * show; finish reason, usage and response are its own. Provider metadata of a changed part does
 * not stay: it signs the old one, or stands for it. Where anything changed, neither do the
 * provider's metadata and the bodies of the whole result, which may hold the old text.
 *
 * @throws GlassineError `document_invalid` for an `onto` that is not a result, `message_invalid`, and
 * `options_invalid`
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
  const parts = isList(messages) ? messages.flatMap((message) => fieldOf(message, "content")) : [];
  const hasCalls = parts.some((part) => fieldOf(part, "content_type") === "tool_call");
  const report = (reason: string, ...keys: readonly string[]) =>
    lost.push(Object.freeze<Lost>({ path: pathOf("extensions", ...keys), reason }));
  const beside = writeCompletion(extensions, version, report, hasCalls);
  return { ...beside, content: [], warnings: [] };
}
