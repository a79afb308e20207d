/** How an edit is refused that would not leave the rest of the file alone. */
import { GlassineError } from "../../../core/errors/index.ts";
import { problemsAt } from "./refusals.ts";

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
