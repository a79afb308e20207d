export type { Answer } from "./answer.ts";
export type { DecodedResult, DecodeResultOptions, Turn } from "./decode-result.ts";
export type { EncodeInvokeResultOptions, EncodeResultOptions } from "./encode-result.ts";
export { decodeError, type EncodeErrorOptions, encodeError } from "./errors.ts";
export type { WireExecution } from "./executions.ts";
export { bindWire, type Task, type WireFunctions } from "./functions.ts";
export type { DecodeWireOptions } from "./read-wire.ts";
export { errorSchema, resultSchema, taskSchema } from "./schemas.ts";
export type { DecodeTaskOptions } from "./task.ts";
