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
  withAliases,
  withDefault,
} from "../admit/index.ts";
import { modes } from "../hooks/index.ts";

/** A code of a protocol may be below zero. */
const protocolCode = () => z.number().int();

/** `proto_error_code` is what the newer generation calls `mcp_error_code`. */
const protocolAliases = { proto_error_code: "mcp_error_code" };

export const violationSchema = withAliases(
  z.object({
    reason: z.string(),
    description: withDefault(z.string(), ""),
    code: z.string(),
    details: jsonObject().optional(),
    mcp_error_code: protocolCode().optional(),
    http_status_code: wholeNumber().optional(),
    http_headers: headerMap().optional(),
  }),
  protocolAliases,
);

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
  violation: violationSchema.optional(),
  metadata: jsonObject().optional(),
  http_headers: headerMap().optional(),
  retry_delay_ms: withDefault(wholeNumber(), 0),
  executions: z.array(executionSchema).default([]),
});

export const errorSchema = withAliases(
  z.object({
    message: z.string(),
    plugin_name: z.string(),
    code: z.string().optional(),
    details: jsonObject().optional(),
    mcp_error_code: withDefault(protocolCode(), -32603),
  }),
  protocolAliases,
);

export const taskSchema = z.object({
  hook: z.string(),
  payload: jsonObject(),
  extensions: jsonObject().optional(),
  context: z.object({ request_id: z.string(), operation: jsonObject().optional() }),
  config: z.object({
    name: z.string(),
    version: z.string(),
    capabilities: z.array(z.string()).default([]),
    config: jsonValue().optional(),
  }),
});
