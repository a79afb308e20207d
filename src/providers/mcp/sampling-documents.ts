import { type Message, messageOfPlain } from "../../core/messages/index.ts";
import { type Read, readDocument, type Written, withLimits } from "../rewrite/index.ts";
import { type Onto, type RequestOptions, readRequestOptions } from "./call-options.ts";
import { noMessage } from "./only-part.ts";
import {
  checkHead,
  type LostReports,
  leftReports,
  lostReports,
  type Reports,
  readMessages,
  readOf,
  readOnto,
  removedReporterIn,
  reportRest,
  settingsOf,
  written,
} from "./report.ts";
import { samplingRequestSchema, samplingResultSchema } from "./schemas.ts";
import { type CompletionSlots, completionOf, stopReasonOf } from "./stop-reason.ts";
import { fromOneTurn, fromTurns, type Turn, type TurnStyle, toOneTurn, toTurns } from "./turns.ts";

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
    const left = leftReports();
    reportRest(document, ["messages", "systemPrompt"], left, [], settingsOf.samplingParams);
    const turns = fromTurns(document.messages, styleOf(id), left, ["messages"]);
    const { systemPrompt } = document;
    if (systemPrompt !== undefined) {
      turns.unshift({ role: "system", content: [{ content_type: "text", text: systemPrompt }] });
    }
    return readOf(turns.map(messageOfPlain), {}, left.list());
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
    const { id, onto } = options;
    const read = readMessages(messages);
    const systemPrompt = systemPromptOf(read[0], lost);
    const skipped = systemPrompt === undefined ? 0 : 1;
    const before = readOnto(samplingRequestSchema, onto, "sampling request");
    const { messages: shown, left } =
      before === undefined ? { messages: [], left: [] } : fromSamplingRequest(before, { id });
    const old = {
      turns: before?.messages ?? [],
      shown: before?.systemPrompt === undefined ? shown : shown.slice(1),
      path: ["messages"],
      removed: removedReporterIn(left, lost),
    };
    const turns = toTurns(
      read.slice(skipped),
      old,
      styleOf(id),
      // The place of a message is that in the list that was given.
      { add: ([place, ...rest], reason) => lost.add([Number(place) + skipped, ...rest], reason) },
      [],
    );
    const { systemPrompt: _, ...rest } = before ?? { maxTokens: options.maxTokens, systemPrompt };
    const system = systemPrompt === undefined ? {} : { systemPrompt };
    return written({ ...rest, ...system, messages: turns }, "sampling request", lost);
  },
);

/** The text of a first message that MCP can say as `systemPrompt`. */
function systemPromptOf(message: Message | undefined, lost: Reports): string | undefined {
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
    const left = leftReports();
    const { role, content, model, stopReason, ...rest } = document;
    reportRest(rest, [], left, [], settingsOf.result);
    const turn = fromOneTurn({ role, content }, styleOf(id), left);
    const slots = completionOf(model, stopReason);
    if (stopReason !== undefined && slots.completion.stop_reason === undefined) {
      left.setting(["stopReason"], "The slot `completion` has no such stop reason.");
    }
    return readOf([messageOfPlain(turn)], slots, left.list());
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
    const turn =
      message && toOneTurn(message, before && oldTurn(before, id, lost), styleOf(id), lost);
    if (turn === undefined || model === undefined) {
      throw noMessage("with the role assistant or user, and the model that made it");
    }
    const reason = stopReasonOf(completion?.stop_reason);
    const fresh = { model, ...(reason !== undefined && { stopReason: reason }) };
    return written({ ...(before ?? fresh), ...turn }, "sampling result", lost);
  },
);

function oldTurn(before: Turn, id: string, lost: LostReports) {
  const { messages, left } = fromSamplingResult(before, { id });
  const { role, content } = before;
  const shown = messages[0] as Message;
  return { turn: { role, content }, shown, removed: removedReporterIn(left, lost) };
}

function styleOf(requestId: string): TurnStyle {
  return { requestId, isSampling: true };
}
