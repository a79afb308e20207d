/** What a result says beside its changes: how the caller is to be answered. */
import { GlassineError } from "../errors/index.ts";
import type { HeaderMap } from "../extensions/index.ts";
import { withoutSecrets } from "./header-secrets.ts";

/** What a plugin wishes for the answer to the caller. Nothing in this library acts on it. */
export interface Answer {
  /** Headers for the answer. Sensitive ones are stripped. */
  readonly httpHeaders?: HeaderMap | undefined;
  /** Milliseconds to wait before a retry. */
  readonly retryDelayMs?: number | undefined;
  /** The error code of the protocol, for a denial: -32600 and the like. */
  readonly mcpErrorCode?: number | undefined;
  /** The HTTP status, for a denial. */
  readonly httpStatusCode?: number | undefined;
}

/** @throws GlassineError `options_invalid` */
export function checkAnswer(answer: Answer): void {
  const { httpHeaders, retryDelayMs, mcpErrorCode, httpStatusCode } = answer;
  if (httpHeaders !== undefined && !isHeaderMap(httpHeaders)) {
    throw misuse("httpHeaders", "an object of texts");
  }
  if (retryDelayMs !== undefined && !isCount(retryDelayMs)) {
    throw misuse("retryDelayMs", "a whole number from 0 on");
  }
  if (mcpErrorCode !== undefined && !Number.isSafeInteger(mcpErrorCode)) {
    throw misuse("mcpErrorCode", "a whole number");
  }
  if (httpStatusCode !== undefined && !isCount(httpStatusCode)) {
    throw misuse("httpStatusCode", "a whole number from 0 on");
  }
}

/** The headers of an answer that may cross, or none. */
export function answerHeaders({ httpHeaders }: Answer): HeaderMap | undefined {
  return withoutSecrets(httpHeaders, "http_headers") as HeaderMap | undefined;
}

function isHeaderMap(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((text) => typeof text === "string");
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function misuse(option: string, expected: string): GlassineError {
  const text = `${option} expects ${expected}, got another value.`;
  return new GlassineError("options_invalid", text, { option });
}
