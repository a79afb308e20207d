import type { Limits } from "../../core/data/index.ts";
import type { AnyInvokeResult, StreamPlan, StreamProgress } from "../../core/hooks/index.ts";

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

export interface HookOptions {
  readonly extensions?: unknown;
  readonly context?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** The same for all hooks of one request, so that their records can be linked. */
  readonly request?: string | undefined;
  /** Whether plugins that may deny judge a payload again if a later plugin changed it. */
  readonly recheck?: boolean | "only" | undefined;
  readonly tenant?: string | undefined;
  readonly server?: string | undefined;
  /** For a streamed message: whether this is all of it. */
  readonly stream?: StreamProgress | undefined;
}

/** A handler of a hook, as a manager describes it. */
export interface HandlerFacts {
  /** The hook that the handler is registered for. */
  readonly hook: string;
  readonly plugin: string;
  readonly mode: string | null;
  readonly conditions: { readonly [kind: string]: readonly string[] | undefined } | null;
  /** What its plugin may do. */
  readonly capabilities?: readonly string[];
  /** Whether it receives extensions. */
  readonly extensions?: boolean;
}

interface PluginFacts {
  readonly name: string;
  readonly hooks: readonly string[];
  readonly capabilities: readonly string[];
}

/** An audit event: a structural part of what a plugin manager's `audit` accepts. */
interface AuditRecord {
  readonly eventType: string;
  readonly actorUri: string;
  readonly targetUri: string;
  readonly tenantId?: string | undefined;
  readonly outcome: "success" | "failure";
  readonly metadata: { readonly [key: string]: unknown };
}

/** The part of a plugin manager that a guard uses. */
export interface HookManager {
  invoke(hook: string, payload: object, options?: HookOptions): Promise<HookResult>;
  handles(hook: string): boolean;
  /** What a guard inspects when it is created. */
  readonly plugins?: readonly PluginFacts[];
  handlersFor?(hook: string): readonly HandlerFacts[];
  /** Says when a streamed message's text may be forwarded. If absent, once all of it is judged. */
  streamPlan?(hook: string, given?: { readonly tenant?: string }): StreamPlan;
  /** Writes into the audit trail. Needed for the option `access`. */
  audit?(event: AuditRecord): Promise<boolean>;
  /** The limits of payloads, which also apply to documents. Default: the library's own. */
  readonly payloadLimits?: Partial<Limits>;
}

/** Whether a plugin handles `hook`. A hook that the manager does not know has no handlers. */
export function listens(manager: HookManager, hook: string): boolean {
  try {
    return manager.handles(hook);
  } catch (error) {
    if ((error as { code?: unknown } | null)?.code === "hook_unknown") return false;
    throw error;
  }
}

/** Any plugin manager, whatever hooks and extensions it is typed for. */
export interface AnyHookManager<Extensions = unknown> {
  invoke(hook: never, payload: never, options?: never): Promise<HookResult<Extensions>>;
  handles(hook: never): boolean;
  readonly plugins?: readonly PluginFacts[];
  handlersFor?(hook: never): readonly object[];
  streamPlan?(hook: never, given?: { readonly tenant?: string }): StreamPlan;
  audit?(event: AuditRecord): Promise<boolean>;
  /** How many records the audit trail did not keep. */
  auditFailures?(): { readonly total: number };
  readonly payloadLimits?: Partial<Limits>;
}
