/** The comparisons with each CPEX that is installed. */
import { timed } from "../harness.ts";
import type { Named } from "../rows.ts";
import type { Groups } from "../run-groups.ts";
import { crateFilterComparisons, crateHookComparisons } from "./crate.ts";
import { cpexExecutorComparisons } from "./executor.ts";
import { cpexFilterComparisons } from "./filter.ts";
import type { Peer } from "./find-peer.ts";
import { cpexMessageComparisons } from "./messages.ts";
import { cpexTurnComparisons } from "./turns.ts";
import { cpexViewComparisons } from "./views.ts";

const groupsOf = {
  Python: {
    "cpex-filter": timed(cpexFilterComparisons),
    "cpex-turns": timed(cpexTurnComparisons),
    "cpex-executor": timed(cpexExecutorComparisons),
    "cpex-views": timed(cpexViewComparisons),
    "cpex-messages": timed(cpexMessageComparisons),
  },
  Rust: {
    "crate-filter": timed(crateFilterComparisons),
    "crate-hook": timed(crateHookComparisons),
  },
} as const satisfies Readonly<Record<string, Groups>>;

type Language = keyof typeof groupsOf;

export const cpexGroups: Groups = { ...groupsOf.Python, ...groupsOf.Rust };

interface CpexHere {
  /** All groups of each CPEX that was found. */
  readonly groups: Groups;
  /** The versions of each CPEX that was found and of its platform. */
  readonly versions: string | null;
  /** Which comparisons are left out, and why. */
  readonly skipped: readonly string[];
}

/** Calls `find` only if a comparison with that CPEX is wanted, because it starts a program. */
export function cpexHere(
  isWanted: (comparison: Named) => boolean,
  find: Readonly<Record<Language, () => Peer>>,
): CpexHere {
  let groups: Groups = {};
  const versions: string[] = [];
  const skipped: string[] = [];
  for (const [language, each] of Object.entries(groupsOf)) {
    const wanted = Object.values<Groups[string]>(each).flatMap(({ comparisons }) =>
      comparisons.filter(isWanted),
    );
    if (wanted.length === 0) continue;
    const peer = find[language as Language]();
    if (peer.found) {
      groups = { ...groups, ...each };
      versions.push(peer.versions);
    } else {
      const ids = [...new Set(wanted.map(({ id }) => id))].join(", ");
      skipped.push(`Skipped: ${ids}. They compare with CPEX in ${language}, and ${peer.reason}.`);
    }
  }
  return { groups, versions: versions.length === 0 ? null : versions.join(", "), skipped };
}
