import { type Message, messageOfPlain } from "../../core/messages/index.ts";
import { reportToolNames, type StopReason } from "../rewrite/index.ts";
import { samplingBlocks } from "./blocks.ts";
import type { Onto, ReadOptions, RequestOptions } from "./call-options.ts";
import { documentReader, documentWriter } from "./converter.ts";
import { noMessage } from "./one-part.ts";
import { checkHead, type LostReports, readOf, reportRest, settingsOf } from "./report.ts";
import { samplingRequestSchema, samplingResultSchema } from "./schemas.ts";
import { readTurns, type Turn, type TurnStyle, type Turns, writeTurns } from "./turns.ts";

const request = { what: "sampling request", schema: samplingRequestSchema };
const result = { what: "sampling result", schema: samplingResultSchema };
const style: TurnStyle = { blocks: samplingBlocks, isSampling: true };

/** The turns of a request. */
function turnsIn(turns: readonly Turn[]): Turns {
  return { turns, pathOf: (i) => ["messages", i] };
}

/** A result is itself one turn. */
function turnOf({ role, content }: Turn): Turns {
  return { turns: [{ role, content }], pathOf: () => [] };
}

/**
 * Reads the params of `sampling/createMessage` as messages: first `systemPrompt`, with the role
 * `system`, then the turns.
 *
 * A turn with nothing but tool results becomes a message with the role `tool`. Tool definitions,
 * `toolChoice`, `maxTokens` and the other settings are in `left`.
 *
 * @throws GlassineError `options_invalid`, `document_invalid`
 * @see spec `mcp:sampling-request`
 */
export const fromSamplingRequest = documentReader(
  "fromSamplingRequest",
  request,
  (params, reading) => {
    const { messages, systemPrompt: text } = params;
    reportRest(reading, params, ["messages", "systemPrompt"], [], settingsOf.samplingParams);
    const turns = readTurns(turnsIn(messages), style, reading);
    if (text !== undefined)
      turns.unshift({ role: "system", content: [{ content_type: "text", text }] });
    return readOf(turns.map(messageOfPlain), {}, reading);
  },
);

/** What a sampling request needs besides messages: the request it came from, or a token limit. */
export type SamplingRequestOptions = RequestOptions &
  (
    | { readonly onto: object; readonly maxTokens?: undefined }
    | { readonly onto?: undefined; readonly maxTokens: number }
  );

/**
 * Writes messages as the params of `sampling/createMessage`.
 *
 * A first message with the role `system` and one text part becomes `systemPrompt`. A message with
 * one part is written as a single block, any other as a list of blocks.
 *
 * @throws GlassineError `options_invalid`, `message_invalid`, or `document_invalid` for `onto`
 * @see spec `mcp:sampling-request`, `mcp:onto`
 */
export const toSamplingRequest = documentWriter(
  "toSamplingRequest",
  request,
  (messages, before, lost, { id, maxTokens }: ReadOptions<SamplingRequestOptions>) => {
    const systemPrompt = systemPromptOf(messages[0], lost);
    const skipped = systemPrompt === undefined ? 0 : 1;
    reportToolNames(messages, lost.all);
    const old = turnsIn(before?.messages ?? []);
    const placeOf = (i: number) => [i + skipped];
    const turns = writeTurns(messages.slice(skipped), old, style, lost, placeOf, { id });
    return { ...(before ?? { maxTokens }), systemPrompt, messages: turns };
  },
);

/** The text of a first message that MCP can express as `systemPrompt`. */
function systemPromptOf(message: Message | undefined, lost: LostReports): string | undefined {
  const [part, ...more] = message?.content ?? [];
  if (message?.role !== "system" || part?.content_type !== "text") return undefined;
  if (more.length > 0) return undefined;
  checkHead(message, lost, [0]);
  return part.text;
}

/** MCP's stop reasons for sampling. A server may send any other string. */
const reasons = /* @__PURE__ */ new Map<string | undefined, Exclude<StopReason, "return">>([
  ["endTurn", "end"],
  ["toolUse", "call"],
  ["maxTokens", "max_tokens"],
  ["stopSequence", "stop_sequence"],
]);

/** The slots that a sampling result fills, for `createExtensions` or `withSlots`. */
export interface CompletionSlots {
  readonly completion: {
    readonly model: string;
    readonly raw_format: "mcp";
    readonly stop_reason?: Exclude<StopReason, "return">;
  };
  readonly llm: { readonly model_id: string };
}

function completionOf(model: string, stopReason: string | undefined): CompletionSlots {
  const reason = reasons.get(stopReason);
  const completion = {
    model,
    raw_format: "mcp" as const,
    ...(reason !== undefined && { stop_reason: reason }),
  };
  return { completion: Object.freeze(completion), llm: Object.freeze({ model_id: model }) };
}

/**
 * Reads the result of `sampling/createMessage` as a message. `model` and `stopReason` are in the
 * slots `completion` and `llm`; a stop reason that `completion` does not have is in `left`.
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
export const fromSamplingResult = documentReader(
  "fromSamplingResult",
  result,
  (document, reading) => {
    const { model, stopReason } = document;
    const shown = ["role", "content", "model", "stopReason"];
    reportRest(reading, document, shown, [], settingsOf.result);
    const turns = readTurns(turnOf(document), style, reading);
    const slots = completionOf(model, stopReason);
    if (stopReason !== undefined && slots.completion.stop_reason === undefined) {
      const reason = "The slot `completion` has no such stop reason.";
      reading.left.add({ path: "stopReason", kind: "setting", reason }, ["stopReason"]);
    }
    return readOf(turns.map(messageOfPlain), slots, reading);
  },
);

/** What the host knows about a completion, for a result without `onto`. */
export interface SamplingResultOptions extends RequestOptions, Onto {
  /** The slot `completion`: its `model` and `stop_reason` are written. */
  readonly completion?: { readonly model?: string | undefined; readonly stop_reason?: unknown };
}

/**
 * Writes a message with the role `assistant` or `user` as the result of `sampling/createMessage`.
 *
 * @throws GlassineError `options_invalid`, `message_invalid` without such a message or a `model`
 * @throws GlassineError `document_invalid` for `onto`
 * @see spec `mcp:sampling-result`, `mcp:onto`
 */
export const toSamplingResult = documentWriter(
  "toSamplingResult",
  result,
  ([message, ...more], before, lost, { id, completion }: ReadOptions<SamplingResultOptions>) => {
    for (const place of more.keys()) lost.add([place + 1], "MCP takes one message here.");
    const model = before?.model ?? completion?.model;
    const said = message === undefined ? [] : [message];
    const old = before === undefined ? turnsIn([]) : turnOf(before);
    reportToolNames(said, lost.all);
    const [turn] = writeTurns(said, old, style, lost, () => [0], { id });
    if (turn === undefined || model === undefined) {
      throw noMessage("with the role assistant or user, and the model that made it");
    }
    const stopReason = [...reasons].find(([, slot]) => slot === completion?.stop_reason)?.[0];
    return { ...(before ?? { model, stopReason }), ...turn };
  },
);
