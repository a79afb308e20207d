export { createDeadlineRing, type DeadlineRing } from "./deadline-ring.ts";
export {
  defineHook,
  type HookDefinition,
  type HookSpec,
  type HookTable,
  type MessageHookOf,
  type OperationHookOf,
  type OperationInputOf,
  type OperationOf,
  type PayloadInputOf,
  type PayloadOf,
} from "./define-hook.ts";
export { defineHooks, joinHooks } from "./define-hooks.ts";
export type { RunAudit, RunNote } from "./dispatch/audit-receipts.ts";
export { type BackgroundCounts, BackgroundWork } from "./dispatch/background.ts";
export type {
  AnyHandler,
  CompiledHook,
  HandlerErrorSink,
  HandlerStep,
  Handles,
  ManagerRuntime,
  PluginState,
  RunOptions,
  Service,
  Step,
} from "./dispatch/compiled-hook.ts";
export { type Conditions, compileConditions, conditionKinds } from "./dispatch/conditions.ts";
export {
  type AnyRun,
  contextClassWith,
  endTurn,
  originOf,
  type PluginContext,
} from "./dispatch/context.ts";
export { RunCounts } from "./dispatch/counts.ts";
export { Invocation, plainResult } from "./dispatch/invocation.ts";
export { exclusive, Lock } from "./dispatch/lock.ts";
export type { Meter } from "./dispatch/meter.ts";
export { Refused, readReturned } from "./dispatch/outcome.ts";
export type { AnyInvokeResult, ExecutionRecord, InvokeError, Status } from "./dispatch/records.ts";
export { expire, run, settled } from "./dispatch/run.ts";
export { secretsOf } from "./dispatch/run-secrets.ts";
export {
  isScope,
  nestedScope,
  RequestScope,
  renamedScope,
  requestOf,
  scopeIn,
} from "./dispatch/scope.ts";
export { unowned } from "./dispatch/thenable.ts";
export { settle, type WaitEnd } from "./dispatch/wait.ts";
export { libraryHostOf, memoryNodeHookNames } from "./library-hosts.ts";
export { type Mode, modes, type OnError } from "./modes.ts";
export type { CompiledOperation } from "./operations/compiled-operation.ts";
export { OperationRun } from "./operations/operation-run.ts";
export { operate } from "./operations/run-operation.ts";
export { payloadReader } from "./payload-reader.ts";
export { quoteName } from "./quote-name.ts";
export {
  type Allow,
  allow,
  type Decision,
  type Denial,
  type Denied,
  type DenyInput,
  deny,
  isAllow,
  isReason,
  isViolationCode,
  oneLine,
  type Violation,
  violationOf,
} from "./results.ts";
export { type StandardHooks, standardHooks } from "./standard-hooks.ts";
export { type Band, bands, type Ordering, orderings, type Semantic, semantics } from "./surface.ts";
