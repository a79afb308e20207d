/** The manager of a host, typed by its slots and hooks. */

import type { Declassification, DeclassificationRecord } from "../extensions/index.ts";
import type {
  AnyInvokeResult,
  Decision,
  HookSpec,
  HookTable,
  MessageHookOf,
  OperationHookOf,
  OperationInputOf,
  PayloadInputOf,
  PayloadOf,
} from "../hooks/index.ts";
import type { AnyManager, InvokeOptions } from "../plugins/index.ts";
import type { ExtensionsOf, SlotTable } from "../slots/index.ts";

/** What `invoke` resolves to. It never rejects for what a plugin does. */
export type InvokeResult<Payload, Extensions> = Omit<AnyInvokeResult, "payload" | "extensions"> & {
  /** The very object given, when it was frozen by this library and nothing changed it. */
  readonly payload: Payload;
  readonly extensions: Extensions;
};

/** What `invoke` resolves to on a hook whose semantic is not `message`. */
type AnswerOf<Spec extends HookSpec> = {
  readonly message: never;
  readonly voting: Decision;
  readonly filter_chain: PayloadOf<Spec>;
  readonly score_delta: { readonly [id: string]: number };
  readonly fire_and_forget: undefined;
}[Spec["semantic"]];

/** Runs hooks. Closed: nothing can be registered after it was created. */
export interface PluginManager<Table extends SlotTable, Hooks extends HookTable>
  extends Omit<AnyManager, "invoke" | "handles" | "handlersFor" | "declassify"> {
  /**
   * Runs a message hook. Resolves with what held; a denial, a failure or an abort is a result with
   * `continueProcessing: false`, and what was merged before it stays.
   *
   * @throws GlassineError (as a rejection, for misuse only) `hook_unknown`, `payload_invalid`,
   *   `extensions_invalid`, `options_invalid`, `reentrancy`, `overloaded`, `manager_closed`
   * @see spec `dispatch:invoke`
   */
  invoke<const Hook extends MessageHookOf<Hooks>>(
    hook: Hook,
    payload: PayloadInputOf<Hooks[Hook]> | PayloadOf<Hooks[Hook]>,
    options?: InvokeOptions<ExtensionsOf<Table>>,
  ): Promise<InvokeResult<PayloadOf<Hooks[Hook]>, ExtensionsOf<Table>>>;
  /**
   * Runs a hook of another semantic. Resolves to its answer: the first denial or `allow()`, the
   * last value, the sums by id, or nothing.
   *
   * @throws PluginExecutionError (as a rejection) `execution_failed`: a handler threw, took too
   *   long, or returned what the hook does not take
   * @throws GlassineError (as a rejection) `aborted`, `audit_failed`, `realm_tampered`, and for
   *   misuse as above
   * @see spec `plugins:semantics`
   */
  invoke<const Hook extends OperationHookOf<Hooks>>(
    hook: Hook,
    payload: PayloadInputOf<Hooks[Hook]> | PayloadOf<Hooks[Hook]>,
    options?: InvokeOptions<ExtensionsOf<Table>, OperationInputOf<Hooks[Hook]>>,
  ): Promise<AnswerOf<Hooks[Hook]>>;
  /** Whether any handler runs on the hook. @throws ManifestError `hook_unknown` */
  handles(hook: keyof Hooks & string): boolean;
  /**
   * Takes labels away, by the host's word alone, and writes it into the audit trail.
   *
   * @throws GlassineError (as a rejection) `declassify_refused`; `audit_failed` where the trail is
   *   strict and did not keep it
   * @see spec `declassify:recorded`
   */
  declassify(
    extensions: ExtensionsOf<Table>,
    declassification: Declassification,
  ): Promise<{
    readonly extensions: ExtensionsOf<Table>;
    readonly record: DeclassificationRecord;
  }>;
  /** The handlers of a hook, in the order in which they run. @throws ManifestError `hook_unknown` */
  handlersFor(hook: keyof Hooks & string): ReturnType<AnyManager["handlersFor"]>;
}
