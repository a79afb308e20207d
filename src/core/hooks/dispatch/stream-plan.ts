/**
 * When the text of a streamed message may be forwarded, given the handlers that judge it.
 *
 * The code in this file decides what is forwarded before a guard has judged it. It uses only
 * captured built-ins and own properties, because a plugin may have patched the realm.
 */
import { forEach, freeze } from "../../data/intrinsics.ts";
import type { StreamMode } from "../semantics.ts";
import type { CompiledHook, RunOptions, Step } from "./types.ts";

/** When the text of a streamed message may be forwarded: the strictest of all its handlers. */
export interface StreamPlan {
  /**
   * - `none`: at once; no handler runs, and nothing needs to be read.
   * - `pass`: at once; handlers judge the whole message at the end.
   * - `pieces`: once judged, except for the end that `window` and `sentence` hold back.
   * - `buffer`: once the whole message has been judged.
   */
  readonly mode: "none" | "pass" | "pieces" | "buffer";
  /** How many UTF-16 units at the end to hold back: the sum of all handlers' windows. */
  readonly window: number;
  /** Whether to judge and forward whole sentences only. */
  readonly sentence: boolean;
}

/**
 * Returns the plan for one call. A handler counts unless the tenant or server rules it out, or it
 * is switched off: whatever else its conditions name may still come later in the message.
 */
export function streamPlan(
  { serial, concurrent, background }: CompiledHook,
  given: Pick<RunOptions, "tenant" | "server">,
): StreamPlan {
  let mode = "none" as StreamPlan["mode"];
  let window = 0;
  let sentence = false;
  const add = (step: Step) => {
    if (step.plugin.off || step.conditions?.isRuledOut(given)) return;
    const stream = step.stream ?? "buffer";
    if (stream === "buffer" || mode === "buffer") mode = "buffer";
    else if (stream !== "pass") mode = "pieces";
    else if (mode === "none") mode = "pass";
    if (stream === "sentence") sentence = true;
    else if (typeof stream === "object") window += stream.window;
  };
  forEach(serial, add);
  forEach(concurrent, add);
  forEach(background, add);
  if (mode !== "pieces") return freeze({ mode, window: 0, sentence: false });
  return freeze({ mode, window, sentence });
}

/** Whether everything that `mode` lets through, `other` would let through, too. */
export function isAsStrict(mode: StreamMode, other: StreamMode): boolean {
  if (mode === "buffer" || other === "pass") return true;
  if (typeof mode === "object" && typeof other === "object") return mode.window >= other.window;
  return mode === other;
}
