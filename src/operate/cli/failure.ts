/** How a command fails, and what each failure is told as. */

import {
  type ErrorCode,
  errorCodes,
  type GlassineError,
  isGlassineError,
} from "../../core/errors/index.ts";
import { describeThrown } from "../../core/observe/index.ts";
import type { CommandName } from "./command-table.ts";
import { printable } from "./print/printable.ts";
import { type DocumentCode, texts } from "./texts.ts";

/** A failure in words. */
export interface Told {
  readonly exitCode: 1 | 2 | 70;
  /** Of the error document. */
  readonly code: ErrorCode | DocumentCode;
  readonly message: string;
  /** In front of the message on standard error alone. */
  readonly lead?: string;
  /** Further lines for people. */
  readonly more?: readonly string[];
}

/** Thrown by a command that has its own words for what is wrong. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  readonly told: Told;

  constructor(told: Told) {
    super(told.message);
    this.told = told;
  }
}

/** A refusal: exit code 2. */
export function refusal(code: Told["code"], message: string, more: readonly string[] = []) {
  return new CommandFailure({ exitCode: 2, code, message, more });
}

/** Options that do not go together: as if the parser had found it. */
export function misuse(message: string): CommandFailure {
  return new CommandFailure({ exitCode: 2, code: "usage", message, lead: "error: " });
}

/** A negative finding that ends the command: exit code 1. */
export function negative(code: Told["code"], message: string): CommandFailure {
  return new CommandFailure({ exitCode: 1, code, message, lead: "error: " });
}

/** Anything that was thrown, in words. */
export function tell(thrown: unknown, command: CommandName | undefined): Told {
  if (thrown instanceof CommandFailure) return thrown.told;
  if (isGlassineError(thrown)) {
    const message = refusedText(thrown, command);
    // Its texts say what is wrong with the file, and nothing is: it is the command that is old.
    const more = thrown.code === "lockfile_newer" ? [errorCodes.lockfile_newer.todo] : [];
    return { exitCode: 2, code: thrown.code, message, more };
  }
  const fault = systemFault(thrown);
  if (fault !== undefined) {
    const lead = speaksItsName.has(command) ? `${command}: ` : "";
    return { exitCode: 2, code: "io_failed", message: `${lead}${fault}` };
  }
  const { type, text } = describeThrown(thrown);
  return { exitCode: 70, code: "internal_error", message: texts.internal(type, text) };
}

/** Those whose refusals begin with their name. */
const speaksItsName: ReadonlySet<string | undefined> = new Set<CommandName>([
  ...(["trust", "untrust", "verify", "lock", "sign"] as const),
]);

function refusedText(error: GlassineError, command: CommandName | undefined): string {
  const { code, data, message } = error;
  if (code === "lockfile_missing" && isText(data.path)) return texts.lockNotFound(data.path);
  if (!speaksItsName.has(command)) return printable(message);
  const name = command as CommandName;
  if (code === "lockfile_missing") return texts.noLock(name);
  // The version is a text: a lockfile says it in as many digits as it likes.
  if (code === "lockfile_newer" && isText(data.path) && isText(data.version))
    return texts.newerLock(name, data.path, data.version);
  return printable(message.startsWith(`${name}: `) ? message : `${name}: ${message}`);
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

/** What the system refused: no permission, no room, no such file. */
function systemFault(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const { code, syscall, message } = thrown as NodeJS.ErrnoException;
  const isSystem = typeof code === "string" && /^E[A-Z0-9]+$/.test(code) && syscall !== undefined;
  return isSystem ? printable(message) : undefined;
}
