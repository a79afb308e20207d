/** `plugins list`: the document and the lines. */

import type { Environment } from "../../../core/plugins/index.ts";
import { type CatalogEntry, isEnabled } from "../catalog.ts";
import type { Documents } from "../documents.ts";
import type {
  DiscoveryReport,
  DriftKind,
  DriftRow,
  LockFacts,
  PluginFacts,
  RejectedPlugin,
} from "../reports.ts";
import { reasonOf, texts } from "../texts.ts";
import type { Paint } from "./paint.ts";
import { printable, say, singleQuoted } from "./printable.ts";

/** What is known of plugins beside the report. */
export interface ListExtras {
  readonly catalog: readonly CatalogEntry[];
  readonly env: Environment;
  readonly catalogUrl: string | undefined;
  /** The nearest folder in which packages were looked for. */
  readonly searched: string;
  /** Whether plugins were loaded at all. */
  readonly load: boolean;
}

/** By kind, what people are shown. */
const driftLabels: Readonly<Record<DriftKind, string>> = {
  missing_from_install: "missing_from_install",
  missing_from_lock: "missing_from_lock",
  version_mismatch: "version",
  hash_mismatch: "hash",
  entry_point_mismatch: "entry_point",
  package_mismatch: "package",
  capabilities_mismatch: "capabilities",
  hooks_mismatch: "hooks",
  signer_mismatch: "signer",
  trust_expired: "expired",
  dependency_mismatch: "dependency",
  foreign_package: "foreign_package",
};

const widths = { id: 40, package: 20, version: 10 } as const;
const gap = "  ";

/** The document of `list --json`. */
export function listDocument(report: DiscoveryReport, extras: ListExtras): Documents["list"] {
  const { mode, lock, rejected, drift, warnings } = report;
  return {
    mode,
    ...(extras.load ? {} : { no_load: true as const }),
    lock: lock === null ? null : lockOf(lock),
    loaded: inTableOrder(report.loaded).map((facts) => rowOf(facts, extras)),
    rejected: inRejectedOrder(rejected).map(({ id, package: name, entry_point, code, reason }) => ({
      ...{ id, package: name, entry_point, code, reason },
    })),
    drift: drift.map(driftOf),
    warnings,
  };
}

/** What the document has of one plugin. */
export function rowOf(
  facts: PluginFacts,
  { catalog, env }: Pick<ListExtras, "catalog" | "env">,
): Documents["list"]["loaded"][number] {
  const { id, name, kind, version, package: from, entry_point, distribution_hash } = facts;
  const { builtin, capabilities, hooks, discovery_source } = facts;
  const entry = catalog.find((each) => each.package === from);
  const variable = entry?.env_var ?? null;
  const isHooks = kind === "hooks";
  return {
    ...{ id, name, kind, version, package: from, entry_point, distribution_hash, builtin },
    capabilities: sorted(capabilities),
    ...(isHooks ? { hooks: sorted(hooks), hook_count: hooks?.length ?? null } : {}),
    ...(isHooks ? { depends_on: [...facts.depends_on] } : {}),
    discovery_source,
    lock_only_dependencies: facts.lock_only_dependencies,
    ...(isHooks ? { signed_by: facts.signed_by, trust_decision: facts.trust_decision } : {}),
    ...(entry === undefined || variable === null
      ? {}
      : { enabled: isEnabled(entry, env) ?? false, enable_env_var: variable }),
    ...(isHooks ? { health: healthOf(facts) } : {}),
  };
}

function sorted(names: readonly string[] | null): readonly string[] | null {
  return names === null ? null : [...names].sort();
}

function healthOf({ health }: PluginFacts) {
  const { status, message, checked_at, error_summary } = health ?? notAsked;
  return { status, message, checked_at, error_summary };
}

const notAsked = { status: "unknown", message: "", checked_at: null, error_summary: null } as const;

export function lockOf({ path, schema_version, entries }: LockFacts): LockFacts {
  return { path, schema_version, entries };
}

export function driftOf(row: DriftRow): Documents["list"]["drift"][number] {
  const { id, kind, expected, actual, blocking } = row;
  return { id, kind, expected: expected ?? null, actual: actual ?? null, blocking };
}

/** The lines of `list`. */
export function listLines(
  report: DiscoveryReport,
  extras: ListExtras,
  paint: Paint,
): readonly string[] {
  const { loaded, rejected, drift } = report;
  const isEmpty = loaded.length === 0 && rejected.length === 0;
  const hooks = loaded.filter(({ kind }) => kind === "hooks");
  return [
    ...headLines(report, extras.load),
    "",
    ...(loaded.length === 0 ? [texts.nothingLoaded] : tableLines(loaded, paint)),
    ...(isEmpty ? [texts.noPlugins(extras.catalogUrl), texts.searched(extras.searched)] : []),
    ...section(
      "Hook plugins:",
      hooks.map((facts) => hookLine(facts, extras, paint)),
      paint,
    ),
    ...section("Dependencies:", dependencyLines(loaded), paint),
    ...section(
      "Rejected:",
      [
        ...inRejectedOrder(rejected).map((each) => {
          const { code, reason } = each;
          return `  ${printable(shownName(each))}: ${paint.bad(reasonOf(code, reason))}`;
        }),
        ...claimLines(rejected),
      ],
      paint,
    ),
    ...driftSection(drift, paint),
  ];
}

