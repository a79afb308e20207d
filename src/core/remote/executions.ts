/** The wire format of records of handlers' turns. */
import * as z from "zod/mini";
import type { ExecutionRecord, Mode } from "../hooks/index.ts";
import { misuse, readOption } from "./documents.ts";
import { compileDocument, executionSchema, olderModes } from "./schemas.ts";

/** The record of one handler's turn, as it crosses the process boundary. */
export interface WireExecution {
  readonly pluginId: string;
  readonly plugin: string;
  readonly pluginKind: string;
  readonly hook: string;
  readonly mode: Mode;
  readonly status: "completed" | "error" | "timeout" | "skipped" | "cancelled" | "disabled";
  readonly requestedAllow?: boolean | undefined;
  readonly effectiveAllow: boolean;
  readonly matched?: boolean | undefined;
  readonly applied: boolean;
  readonly payloadModified: boolean;
  readonly extensionsModified: boolean;
  /** Nanoseconds; 0 if it was not measured. */
  readonly durationNs: number;
  readonly reason?: string | undefined;
  /** A code of the implementation that wrote the record. */
  readonly errorCode?: string | undefined;
  readonly configKeys: readonly string[];
}

type ExecutionDocument = z.output<typeof executionSchema>;

const reader = compileDocument(z.array(executionSchema));

/** Returns the records as they are written. @throws GlassineError `options_invalid` */
export function executionDocuments(executions: unknown): readonly ExecutionDocument[] {
  const option = "executions";
  if (!Array.isArray(executions)) throw misuse(option, "a list of records");
  const documents = executions.map((execution: unknown) => {
    if (typeof execution !== "object" || execution === null)
      throw misuse(option, "a list of records");
    return Object.fromEntries(
      fields.map(([key, name]) => [name, (execution as WireExecution)[key]]),
    );
  });
  return readOption(reader, documents, option);
}

/** The names of a record's fields on the wire. */
const names = {
  pluginId: "plugin_id",
  plugin: "plugin_name",
  pluginKind: "plugin_kind",
  hook: "hook_name",
  mode: "mode",
  status: "status",
  requestedAllow: "requested_allow",
  effectiveAllow: "effective_allow",
  matched: "matched",
  applied: "applied",
  payloadModified: "payload_modified",
  extensionsModified: "extensions_modified",
  durationNs: "duration_ns",
  reason: "reason",
  errorCode: "error_code",
  configKeys: "config_keys",
} as const satisfies Record<keyof WireExecution, keyof ExecutionDocument>;
const fields = Object.entries(names) as [keyof WireExecution, keyof ExecutionDocument][];

export function executionFrom(document: Readonly<ExecutionDocument>): WireExecution {
  const record = Object.fromEntries(fields.map(([key, name]) => [key, document[name]]));
  const { mode } = document;
  const newer = isOlder(mode) ? olderModes[mode] : mode;
  return Object.freeze({ ...record, mode: newer } as WireExecution);
}

function isOlder(mode: string): mode is keyof typeof olderModes {
  return Object.hasOwn(olderModes, mode);
}

/**
 * Returns an invocation's records. Background handlers that have not ended are left out, because
 * the wire has no status for them.
 */
export function executionsOf(records: readonly ExecutionRecord[]): readonly WireExecution[] {
  return records.flatMap((record) => {
    const { status } = record;
    if (status === "started") return [];
    return [
      {
        ...record,
        status,
        pluginId: record.plugin,
        pluginKind: "hook",
        matched: status === "skipped" ? false : undefined,
        durationNs: Math.round((record.durationMs ?? 0) * 1_000_000),
        configKeys: [],
      },
    ];
  });
}
