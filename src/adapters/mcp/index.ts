export { guardErrorCodes } from "./answers.ts";
export { guardTransport } from "./guard-transport.ts";
export type {
  AnyHookManager,
  HookManager,
  HookOptions,
  HookResult,
  HookViolation,
} from "./manager.ts";
export type { GuardEvent, GuardedRequest, GuardOptions } from "./options.ts";
export type { Direction, RequestId, TransportLike } from "./transport.ts";
