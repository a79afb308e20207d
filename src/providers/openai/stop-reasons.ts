/** Why a model stopped, in both formats and in the `completion` slot. */
import type { StopReason } from "./extensions.ts";

const chat: readonly (readonly [finish: string, reason: StopReason])[] = [
  ["stop", "end"],
  ["length", "max_tokens"],
  ["tool_calls", "call"],
  ["function_call", "call"],
  // Only for writing: a stop sequence and a return are written as any stop.
  ["stop", "return"],
  ["stop", "stop_sequence"],
];

/** Nothing where no stop reason says it, as for `content_filter`. */
export function stopReasonOf(finish: string): StopReason | undefined {
  return chat.find(([name]) => name === finish)?.[1];
}

/** What a choice says that has these calls. */
export function finishReasonOf(
  reason: StopReason | undefined,
  calls: "none" | "tool_calls" | "function_call",
): string {
  if (calls !== "none" && (reason === undefined || reason === "call")) return calls;
  return chat.find(([, each]) => each === reason)?.[0] ?? "stop";
}
