/** Why a model stopped, as the slot `completion` has it. */
type StopReason = "end" | "call" | "max_tokens" | "stop_sequence";

/** MCP's stop reasons for sampling. A server may send any other string. */
const names: readonly (readonly [wire: string, slot: StopReason])[] = [
  ["endTurn", "end"],
  ["toolUse", "call"],
  ["maxTokens", "max_tokens"],
  ["stopSequence", "stop_sequence"],
];

/** What a sampling result says about slots, for `createExtensions` or `withSlots`. */
export interface CompletionSlots {
  readonly completion: {
    readonly model: string;
    readonly raw_format: "mcp";
    readonly stop_reason?: StopReason;
  };
  readonly llm: { readonly model_id: string };
}

export function completionOf(model: string, stopReason: string | undefined): CompletionSlots {
  const reason = names.find(([wire]) => wire === stopReason)?.[1];
  const completion = {
    model,
    raw_format: "mcp" as const,
    ...(reason !== undefined && { stop_reason: reason }),
  };
  return { completion: Object.freeze(completion), llm: Object.freeze({ model_id: model }) };
}

/** MCP's name of a stop reason; `undefined` for one that MCP does not have. */
export function stopReasonOf(reason: unknown): string | undefined {
  return names.find(([, slot]) => slot === reason)?.[0];
}
