/** What an invocation tells its host: result, errors, one record a handler. */

import type { Rejection } from "../../envelope/index.ts";
import type { ErrorCode } from "../../errors/index.ts";
import type { Mode } from "../modes.ts";
import type { Violation } from "../results.ts";
import type { RequestScope } from "./scope.ts";

/** How a handler's turn ended. `started` is a background handler that nobody waits for. */
export type Status =
  | "completed"
  | "error"
  | "timeout"
  | "skipped"
  | "cancelled"
  | "disabled"
  | "started";

/** One handler's turn. */
export interface ExecutionRecord {
  readonly plugin: string;
  /** The hook the handler is registered for; a covering hook keeps its own name. */
  readonly hook: string;
  readonly mode: Mode;
  readonly status: Status;
  /** What the handler said; absent when it said nothing of the kind. */
  readonly requestedAllow: boolean | undefined;
  /** What held. */
  readonly effectiveAllow: boolean;
  /** Whether anything it returned was taken. */
  readonly applied: boolean;
  readonly payloadModified: boolean;
  readonly extensionsModified: boolean;
  /** Whether it takes extensions. If not, it is never handed any. */
  readonly extensions: boolean;
  /** The slots and gated fields it was allowed to see; empty when it takes none. */
  readonly saw: readonly string[];
  /** The slots and fields it changed, or, in mode `audit`, would have changed. */
  readonly changed: readonly string[];
  /** Changes of it that were not taken. */
  readonly refused: readonly Rejection[];
  /** Why it was skipped, or how it failed. */
  readonly reason: string | undefined;
  readonly errorCode: ErrorCode | undefined;
  /** Milliseconds, when the manager measures. */
  readonly durationMs: number | undefined;
}

/** A handler that failed, or whose result was refused. */
export interface InvokeError {
  readonly plugin: string;
  readonly hook: string;
  readonly code: ErrorCode;
  /** Made by the library: no text of the plugin, no value. */
  readonly message: string;
}

/** What `invoke` resolves to, as code that knows no payload type handles it. */
export interface AnyInvokeResult {
  readonly continueProcessing: boolean;
  readonly payload: object;
  readonly extensions: object;
  readonly violation: Violation | undefined;
  readonly rejections: readonly Rejection[];
  readonly errors: readonly InvokeError[];
  readonly executions: readonly ExecutionRecord[];
  /** What handlers told, by plugin name. */
  readonly metadata: { readonly [plugin: string]: { readonly [key: string]: unknown } };
  /** Carries private state to the next invocation of the same request. */
  readonly context: RequestScope;
  /** So that no patched prototype can turn the result into a promise. */
  readonly then: undefined;
}

/** How a run ended: a halt by a handler's word is a denial, one by its failure an error. */
export type Ending = "allowed" | "denied" | "errored" | "aborted";

/** `started = allowed + denied + errored + aborted + inFlight`. */
export class RunCounts {
  started = 0;
  allowed = 0;
  denied = 0;
  errored = 0;
  aborted = 0;

  end(ending: Ending): void {
    if (ending === "allowed") this.allowed += 1;
    else this[ending] += 1;
  }
}
