import { expectOptions } from "../../core/data/index.ts";
import { ownValue } from "../../core/data/intrinsics.ts";
import type { Message } from "../../core/messages/index.ts";
import type { Left, LimitOptions, Lost, ModelProvider, Read, Written } from "../rewrite/index.ts";
import { modelMessages, providers } from "./tables.ts";
import type { PromptLike, VersionOption } from "./types.ts";
import { givenVersion, versionOfPrompt } from "./versions.ts";

/** Options of `toPrompt`. */
export interface PromptOptions<Document> extends LimitOptions, VersionOption {
  /** The prompt that the messages came from. What they do not show is kept from it. */
  readonly onto?: Document;
}

/** Options of `toModelMessages`. */
export interface ModelMessagesOptions<Document> extends LimitOptions {
  /** The SDK's messages that these came from. What these do not show is kept from them. */
  readonly onto?: Document;
}

/**
 * Returns the messages of a prompt with which `ai` 5, 6 or 7 calls a model.
 *
 * Bytes are shown as base64 and URLs as strings. `left` lists approvals, file ids, parts of unknown
 * kinds, and settings that messages do not have. The prompt is neither kept nor changed.
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
 * Returns a prompt with these messages.
 *
 * With `onto`, the prompt keeps whatever did not change, bytes and URLs included, and whatever
 * messages do not show. Provider options of a changed part of an assistant message are dropped,
 * because they sign the old part or stand for it.
 *
 * @throws GlassineError `document_invalid` for an `onto` that is not a prompt, `message_invalid`,
 * and `options_invalid`
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
 * Returns the messages of a list of `ModelMessage`, which `generateText` and `streamText` take.
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
 * Returns a list of `ModelMessage` with these messages; see `toPrompt`.
 *
 * @throws GlassineError `document_invalid` for an `onto` that is not such a list,
 * `message_invalid`, and `options_invalid`
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
    document: ownValue(document, "prompt") as Document,
    lost: Object.freeze(lost.map((each): Lost => ofList(each))),
  });
}

/** Returns a report with its path inside the list, which was passed as the prompt of a call. */
function ofList<Report extends { readonly path: string }>(report: Report): Report {
  const path = report.path.replace(/^(onto)?\.?prompt(?=\[|$)/, "$1");
  return Object.freeze({ ...report, path: path === "" ? "(root)" : path });
}
