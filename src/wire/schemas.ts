/**
 * The documents that cross the process boundary. Source of names and defaults: the Common Message
 * Format, both generations; the task is this library's own.
 */
import * as z from "zod";
import {
  headerMap,
  jsonObject,
  jsonValue,
  wholeNumber,
  withDefault,
  withRule,
} from "../admit/index.ts";
import { modes } from "../hooks/index.ts";

/** A code of a protocol may be below zero. */
const protocolCode = () => z.number().int();

/** `proto_error_code` is what the newer generation calls `mcp_error_code`. */
export const violationSchema = z.object({
  reason: z.string(),
  description: z.string().optional(),
  code: z.string(),
  details: jsonObject().optional(),
  mcp_error_code: protocolCode().optional(),
  proto_error_code: protocolCode().optional(),
  http_status_code: wholeNumber().optional(),
  http_headers: headerMap().optional(),
});

/** What the older generation called some modes. */
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
  plugin_id: z.string(),
  plugin_name: z.string(),
  plugin_kind: z.string(),
  hook_name: z.string(),
  mode: z.enum(modeNames),
  status: z.enum(["completed", "error", "timeout", "skipped", "cancelled", "disabled"]),
  requested_allow: z.boolean().optional(),
  effective_allow: withDefault(z.boolean(), true),
  matched: z.boolean().optional(),
  applied: withDefault(z.boolean(), false),
  payload_modified: withDefault(z.boolean(), false),
  extensions_modified: withDefault(z.boolean(), false),
  duration_ns: withDefault(wholeNumber(), 0),
  reason: z.string().optional(),
  error_code: z.string().optional(),
  config_keys: z.array(z.string()).default([]),
});

export const resultSchema = z.object({
  continue_processing: withDefault(z.boolean(), true),
  modified_payload: jsonObject().optional(),
  modified_extensions: jsonObject().optional(),
  as_returned: withDefault(z.boolean(), false),
  violation: violationSchema.optional(),
  metadata: jsonObject().optional(),
  http_headers: headerMap().optional(),
  retry_delay_ms: withDefault(wholeNumber(), 0),
  executions: z.array(executionSchema).default([]),
});

/** An internal error, in JSON-RPC. */
export const internalError = -32603;

export const errorSchema = withRule(
  z.object({
    message: z.string(),
    plugin_name: z.string(),
    code: z.string().optional(),
    details: jsonObject().optional(),
    mcp_error_code: withDefault(protocolCode(), internalError),
    proto_error_code: protocolCode().optional(),
  }),
  "mcp_error_code and proto_error_code that agree",
  ({ mcp_error_code: older, proto_error_code: newer }) =>
    newer === undefined || older === internalError || older === newer,
);

const names = () => z.array(z.string());

export const taskSchema = z.object({
  hook: z.string(),
  payload: jsonObject(),
  extensions: jsonObject().optional(),
  shown_headers: z
    .object({ headers: names().optional(), request_headers: names().optional() })
    .optional(),
  context: z.object({ request_id: z.string(), operation: jsonObject().optional() }),
  config: z.object({
    name: z.string(),
    version: z.string(),
    capabilities: names().default([]),
    config: jsonValue().optional(),
  }),
});
