export { type Drift, driftLabels, driftOf, type InstalledPlugin } from "./drift.ts";
export { removeEntry, setEntry } from "./edit-lockfile.ts";
export { isDay, readDependency, sameEntry } from "./entry-rules.ts";
export { locateLockfile } from "./locate-lockfile.ts";
export { newLockfile, parseLockfile } from "./parse-lockfile.ts";
export { isThere, readLockfile } from "./read-lockfile.ts";
export type { LockfileProblem } from "./refusals.ts";
export { dayOf, endingSoon } from "./trust-end.ts";
export type { LockEntry, Lockfile } from "./types.ts";
