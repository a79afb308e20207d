/** The options of an audit trail, and how they are read. */
import { expectOptions, longestTimerMs, readOption, readWhole } from "../data/index.ts";
import { isWellFormed } from "../data/intrinsics.ts";
import { optionsInvalid } from "../errors/index.ts";
import type { AuditEvent } from "./event.ts";

/**
 * Receives events, one at a time. It may return a promise, which resolves once it has accepted the
 * event. If it throws or rejects, it has not accepted the event.
 */
export type AuditSink = (event: AuditEvent) => unknown;

/** Options of the audit trail of a manager. */
export interface AuditOptions {
  /** The host's own record: a file, a stream, OpenTelemetry, or a function. Default: none. */
  readonly sink?: AuditSink | undefined;
  /** Whether a request is denied if its events are not accepted. Default false. */
  readonly strict?: boolean | undefined;
  /** How long the sink may take to accept an event, in milliseconds. Default 5000. */
  readonly timeoutMs?: number | undefined;
  /** Strings that no record may contain, such as the host's own tokens. */
  readonly secrets?: readonly string[] | undefined;
}

/** Receives a line for each event that was not accepted. */
export interface AuditLogger {
  error(text: string): void;
}

/** The options, read. */
export type ReadAuditOptions = ReturnType<typeof readAuditOptions>;

const names = ["sink", "strict", "timeoutMs", "secrets"];

/** @throws GlassineError `options_invalid` */
export function readAuditOptions(given: unknown = {}, logger?: AuditLogger) {
  expectOptions(given, names, "audit");
  const { sink, secrets: named, timeoutMs } = given as AuditOptions;
  if (sink !== undefined && typeof sink !== "function") {
    throw optionsInvalid("audit: sink must be a function that takes an event.");
  }
  return Object.freeze({
    sink,
    strict: readOption(given as AuditOptions, "strict", "boolean") ?? false,
    timeoutMs: readWhole("audit: timeoutMs", timeoutMs ?? 5000, longestTimerMs),
    secrets: readSecrets("audit: secrets", named ?? []),
    logger,
  });
}

/** @throws GlassineError `options_invalid` */
export function readSecrets(what: string, secrets: unknown): readonly string[] {
  // `every` skips the holes of an array, but not those of its copy.
  const copy: readonly unknown[] | undefined = Array.isArray(secrets) ? [...secrets] : undefined;
  if (copy?.every(isSecret)) return Object.freeze(copy);
  throw optionsInvalid(`${what} must be an array of well-formed strings that are not empty.`);
}

function isSecret(value: unknown): value is string {
  return typeof value === "string" && value !== "" && isWellFormed(value);
}
