/** What an operator does next, at the end of `list` and `verify`: a line for each kind of trouble. */
import { rejectionCodes } from "../../packages/index.ts";
import { journalTodo } from "../journal-problems.ts";
import type { DiscoveryReport, DriftRow } from "../reports.ts";
import { responseTo } from "../responses.ts";
import { texts } from "../texts.ts";
import type { VerifyReport } from "../work/verify.ts";
import type { Paint } from "./paint.ts";
import { section } from "./parts.ts";
import { say } from "./printable.ts";

/** What is in trouble, and what is done about it. */
type Step = readonly [about: string, todo: string | undefined];

/** After `list`. */
export function stepsOfList(report: DiscoveryReport, paint: Paint): readonly string[] {
  const { rejected, drift, unreadable } = report;
  const loadedDrift = drift.filter(({ id }) => !rejected.some((each) => each.id === id));
  return steps(
    [
      ...rejected.map((each): Step => [each.code, responseTo(each, report)]),
      ...driftSteps(loadedDrift, unreadable),
      ...unreadable.map(unreadStep),
    ],
    paint,
  );
}

/** After `verify`. */
export function stepsOfVerify(report: VerifyReport, paint: Paint): readonly string[] {
  const { drift, linked, duplicates, unhashable, unreadable, journal, pending } = report;
  return steps(
    [
      ...driftSteps(drift, unreadable),
      ...linked.map((): Step => ["linked_package", rejectionCodes.linked_package.todo]),
      ...duplicates.map((): Step => ["duplicate_id", rejectionCodes.duplicate_id.todo]),
      ...unhashable.map(({ code }): Step => [code, responseTo({ code }, { lock_fault: null })]),
      ...unreadable.map(unreadStep),
      ...(pending ? [["pending", texts.endPending] as const] : []),
      ...journal.map(({ problem }): Step => [problem, journalTodo(problem)]),
    ],
    paint,
  );
}

/**
 * What an optional entry names may be missing. Where a folder cannot be read, what was not found may
 * be in it: that folder is to be looked at first.
 */
function driftSteps(drift: readonly DriftRow[], unreadable: readonly string[]): readonly Step[] {
  const isToMend = ({ kind, blocking }: DriftRow) =>
    kind !== "missing_from_install" || (blocking && unreadable.length === 0);
  return drift
    .filter(isToMend)
    .map(({ kind }): Step => [kind, responseTo({ code: kind }, { lock_fault: null })]);
}

function unreadStep(path: string): Step {
  return [path, texts.makeReadable];
}

/** The first of several with one way out stands for all of them. */
function steps(all: readonly Step[], paint: Paint): readonly string[] {
  const abouts = new Map<string, Set<string>>();
  for (const [about, todo] of all)
    if (todo !== undefined) abouts.set(todo, (abouts.get(todo) ?? new Set()).add(about));
  const lines = [...abouts].map(([todo, names]) => say`  ${[...names].join(", ")}: ${todo}`);
  return section(texts.next, lines, paint);
}
