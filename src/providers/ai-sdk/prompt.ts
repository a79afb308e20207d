import { expectOptions } from "../../core/data/index.ts";
import type { Message } from "../../core/messages/index.ts";
import {
  collector,
  givenMessages,
  type Left,
  type LimitOptions,
  type Lost,
  type Read,
  readerWithLimits,
  removedReporter,
  type Written,
  withLimits,
} from "../rewrite/index.ts";
import { reading } from "./host-values.ts";
import { givenVersion } from "./options.ts";
import { type ListFormat, nameOf, readList } from "./read-list.ts";
import type { PromptLike, SpecificationVersion } from "./types.ts";
import { writeList } from "./write-list.ts";

/** Options of `toPrompt`. */
export interface PromptOptions<Document> extends LimitOptions {
  /** The prompt that the messages came from: what they do not show is taken from it. */
  readonly onto?: Document;
  /**
   * For which version new parts are written: `v4` for ai 7, `v3` for ai 6, `v2` for ai 5. Default
   * `v3`.
   */
  readonly specificationVersion?: SpecificationVersion;
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
export const fromPrompt = readerWithLimits("fromPrompt", (prompt: PromptLike): Read => {
  return fromList(prompt, "prompt");
});

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
export const toPrompt = withLimits(
  "toPrompt",
  <Document extends PromptLike = PromptLike>(
    messages: readonly Message[],
    options: PromptOptions<Document> = {},
  ): Written<Document> => {
    expectOptions(options, ["limits", "onto", "specificationVersion"], "toPrompt");
    const version = givenVersion(options.specificationVersion);
    return toList(givenMessages(messages, "toPrompt"), "prompt", options.onto, version);
  },
);

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
export const fromModelMessages = readerWithLimits("fromModelMessages", (list: PromptLike): Read => {
  return fromList(list, "messages");
});

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
export const toModelMessages = withLimits(
  "toModelMessages",
  <Document extends PromptLike = PromptLike>(
    messages: readonly Message[],
    options: ModelMessagesOptions<Document> = {},
  ): Written<Document> => {
    expectOptions(options, ["limits", "onto"], "toModelMessages");
    return toList(givenMessages(messages, "toModelMessages"), "messages", options.onto, "v3");
  },
);

function fromList(list: PromptLike, format: ListFormat): Read {
  const left = collector<Left>();
  const shown = reading(nameOf(format), () => readList(list, format, left), "document_invalid");
  const messages = Object.freeze(shown.map(({ message }) => message));
  return Object.freeze({ messages, extensions: Object.freeze({}), left: left.list() });
}

function toList<Document extends PromptLike>(
  messages: readonly Message[],
  format: ListFormat,
  onto: Document | undefined,
  version: SpecificationVersion,
): Written<Document> {
  const lost = collector<Lost>();
  const list: PromptLike = onto ?? [];
  const write = () => {
    const left = collector<Left>();
    const shown = readList(list, format, left);
    const removed = removedReporter(left.list(), lost.add);
    return writeList(messages, { format, version, onto: list, shown, lost, removed });
  };
  const document = reading(nameOf(format), write, "document_invalid");
  // Built from the caller's document, whose type it keeps.
  return Object.freeze({ document: document as Document, lost: lost.list() });
}
