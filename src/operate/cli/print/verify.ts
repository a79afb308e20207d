/** `plugins verify`: the document and the lines. */
import type { Documents } from "../documents.ts";
import type { JournalProblem, PermissionChange, VerifyReport } from "../reports.ts";
import { reasonOf, texts } from "../texts.ts";
import { driftOf, driftSection, lockOf, section } from "./list.ts";
import { stepsOfVerify } from "./next-steps.ts";
import type { Paint } from "./paint.ts";
import { listed, printable, say } from "./printable.ts";

/** How strict the comparison is. */
export interface Strictness {
  readonly strictJournal: boolean;
}

/** How many problems there are that make the command fail. */
export function problemCount(report: VerifyReport, { strictJournal }: Strictness): number {
  const { drift, linked, duplicates, unhashable, unreadable, journal_count, pending } = report;
  return (
    drift.filter(({ blocking }) => blocking).length +
    linked.length +
    duplicates.length +
    unhashable.length +
    unreadable.length +
    (pending ? 1 : 0) +
    (strictJournal ? journal_count : 0)
  );
}

/** The document of `verify --json`. */
export function verifyDocument(report: VerifyReport, strictness: Strictness): Documents["verify"] {
  const { lock, drift, linked, duplicates, unhashable, unreadable, journal, journal_count } =
    report;
  const { pending, permissions, warnings } = report;
  return {
    ok: problemCount(report, strictness) === 0,
    lock: lockOf(lock),
    drift: drift.map(driftOf),
    linked: linked.map(({ id, path }) => ({ id, path })),
    duplicates: duplicates.map(({ id, paths }) => ({ id, paths })),
    unhashable: unhashable.map(({ id, code, reason }) => ({ id, code, reason })),
    journal_problems: journal.map(({ line, id, problem }) => ({ line, id, problem })),
    journal_problem_count: journal_count,
    pending,
    unreadable,
    permissions: permissions.map(({ id, added, removed, hooks, signer }) => ({
      ...{ id, added, removed, hook_change: hooks, signer_change: signer },
    })),
    warnings,
  };
}

/** The lines of `verify`. */
export function verifyLines(
  report: VerifyReport,
  strictness: Strictness,
  paint: Paint,
): readonly string[] {
  const { lock, drift, linked, duplicates, unhashable, unreadable } = report;
  const { journal, pending, permissions } = report;
  const count = problemCount(report, strictness);
  const parts = [
    ...driftSection(drift, paint),
    ...section(
      "Links, which production does not load:",
      linked.map(({ id, path }) => `  ${printable(id)}: ${printable(path)}`),
      paint,
    ),
    ...section(
      "Ids that several packages claim, of which production loads none:",
      duplicates.map(({ id, paths }) => `  ${printable(id)}: ${listed(paths)}`),
      paint,
    ),
    ...section(
      "Cannot be hashed:",
      unhashable.map(({ id, code, reason }) => `  ${printable(id)}: ${reasonOf(code, reason)}`),
      paint,
    ),
    ...section(
      "Cannot be read, and what is in it was not compared:",
      unreadable.map((path) => `  ${printable(path)}`),
      paint,
    ),
    ...section(
      "Permissions since it was trusted:",
      permissions.flatMap(({ id, ...change }) =>
        changesIn(change).map((text) => `  ${printable(id)}: ${text}`),
      ),
      paint,
    ),
    ...section(
      "Journal:",
      [
        ...journal.map((problem) => `  ${journalText(problem)}`),
        ...(report.journal_count > journal.length
          ? [`  ${texts.moreProblems(report.journal_count - journal.length)}`]
          : []),
      ],
      paint,
    ),
    ...(pending ? ["", texts.pending] : []),
  ];
  const end =
    count === 0
      ? paint.good(`plugins.lock verified: ${lock.entries} entries`)
      : paint.bad(`verify failed: ${count} problem(s)`);
  return [
    texts.lockLine(lock.path, lock.schema_version),
    ...parts,
    ...(parts.length === 0 ? [] : [""]),
    end,
    ...stepsOfVerify(report, paint),
  ];
}

function changesIn({ added, removed, hooks, signer }: Omit<PermissionChange, "id">) {
  const all = [
    ["asks for", added],
    ["no longer asks for", removed],
    ["runs on", hooks.added],
    ["no longer runs on", hooks.removed],
  ] as const;
  return [
    ...all
      .filter(([, names]) => names.length > 0)
      .map(([what, names]) => `${what} ${listed(names)}`),
    ...(signer === null ? [] : [texts.otherSigner(signer)]),
  ];
}

/** `line 3: ID: problem: a sentence`, as far as it is known. */
export function journalText({ line, id, problem, detail }: JournalProblem): string {
  const places = [...(line === null ? [] : [`line ${line}`]), ...(id === null ? [] : [id])];
  return say`${[...places, problem, ...(detail === undefined ? [] : [detail])].join(": ")}`;
}
