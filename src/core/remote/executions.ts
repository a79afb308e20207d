/** Records of handlers' turns, as the wire has them. */
import * as z from "zod";
import type { ExecutionRecord, Mode } from "../hooks/index.ts";
import { misuse, readOption } from "./options.ts";
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
  /** Nanoseconds; 0 where nobody measured. */
  readonly durationNs: number;
  readonly reason?: string | undefined;
  /** A code of the implementation that wrote the record. */
  readonly errorCode?: string | undefined;
  readonly configKeys: readonly string[];
}

type ExecutionDocument = z.output<typeof executionSchema>;

const reader = compileDocument(z.array(executionSchema));

/** Records as they are written. @throws GlassineError `options_invalid` */
export function executionDocuments(executions: unknown): readonly ExecutionDocument[] {
  const option = "executions";
  if (!Array.isArray(executions)) throw misuse(option, "a list of records");
  const documents = executions.map((execution: unknown) => {
    if (typeof execution !== "object" || execution === null) throw misuse(option, "records");
    return executionDocument(execution as WireExecution);
  });
  return readOption(reader, documents, option);
}

function executionDocument(execution: WireExecution): object {
  return {
    plugin_id: execution.pluginId,
    plugin_name: execution.plugin,
    plugin_kind: execution.pluginKind,
    hook_name: execution.hook,
    mode: execution.mode,
    status: execution.status,
    requested_allow: execution.requestedAllow,
    effective_allow: execution.effectiveAllow,
    matched: execution.matched,
    applied: execution.applied,
    payload_modified: execution.payloadModified,
    extensions_modified: execution.extensionsModified,
    duration_ns: execution.durationNs,
    reason: execution.reason,
    error_code: execution.errorCode,
    config_keys: execution.configKeys,
  };
}

export function executionFrom(document: Readonly<ExecutionDocument>): WireExecution {
  const { mode } = document;
  return Object.freeze({
    pluginId: document.plugin_id,
    plugin: document.plugin_name,
    pluginKind: document.plugin_kind,
    hook: document.hook_name,
    mode: isOlder(mode) ? olderModes[mode] : mode,
    status: document.status,
    requestedAllow: document.requested_allow,
    effectiveAllow: document.effective_allow,
    matched: document.matched,
    applied: document.applied,
    payloadModified: document.payload_modified,
    extensionsModified: document.extensions_modified,
    durationNs: document.duration_ns,
    reason: document.reason,
    errorCode: document.error_code,
    configKeys: document.config_keys,
  });
}

function isOlder(mode: string): mode is keyof typeof olderModes {
  return Object.hasOwn(olderModes, mode);
}

/**
 * The records of an invocation. One of a background handler that has not ended is left out: the
 * wire has no status for it.
 */
export function executionsOf(records: readonly ExecutionRecord[]): readonly WireExecution[] {
  return records.flatMap((record) => {
    const { status } = record;
    if (status === "started") return [];
    return [
      {
        pluginId: record.plugin,
        plugin: record.plugin,
        pluginKind: "hook",
        hook: record.hook,
        mode: record.mode,
        status,
        requestedAllow: record.requestedAllow,
        effectiveAllow: record.effectiveAllow,
        matched: status === "skipped" ? false : undefined,
        applied: record.applied,
        payloadModified: record.payloadModified,
        extensionsModified: record.extensionsModified,
        durationNs: Math.round((record.durationMs ?? 0) * 1_000_000),
        reason: record.reason,
        errorCode: record.errorCode,
        configKeys: [],
      },
    ];
  });
}
