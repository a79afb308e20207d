export {
  type Drift,
  dayOf,
  driftLabels,
  driftOf,
  endingSoon,
  type InstalledPlugin,
} from "./drift.ts";
export { removeEntry, setEntry } from "./edit-lockfile.ts";
export { isDay, readDependency, sameEntry } from "./entry-rules.ts";
export { locateLockfile } from "./locate-lockfile.ts";
export { newLockfile, parseLockfile } from "./parse-lockfile.ts";
export { isThere, readLockfile } from "./read-lockfile.ts";
export type { LockfileProblem } from "./refusals.ts";
export type { LockEntry, Lockfile } from "./types.ts";
