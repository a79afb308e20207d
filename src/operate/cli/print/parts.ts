/** Colours, and lines that several commands print. */

import { join } from "node:path";
import colours from "picocolors";
import type { Environment } from "../../../core/plugins/index.ts";
import { driftLabels } from "../../trust/index.ts";
import { type CatalogEntry, isEnabled } from "../catalog.ts";
import type { NamedHost } from "../command-host.ts";
import type {
  DiscoveryReport,
  DriftRow,
  JournalProblem,
  JournalProblems,
  PluginFacts,
  RejectedRow,
} from "../documents.ts";
import { reasonOf, texts } from "../texts.ts";
import { printable, say, singleQuoted } from "./printable.ts";

export interface Paint {
  readonly title: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly good: (text: string) => string;
  readonly doubtful: (text: string) => string;
  readonly bad: (text: string) => string;
}

/** Colours on a terminal that can show them, unless `NO_COLOR` has a value. */
export function paintFor(isTerminal: boolean, env: Environment): Paint {
  const wanted = isTerminal && !env.NO_COLOR && env.TERM !== "dumb";
  const { bold, dim, green, yellow, red } = colours.createColors(wanted);
  return { title: bold, faint: dim, good: green, doubtful: yellow, bad: red };
}

/** Returns an empty line, a title and the lines, or nothing if there are no lines. */
export function section(title: string, lines: readonly string[], paint: Paint): readonly string[] {
  return lines.length === 0 ? [] : ["", paint.title(title), ...lines];
}

export function headLines(
  { mode, lock, lock_fault: fault }: DiscoveryReport,
  unloaded?: string,
): readonly string[] {
  const none =
    fault === null
      ? "plugins.lock: (none — production mode requires one to gate trust)"
      : "plugins.lock: (cannot be read)";
  return [
    `plugin mode: ${mode}`,
    lock === null ? none : texts.lockLine(lock.path, lock.schema_version),
    ...(unloaded === undefined ? [] : [`${texts.notRun}: ${unloaded}`]),
  ];
}

/** Says that nothing is installed, and what was looked for, and where. */
export function noneLines(
  root: string,
  { catalogUrl, hostName }: Pick<NamedHost, "catalogUrl" | "hostName">,
): readonly string[] {
  const see = catalogUrl === undefined ? "" : say` See ${catalogUrl} for the plugin catalog.`;
  const searched = join(root, "node_modules");
  return [
    `No plugins registered.${see}`,
    say`Searched for the field "${hostName}" in package.json: ${searched} and the node_modules of the folders above.`,
  ];
}

export function driftSection(drift: readonly DriftRow[], paint: Paint): readonly string[] {
  const lines = drift.map((row) => `  ${printable(row.id)}: ${driftText(row)}`);
  return section("Drift vs plugins.lock:", lines, paint);
}

export function rejectedSection(rejected: readonly RejectedRow[], paint: Paint): readonly string[] {
  const lines = rejected.map((each) => {
    const reason = paint.bad(reasonOf(each.code, each.reason));
    // All packages that claim the id have the same reason, so add which one this is.
    const claimant = each.code === "duplicate_id" ? say` of ${each.package}` : "";
    return `  ${printable(nameOf(each))}: ${reason}${claimant}`;
  });
  return section("Rejected:", lines, paint);
}

/** The id, or else the most specific name that is known. */
export function nameOf({ id, entry_point, package: from }: RejectedRow): string {
  return id ?? entry_point ?? from;
}

/** `version (expected='0.3.0', actual='0.3.1')` */
export function driftText({ kind, expected, actual }: DriftRow): string {
  const value = (text: string | null) => (text === null ? "None" : singleQuoted(text));
  const label = printable(driftLabels[kind] ?? kind);
  return `${label} (expected=${value(expected)}, actual=${value(actual)})`;
}

/** The first problems of a journal, and how many more there are. */
export function journalSection(
  { journal_problems: problems, journal_problem_count: count }: JournalProblems,
  paint: Paint,
): readonly string[] {
  const more = count - problems.length;
  const lines = [
    ...problems.map((problem) => `  ${journalText(problem)}`),
    ...(more === 0 ? [] : [`  ${texts.moreProblems(more)}`]),
  ];
  return section("Journal:", lines, paint);
}

/** `line 3: ID: problem: a sentence`, as far as known. */
export function journalText({ line, id, problem, detail }: JournalProblem): string {
  const places = [...(line === null ? [] : [`line ${line}`]), ...(id === null ? [] : [id])];
  return say`${[...places, problem, ...(detail === undefined ? [] : [detail])].join(": ")}`;
}

/** The algorithm and first digits of a hash. Any other string is shown in full. */
export function shortHash(hash: string | null, digits = 23): string {
  if (hash === null) return "-";
  const match = /^(sha\d+:)([0-9a-f]+)$/.exec(hash);
  if (match === null) return printable(hash);
  const [, algorithm = "", hex = ""] = match;
  return hex.length <= digits ? hash : `${algorithm}${hex.slice(0, digits)}…`;
}

const unknownHealth = { status: "unknown", message: "", checked_at: null, error_summary: null };

/** One plugin's row in documents. Procedures have no hooks, health or signature. */
export function pluginRow(facts: PluginFacts, catalog: readonly CatalogEntry[], env: Environment) {
  const { hooks, depends_on, signed_by, trust_decision, health, ...rest } = facts;
  const entry = catalog.find((each) => each.package === facts.package);
  const variable = entry?.env_var ?? null;
  return {
    ...rest,
    capabilities: sorted(facts.capabilities),
    ...(facts.kind === "hooks" && {
      hooks: sorted(hooks),
      hook_count: hooks?.length ?? null,
      depends_on,
      signed_by,
      trust_decision,
      health: health ?? unknownHealth,
    }),
    ...(variable !== null && { enabled: isEnabled(entry, env) ?? false, enable_env_var: variable }),
  };
}

function sorted(names: readonly string[] | null): readonly string[] | null {
  return names === null ? null : [...names].sort();
}
