/** The options of an audit trail, and how they are read. */
import {
  expectOptions,
  intrinsics,
  longestTimerMs,
  mapped,
  readOption,
  readWhole,
} from "../data/index.ts";
import { GlassineError } from "../errors/index.ts";
import type { AuditEvent } from "./event.ts";

/**
 * Where events go. It may give a promise, and has then taken the event when that resolves; what
 * throws or rejects has not taken it. It is given one event at a time.
 */
export type AuditSink = (event: AuditEvent) => unknown;

/** Options of the audit trail of a manager. */
export interface AuditOptions {
  /** The host's own record: a file, a stream, OpenTelemetry, or a function. Default: none. */
  readonly sink?: AuditSink;
  /** Whether a request whose events are not taken is denied. Default false. */
  readonly strict?: boolean;
  /** How long one event may take to be taken, in milliseconds. Default 5000. */
  readonly timeoutMs?: number;
  /** Texts that no record may hold, such as the tokens that the host itself uses. */
  readonly secrets?: readonly string[];
}

/** Gets a line for each event that was not taken. */
export interface AuditLogger {
  error(text: string): void;
}

/** The options, read. */
export interface ReadAuditOptions {
  readonly sink: AuditSink | undefined;
  readonly strict: boolean;
  readonly timeoutMs: number;
  readonly secrets: readonly string[];
  readonly logger: AuditLogger | undefined;
}

const { freeze, isArray, isWellFormed, ownValue } = intrinsics;
const names = ["sink", "strict", "timeoutMs", "secrets"];

/** @throws GlassineError `options_invalid` */
export function readAuditOptions(given: unknown = {}, logger?: AuditLogger): ReadAuditOptions {
  expectOptions(given, names, "audit");
  const options = given as AuditOptions;
  const sink = ownValue(options, "sink");
  if (sink !== undefined && typeof sink !== "function") {
    throw invalid("audit: sink must be a function that takes an event.");
  }
  return freeze({
    sink: sink as AuditSink | undefined,
    strict: readOption(options, "strict", "boolean") ?? false,
    timeoutMs: readWhole(
      "audit: timeoutMs",
      ownValue(options, "timeoutMs") ?? 5000,
      longestTimerMs,
    ),
    secrets: readSecrets(ownValue(options, "secrets") ?? []),
    logger,
  });
}

function readSecrets(given: unknown): readonly string[] {
  if (!isArray(given)) throw invalid("audit: secrets must be a list of texts.");
  return freeze(
    mapped(given as readonly unknown[], (secret) => {
      if (typeof secret === "string" && secret !== "" && isWellFormed(secret)) return secret;
      throw invalid("audit: secrets are texts of valid Unicode that are not empty.");
    }),
  );
}

function invalid(text: string): GlassineError {
  return new GlassineError("options_invalid", text);
}
