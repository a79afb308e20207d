import { hasFunctions } from "../../core/data/index.ts";
import type { AnyInvokeResult, StreamPlan } from "../../core/hooks/index.ts";
import type { AnyManager, InvokeOptions } from "../../core/plugins/index.ts";

/** The result of a hook: a structural part of what a plugin manager's `invoke` resolves to. */
export interface HookResult<Extensions = unknown>
  extends Pick<AnyInvokeResult, "rejections" | "errors" | "executions" | "metadata"> {
  readonly continueProcessing: boolean;
  /** The same object as the given payload if no plugin changed it. */
  readonly payload: unknown;
  readonly extensions: Extensions;
  readonly context: unknown;
  readonly violation?: HookViolation | undefined;
}

/** Why a plugin stopped the message. Only `code`, `reason` and `plugin` reach a peer. */
export interface HookViolation {
  readonly code: string;
  readonly reason: string;
  readonly description?: string | undefined;
  readonly details?: object | undefined;
  readonly plugin?: string | undefined;
}

type Given = "extensions" | "recheck" | "request" | "server" | "signal" | "stream" | "tenant";

export interface HookOptions extends Pick<InvokeOptions<unknown>, Given> {
  readonly context?: unknown;
}

type Untyped = "audit" | "auditFailures" | "payloadLimits" | "plugins";

/** The part of a plugin manager that a guard uses. */
export interface HookManager
  extends Pick<AnyManager, Untyped | "handles" | "handlersFor" | "streamPlan"> {
  invoke(hook: string, payload: object, options?: HookOptions): Promise<HookResult>;
}

/** Any plugin manager, whatever hooks and extensions it is typed for. */
export interface AnyHookManager<Extensions = unknown> extends Pick<AnyManager, Untyped> {
  invoke(hook: never, payload: never, options?: never): Promise<HookResult<Extensions>>;
  handles(hook: never): boolean;
  handlersFor(hook: never): readonly object[];
  streamPlan(hook: never, given?: { readonly tenant?: string }): StreamPlan;
}

export function isManager(value: unknown): boolean {
  const members = ["audit", "auditFailures", "handles", "handlersFor", "invoke", "streamPlan"];
  return hasFunctions(value, members);
}
