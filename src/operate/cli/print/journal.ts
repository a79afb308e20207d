/** `plugins journal`: the document and the lines. */
import type { Documents } from "../documents.ts";
import type { JournalReport, TrustEvent } from "../reports.ts";
import { texts } from "../texts.ts";
import { lockOf, section, shortHash } from "./list.ts";
import type { Paint } from "./paint.ts";
import { say } from "./printable.ts";
import { journalText } from "./verify.ts";

/** The document of `journal --json`. */
export function journalDocument(report: JournalReport): Documents["journal"] {
  const { lock, journal, changes, change_count, problems, problem_count, warnings } = report;
  return {
    lock: lock === null ? null : lockOf(lock),
    journal_path: journal,
    changes: changes.map(({ line, at, action, id, version, distribution_hash, ...rest }) => {
      const { until, reason, actor } = rest;
      return { line, at, action, id, version, distribution_hash, until, reason, actor };
    }),
    change_count,
    journal_problems: problems.map(({ line, id, problem }) => ({ line, id, problem })),
    journal_problem_count: problem_count,
    warnings,
  };
}

/** The lines of `journal`: three of each change. */
export function journalLines(report: JournalReport, paint: Paint): readonly string[] {
  const { journal, changes, change_count, problems, problem_count } = report;
  const earlier = change_count - changes.length;
  const more = problem_count - problems.length;
  return [
    say`journal: ${journal}`,
    ...(earlier === 0 ? [] : [texts.earlierLines(earlier)]),
    "",
    ...(changes.length === 0
      ? [texts.noLines]
      : changes.flatMap((each) => changeLines(each, paint))),
    ...section(
      "Journal:",
      [
        ...problems.map((problem) => `  ${journalText(problem)}`),
        ...(more === 0 ? [] : [`  ${texts.moreProblems(more)}`]),
      ],
      paint,
    ),
    "",
    problem_count === 0
      ? paint.good(texts.journalFine(change_count))
      : paint.bad(texts.journalFaulty(problem_count)),
  ];
}

function changeLines(event: TrustEvent, paint: Paint): readonly string[] {
  const { at, action, id, version, distribution_hash: hash, until, reason, actor } = event;
  const end = until === null ? "" : ` until ${until}`;
  const what = version === null ? "" : say` ${version} (${shortHash(hash, 23)})${end}`;
  const colour = action === "trust" ? paint.good : paint.doubtful;
  return [
    `${say`${at}`} ${colour(action)} ${say`${id}`}${what}`,
    say`  by:     ${actor ?? "-"}`,
    say`  reason: ${reason}`,
  ];
}
