/** The host's log: for what is not worth an error. */
import { ignore } from "../data/index.ts";
import { optionsInvalid } from "../errors/index.ts";

/** Takes lines of text. What a method throws, or rejects with, changes nothing. */
export interface Logger {
  readonly info?: (text: string) => unknown;
  readonly warn?: (text: string) => unknown;
  readonly error?: (text: string) => unknown;
}

/** A log that never throws. */
export interface ReadLogger {
  readonly info: (text: string) => void;
  readonly warn: (text: string) => void;
  readonly error: (text: string) => void;
}

/** @throws GlassineError `options_invalid` */
export function readLogger(given: unknown): ReadLogger {
  if (given === undefined) return { info: () => undefined, warn: byConsole, error: byConsole };
  if (typeof given !== "object" || given === null)
    throw optionsInvalid("logger must be an object.");
  const logger: Logger = given;
  const read = (level: keyof Logger) => {
    const method = logger[level] ?? (() => undefined);
    if (typeof method !== "function") throw optionsInvalid(`logger.${level} must be a function.`);
    return safely(method.bind(logger));
  };
  return { info: read("info"), warn: read("warn"), error: read("error") };
}

function safely(write: (text: string) => unknown): (text: string) => void {
  return (text) => {
    try {
      void ignore(write(text) as PromiseLike<unknown>);
    } catch {
      // What is logged happened, whether or not the log took it.
    }
  };
}

// Standard error, in every runtime that has one: standard output may carry a protocol.
// biome-ignore lint/suspicious/noConsole: it is the log of hosts that give none.
const byConsole = safely((text) => console.warn(text));
