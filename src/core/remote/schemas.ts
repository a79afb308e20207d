/**
 * The documents that cross the process boundary. Source of names and defaults: the Common Message
 * Format, both generations; the task is this library's own.
 */
import * as z from "zod/mini";
import { modes } from "../hooks/index.ts";
import {
  compilerFor,
  headerMap,
  jsonObject,
  jsonValue,
  wholeNumber,
  withDefault,
  withRule,
} from "../schema/index.ts";

// Equal fields share a schema, because each schema adds to the start time.
const text = z.string();
const optionalText = z.optional(text);
const names = z.array(text);
const noNames = z._default(names, []);
const optionalNames = z.optional(names);
const anyObject = jsonObject();
const optionalObject = z.optional(anyObject);
const headers = headerMap();
const optionalHeaders = z.optional(headers);
const truth = z.boolean();
const optionalTruth = z.optional(truth);
const trueByDefault = withDefault(truth, true);
const falseByDefault = withDefault(truth, false);
const count = wholeNumber();
const zeroByDefault = withDefault(count, 0);
/** A protocol's code can be negative. */
const protocolCode = z.int();
const optionalProtocolCode = z.optional(protocolCode);

/** `proto_error_code` is what the newer generation calls `mcp_error_code`. */
export const violationSchema = z.object({
  reason: text,
  description: optionalText,
  code: text,
  details: optionalObject,
  mcp_error_code: optionalProtocolCode,
  proto_error_code: optionalProtocolCode,
  http_status_code: z.optional(count),
  http_headers: optionalHeaders,
});

/** How to answer the caller, by the names of the writer's options. */
export const answerFields = {
  httpHeaders: headers,
  retryDelayMs: count,
  mcpErrorCode: protocolCode,
  httpStatusCode: count,
};

/** The older generation's names for some modes. */
export const olderModes = {
  enforce: "sequential",
  permissive: "transform",
  enforce_ignore_error: "sequential",
} as const;

const modeNames = Object.keys({ ...modes, ...olderModes }) as readonly (
  | keyof typeof modes
  | keyof typeof olderModes
)[];

export const executionSchema = z.object({
  plugin_id: text,
  plugin_name: text,
  plugin_kind: text,
  hook_name: text,
  mode: z.enum(modeNames),
  status: z.enum(["completed", "error", "timeout", "skipped", "cancelled", "disabled"]),
  requested_allow: optionalTruth,
  effective_allow: trueByDefault,
  matched: optionalTruth,
  applied: falseByDefault,
  payload_modified: falseByDefault,
  extensions_modified: falseByDefault,
  duration_ns: zeroByDefault,
  reason: optionalText,
  error_code: optionalText,
  config_keys: noNames,
});

export const resultSchema = z.object({
  continue_processing: trueByDefault,
  modified_payload: optionalObject,
  modified_extensions: optionalObject,
  as_returned: falseByDefault,
  violation: z.optional(violationSchema),
  metadata: optionalObject,
  denial_metadata: optionalObject,
  http_headers: optionalHeaders,
  retry_delay_ms: zeroByDefault,
  executions: z._default(z.array(executionSchema), []),
});

/** Compiles a reader of these documents. Schemas that they share are compiled once. */
export const compileDocument: ReturnType<typeof compilerFor> = compilerFor({
  closed: false,
  shownWhole: true,
});

/** JSON-RPC's code for an internal error. */
export const internalError = -32603;

export const errorSchema = withRule(
  z.object({
    message: text,
    plugin_name: text,
    code: optionalText,
    details: optionalObject,
    mcp_error_code: withDefault(protocolCode, internalError),
    proto_error_code: optionalProtocolCode,
  }),
  "mcp_error_code and proto_error_code that agree",
  ({ mcp_error_code: older, proto_error_code: newer }) =>
    newer === undefined || older === internalError || older === newer,
);

export const taskSchema = z.object({
  hook: text,
  payload: anyObject,
  extensions: optionalObject,
  shown_headers: z.optional(z.object({ headers: optionalNames, request_headers: optionalNames })),
  context: z.object({
    request_id: text,
    operation: optionalObject,
    stream: z.optional(z.object({ done: truth })),
  }),
  config: z.object({
    name: text,
    version: text,
    capabilities: noNames,
    config: z.optional(jsonValue()),
  }),
});
