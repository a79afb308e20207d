/** The next steps that commands print at the end: a line for each kind of problem. */
import {
  type GlassineError,
  type PackageProblem,
  PluginDiscoveryError,
} from "../../../core/errors/index.ts";
import { rejectionCodes } from "../../packages/index.ts";
import type { HostNames } from "../command.ts";
import type { DiscoveryReport, DriftRow, JournalProblems, RejectedPlugin } from "../reports.ts";
import { texts } from "../texts.ts";
import type { VerifyReport } from "../work/verify.ts";
import { type Paint, paintFor, section } from "./parts.ts";
import { say } from "./printable.ts";
import { responseTo } from "./response.ts";

export const journalProblems = {
  journal_mismatch: {
    means: "plugins.lock has an entry that the journal does not record, or the other way round.",
    todo: "Redo the edit with the commands, which record it, or restore both files from version control.",
  },
  lock_edited: {
    means:
      "Something other than a version or hash in plugins.lock was edited since its last recorded change.",
    todo: "Look at the edit. Restore plugins.lock from version control, or trust a plugin again: that records the file as it is.",
  },
  chain_broken: {
    means: "A line before this one was changed, moved or removed.",
    todo: "Restore the journal from version control. Trusting again does not fix it: no line is ever rewritten.",
  },
  unchained: {
    means:
      "A line lacks a digest that a line before it has: somebody wrote it by hand, or removed its fields to hide an edit of the lines before.",
    todo: "Compare the journal with version control. A line that was written by hand is no longer reported once a command has written the next one.",
  },
  malformed: {
    means: "A line cannot be read, and does not count.",
    todo: "Restore the journal from version control, or fix a line that somebody wrote by hand: six fields with a tab between them.",
  },
  torn: {
    means: "A line is incomplete, because writing it was interrupted. It does not count.",
    todo: "See whether the change was made, and make it again if it was not. The line is reported until you restore the journal, for example from version control.",
  },
} as const satisfies Record<string, { readonly means: string; readonly todo: string }>;

export function journalTodo(problem: string): string {
  return Object.hasOwn(journalProblems, problem)
    ? journalProblems[problem as keyof typeof journalProblems].todo
    : journalProblems.journal_mismatch.todo;
}

/** What has a problem, and what to do about it. */
type Step = readonly [about: string, todo: string | undefined];

type Rejected = Pick<RejectedPlugin, "code" | "reason">;

const rejectedStep =
  (host: HostNames) =>
  ({ code, reason }: Rejected): Step => [code, responseTo(code, reason, host)];

export function stepsOfList(
  report: DiscoveryReport,
  host: HostNames,
  paint: Paint,
): readonly string[] {
  const { rejected, drift, unreadable } = report;
  const loadedDrift = drift.filter(({ id }) => !rejected.some((each) => each.id === id));
  return steps(
    [
      ...rejected.map(rejectedStep(host)),
      ...driftSteps(loadedDrift, unreadable),
      ...unreadSteps(unreadable),
    ],
    paint,
  );
}

export function stepsOfVerify(
  report: VerifyReport,
  host: HostNames,
  paint: Paint,
): readonly string[] {
  const { drift, rejected, unreadable, pending } = report;
  return steps(
    [
      ...driftSteps(drift, unreadable),
      ...rejected.map(rejectedStep(host)),
      ...unreadSteps(unreadable),
      ...(pending ? [["pending", texts.endPending] as const] : []),
      ...journalSteps(report),
    ],
    paint,
  );
}

/** The steps for the plugins that `lock --all` skipped. */
export function stepsOfLock(
  skipped: readonly Rejected[],
  host: HostNames,
  paint: Paint,
): readonly string[] {
  return steps(skipped.map(rejectedStep(host)), paint);
}

export function stepsOfJournal(report: JournalProblems, paint: Paint): readonly string[] {
  return steps(journalSteps(report), paint);
}

/** The steps for the plugins that keep a host from starting; none for other errors. */
export function stepsOfRefusal(error: GlassineError, host: HostNames): readonly string[] {
  const all = refusedBy(error).map(
    ({ code, message }): Step => [code, responseTo(code, message, host)],
  );
  return steps(all, paintFor(false, {}));
}

function refusedBy(error: GlassineError): readonly Pick<PackageProblem, "code" | "message">[] {
  if (error instanceof PluginDiscoveryError) return error.problems;
  const { code, data, message } = error;
  return code === "signature_rejected" ? [{ code: String(data.code), message }] : [];
}

function journalSteps({ journal_problems }: JournalProblems): readonly Step[] {
  return journal_problems.map(({ problem }) => [problem, journalTodo(problem)]);
}

/**
 * The plugin of an optional entry may be missing. If a folder cannot be read, what was not found
 * may be in it, so the operator has to look at that folder first.
 */
function driftSteps(drift: readonly DriftRow[], unreadable: readonly string[]): readonly Step[] {
  const isToFix = ({ kind, blocking }: DriftRow) =>
    kind !== "missing_from_install" || (blocking && unreadable.length === 0);
  const todoOf = ({ id, kind, isLost }: DriftRow) =>
    isLost === true && kind !== "missing_from_install"
      ? texts.changedPackage(id)
      : rejectionCodes[kind].todo;
  return drift.filter(isToFix).map((row): Step => [row.kind, todoOf(row)]);
}

function unreadSteps(paths: readonly string[]): readonly Step[] {
  return paths.map((path) => [path, texts.makeReadable]);
}

/** Problems with the same remedy share one line. */
function steps(all: readonly Step[], paint: Paint): readonly string[] {
  const abouts = new Map<string, Set<string>>();
  for (const [about, todo] of all)
    if (todo !== undefined) abouts.set(todo, (abouts.get(todo) ?? new Set()).add(about));
  const lines = [...abouts].map(([todo, names]) => say`  ${[...names].join(", ")}: ${todo}`);
  return section("What to do next:", lines, paint);
}
