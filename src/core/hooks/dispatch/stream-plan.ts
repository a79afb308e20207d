/**
 * When the text of a streamed message may be forwarded, given who judges it.
 *
 * Whatever runs here decides what leaves before a guard had its say, so it goes by captured calls
 * and own properties alone: a plugin may have patched the realm.
 */
import { forEach, freeze } from "../../data/intrinsics.ts";
import type { StreamMode } from "../semantics.ts";
import type { CompiledHook, RunOptions, Step } from "./types.ts";

/** When the text of a streamed message may be forwarded: the strictest of all its handlers. */
export interface StreamPlan {
  /**
   * - `none`: at once; no handler runs, and nothing needs to be read.
   * - `pass`: at once; at the end handlers judge the whole message.
   * - `pieces`: once it was judged, but for the end, as `window` and `sentence` say.
   * - `buffer`: once the whole message was judged.
   */
  readonly mode: "none" | "pass" | "pieces" | "buffer";
  /** How many UTF-16 units at the end to hold back: the windows of all handlers together. */
  readonly window: number;
  /** Whether to judge and forward whole sentences only. */
  readonly sentence: boolean;
}

/**
 * The plan for one call. A handler counts unless the tenant or server rules it out, or it was
 * switched off: what else its conditions name may still come with the rest of the message.
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

/** Whether whatever `mode` lets out, `other` would let out too. */
export function isAsStrict(mode: StreamMode, other: StreamMode): boolean {
  if (mode === "buffer" || other === "pass") return true;
  if (typeof mode === "object" && typeof other === "object") return mode.window >= other.window;
  return mode === other;
}
