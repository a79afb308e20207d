/** Finds how installed plugins differ from what was trusted. */

import { quoteName } from "../../../core/errors/index.ts";
import { byUnits } from "../../../core/plugins/index.ts";
import { type LockEntry, readDependency } from "./entry-rules.ts";

/** The facts about an installed plugin that are compared. All are known before its code runs. */
export interface InstalledPlugin {
  readonly id: string;
  readonly package: string;
  readonly version: string;
  readonly entryPoint: string;
  /** `undefined` if the package cannot be hashed. */
  readonly hash: string | undefined;
  /** What its package.json asks for; `undefined` if it does not say. */
  readonly capabilities?: readonly string[] | undefined;
  /** The hooks that its package.json names; `undefined` if it does not say. */
  readonly hooks?: readonly string[] | undefined;
  /** Who verifiably signed it, or `unsigned`; `undefined` if that is not known. */
  readonly signer?: string | undefined;
  /** Its dependencies, written as in an entry; `undefined` if they are not known. */
  readonly dependencies?: readonly string[] | undefined;
  /** Paths of packages among its dependencies that nothing asks for. */
  readonly foreign?: readonly string[] | undefined;
  /** Whether it is part of the host. If so, it needs no entry, and its drift never blocks. */
  readonly builtin?: boolean | undefined;
}

/** Each kind's label for people. JSON output has the kind. */
export const driftLabels = {
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
} as const;

type DriftKind = keyof typeof driftLabels;

/** One difference. */
export interface Drift {
  readonly id: string;
  readonly kind: DriftKind;
  readonly label: string;
  /** What was trusted, with commas between the names of a list; `undefined` if nothing was. */
  readonly expected: string | undefined;
  /** What is installed. It comes from the package, so escape it before printing it. */
  readonly actual: string | undefined;
  /** Whether a production host refuses to load the plugin, or to start without it. */
  readonly blocking: boolean;
}

/**
 * Compares what was trusted with what is installed, by the id that is known before loading.
 *
 * Entries come in the order of the file, each with all its differences in the order version, hash,
 * entry point, package, capabilities, hooks, signer, end of trust, dependencies, foreign packages.
 * Plugins that are installed but were never trusted follow, by id. If several packages have one id,
 * each is compared. Capabilities and hooks differ if a package has more than was granted. What
 * either side does not know is not compared, except that a package without a hash differs.
 *
 * @param today the day in UTC, `2026-11-22`, to compare with the end of trust
 * @see spec `lockfile:drift`, `lockfile:drift-order`
 */
export function driftOf(
  entries: readonly LockEntry[],
  installed: readonly InstalledPlugin[],
  today = dayOf(new Date()),
): readonly Drift[] {
  const byId = new Map<string, InstalledPlugin[]>();
  for (const plugin of installed) byId.set(plugin.id, [...(byId.get(plugin.id) ?? []), plugin]);
  const ofEntries = entries.flatMap((entry) => {
    const plugins = byId.get(entry.id);
    if (plugins !== undefined) return plugins.flatMap((plugin) => mismatches(entry, plugin, today));
    const expected = `${entry.package}==${entry.version}`;
    return [drift(entry.id, "missing_from_install", expected, undefined, entry.optional !== true)];
  });
  const locked = new Set(entries.map(({ id }) => id));
  const unlocked = installed
    .filter(({ id, builtin }) => builtin !== true && !locked.has(id))
    .sort((a, b) => byUnits(a.id, b.id))
    .map(({ id, package: name, version }) =>
      drift(id, "missing_from_lock", undefined, `${name}==${version}`),
    );
  return [...ofEntries, ...unlocked];
}

function mismatches(entry: LockEntry, plugin: InstalledPlugin, today: string): readonly Drift[] {
  const found: Drift[] = [];
  const blocking = plugin.builtin !== true;
  const add = (kind: DriftKind, expected: string | undefined, actual: string | undefined) =>
    found.push(drift(entry.id, kind, expected, actual, blocking));
  const compare = (kind: DriftKind, expected: string, actual: string | undefined) => {
    if (expected !== actual) add(kind, expected, actual);
  };
  compare("version_mismatch", entry.version, plugin.version);
  compare("hash_mismatch", entry.hash, plugin.hash);
  compare("entry_point_mismatch", entry.entryPoint, plugin.entryPoint);
  compare("package_mismatch", entry.package, plugin.package);
  for (const key of ["capabilities", "hooks"] as const) {
    const granted = entry[key];
    const asked = plugin[key];
    if (granted !== undefined && asked?.every((name) => granted.includes(name)) === false)
      add(`${key}_mismatch`, listed(granted), listed(asked));
  }
  const { signer, until } = entry;
  if (signer !== undefined) compare("signer_mismatch", signer, plugin.signer ?? signer);
  if (until !== undefined && until < today) add("trust_expired", until, today);
  const { dependencies: present = entry.dependencies ?? [] } = plugin;
  for (const { was, now } of dependencyChanges(entry.dependencies ?? [], present))
    add("dependency_mismatch", was && shownDependency(was), now && shownDependency(now));
  for (const path of plugin.foreign ?? []) add("foreign_package", undefined, path);
  return found;
}

type Dependency = ReturnType<typeof readDependency>;

/** What was trusted and what is there in its place; either can be missing. */
interface DependencyChange {
  readonly was?: Dependency | undefined;
  readonly now?: Dependency | undefined;
}

/** Returns the changes by name. A copy has replaced another if one of that name went and one came. */
export function dependencyChanges(
  trusted: readonly string[],
  present: readonly string[],
): readonly DependencyChange[] {
  const gone = trusted.filter((each) => !present.includes(each)).map(readDependency);
  const added = present.filter((each) => !trusted.includes(each)).map(readDependency);
  const names = [...new Set([...gone, ...added].map(({ name }) => name))].sort();
  return names.flatMap((name): readonly DependencyChange[] => {
    const was = gone.filter((each) => each.name === name);
    const now = added.filter((each) => each.name === name);
    if (was.length === 1 && now.length === 1) return [{ was: was[0], now: now[0] }];
    return [...was.map((each) => ({ was: each })), ...now.map((each) => ({ now: each }))];
  });
}

/** `is-odd==3.0.1 sha256:…` */
function shownDependency({ name, version, hash }: Dependency): string {
  return `${name}==${version} ${hash}`;
}

function drift(
  id: string,
  kind: DriftKind,
  expected: string | undefined,
  actual: string | undefined,
  blocking = true,
): Drift {
  return Object.freeze({ id, kind, label: driftLabels[kind], expected, actual, blocking });
}

function listed(names: readonly string[]): string {
  return [...new Set(names)].sort().join(", ");
}

const dayMs = 24 * 60 * 60 * 1000;

/** How many days before the end of trust the warnings begin. */
const warnDays = 14;

/** The day in UTC: `2027-01-31`. */
export function dayOf(time: Date): string {
  return time.toISOString().slice(0, 10);
}

/** Returns a sentence for each entry whose trust ends soon. If it has ended, that is drift. */
export function endingSoon(entries: readonly LockEntry[], now: Date): readonly string[] {
  const today = dayOf(now);
  const soon = dayOf(new Date(now.getTime() + warnDays * dayMs));
  return entries.flatMap(({ id, until }) =>
    until === undefined || until < today || until > soon
      ? []
      : [
          `trust in ${quoteName(id)} ends after ${until}: review it, and trust it again before that`,
        ],
  );
}
