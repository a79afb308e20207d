export { around } from "./around.ts";
export { ByteBudget, type Reservation } from "./byte-budget.ts";
export {
  batchRefused,
  hasOtherThanRequests,
  idInUse,
  idOf,
  mayBatch,
  messageFault,
  requestsIn,
} from "./caller-messages.ts";
export { ChildFailure } from "./child-back.ts";
export {
  type ConnectFor,
  type Connections,
  connectionsTo,
  TooManyProcesses,
} from "./connections.ts";
export { eventStores } from "./event-store.ts";
export { callerLeft, exchangeFront, noAnswer } from "./exchange-front.ts";
export {
  type AdmittedConnection,
  type Connection,
  type Forward,
  type Forwarded,
  type Held,
  headersNamed,
  isEmptyStatus,
  isEncoded,
} from "./forward.ts";
export { Handshake } from "./handshake.ts";
export { documentIn } from "./json-lines.ts";
export { PassThrough, type RefusedAsks } from "./pass-through.ts";
export { type BodyLimits, bodyFaults, bytesWithin, readBody, streamOf } from "./read-body.ts";
export { type Refusable, refusable } from "./refusable.ts";
export { beginsTask } from "./server-asks.ts";
export { SessionExchanges } from "./session-exchanges.ts";
export { type ServerSdk, type SessionFront, sessionFront } from "./session-front.ts";
export { stdioFront } from "./stdio-front.ts";
export {
  type AnswerMessage,
  cancellation,
  cancellationOf,
  cancelledBy,
  type Extra,
  errorAnswer,
  errorOf,
  invalidAnswer,
  isAnswer,
  isCancellable,
  isLasting,
  isMessage,
  isModern,
  isRequest,
  isRequestId,
  keyOf,
  type Message,
  metaOf,
  paramsOf,
  pongTo,
  type Refusal,
  RefusalError,
  type RequestId,
  type RequestMessage,
  refusalOf,
  refusedHere,
  type SendOptions,
  serverGone,
  subscriptionKey,
  type Transport,
  tooManyUnanswered,
  unreachable,
  whenClosed,
} from "./transport.ts";
export { type WaitingBody, waitingBody } from "./waiting-body.ts";
export { isWhole } from "./whole-answer.ts";
