export type { AnyHookManager, HookResult, HookViolation } from "../guard/index.ts";
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
} from "../model/index.ts";
export { guardModel } from "../model/index.ts";
export type { ModelProvider, ModelRefusal } from "../rewrite/index.ts";
export type { ClaimPath } from "./claims.ts";
export { type ExpressMiddleware, type ExpressRequest, guardExpress } from "./guard-express.ts";
export {
  type FastifyGuardOptions,
  type FastifyLike,
  type FastifyReplyLike,
  type FastifyRequestLike,
  guardFastify,
} from "./guard-fastify.ts";
export {
  type GuardFetchOptions,
  guardFetch,
  type ModelFetch,
  type ModelHttpRequest,
} from "./guard-fetch.ts";
export { guardHono, type HonoContext, type HonoMiddleware } from "./guard-hono.ts";
export { guardHttp, type HttpCall, type HttpGuard, type HttpGuardOptions } from "./http-guard.ts";
export type { HttpLimits } from "./limits.ts";
export type { NodeRequest } from "./node-exchange.ts";
export type { NodeHeaders, NodeResponse } from "./node-output.ts";
export type { ServerGuardOptions } from "./server-options.ts";
export {
  type Client,
  type ClientMapping,
  clientFromClaims,
  type Subject,
  type SubjectMapping,
  subjectFromClaims,
} from "./subject-from-claims.ts";
