/** The options of `guardTools`, and what it reports. */
import { expectOptions } from "../../core/data/index.ts";
import { ownValue } from "../../core/data/intrinsics.ts";
import {
  givenOptions,
  type HookResult,
  readFunction,
  readTenant,
  readWord,
} from "../guard/index.ts";
import { type ModelGuardOptions, type ModelLabels, readLabelOptions } from "../model/index.ts";

/** A tool call that is about to be checked, as the host sees it. */
export interface GuardedToolCall {
  /** The library's own id of the call, also used in its `ToolEnd` and in each audit record. */
  readonly request: string;
  readonly tool: string;
  readonly toolCallId: string;
  /** As the model wrote it and the SDK validated it. Do not change it. */
  readonly input: unknown;
  /** What the host passed to the SDK as `experimental_context`, or in `ai` 7 as `toolsContext`. */
  readonly context: unknown;
  /** The prompt that the model answered with this call. It does not contain the system prompt. */
  readonly messages: unknown;
}

/** What identifies a call in a report. */
export type ToolCallNames = Pick<GuardedToolCall, "request" | "tool" | "toolCallId">;

/** A hook ran or failed, or a call was refused for another reason. */
export interface ToolEvent<Extensions = unknown> extends ToolCallNames {
  /**
   * The hook. For other failures `envelope`, `tenant`, `labels`, `data_policy`, `input`, `output`.
   */
  readonly point: string;
  /** Absent when the hook could not run; then `error` says why. */
  readonly result?: HookResult<Extensions>;
  readonly error?: unknown;
}

/** The end of a call. Reported once for each. */
export interface ToolEnd extends ToolCallNames {
  /** `security.subject.id` of the envelope. */
  readonly subject: string | undefined;
  /**
   * - `allowed`: its result was returned, or the error that the tool threw.
   * - `denied`: a plugin or a data policy refused the call or its result.
   * - `errored`: it could not be checked.
   * - `aborted`: the SDK's abort signal ended it.
   */
  readonly outcome: "allowed" | "denied" | "errored" | "aborted";
  /** Why it was refused. */
  readonly code: string | undefined;
  /** The plugin that denied it. */
  readonly plugin: string | undefined;
}

/** How labels follow data from one call of a session to the next. */
export type ToolLabels<Extensions = unknown> = ModelLabels<Extensions, GuardedToolCall>;

/** Options of `guardTools`. Without `envelope`, hooks run without one. */
export interface ToolGuardOptions<Extensions = unknown>
  extends Pick<ModelGuardOptions<Extensions, GuardedToolCall>, "envelope" | "labels" | "tenant"> {
  /**
   * What happens to the preliminary results of a tool that yields several. `hold` (the default)
   * returns only the last. `judge` judges each as if it were the result, and passes it on:
   * something that plugins only recognize as a whole may then leave in parts.
   */
  readonly preliminary?: "hold" | "judge" | undefined;
  /** Called once at the end of each call. What it throws is ignored. */
  readonly onEnd?: ((end: ToolEnd) => void) | undefined;
  /** Called for every hook that ran, and for failures. What it throws is ignored. */
  readonly onResult?: ((event: ToolEvent<Extensions>) => void) | undefined;
}

/**
 * Returns a checked copy of the options, so that nobody can change them later.
 *
 * @throws GlassineError `options_invalid`; `session_invalid` for an invalid session
 */
export function readToolOptions(options: unknown): ToolGuardOptions {
  const known = ["envelope", "labels", "onEnd", "onResult", "preliminary", "tenant"];
  expectOptions(options, known, call);
  const given = options as object;
  const labels: unknown = ownValue(given, "labels");
  return givenOptions({
    envelope: readFunction(given, "envelope", call),
    labels: labels === undefined ? undefined : readLabelOptions(labels, call),
    onEnd: readFunction(given, "onEnd", call),
    onResult: readFunction(given, "onResult", call),
    preliminary: readWord(given, "preliminary", ["hold", "judge"], call),
    tenant: readTenant(given, call),
  });
}

const call = "guardTools";
