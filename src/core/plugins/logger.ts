/** The host's log. */
import { optionsInvalid } from "../errors/index.ts";
import { callSafely, type HandlerFailure } from "../hooks/index.ts";

/** Receives lines of text. Whatever a method throws, or rejects with, is ignored. */
export interface Logger {
  readonly info?: (text: string) => unknown;
  /** `failure`: the failure for which a plugin was switched off, if the line is about that. */
  readonly warn?: (text: string, failure?: HandlerFailure) => unknown;
  /** `failure`: the handler that failed, if the line is about one. */
  readonly error?: (text: string, failure?: HandlerFailure) => unknown;
}

/** A log that never throws. */
export type ReadLogger = Required<Logger>;

/** @throws GlassineError `options_invalid` */
export function readLogger(given: unknown): ReadLogger {
  if (given === undefined) return { info: () => undefined, warn: byConsole, error: byConsole };
  if (typeof given !== "object" || given === null)
    throw optionsInvalid("logger must be an object.");
  const logger: Logger = given;
  const read = (level: keyof Logger) => {
    const method = logger[level] ?? (() => undefined);
    if (typeof method !== "function") throw optionsInvalid(`logger.${level} must be a function.`);
    const write = method.bind(logger);
    return (text: string, failure?: HandlerFailure) =>
      callSafely(() => (failure === undefined ? write(text) : write(text, failure)));
  };
  return { info: read("info"), warn: read("warn"), error: read("error") };
}

// Standard error, in every runtime that has one, because standard output may carry a protocol.
// biome-ignore lint/suspicious/noConsole: it is the log of hosts that pass none.
const byConsole = (text: string) => callSafely(() => console.warn(text));
