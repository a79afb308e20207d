import { type Message, messageOfPlain } from "../../core/messages/index.ts";
import {
  type Read,
  readDocument,
  reportToolNames,
  type Written,
  withLimits,
} from "../rewrite/index.ts";
import { samplingBlocks } from "./blocks.ts";
import { type Onto, type RequestOptions, readRequestOptions } from "./call-options.ts";
import { noMessage } from "./one-part.ts";
import {
  checkHead,
  type LostReports,
  lostReports,
  mcpReading,
  readMessages,
  readOf,
  readOnto,
  reportRest,
  settingsOf,
  written,
} from "./report.ts";
import { samplingRequestSchema, samplingResultSchema } from "./schemas.ts";
import { type CompletionSlots, completionOf, stopReasonOf } from "./stop-reason.ts";
import { readTurns, type Turn, type TurnStyle, type Turns, writeTurns } from "./turns.ts";

const style: TurnStyle = { blocks: samplingBlocks, isSampling: true };

/** The turns of a request. */
function turnsIn(turns: readonly Turn[]): Turns {
  return { turns, pathOf: (i) => ["messages", i] };
}

/** A result is one turn itself. */
function turnOf({ role, content }: Turn): Turns {
  return { turns: [{ role, content }], pathOf: () => [] };
}

/**
 * The params of `sampling/createMessage` as messages, `systemPrompt` first with the role `system`.
 *
 * Results of tools alone are a message of the role `tool`. Definitions of tools, `toolChoice`,
 * `maxTokens` and the other settings are in `left`.
 *
 * @throws GlassineError `options_invalid`, `document_invalid`
 * @see spec `mcp:sampling-request`
 */
export const fromSamplingRequest = withLimits(
  "fromSamplingRequest",
  (params: object, options: RequestOptions): Read => {
    const { id } = readRequestOptions(options, "fromSamplingRequest");
    const document = readDocument(samplingRequestSchema, params, "sampling request");
    const reading = mcpReading({ id });
    const { messages, systemPrompt: text } = document;
    reportRest(reading, document, ["messages", "systemPrompt"], [], settingsOf.samplingParams);
    const turns = readTurns(turnsIn(messages), style, reading);
    if (text !== undefined)
      turns.unshift({ role: "system", content: [{ content_type: "text", text }] });
    return readOf(turns.map(messageOfPlain), {}, reading);
  },
);

/** What a sampling request needs beside its messages: the request it came from, or its limit. */
export type SamplingRequestOptions = RequestOptions &
  (
    | { readonly onto: object; readonly maxTokens?: undefined }
    | { readonly onto?: undefined; readonly maxTokens: number }
  );

/**
 * The params of `sampling/createMessage` for messages.
 *
 * A first message of the role `system` with one text becomes `systemPrompt`. A message with one part
 * has a block, any other a list of blocks.
 *
 * @throws GlassineError `options_invalid`, `message_invalid`, or `document_invalid` for `onto`
 * @see spec `mcp:sampling-request`, `mcp:onto`
 */
export const toSamplingRequest = withLimits(
  "toSamplingRequest",
  (messages: readonly Message[], given: SamplingRequestOptions): Written<object> => {
    const options = readRequestOptions(given, "toSamplingRequest");
    const lost = lostReports();
    const { id, onto, maxTokens } = options;
    const read = readMessages(messages);
    const systemPrompt = systemPromptOf(read[0], lost);
    const skipped = systemPrompt === undefined ? 0 : 1;
    const before = readOnto(samplingRequestSchema, onto, "sampling request");
    reportToolNames(read, lost.all);
    const old = turnsIn(before?.messages ?? []);
    const placeOf = (i: number) => [i + skipped];
    const turns = writeTurns(read.slice(skipped), old, style, lost, placeOf, { id });
    const document = { ...(before ?? { maxTokens }), systemPrompt, messages: turns };
    return written(document, "sampling request", lost);
  },
);

/** The text of a first message that MCP can say as `systemPrompt`. */
function systemPromptOf(message: Message | undefined, lost: LostReports): string | undefined {
  const [part, ...more] = message?.content ?? [];
  if (message?.role !== "system" || part?.content_type !== "text") return undefined;
  if (more.length > 0) return undefined;
  checkHead(message, lost, [0]);
  return part.text;
}

/**
 * The result of `sampling/createMessage` as a message. `model` and `stopReason` are in the slots
 * `completion` and `llm`; a stop reason that is not one of theirs is in `left`.
 *
 * @throws GlassineError `options_invalid`, `document_invalid`
 * @see spec `mcp:sampling-result`
 * @example
 * ```ts
 * import { fromSamplingResult } from "glassine/mcp";
 *
 * const content = { type: "text", text: "Ahoy" };
 * const result = { role: "assistant", content, model: "m-1", stopReason: "endTurn" };
 * const { extensions } = fromSamplingResult(result, { id: "7" });
 * console.log(extensions.completion.model, extensions.completion.stop_reason); // m-1 end
 * ```
 */
export const fromSamplingResult = withLimits(
  "fromSamplingResult",
  (result: object, options: RequestOptions): Read<CompletionSlots> => {
    const { id } = readRequestOptions(options, "fromSamplingResult");
    const document = readDocument(samplingResultSchema, result, "sampling result");
    const reading = mcpReading({ id });
    const { model, stopReason } = document;
    reportRest(
      reading,
      document,
      ["role", "content", "model", "stopReason"],
      [],
      settingsOf.result,
    );
    const turns = readTurns(turnOf(document), style, reading);
    const slots = completionOf(model, stopReason);
    if (stopReason !== undefined && slots.completion.stop_reason === undefined) {
      const reason = "The slot `completion` has no such stop reason.";
      reading.left.add({ path: "stopReason", kind: "setting", reason }, ["stopReason"]);
    }
    return readOf(turns.map(messageOfPlain), slots, reading);
  },
);

/** What the host knows of a completion, where no `onto` says it. */
export interface SamplingResultOptions extends RequestOptions, Onto {
  /** The slot `completion`: its `model` and `stop_reason` are written. */
  readonly completion?: { readonly model?: string | undefined; readonly stop_reason?: unknown };
}

/**
 * The result of `sampling/createMessage` for a message of the role `assistant` or `user`.
 *
 * @throws GlassineError `options_invalid`, `message_invalid` without such a message or a `model`
 * @throws GlassineError `document_invalid` for `onto`
 * @see spec `mcp:sampling-result`, `mcp:onto`
 */
export const toSamplingResult = withLimits(
  "toSamplingResult",
  (messages: readonly Message[], options: SamplingResultOptions): Written<object> => {
    const { id, onto, completion } = readRequestOptions(options, "toSamplingResult");
    const lost = lostReports();
    const [message, ...more] = readMessages(messages);
    for (const place of more.keys()) lost.add([place + 1], "MCP takes one message here.");
    const before = readOnto(samplingResultSchema, onto, "sampling result");
    const model = before?.model ?? completion?.model;
    const said = message === undefined ? [] : [message];
    const old = before === undefined ? turnsIn([]) : turnOf(before);
    reportToolNames(said, lost.all);
    const [turn] = writeTurns(said, old, style, lost, () => [0], { id });
    if (turn === undefined || model === undefined) {
      throw noMessage("with the role assistant or user, and the model that made it");
    }
    const fresh = { model, stopReason: stopReasonOf(completion?.stop_reason) };
    return written({ ...(before ?? fresh), ...turn }, "sampling result", lost);
  },
);
