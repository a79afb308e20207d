export { type Deadline, deadlineAfter } from "./deadlines.ts";
export {
  defineHook,
  defineHooks,
  type HookDefinition,
  type HookSpec,
  type HookTable,
  joinHooks,
  type MessageHookOf,
  type OperationHookOf,
  type OperationInputOf,
  type OperationOf,
  type PayloadInputOf,
  type PayloadOf,
  readerOf,
} from "./define-hook.ts";
export { type BackgroundCounts, BackgroundWork } from "./dispatch/background-work.ts";
export { type Conditions, compileConditions, conditionKinds } from "./dispatch/conditions.ts";
export { contextClassWith, endTurn, originOf } from "./dispatch/context.ts";
export { exclusive, expectRoom, Lock } from "./dispatch/exclusive.ts";
export { MessageRun } from "./dispatch/message-run.ts";
export { startOfNested } from "./dispatch/nested.ts";
export { headerSecretsOf, secretsOf } from "./dispatch/report.ts";
export { resultOf, run, settled } from "./dispatch/run.ts";
export {
  isScope,
  nestedScope,
  RequestScope,
  renamedScope,
  requestOf,
  scopeIn,
} from "./dispatch/scope.ts";
export {
  isAsStrict,
  type StreamPlan,
  streamPlan,
} from "./dispatch/stream-plan.ts";
export { Refused, readReturned } from "./dispatch/turn.ts";
export type {
  AnyHandler,
  AnyInvokeResult,
  AnyRun,
  CompiledHook,
  ExecutionRecord,
  HandlerErrorSink,
  HandlerFailure,
  HandlerStep,
  Handles,
  InvokeError,
  ManagerRuntime,
  Meter,
  PluginContext,
  PluginState,
  RunAudit,
  RunNote,
  RunOptions,
  Service,
  Status,
  Step,
  StreamProgress,
} from "./dispatch/types.ts";
export { callSafely, callWithin, type HandlerEnd, ignoreRejection } from "./dispatch/wait.ts";
export { type CompiledOperation, OperationRun, operate } from "./operations.ts";
export {
  type Allow,
  allow,
  answerOf,
  type Decision,
  type Denial,
  type Denied,
  type DenyInput,
  deny,
  isReason,
  isViolationCode,
  rejectionOf,
  type Violation,
  violationOf,
} from "./results.ts";
export {
  type Band,
  bands,
  type Mode,
  modes,
  type OnError,
  type Ordering,
  type Semantic,
  type StreamMode,
} from "./semantics.ts";
export { oneLine, shortened, withSpaces } from "./shown-text.ts";
export type { StandardHooks } from "./standard-hook-types.generated.ts";
export { standardHooks } from "./standard-hooks.ts";