function dependencyLines(loaded: readonly PluginFacts[]): readonly string[] {
  return inTableOrder(loaded)
    .filter(({ lock_only_dependencies: names }) => names.length > 0)
    .map((facts) => `  ${printable(facts.id)}: ${texts.lockOnly(facts.lock_only_dependencies)}`);
}

/** The lines of packages that claim one id are the same: which they are is told below. */
function claimLines(rejected: DiscoveryReport["rejected"]): readonly string[] {
  const packages = new Map<string, Set<string>>();
  for (const { id, package: name, code } of rejected) {
    if (id !== null && code === "duplicate_id")
      packages.set(id, (packages.get(id) ?? new Set()).add(name));
  }
  return [...packages]
    .filter(([, names]) => names.size > 1)
    .map(([id, names]) => `  ${texts.severalClaim(id, [...names])}`);
}

/** Which mode and which lockfile are in effect. */
export function headLines(
  { mode, lock, lock_fault: fault }: DiscoveryReport,
  load = true,
): readonly string[] {
  const none = fault === null ? texts.noLockLine : texts.faultyLockLine;
  return [
    `plugin mode: ${mode}`,
    lock === null ? none : texts.lockLine(lock.path, lock.schema_version),
    ...(load ? [] : [texts.notRun]),
  ];
}

/** A title and lines, with an empty line in front; nothing where there are no lines. */
export function section(title: string, lines: readonly string[], paint: Paint): readonly string[] {
  return lines.length === 0 ? [] : ["", paint.title(title), ...lines];
}

/** The same wherever drift is shown. */
export function driftSection(drift: readonly DriftRow[], paint: Paint): readonly string[] {
  return section("Drift vs plugins.lock:", drift.map(driftLine), paint);
}

function driftLine(row: DriftRow): string {
  return `  ${printable(row.id)}: ${driftText(row)}`;
}

/** `version (expected='0.3.0', actual='0.3.1')` */
export function driftText({ kind, expected, actual }: DriftRow): string {
  const value = (text: string | null) => (text === null ? "None" : singleQuoted(text));
  const label = printable(driftLabels[kind] ?? kind);
  return `${label} (expected=${value(expected ?? null)}, actual=${value(actual ?? null)})`;
}

function tableLines(loaded: readonly PluginFacts[], paint: Paint): readonly string[] {
  const row = (id: string, from: string, version: string, hash: string) =>
    [id.padEnd(widths.id), from.padEnd(widths.package), version.padEnd(widths.version), hash]
      .join(gap)
      .trimEnd();
  return [
    paint.title(row("id", "package", "version", "hash")),
    ...inTableOrder(loaded).map((facts) =>
      row(
        printable(facts.id),
        printable(facts.package),
        printable(facts.version),
        shortHash(facts.distribution_hash, 12),
      ),
    ),
  ];
}

function hookLine(facts: PluginFacts, { catalog, env }: ListExtras, paint: Paint): string {
  const { name, version, hooks, health, signed_by: signer } = facts;
  const entry = catalog.find((each) => each.package === facts.package);
  const enabled = entry === undefined ? undefined : isEnabled(entry, env);
  const status = health?.status ?? notAsked.status;
  const colour = { healthy: paint.good, unhealthy: paint.bad, degraded: paint.doubtful }[status];
  return [
    say`${name} ${version} hooks=${hooks?.length ?? "unknown"}`,
    ...(enabled === undefined ? [] : [`enabled=${enabled}`]),
    `health=${(colour ?? String)(printable(status))}`,
    say`signed_by=${signer ?? "unsigned"}`,
  ].join(" ");
}

/** Algorithm, colon and the first digits of a hash. What is no hash is shown as it is. */
export function shortHash(hash: string | null, digits: number): string {
  if (hash === null) return "-";
  const match = /^(sha\d+:)([0-9a-f]+)$/.exec(hash);
  if (match === null) return printable(hash);
  const [, algorithm = "", hex = ""] = match;
  return hex.length <= digits ? hash : `${algorithm}${hex.slice(0, digits)}…`;
}

/** The host's own first, then by id. */
function inTableOrder(loaded: readonly PluginFacts[]): readonly PluginFacts[] {
  return [...loaded].sort((a, b) => Number(b.builtin) - Number(a.builtin) || compare(a.id, b.id));
}

function inRejectedOrder(rejected: DiscoveryReport["rejected"]): DiscoveryReport["rejected"] {
  return [...rejected].sort(
    (a, b) => compare(shownName(a), shownName(b)) || compare(a.package, b.package),
  );
}

/** As much of a name as is known. */
function shownName({ id, entry_point, package: from }: RejectedPlugin): string {
  return id ?? entry_point ?? from;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
