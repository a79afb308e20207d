/** The manager of a host, typed by its slots and hooks. */

import type { Declassification, DeclassificationRecord } from "../envelope/index.ts";
import type {
  AnyInvokeResult,
  Decision,
  HookSpec,
  HookTable,
  MessageHookOf,
  OperationInputOf,
  PayloadInputOf,
  PayloadOf,
  StandardHooks,
  StreamPlan,
  Violation,
} from "../hooks/index.ts";
import type { AnyManager, InvokeOptions } from "../plugins/index.ts";
import type { ExtensionsInputOf, ExtensionsOf, SlotTable, StandardSlots } from "../slots/index.ts";

/**
 * What `invoke` resolves to on a message hook. There, it never rejects for what a handler does.
 * Without type arguments: the result of any message hook of the standard host.
 */
export type InvokeResult<Payload = object, Extensions = ExtensionsOf<StandardSlots>> = Omit<
  AnyInvokeResult,
  "payload" | "extensions"
> & {
  /** The same object that was passed in, if this library had frozen it and nothing changed it. */
  readonly payload: Payload;
  /** The envelope at the end. */
  readonly extensions: Extensions;
} & Verdict;

/** Whether to go on. If not, there is always a violation. */
type Verdict =
  | { readonly continueProcessing: true; readonly violation: undefined }
  | { readonly continueProcessing: false; readonly violation: Violation };

/** What `invoke` resolves to, by the hook's semantic. */
type AnswerOf<Spec extends HookSpec, Extensions> = {
  readonly message: InvokeResult<PayloadOf<Spec>, Extensions>;
  readonly voting: Decision;
  readonly filter_chain: PayloadOf<Spec>;
  readonly score_delta: { readonly [id: string]: number };
  readonly fire_and_forget: undefined;
}[Spec["semantic"]];

/** The options of `invoke`, which are required if the hook requires facts about the operation. */
type OptionsOf<Spec extends HookSpec, Extensions> =
  AsksForFacts<Spec> extends true
    ? readonly [
        options: InvokeOptions<Extensions, OperationInputOf<Spec>> & {
          readonly operation: OperationInputOf<Spec>;
        },
      ]
    : readonly [options?: InvokeOptions<Extensions, OperationInputOf<Spec>> | undefined];

/** Whether a key of the hook's operation is required. An unknown hook requires none. */
type AsksForFacts<Spec extends HookSpec> = [Spec] extends [never]
  ? false
  : Record<never, never> extends OperationInputOf<Spec>
    ? false
    : true;

/** Runs hooks. Nothing can be registered after it was created. */
export interface PluginManager<
  Table extends SlotTable = StandardSlots,
  Hooks extends HookTable = StandardHooks,
> extends Omit<AnyManager, "invoke" | "handles" | "handlersFor" | "streamPlan" | "declassify"> {
  /**
   * Runs a hook.
   *
   * Invoke the point, such as `cmf.llm_input`: a covering hook, such as `message_pre_invoke`, runs
   * only its own handlers, and the point runs both.
   *
   * A message hook resolves with its result; a denial, a failure or an abort is a result with
   * `continueProcessing: false`, and what was merged before it stays. A hook of another semantic
   * resolves to its answer: the first denial or `allow()`, the last value, the sums by id, or
   * nothing. `operation` is required if the hook's schema for it has a required key.
   *
   * @throws GlassineError (as a rejection, for misuse) `hook_unknown`, `payload_invalid`,
   *   `extensions_invalid`, `slot_unknown`, `options_invalid`, `reentrancy`, `overloaded`,
   *   `manager_closed`, `aborted` (the turn of `parent` is over); on a hook of another semantic
   *   also `aborted` (by the host), `audit_failed`, `realm_tampered`
   * @throws PluginExecutionError (as a rejection, on a hook of another semantic) `execution_failed`
   *   if a handler threw, took too long, or returned what the hook does not take
   * @see spec `dispatch:invoke`, `plugins:semantics`
   */
  invoke<const Hook extends keyof Hooks & string>(
    hook: Hook,
    payload: PayloadInputOf<Hooks[Hook]> | PayloadOf<Hooks[Hook]>,
    ...options: OptionsOf<Hooks[Hook], ExtensionsInputOf<Table> | ExtensionsOf<Table>>
  ): Promise<AnswerOf<Hooks[Hook], ExtensionsOf<Table>>>;
  /** Whether any handler runs on the hook. @throws ManifestError `hook_unknown` */
  handles(hook: keyof Hooks & string): boolean;
  /**
   * Removes labels on the host's authority and writes that into the audit trail.
   *
   * @throws GlassineError (as a rejection) `declassify_refused`, `options_invalid`; `audit_failed`
   *   if the trail is strict and did not keep the record
   * @see spec `declassify:recorded`
   */
  declassify(
    extensions: ExtensionsOf<Table>,
    declassification: Declassification,
  ): Promise<{
    readonly extensions: ExtensionsOf<Table>;
    readonly record: DeclassificationRecord;
  }>;
  /** A hook's handlers, in the order in which they run. @throws ManifestError `hook_unknown` */
  handlersFor(hook: keyof Hooks & string): ReturnType<AnyManager["handlersFor"]>;
  /**
   * Returns when the text of a streamed message may be forwarded. `given` has the tenant and the
   * server, as for `invoke`.
   *
   * @throws ManifestError `hook_unknown`; GlassineError `options_invalid`
   * @see spec `dispatch:stream-plan`
   */
  streamPlan(
    hook: MessageHookOf<Hooks>,
    given?: Parameters<AnyManager["streamPlan"]>[1],
  ): StreamPlan;
}
