/** What handlers need to have seen before the text of a streamed message may be forwarded. */
import { type HookSpec, modes, type StreamMode } from "../hooks/index.ts";
import { definitionOf } from "./define-plugin.ts";
import type { Plugin, RunSettings } from "./types.ts";

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

/**
 * By hook, as the plugin declares it; the operator's setting can be stricter. `undefined` for a
 * plugin that was not defined by this copy of the library.
 */
export function streamModesOf(plugin: Plugin): { readonly [hook: string]: StreamMode } | undefined {
  const definition = definitionOf(plugin);
  if (definition === undefined) return undefined;
  const { hooks } = definition.surface;
  const modesByHook = definition.manifest.hooks.flatMap(({ hook, settings }) => {
    const spec = hooks[hook];
    const stream = spec && streamModeOf(spec, settings);
    return stream === undefined ? [] : [[hook, stream] as const];
  });
  return Object.fromEntries(modesByHook);
}
