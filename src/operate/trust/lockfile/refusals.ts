/** Errors that refuse a lockfile: one message with every problem, each with line and column. */
import { GlassineError } from "../../../core/errors/index.ts";
import { printable } from "../printable.ts";

export interface LockfileProblem {
  /** From 1; `undefined` if the whole file is at fault. */
  readonly line: number | undefined;
  /** From 1, in UTF-16 units. */
  readonly column: number | undefined;
  readonly message: string;
}

export interface Fault {
  readonly offset: number;
  readonly message: string;
}

/** Of a lock or a journal. */
export const inConflict =
  "has a merge conflict: take plugins.lock and its journal from one side, and repeat the `trust` of the other";

/** `data` has the `path`, and `lockProblems`. */
export function lockfileInvalid(
  path: string,
  problems: readonly LockfileProblem[],
  cause?: unknown,
): GlassineError {
  const messages = problems.map(({ line, column, message }) =>
    line === undefined ? message : `line ${line}, column ${column}: ${message}`,
  );
  return new GlassineError(
    "lockfile_invalid",
    `${printable(path)} is not a valid plugins.lock: ${messages.join("; ")}`,
    { path, lockProblems: problems },
    cause,
  );
}

/** For one problem at a place. */
export function invalidAt(
  path: string,
  place: { readonly line: number; readonly column: number },
  message: string,
  cause?: unknown,
): GlassineError {
  return lockfileInvalid(path, [{ ...place, message }], cause);
}

/** For a fault of the whole file. `what` is a sentence that also says what to do about it. */
export function fileInvalid(path: string, what: string, cause?: unknown): GlassineError {
  const problem = { line: undefined, column: undefined, message: what };
  return lockfileInvalid(path, [problem], cause);
}

/** What to do if the system refuses an operation on a file; empty if nothing can be said. */
export function adviceOn(systemCode: string | undefined): string {
  if (systemCode === "ENOENT") return " Its folder has to be there: create it.";
  if (systemCode === "ELOOP") return " Replace the link with the file.";
  const isDenied = systemCode === "EACCES" || systemCode === "EPERM";
  return isDenied ? " Fix its permissions, or those of its folder." : "";
}

/** Returns faults with line and column, in text order. Lines end with a line feed, as in TOML. */
export function problemsAt(text: string, faults: readonly Fault[]): readonly LockfileProblem[] {
  let line = 1;
  let lineStart = 0;
  return [...faults]
    .sort((a, b) => a.offset - b.offset)
    .map(({ offset, message }) => {
      let lineFeed = text.indexOf("\n", lineStart);
      while (lineFeed !== -1 && lineFeed < offset) {
        line += 1;
        lineStart = lineFeed + 1;
        lineFeed = text.indexOf("\n", lineStart);
      }
      return { line, column: offset - lineStart + 1, message };
    });
}

/** `data` has `lockProblems`, with the place. */
export function uneditable(text: string, offset: number, message: string): GlassineError {
  const lockProblems = problemsAt(text, [{ offset, message }]);
  const [{ line, column } = { line: 1, column: 1 }] = lockProblems;
  return new GlassineError(
    "lockfile_uneditable",
    `plugins.lock cannot be edited without rewriting it: line ${line}, column ${column}: ${message}`,
    { lockProblems },
  );
}
