export {
  type Drift,
  dayOf,
  driftLabels,
  driftOf,
  endingSoon,
  type InstalledPlugin,
} from "./drift.ts";
export { removeEntry, setEntry } from "./edit-lockfile.ts";
export type { LockEntry, Lockfile } from "./entry-rules.ts";
export { isDay, readDependency, sameEntry } from "./entry-rules.ts";
export { locateLockfile } from "./locate-lockfile.ts";
export { isThere, newLockfile, parseLockfile, readLockfile } from "./read-lockfile.ts";
export type { LockfileProblem } from "./refusals.ts";
