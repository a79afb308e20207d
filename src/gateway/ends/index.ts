export { ChildFailure, childBack, childEnvironment } from "./child-back.ts";
export {
  type End,
  type Extra,
  errorAnswer,
  errorOf,
  isAnswer,
  isMessage,
  isRequest,
  keyOf,
  type Message,
  type Refusal,
  type RequestId,
  refusalOf,
  type SendOptions,
} from "./end.ts";
export { exchangeFront } from "./exchange-front.ts";
export { httpAgent, httpBack } from "./http-back.ts";
export { type ServerSdk, type SessionFront, sessionFront } from "./session-front.ts";
export { type SharedChild, sharedChild } from "./shared-child.ts";
export { stdioFront } from "./stdio-front.ts";
export { supervised } from "./supervised.ts";
export { type WatchedEnd, watched } from "./watched.ts";
