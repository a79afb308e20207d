/** What a host may know about the handlers of a hook: facts, and nothing that can be called. */
import { concat, freeze, hasOwn, mapped } from "../data/intrinsics.ts";
import {
  type Band,
  bands,
  type CompiledHook,
  type CompiledOperation,
  type Conditions,
  type HandlerStep,
  type Mode,
  type Step,
  type StreamMode,
} from "../hooks/index.ts";
import type { Surface } from "./profile.ts";

/** One handler of a hook. */
export interface HandlerInfo {
  /** The hook it is registered for; a covering hook keeps its own name. */
  readonly hook: string;
  /** Its plugin; `core` for the host's own. */
  readonly plugin: string;
  /** `PLUGIN.FUNCTION`, or the name under which the host registered it. */
  readonly handler: string;
  readonly isCore: boolean;
  readonly asyncSafe: boolean;
  /** Whether it is passed extensions. */
  readonly extensions: boolean;
  /** Milliseconds, or `null` for no deadline. */
  readonly timeoutMs: number | null;
  /** The hook's band and the band's number, if it has one. */
  readonly band: Band | null;
  readonly bandOrder: number | null;
  /** Null on hooks that are not message hooks. */
  readonly mode: Mode | null;
  /** Which calls it handles, as the operator or the manifest says. Null for all. */
  readonly conditions: Conditions | null;
  /** On message hooks with streams: what it needs to see before text may be forwarded. */
  readonly stream: StreamMode | null;
  /** What its plugin may see, change and use. */
  readonly capabilities: readonly string[];
  /** Where its plugin's code runs: `worker`, `process` and the like. Null for the host itself. */
  readonly isolate: string | null;
}

// Steps hold the services of plugins, so they are never passed to a method that may be patched.

type AnyStep = HandlerStep & Partial<Pick<Step, "mode" | "writtenConditions" | "stream">>;

export function handlersOn(
  surface: Surface,
  hook: string,
  compiled: CompiledHook | CompiledOperation,
  isolated: ReadonlyMap<string, string | undefined>,
): readonly HandlerInfo[] {
  const band = hasOwn(surface.hooks, hook) ? surface.hooks[hook]?.band : undefined;
  const info = (step: AnyStep): HandlerInfo =>
    freeze({
      hook: step.hook,
      plugin: step.plugin.name,
      handler: step.name,
      isCore: step.isCore,
      asyncSafe: step.plugin.lock === undefined,
      extensions: step.extensions,
      timeoutMs: step.timeoutMs ?? null,
      band: band ?? null,
      bandOrder: band === undefined ? null : bands[band],
      mode: step.mode ?? null,
      conditions: step.writtenConditions ?? null,
      stream: step.stream ?? null,
      capabilities: step.plugin.capabilities,
      isolate: isolated.get(step.plugin.name) ?? null,
    });
  if ("steps" in compiled) return freeze(mapped(compiled.steps, info));
  const { serial, concurrent, background } = compiled;
  return freeze(mapped(concat(concat(serial, concurrent), background), info));
}
