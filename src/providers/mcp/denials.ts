/** Why the guard refuses a message, and the JSON-RPC error that says so. */

import { type HookViolation, publicViolation } from "../guard/index.ts";
import type { JsonObject } from "./json.ts";
import type { RequestId } from "./transport.ts";

/**
 * JSON-RPC codes of the answers that a guard makes. MCP leaves −32000…−32019 free; the guard's own
 * codes avoid −32000…−32004, which SDKs and earlier drafts use.
 */
export const guardErrorCodes = {
  /** A plugin stopped the request, or its answer. */
  denied: -32010,
  /** A hook, the envelope or the mapping failed, so the message could not be checked. */
  failed: -32011,
  /** A request with this id is in flight, or was cancelled and not answered. */
  duplicate: -32012,
  /** Too many requests are open, or were cancelled and not answered. */
  unanswered: -32013,
  /** The other side of a bridge did not accept the request, or closed before it answered. */
  unreachable: -32014,
  /** JSON-RPC's own: the id is invalid. */
  invalidRequest: -32600,
  /** JSON-RPC's own: the params do not match the guarded method. */
  invalidParams: -32602,
} as const;

/** Why a message was refused, in words that a peer may see. */
export interface Denial {
  readonly code: number;
  readonly reason: string;
  readonly data: { readonly code: string; readonly plugin?: string };
}

/** A plugin's denial. Its description and details stay with the host. */
export function denialOf(violation: HookViolation | undefined): Denial {
  const { code, reason, plugin } = publicViolation(violation);
  const data = { code, ...(plugin !== undefined && { plugin }) };
  return { code: guardErrorCodes.denied, reason, data };
}

export const failed: Denial = {
  code: guardErrorCodes.failed,
  reason: "The message could not be checked, so it was refused",
  data: { code: "guard_failed" },
};

export const duplicate: Denial = {
  code: guardErrorCodes.duplicate,
  reason: "The request id is in use",
  data: { code: "request_id_in_use" },
};

/** How many requests of one session and direction may be open. */
export const maxOpen = 10_000;

/** How many cancelled requests of one session and direction are remembered. */
export const maxCancelled = 1024;

export const tooManyOpen: Denial = {
  code: guardErrorCodes.unanswered,
  reason: `${maxOpen} requests of this session are open: wait for an answer, or cancel one`,
  data: { code: "too_many_unanswered" },
};

export const tooManyCancelled: Denial = {
  code: guardErrorCodes.unanswered,
  reason: `More than ${maxCancelled} cancelled requests of this session have no answer: start a new session, with whole numbers as ids`,
  data: { code: "too_many_unanswered" },
};

/** The tool and the labels that the task started with were forgotten. */
export const forgottenTask: Denial = {
  code: guardErrorCodes.failed,
  reason: "The task is unknown or was forgotten",
  data: { code: "task_forgotten" },
};

export const invalidId: Denial = {
  code: guardErrorCodes.invalidRequest,
  reason: "The request id is neither a string of reasonable length nor a number",
  data: { code: "invalid_request_id" },
};

export const invalidParams: Denial = {
  code: guardErrorCodes.invalidParams,
  reason: "The params do not match the method",
  data: { code: "invalid_params" },
};

export function errorAnswer(id: RequestId | null, denial: Denial): JsonObject {
  return { jsonrpc: "2.0", id, error: errorFor(denial) };
}

export function errorFor(denial: Denial): JsonObject {
  return { code: denial.code, message: denial.reason, data: { ...denial.data } };
}
