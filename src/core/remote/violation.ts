/** A denial, as the wire has it. */
import type * as z from "zod";
import { type Denial, deny, isReason, isViolationCode, type Violation } from "../hooks/index.ts";
import { readPlain } from "../schema/index.ts";
import { type Answer, answerHeaders } from "./answer.ts";
import type { DropReport } from "./read-wire.ts";
import type { violationSchema } from "./schemas.ts";

type ViolationDocument = z.output<typeof violationSchema>;

/** The plugin's name is known to the framework and not written. */
export function violationDocument(
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

/**
 * The denial that a document says, or what could be read of one. A document that stops the
 * operation is a denial whatever it says of it: what cannot stand is replaced and reported.
 */
export function denialFrom(
  document: Partial<ViolationDocument> | undefined,
  report: DropReport,
): Denial {
  if (document === undefined) return deny({ code: "denied", reason: unexplained });
  const { code, reason, description, details } = document;
  const isCode = code !== undefined && isViolationCode(code);
  // An unreadable one was reported.
  if (code !== undefined && !isCode) report.add("violation.code");
  // What `deny` refuses would turn the denial into a failure, which may be ignored.
  const isFit = details !== undefined && readPlain(details) !== undefined;
  if (details !== undefined && !isFit) report.add("violation.details");
  return deny({
    code: isCode ? code : "denied",
    reason: reason !== undefined && isReason(reason) ? reason : unexplained,
    ...(description === undefined ? {} : { description }),
    ...(isFit ? { details } : {}),
  });
}

const unexplained = "Denied without a reason.";
