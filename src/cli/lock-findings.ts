/** What `doctor` finds beside plugins: mode, lockfile, journal, a change that was not ended. */
import { errorCodes } from "../errors/index.ts";
import { rejectionCodes } from "../packages/index.ts";
import { say } from "./print/printable.ts";
import { journalText } from "./print/verify.ts";
import type { LockState, PluginMode } from "./reports.ts";
import { texts } from "./texts.ts";

/** One finding. */
export interface LockFinding {
  readonly about: "mode" | "lock" | "journal" | "pending";
  readonly severity: "warning" | "error";
  readonly message: string;
  readonly recommendation: string;
}

export function lockFindings(mode: PluginMode, state: LockState): readonly LockFinding[] {
  const { lock, fault, journal, pending } = state;
  const findings: LockFinding[] = [];
  if (fault !== null) {
    const todo = Object.hasOwn(errorCodes, fault.code)
      ? errorCodes[fault.code as keyof typeof errorCodes].todo
      : "Mend the file, or restore it from version control.";
    const message = say`${fault.message}`;
    findings.push({ about: "lock", severity: "error", message, recommendation: todo });
  } else if (lock === null && mode === "production") {
    const { means, todo } = rejectionCodes.lock_missing;
    findings.push({ about: "mode", severity: "error", message: means, recommendation: todo });
  }
  if (pending) {
    const todo =
      "Run any command that writes, such as `plugins lock`: it ends or undoes the change.";
    const message = texts.pending;
    findings.push({ about: "pending", severity: "warning", message, recommendation: todo });
  }
  for (const problem of journal) {
    const todo = "Pair the edit with a line in the journal, or redo it with the commands.";
    const message = journalText(problem);
    findings.push({ about: "journal", severity: "warning", message, recommendation: todo });
  }
  return findings;
}
