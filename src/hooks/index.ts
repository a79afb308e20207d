export { createDeadlineRing, type DeadlineRing } from "./deadline-ring.ts";
export {
  defineHook,
  type HookSpec,
  type HookTable,
  type PayloadInputOf,
  type PayloadOf,
} from "./define-hook.ts";
export { type BackgroundCounts, BackgroundWork } from "./dispatch/background.ts";
export { type Conditions, compileConditions, conditionKinds } from "./dispatch/conditions.ts";
export { originOf, type PluginContext } from "./dispatch/context.ts";
export { Invocation, plainResult, type RunWishes } from "./dispatch/invocation.ts";
export { Refused, readReturned } from "./dispatch/outcome.ts";
export type {
  AnyHandler,
  HandlerErrorSink,
  House,
  PluginState,
  Program,
  Step,
} from "./dispatch/program.ts";
export type { AnyInvokeResult, ExecutionRecord, InvokeError, Status } from "./dispatch/records.ts";
export { expire, run, settled } from "./dispatch/run.ts";
export {
  isScope,
  nestedScope,
  RequestScope,
  renamedScope,
  requestOf,
  scopeIn,
} from "./dispatch/scope.ts";
export { type Mode, modes, type OnError } from "./modes.ts";
export { payloadReader } from "./payload-reader.ts";
export {
  type Allow,
  allow,
  type Denial,
  type DenyInput,
  deny,
  isReason,
  isViolationCode,
  oneLine,
  type Violation,
  violationOf,
} from "./results.ts";
export { type StandardHooks, standardHooks } from "./standard-hooks.ts";
