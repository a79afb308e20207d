/** What an operator does next, at the end of `list` and `verify`: a line for each kind of trouble. */
import { rejectionCodes } from "../../packages/index.ts";
import { journalTodo } from "../journal-problems.ts";
import type { DiscoveryReport, DriftRow, VerifyReport } from "../reports.ts";
import { responseTo } from "../responses.ts";
import { texts } from "../texts.ts";
import { section } from "./list.ts";
import type { Paint } from "./paint.ts";
import { say } from "./printable.ts";

/** What is in trouble, and what is done about it. */
type Step = readonly [about: string, todo: string | undefined];

/** After `list`. */
export function stepsOfList(report: DiscoveryReport, paint: Paint): readonly string[] {
  const { rejected, drift } = report;
  const loadedDrift = drift.filter(({ id }) => !rejected.some((each) => each.id === id));
  return steps(
    [
      ...rejected.map((each): Step => [each.code, responseTo(each, report)]),
      ...driftSteps(loadedDrift),
    ],
    paint,
  );
}

/** After `verify`. */
export function stepsOfVerify(report: VerifyReport, paint: Paint): readonly string[] {
  const { drift, linked, unhashable, unreadable, journal, pending } = report;
  return steps(
    [
      ...driftSteps(drift),
      ...linked.map((): Step => ["linked_package", rejectionCodes.linked_package.todo]),
      ...unhashable.map(({ code }): Step => [code, responseTo({ code }, { lock_fault: null })]),
      ...unreadable.map((path): Step => [path, texts.makeReadable]),
      ...(pending ? [["pending", texts.endPending] as const] : []),
      ...journal.map(({ problem }): Step => [problem, journalTodo(problem)]),
    ],
    paint,
  );
}

function driftSteps(drift: readonly DriftRow[]): readonly Step[] {
  return drift.map(({ kind }): Step => [kind, responseTo({ code: kind }, { lock_fault: null })]);
}

/** The first of several with one way out stands for all of them. */
function steps(all: readonly Step[], paint: Paint): readonly string[] {
  const abouts = new Map<string, Set<string>>();
  for (const [about, todo] of all)
    if (todo !== undefined) abouts.set(todo, (abouts.get(todo) ?? new Set()).add(about));
  const lines = [...abouts].map(([todo, names]) => say`  ${[...names].join(", ")}: ${todo}`);
  return section(texts.next, lines, paint);
}
