import { expectOptions } from "../../core/data/index.ts";
import type { Message } from "../../core/messages/index.ts";
import type { Left, LimitOptions, Lost, ModelProvider, Read, Written } from "../rewrite/index.ts";
import { fieldOf } from "./host-values.ts";
import { modelMessages, providers } from "./tables.ts";
import type { PromptLike, VersionOption } from "./types.ts";
import { givenVersion, versionOfPrompt } from "./versions.ts";

/** Options of `toPrompt`. */
export interface PromptOptions<Document> extends LimitOptions, VersionOption {
  /** The prompt that the messages came from: what they do not show is taken from it. */
  readonly onto?: Document;
}

/** Options of `toModelMessages`. */
export interface ModelMessagesOptions<Document> extends LimitOptions {
  /** The messages of the SDK that these came from: what they do not show is taken from them. */
  readonly onto?: Document;
}

/**
 * The messages of a prompt, as a model of `ai` 5, 6 or 7 is called with it.
 *
 * Bytes are shown as base64 and URLs as text. Approvals, file ids and what is of no known kind are
 * in `left`, with the settings that messages do not hold. The prompt is neither kept nor changed.
 *
 * @throws GlassineError `document_invalid`
 * @example
 * ```ts
 * import { fromPrompt } from "glassine/ai-sdk";
 *
 * const { messages, left } = fromPrompt([{ role: "system", content: "Be brief." }]);
 * console.log(messages[0]?.content, left); // [ { content_type: 'text', text: 'Be brief.' } ] []
 * ```
 */
export function fromPrompt(prompt: PromptLike, options: LimitOptions = {}): Read {
  return readList(providers[versionOfPrompt(prompt)], prompt, options);
}

/**
 * The prompt that says what the messages say.
 *
 * With `onto`, what did not change stays as it is there, bytes and URLs included, and so does all
 * that messages do not show. Provider options of a changed part of an assistant message do not
 * stay: they sign the old one, or stand for it.
 *
 * @throws GlassineError `document_invalid` for an `onto` that is not a prompt, `message_invalid`, and
 * `options_invalid`
 * @example
 * ```ts
 * import { fromPrompt, toPrompt } from "glassine/ai-sdk";
 *
 * const prompt = [{ role: "system", content: "Be brief." }];
 * const { messages } = fromPrompt(prompt);
 * console.log(toPrompt(messages, { onto: prompt }).document); // [ { role: 'system', content: 'Be brief.' } ]
 * ```
 */
export function toPrompt<Document extends PromptLike = PromptLike>(
  messages: readonly Message[],
  options: PromptOptions<Document> = {},
): Written<Document> {
  expectOptions(options, ["limits", "onto", "specificationVersion"], "toPrompt");
  const { onto, specificationVersion = versionOfPrompt(onto), limits } = options;
  return writeList(providers[givenVersion(specificationVersion)], messages, onto, limits);
}

/**
 * The messages of a list of `ModelMessage`, as `generateText` and `streamText` take it.
 *
 * @throws GlassineError `document_invalid`
 * @example
 * ```ts
 * import { fromModelMessages } from "glassine/ai-sdk";
 *
 * const { messages } = fromModelMessages([{ role: "user", content: "Ahoy" }]);
 * console.log(messages[0]?.content); // [ { content_type: 'text', text: 'Ahoy' } ]
 * ```
 */
export function fromModelMessages(list: PromptLike, options: LimitOptions = {}): Read {
  return readList(modelMessages, list, options);
}

/**
 * The list of `ModelMessage` that says what the messages say; see `toPrompt`.
 *
 * @throws GlassineError `document_invalid` for an `onto` that is not such a list, `message_invalid`,
 * and `options_invalid`
 * @example
 * ```ts
 * import { createMessage } from "glassine/messages";
 * import { toModelMessages } from "glassine/ai-sdk";
 *
 * const asked = createMessage({ role: "user", content: [{ content_type: "text", text: "Ahoy" }] });
 * const { document } = toModelMessages([asked]);
 * console.log(document[0]?.content); // [ { type: 'text', text: 'Ahoy' } ]
 * ```
 */
export function toModelMessages<Document extends PromptLike = PromptLike>(
  messages: readonly Message[],
  options: ModelMessagesOptions<Document> = {},
): Written<Document> {
  expectOptions(options, ["limits", "onto"], "toModelMessages");
  return writeList(modelMessages, messages, options.onto, options.limits);
}

function readList(provider: ModelProvider, prompt: PromptLike, options: LimitOptions): Read {
  const { messages, left } = provider.readRequest({ prompt }, options);
  return Object.freeze({
    messages,
    extensions: Object.freeze({}),
    left: Object.freeze(left.map((each): Left => ofList(each))),
  });
}

function writeList<Document extends PromptLike>(
  provider: ModelProvider,
  messages: readonly Message[],
  onto: Document | undefined,
  limits: LimitOptions["limits"],
): Written<Document> {
  const call = { prompt: onto ?? [] };
  const { document, lost } = provider.writeRequest(messages, { onto: call, limits });
  return Object.freeze({
    // Built from the caller's document, whose type it keeps.
    document: fieldOf(document, "prompt") as Document,
    lost: Object.freeze(lost.map((each): Lost => ofList(each))),
  });
}

/** A report with the path in the list, which is the prompt of a call. */
function ofList<Report extends { readonly path: string }>(report: Report): Report {
  const path = report.path.replace(/^(onto)?\.?prompt(?=\[|$)/, "$1");
  return Object.freeze({ ...report, path: path === "" ? "(root)" : path });
}
