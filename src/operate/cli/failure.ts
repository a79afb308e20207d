/** How a command fails, and what is printed for each failure. */

import {
  type ErrorCode,
  errorCodes,
  type GlassineError,
  isGlassineError,
} from "../../core/errors/index.ts";
import { describeThrown } from "../../core/observe/index.ts";
import { printable, say } from "./print/printable.ts";
import { type DocumentCode, texts } from "./texts.ts";

export interface Failure {
  readonly exitCode: 1 | 2 | 70;
  /** The code in the error document. */
  readonly code: ErrorCode | DocumentCode;
  readonly message: string;
  /** Printed before the message on standard error, and nowhere else. */
  readonly lead?: string;
  /** What standard error shows in place of the message, if that is too long for one line. */
  readonly lines?: readonly string[] | undefined;
  /** Further lines for people. */
  readonly more?: readonly string[];
}

/** Thrown by a command that words the failure itself. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.failure = failure;
  }
}

/** A refusal: the command cannot do what it was asked to do. Exit code 2. */
export function refusal(code: Failure["code"], message: string, more: readonly string[] = []) {
  return new CommandFailure({ exitCode: 2, code, message, more });
}

/** Wrong usage that a command finds, reported as if the parser had found it. */
export function misuse(message: string): CommandFailure {
  return new CommandFailure({ exitCode: 2, code: "usage", message, lead: "error: " });
}

/** A negative finding that ends the command, such as an unknown name. Exit code 1. */
export function negative(code: Failure["code"], message: string, more: readonly string[] = []) {
  return new CommandFailure({ exitCode: 1, code, message, lead: "error: ", more });
}

/**
 * The refusal of a command that needs a lockfile where there is none.
 *
 * @param ofRoot the lockfile that a host in the `--root` folder uses, if there is one
 */
export function noLockfile(command: string, ofRoot: string | undefined): CommandFailure {
  const advice = ofRoot === undefined ? errorCodes.lockfile_missing.todo : texts.lockThere(ofRoot);
  return refusal("lockfile_missing", `${command}: no plugins.lock found`, [advice]);
}

/** Returns the failure for anything thrown. Messages of refusals begin with `command`, if given. */
export function failureFor(thrown: unknown, command: string | undefined): Failure {
  if (thrown instanceof CommandFailure) return thrown.failure;
  if (isGlassineError(thrown)) {
    const message = refusedText(thrown, command);
    // The prescribed message does not say what to do.
    const more = thrown.code === "lockfile_newer" ? [errorCodes.lockfile_newer.todo] : [];
    return { exitCode: 2, code: thrown.code, message, lines: problemLines(thrown), more };
  }
  const fault = systemFault(thrown);
  if (fault !== undefined) {
    const lead = command !== undefined ? `${command}: ` : "";
    return { exitCode: 2, code: "io_failed", message: `${lead}${fault}` };
  }
  const { type, text } = describeThrown(thrown);
  return {
    exitCode: 70,
    code: "internal_error",
    message: say`internal error: ${type}: ${text} (--verbose prints the stack)`,
  };
}

/** Lists the problems of a configuration, if there are several. */
function problemLines({ data }: GlassineError): readonly string[] | undefined {
  const { sentence, configProblems: problems } = data;
  if (!Array.isArray(problems) || problems.length < 2) return undefined;
  return [say`${String(sentence)}`, ...problems.map(({ path, text }) => say`  ${path}: ${text}`)];
}

function refusedText(error: GlassineError, name: string | undefined): string {
  const { code, data, message } = error;
  const { path, version } = data;
  if (code === "lockfile_missing" && typeof path === "string") return texts.lockNotFound(path);
  if (name === undefined) return printable(message);
  if (code === "lockfile_newer" && path !== undefined)
    return say`${name}: ${String(path)} has schema version ${String(version)}; this version understands 1`;
  return printable(message.startsWith(`${name}: `) ? message : `${name}: ${message}`);
}

/** The message of a system error, such as no permission, no space or no such file. */
function systemFault(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { code, syscall, message } = thrown as NodeJS.ErrnoException;
  const isSystem = typeof code === "string" && /^E[A-Z0-9]+$/.test(code) && syscall !== undefined;
  return isSystem ? printable(message) : undefined;
}
