/** Writes what a handler returned, or an invocation resolved to, as text for another process. */

import {
  admit,
  decisive,
  isRecord,
  type Limits,
  limitsOver,
  payloadLimits,
  writeText,
} from "../data/index.ts";
import { brandOf } from "../envelope/index.ts";
import { type ErrorCode, GlassineError, quoted, suggestion } from "../errors/index.ts";
import {
  type AnyInvokeResult,
  answerOf,
  type ExecutionRecord,
  Refused,
  readReturned,
  type Violation,
  violationOf,
} from "../hooks/index.ts";
import { freezePayload } from "../messages/index.ts";
import type { Surface } from "../plugins/index.ts";
import { jsonObject, type LevelValue } from "../schema/index.ts";
import type { CompiledSlots } from "../slots/index.ts";
import { type Answer, answerHeaders, checkAnswer } from "./answer.ts";
import { misuse, readOption } from "./documents.ts";
import { executionDocuments, executionsOf, type WireExecution } from "./executions.ts";
import { changeHeaderMaps, withoutSecrets } from "./headers.ts";
import { payloadDocument } from "./payload.ts";
import { compileDocument, violationSchema } from "./schemas.ts";

/** Options of `encodeInvokeResult`. */
export interface EncodeInvokeResultOptions extends Answer {
  /**
   * The task's hook. With it, a message is written in the wrapper that other implementations read,
   * and sensitive headers are stripped from a payload's deprecated header field.
   */
  readonly hook?: string | undefined;
}

/** Options of `encodeResult`. */
export interface EncodeResultOptions extends EncodeInvokeResultOptions {
  /** Records of handlers that ran for this result. */
  readonly executions?: readonly WireExecution[] | undefined;
  /** Limits that differ from those of payloads. They apply to each part; the host has its own. */
  readonly limits?: Partial<Limits> | undefined;
}

const anyObject = compileDocument(jsonObject());
const anyViolation = compileDocument(violationSchema);

export function encodeReturned(
  surface: Surface,
  returned: unknown,
  options: EncodeResultOptions = {},
): string {
  checkAnswer(options, "encodeResult");
  const { executions } = options;
  return writeText({
    ...changesOf(surface, returned, options),
    ...answered(violationOf(returned) === undefined, options),
    executions: executions === undefined ? undefined : executionDocuments(executions),
  });
}

/** Writes the result of a manager that runs in the other process. */
export function encodeInvoked(
  surface: Surface,
  result: AnyInvokeResult,
  options: EncodeInvokeResultOptions = {},
): string {
  checkAnswer(options, "encodeInvokeResult");
  checkInvoked(surface, result);
  const { executions, violation } = result;
  const was = (part: "payloadModified" | "extensionsModified") =>
    executions.some((record: ExecutionRecord) => record.applied && record[part]);
  const changed = was("extensionsModified");
  const metadata = readOption<object>(anyObject, result.metadata, "metadata");
  return writeText({
    continue_processing: result.continueProcessing,
    modified_payload: was("payloadModified")
      ? payloadDocument(surface.hooks, options.hook, freezePayload(result.payload))
      : undefined,
    modified_extensions: changed ? stripped(surface.slots, result.extensions) : undefined,
    as_returned: changed ? true : undefined,
    violation:
      violation === undefined
        ? undefined
        : readOption(anyViolation, violationDocument(violation, options), "violation"),
    metadata: Object.keys(metadata).length === 0 ? undefined : metadata,
    ...answered(violation === undefined, options),
    executions: executionDocuments(executionsOf(executions)),
  });
}

/** @throws GlassineError `options_invalid` */
function checkInvoked({ slots }: Surface, result: Partial<AnyInvokeResult>): void {
  const { continueProcessing, extensions, executions, violation } = result ?? {};
  const isResult =
    typeof continueProcessing === "boolean" &&
    (violation === undefined) === continueProcessing &&
    (violation === undefined || isRecord(violation)) &&
    brandOf(extensions)?.kind.slots === slots &&
    Array.isArray(executions) &&
    executions.every(isRecord);
  if (!isResult) throw misuse("result", "what `invoke` resolved to");
}

/** Checks extensions first, then the payload, then metadata, as a dispatch does. */
function changesOf(surface: Surface, returned: unknown, options: EncodeResultOptions): object {
  const answer = returned === undefined || returned === null ? "allow" : answerOf(returned);
  if (answer === "allow") return { continue_processing: true };
  if (answer !== undefined) {
    return { continue_processing: false, violation: violationDocument(answer, options) };
  }
  const limits = limitsOver(payloadLimits, options.limits);
  const parts = readReturned(returned, limits.nodes);
  if (parts instanceof Refused) throw refusal(parts.code, parts.path, parts.reason);
  const { slots } = surface;
  const proposal = readPart(parts.modifiedExtensions, "extensions_shape", "(extensions)", limits);
  if (proposal !== undefined) refuseUnknownSlot(slots, proposal);
  const payload = readPart(parts.modifiedPayload, "payload_shape", "payload", limits);
  const metadata = readPart(parts.metadata, "result_shape", "(result).metadata", limits);
  return {
    continue_processing: true,
    modified_payload: payload && payloadDocument(surface.hooks, options.hook, payload),
    modified_extensions: proposal && stripped(slots, proposal),
    as_returned: proposal && true,
    metadata,
  };
}

/** A denial's headers are in its violation, not here. */
function answered(goesOn: boolean, answer: Answer): object {
  return {
    denial_metadata: goesOn ? undefined : answer.denialMetadata,
    http_headers: goesOn ? answerHeaders(answer) : undefined,
    retry_delay_ms: answer.retryDelayMs,
  };
}

/** Returns a copy of a part of the result, which must all be JSON data. */
function readPart(
  value: unknown,
  shapeCode: ErrorCode,
  path: string,
  limits: Limits,
): object | undefined {
  if (value === undefined || value === null) return undefined;
  const options = { origin: "plugin", limits, shapeCode, strict: true } as const;
  const admitted = admit(anyObject.read, value, options);
  if (admitted.ok) return admitted.value as object;
  const { code, expected, received } = decisive(admitted.problems);
  throw refusal(code, path, `Expected ${expected}, got ${received}.`);
}

/** A reader would drop an unknown slot; a dispatch in process refuses the whole result. */
function refuseUnknownSlot({ names }: CompiledSlots, proposal: object): void {
  for (const slot of Object.keys(proposal)) {
    if (names.includes(slot)) continue;
    const hint = `${quoted(slot)} is not a slot.${suggestion(slot, names)}`;
    throw refusal("slot_unknown", "(extensions)", hint);
  }
}

function stripped({ nodes }: CompiledSlots, extensions: object): object {
  return changeHeaderMaps(nodes, extensions as LevelValue, (map, path) =>
    withoutSecrets(map, path),
  );
}

function refusal(code: ErrorCode, path: string, reason: string): GlassineError {
  const text = `The result was refused at ${path}: ${reason} No part of it was written.`;
  return new GlassineError(code, text, { path });
}

/** The plugin's name is not written, because the framework knows it. */
function violationDocument(
  { code, reason, description = "", details }: Violation,
  answer: Answer,
): object {
  return {
    reason,
    description,
    code,
    details,
    mcp_error_code: answer.mcpErrorCode,
    http_status_code: answer.httpStatusCode,
    http_headers: answerHeaders(answer),
  };
}
