/** What handlers need to have seen before the text of a streamed message may be forwarded. */
import { type HookSpec, modes, type StreamMode } from "../hooks/index.ts";
import type { RunSettings } from "./types.ts";

/** `undefined` on hooks whose messages are not streamed. */
export function streamModeOf(
  { streamed }: HookSpec,
  { mode = "sequential", stream = "buffer" }: RunSettings,
): StreamMode | undefined {
  if (streamed !== true) return undefined;
  const { mayHalt, mayModify } = modes[mode];
  // What can neither deny nor change anything holds nothing back.
  return mayHalt || mayModify ? stream : "pass";
}
