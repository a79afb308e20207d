/** What `doctor` finds beside plugins: settings, mode, lockfile, journal, a change that was not ended. */
import { errorCodes } from "../../core/errors/index.ts";
import { rejectionCodes } from "../packages/index.ts";
import type { finding, Report } from "./documents.ts";
import { journalTodo } from "./journal-problems.ts";
import { journalText } from "./print/parts.ts";
import { say } from "./print/printable.ts";
import type { DiscoveryReport, ReadFault } from "./reports.ts";
import { texts } from "./texts.ts";
import type { LockState } from "./work/verify.ts";

export type LockFinding = Report<typeof finding>;

export function lockFindings(
  report: Pick<DiscoveryReport, "mode" | "setting_faults">,
  state: LockState,
): readonly LockFinding[] {
  const { lock, fault, journal_fault: unread, journal, pending } = state;
  const findings: LockFinding[] = [];
  for (const each of report.setting_faults) findings.push(faultFinding("setting", each));
  if (fault !== null) {
    findings.push(faultFinding("lock", fault));
  } else if (lock === null && report.mode === "production") {
    const { means, todo } = rejectionCodes.lock_missing;
    findings.push({ about: "mode", severity: "error", message: means, recommendation: todo });
  }
  if (unread !== null) findings.push(faultFinding("journal", unread));
  if (pending) {
    const todo = texts.endPending;
    const message = texts.pending;
    findings.push({ about: "pending", severity: "warning", message, recommendation: todo });
  }
  for (const problem of journal) {
    const todo = journalTodo(problem.problem);
    const message = journalText(problem);
    findings.push({ about: "journal", severity: "warning", message, recommendation: todo });
  }
  const more = state.journal_count - journal.length;
  if (more > 0) {
    const todo = "Mend the first ones, and look again.";
    const message = texts.moreProblems(more);
    findings.push({ about: "journal", severity: "warning", message, recommendation: todo });
  }
  return findings;
}

function faultFinding(about: LockFinding["about"], { code, message }: ReadFault): LockFinding {
  const todo = Object.hasOwn(errorCodes, code)
    ? errorCodes[code as keyof typeof errorCodes].todo
    : "Mend the file, or restore it from version control.";
  return { about, severity: "error", message: say`${message}`, recommendation: todo };
}
