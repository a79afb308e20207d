import { hasFunctions, kindOf } from "../../core/data/index.ts";
import { optionsInvalid } from "../../core/errors/index.ts";
import type { AnyInvokeResult, StreamPlan } from "../../core/hooks/index.ts";
import type { AnyManager, HandlerInfo, InvokeOptions } from "../../core/plugins/index.ts";

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

type Untyped =
  | "audit"
  | "auditFailures"
  | "isAudited"
  | "payloadLimits"
  | "plugins"
  | "strictDelegation";

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

const members = ["audit", "auditFailures", "handles", "handlersFor", "invoke", "streamPlan"];

/** @throws GlassineError `options_invalid` */
export function checkManager(manager: unknown, call: string): asserts manager is HookManager {
  if (!hasFunctions(manager, members)) {
    throw optionsInvalid(
      `${call} expects a plugin manager, got ${kindOf(manager)}. Await createPluginManager({ plugins }) and pass the result.`,
    );
  }
  try {
    (manager as HookManager).handles("tool_pre_invoke");
  } catch {
    throw optionsInvalid(
      `${call} expects a manager with the standard hooks, which standardHooks: false leaves out.`,
    );
  }
}

/** By kind of condition: the option that says the fact, and what it says. */
type Facts = {
  readonly [kind in "servers" | "tenants"]?: readonly [option: string, said: unknown];
};

/**
 * Refuses a handler with conditions on facts that a guard does not have: it would be skipped even
 * on calls that it is meant to stop.
 *
 * @throws GlassineError `options_invalid`
 */
export function expectFacts({ plugin, hook, conditions }: HandlerInfo, facts: Facts): void {
  for (const kind of ["servers", "tenants"] as const) {
    const [option, said] = facts[kind] ?? [];
    if (conditions?.[kind] === undefined || said !== undefined) continue;
    const remedy = option === undefined ? "Leave" : `Set the option ${option}, or leave`;
    throw optionsInvalid(
      `the conditions of plugin ${plugin} on ${hook} name ${kind}, and this guard has no ${option ?? kind}: the plugin would be skipped on every call. ${remedy} the plugin out of this manager.`,
    );
  }
}
