/** Plugins in another process: a turn, its result and errors as JSON text, and back. */
export {
  decodeResult,
  decodeTask,
  encodeInvokeResult,
  encodeResult,
  encodeTask,
} from "./core/host/index.ts";
export {
  type Answer,
  type DecodedResult,
  type DecodeResultOptions,
  type DecodeTaskOptions,
  type DecodeWireOptions,
  decodeError,
  type EncodeErrorOptions,
  type EncodeInvokeResultOptions,
  type EncodeResultOptions,
  encodeError,
  type Task,
  type Turn,
  type WireExecution,
} from "./core/remote/index.ts";
