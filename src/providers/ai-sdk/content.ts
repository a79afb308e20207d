import * as z from "zod/mini";
import { expectOptions } from "../../core/data/index.ts";
import { type ContentPart, createMessage, type Message } from "../../core/messages/index.ts";
import {
  type Collector,
  collector,
  givenMessages,
  isSameJsonText,
  type Left,
  type LimitOptions,
  type Lost,
  pathOf,
  type Read,
  readDocument,
  readerWithLimits,
  removedReporter,
  type Written,
  withLimits,
} from "../rewrite/index.ts";
import {
  completionJson,
  completionShape,
  type ResultExtensions,
  readCompletion,
  writeCompletion,
} from "./completion.ts";
import {
  type Fields,
  fieldOf,
  hostCopy,
  isFields,
  isList,
  jsonOf,
  reading,
} from "./host-values.ts";
import { notesFor } from "./notes.ts";
import { givenVersion } from "./options.ts";
import type { ReportRemovedAt } from "./overlay.ts";
import { partJson, partSchema, partsIn } from "./part-kinds.ts";
import type { Place } from "./place.ts";
import { readParts, type ShownParts } from "./read-parts.ts";
import { reportUnread } from "./settings.ts";
import { providerCallsIn } from "./stored.ts";
import type { ResultLike, SpecificationVersion } from "./types.ts";
import { withoutCopies } from "./without-copies.ts";
import { writeParts } from "./write-parts.ts";

/** Options of `toContent`. */
export interface ContentOptions<Document> extends LimitOptions {
  /** The result that the message came from: what it does not show is taken from it. */
  readonly onto?: Document;
  /** Used without `onto`: the slots with finish reason, usage and response. */
  readonly extensions?: ResultExtensions;
  /**
   * For which version new parts are written: `v4` for ai 7, `v3` for ai 6, `v2` for ai 5. Default
   * `v3`.
   */
  readonly specificationVersion?: SpecificationVersion;
}

const assistant = { format: "result", role: "assistant" } as const;
const schema = z.looseObject({ content: z.array(partSchema("result")), ...completionShape });

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
export const fromContent = readerWithLimits(
  "fromContent",
  (result: ResultLike): Read<ResultExtensions> => {
    const left = collector<Left>();
    const read = () => readResult(result, left);
    const { message, extensions } = reading("result", read, "document_invalid");
    const messages = Object.freeze([message]);
    return Object.freeze({
      messages,
      extensions: hostCopy(extensions),
      left: left.list(),
    });
  },
);

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
export const toContent = withLimits(
  "toContent",
  <Document extends ResultLike = ResultLike>(
    messages: readonly Message[],
    options: ContentOptions<Document> = {},
  ): Written<Document> => {
    expectOptions(options, ["onto", "extensions", "limits", "specificationVersion"], "toContent");
    const given = givenMessages(messages, "toContent");
    return reading("result", () => writeResult(given, options), "document_invalid");
  },
);

function writeResult<Document extends ResultLike>(
  messages: readonly Message[],
  { onto, extensions = {}, specificationVersion }: ContentOptions<Document>,
): Written<Document> {
  const version = givenVersion(specificationVersion);
  const lost = collector<Lost>();
  const parts = saidParts(messages, lost);
  const raws = onto?.content ?? [];
  const providerCalls = providerCallsIn(raws);
  const left = collector<Left>();
  const shown = onto === undefined ? nothing : readResult(onto, left).shown;
  const removed = removedReporter(left.list(), lost.add);
  const said = parts.map(({ part }) => part);
  const inside: ReportRemovedAt = (...keys) => removed(pathOf("content", ...keys));
  const content = writeParts(
    { raws, shown, removed: inside },
    said,
    (index): Place => ({
      ...assistant,
      version,
      providerCalls,
      reportLost: (reason, ...keys) =>
        lost.add({ path: pathOf(...(parts[index]?.path ?? []), ...keys), reason }),
    }),
  );
  const hasCalls = parts.some(({ part }) => part.content_type === "tool_call");
  const reportLost = (reason: string, ...keys: readonly string[]) =>
    lost.add({ path: pathOf("extensions", ...keys), reason });
  const rest =
    onto === undefined
      ? { ...writeCompletion(extensions, version, reportLost, hasCalls), warnings: [] }
      : restOf(onto, isSameJsonText(said, shown.parts), lost);
  const document = Object.freeze({ ...hostCopy(rest), content });
  // Built from the caller's document, whose type it keeps.
  return Object.freeze({ document: document as Document, lost: lost.list() });
}

/** What stands beside the content of a result. */
function restOf(onto: ResultLike, isSame: boolean, lost: Collector<Lost>): Fields {
  const { content: _, ...rest } = onto;
  if (isSame) return rest;
  return withoutCopies(rest, (name) => {
    const reason = `The content changed, so its ${name} is dropped.`;
    lost.add({ path: pathOf(0, "content"), reason });
  });
}

const nothing: ShownParts = { parts: [], places: [] };

function readResult(result: ResultLike, left: Collector<Left>) {
  const json = readDocument(schema, resultJson(result), "result");
  const notes = notesFor(left);
  // Read by field name; the SDK's interface has no index signature.
  const raw = result as Fields;
  const items = partsIn(json.content);
  const shown = readParts(result.content, items, assistant, notes.under("content"));
  const extensions = readCompletion(json, raw, notes);
  const warnings = fieldOf(raw, "warnings");
  const isQuiet = Array.isArray(warnings) && warnings.length === 0;
  const read = ["content", ...Object.keys(completionShape), ...(isQuiet ? ["warnings"] : [])];
  reportUnread(raw, read, "result", notes);
  const message = createMessage({ role: "assistant", content: shown.parts });
  return { message, extensions, shown: { ...shown, parts: message.content } };
}

function resultJson(result: unknown): unknown {
  if (!isFields(result)) return jsonOf(result);
  const content = fieldOf(result, "content");
  return {
    content: isList(content)
      ? Array.from(content, (part) => partJson(part, "result"))
      : jsonOf(content),
    ...completionJson(result),
  };
}

interface SaidPart {
  readonly part: ContentPart;
  readonly path: readonly (string | number)[];
}

/** The parts of all messages: a result is one message of the assistant. */
function saidParts(messages: readonly Message[], lost: Collector<Lost>): readonly SaidPart[] {
  if (messages.length !== 1) {
    lost.add({ path: "", reason: "A result is one message, so all parts were joined." });
  }
  return messages.flatMap((message, at): readonly SaidPart[] => {
    const reportLost = (reason: string, ...keys: readonly string[]) =>
      lost.add({ path: pathOf(at, ...keys), reason });
    if (message.role !== "assistant") {
      reportLost("A result must be an assistant message.");
      return [];
    }
    if (message.channel !== undefined) reportLost("A result has no channel.", "channel");
    if (message.schema_version !== "2.0") reportLost("A result has no version.", "schema_version");
    return message.content.map((part, index) => ({ part, path: [at, "content", index] }));
  });
}
