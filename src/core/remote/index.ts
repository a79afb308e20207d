export type { Answer } from "./answer.ts";
export {
  type DecodedResult,
  type DecodeResultOptions,
  decodeReturned,
  type Turn,
} from "./decode-result.ts";
export type { DecodeWireOptions } from "./documents.ts";
export {
  type EncodeInvokeResultOptions,
  type EncodeResultOptions,
  encodeInvoked,
  encodeReturned,
} from "./encode-result.ts";
export { decodeError, type EncodeErrorOptions, encodeError } from "./errors.ts";
export type { WireExecution } from "./executions.ts";
export { errorSchema, resultSchema, taskSchema } from "./schemas.ts";
export { type DecodeTaskOptions, decodeTurn, encodeTurn, type Task } from "./task.ts";
