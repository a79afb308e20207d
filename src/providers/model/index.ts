export { listensTo } from "./exchange.ts";
export { createModelGuard, guardModel } from "./guard-model.ts";
export {
  exchangeLabels,
  type HookState,
  invokeWith,
  prepareState,
  withLabelsKept,
} from "./hook-state.ts";
export type {
  BeginOptions,
  Judged,
  JudgedEvent,
  ModelCall,
  ModelEnd,
  ModelEvent,
  ModelExchange,
  ModelGuard,
  ModelGuardOptions,
  ModelLabels,
  ModelOutcome,
  ModelTimings,
} from "./options.ts";
export { isProvidersError } from "./provider-error.ts";
export {
  checkConditions,
  checkProvider,
  readGuardBasis,
  readLabelOptions,
} from "./read-options.ts";
export { Refused, refusalOf } from "./refusals.ts";
export { type LabelRules, labelRules } from "./session-labels.ts";
