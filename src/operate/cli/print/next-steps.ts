/** The next steps that commands print at the end: a line for each kind of problem. */
import { type GlassineError, PluginDiscoveryError } from "../../../core/errors/index.ts";
import { type RejectionCode, rejectionCodes } from "../../packages/index.ts";
import type { NamedHost } from "../command-host.ts";
import type { DriftRow, JournalProblems, RejectedPlugin } from "../documents.ts";
import { texts } from "../texts.ts";
import { type Paint, paintFor, section } from "./parts.ts";
import { say } from "./printable.ts";

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

/** What a command found, as far as it leaves something to do. */
interface Found extends Partial<Pick<JournalProblems, "journal_problems">> {
  readonly rejected?: readonly Pick<RejectedPlugin, "code" | "reason">[];
  readonly drift?: readonly DriftRow[];
  /** Folders that cannot be read: what was not found may be in one. */
  readonly unreadable?: readonly string[];
  readonly pending?: boolean;
}

/** The remedies for what was found, each with the codes that it is for. */
export function nextSteps(
  found: Found,
  host: Pick<NamedHost, "prefix">,
  paint: Paint,
): readonly string[] {
  const { rejected = [], drift = [], unreadable = [], pending, journal_problems = [] } = found;
  // The plugin of an optional entry may be missing.
  const isToFix = ({ kind, blocking }: DriftRow) =>
    kind !== "missing_from_install" || (blocking && unreadable.length === 0);
  const todoOf = ({ id, kind, isLost }: DriftRow) =>
    isLost === true && kind !== "missing_from_install"
      ? texts.changedPackage(id)
      : rejectionCodes[kind].todo;
  const all: readonly (readonly [code: string, todo: string | undefined])[] = [
    ...rejected.map(({ code, reason }) => [code, responseTo(code, reason, host)] as const),
    ...drift.filter(isToFix).map((row) => [row.kind, todoOf(row)] as const),
    ...unreadable.map((path) => [path, texts.makeReadable] as const),
    ...(pending ? [["pending", texts.endPending] as const] : []),
    ...journal_problems.map(({ problem }) => [problem, journalTodo(problem)] as const),
  ];
  const codes = new Map<string, Set<string>>();
  for (const [code, todo] of all)
    if (todo !== undefined) codes.set(todo, (codes.get(todo) ?? new Set()).add(code));
  const lines = [...codes].map(([todo, names]) => say`  ${[...names].join(", ")}: ${todo}`);
  return section("What to do next:", lines, paint);
}

/** The steps for the plugins that keep a host from starting; none for other errors. */
export function stepsOfRefusal(
  error: GlassineError,
  host: Pick<NamedHost, "prefix">,
): readonly string[] {
  const { code, data, message } = error;
  const refused =
    error instanceof PluginDiscoveryError
      ? error.problems
      : code === "signature_rejected"
        ? [{ code: String(data.code), message }]
        : [];
  const rejected = refused.map((each) => ({ code: each.code, reason: each.message }));
  return nextSteps({ rejected }, host, paintFor(false, {}));
}

/** The end of a reason that says that the user may not read a path. */
const forbidden = /[( ](?:EACCES|EPERM)\)?\.?$/;
const filesUnread: readonly string[] = [
  ...(["unsupported_file", "invalid_metadata", "invalid_entry_point"] satisfies RejectionCode[]),
];

/** Returns what to do, in a sentence or two; `undefined` if `reason` says it, or for an unknown code. */
export function responseTo(
  code: string,
  reason: string,
  { prefix }: Pick<NamedHost, "prefix">,
): string | undefined {
  if (filesUnread.includes(code) && forbidden.test(reason))
    return "The user of this process may not read what the reason names: fix its permissions, and look again.";
  // A package that no longer names its plugin cannot be trusted again for it.
  if (code === "hash_mismatch" && reason.includes("plugins untrust")) return undefined;
  return Object.hasOwn(rejectionCodes, code)
    ? rejectionCodes[code as RejectionCode].todo.replaceAll("GLASSINE_", prefix)
    : undefined;
}
