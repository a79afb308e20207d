/** The comparisons with CPEX, where there is one to compare with. */
import { timed } from "../harness.ts";
import type { Named } from "../rows.ts";
import type { Groups } from "../run-groups.ts";
import { cpexExecutorComparisons } from "./executor.ts";
import { cpexFilterComparisons } from "./filter.ts";
import type { Peer } from "./find-python.ts";
import { cpexMergeComparisons, cpexTurnComparisons } from "./merge.ts";
import { cpexMessageComparisons } from "./messages.ts";
import { cpexViewComparisons } from "./views.ts";

export const cpexGroups: Groups = {
  "cpex-filter": timed(cpexFilterComparisons),
  "cpex-merge": timed(cpexMergeComparisons),
  "cpex-turns": timed(cpexTurnComparisons),
  "cpex-executor": timed(cpexExecutorComparisons),
  "cpex-views": timed(cpexViewComparisons),
  "cpex-messages": timed(cpexMessageComparisons),
};

interface CpexHere {
  /** All of them, or none. */
  readonly groups: Groups;
  /** Where they can run: of CPEX and of what it runs on. */
  readonly versions: string | null;
  /** Where they cannot: which are left out, and why. */
  readonly skipped: readonly string[];
}

/** `find` is asked where a comparison with CPEX is wanted: it starts a Python. */
export function cpexHere(isWanted: (comparison: Named) => boolean, find: () => Peer): CpexHere {
  const wanted = Object.values(cpexGroups).flatMap(({ comparisons }) =>
    comparisons.filter(isWanted),
  );
  if (wanted.length === 0) return { groups: {}, versions: null, skipped: [] };
  const peer = find();
  if (peer.found) return { groups: cpexGroups, versions: peer.versions, skipped: [] };
  const ids = [...new Set(wanted.map(({ id }) => id))];
  return {
    groups: {},
    versions: null,
    skipped: [`Skipped: ${ids.join(", ")}. They compare with CPEX in Python, and ${peer.reason}.`],
  };
}
