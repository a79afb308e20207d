export type { AnyHookManager, HookResult, HookViolation } from "../guard/index.ts";
export type {
  Left,
  LimitOptions,
  Lost,
  Read,
  Written,
} from "../rewrite/index.ts";
export type { Bridge } from "./bridge.ts";
export type { AnswerOptions, Onto, RequestOptions, ServerOptions } from "./call-options.ts";
export type { TransportMaker } from "./connection.ts";
export { createGuard, type Guard } from "./create-guard.ts";
export { guardErrorCodes } from "./denials.ts";
export {
  fromElicitationRequest,
  fromElicitationResult,
  toElicitationRequest,
  toElicitationResult,
} from "./elicitation-documents.ts";
export {
  fromPromptError,
  fromResourceError,
  fromToolError,
  toPromptError,
  toResourceError,
  toToolError,
} from "./error-documents.ts";
export type { ServerFactory } from "./guard-factory.ts";
export {
  fromInputRequests,
  fromInputResponses,
  type Input,
  type InputMessages,
  type InputResponseOptions,
  type Inputs,
  toInputRequests,
  toInputResponses,
} from "./input-documents.ts";
export type { McpSlot } from "./mcp-slot.ts";
export type { PassGroup } from "./methods.ts";
export type {
  GuardCounts,
  GuardEnd,
  GuardEvent,
  GuardedRequest,
  GuardLabels,
  GuardOptions,
  GuardOutcome,
  GuardTimings,
  WireLabels,
  WrapOptions,
} from "./options.ts";
export type { FetchLike } from "./outbox.ts";
export {
  fromPromptRequest,
  fromPromptResult,
  toPromptRequest,
  toPromptResult,
} from "./prompt-documents.ts";
export { mcpRequestHeaders, type ReceivedRequest } from "./request-headers.ts";
export {
  fromResourceRequest,
  fromResourceResult,
  toResourceRequest,
  toResourceResult,
} from "./resource-documents.ts";
export {
  type CompletionSlots,
  fromSamplingRequest,
  fromSamplingResult,
  type SamplingRequestOptions,
  type SamplingResultOptions,
  toSamplingRequest,
  toSamplingResult,
} from "./sampling-documents.ts";
export { fromTask, toTask } from "./task-documents.ts";
export { fromToolCall, fromToolResult, toToolCall, toToolResult } from "./tool-documents.ts";
export type { Direction, RequestId, TransportLike } from "./transport.ts";
