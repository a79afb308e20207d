export { type Drift, driftOf, type InstalledPlugin } from "./drift.ts";
export { removeEntry, setEntry } from "./edit-lockfile.ts";
export { locateLockfile } from "./locate-lockfile.ts";
export { newLockfile, parseLockfile } from "./parse-lockfile.ts";
export { readLockfile } from "./read-lockfile.ts";
export type { LockfileProblem } from "./refusals.ts";
export type { LockEntry, Lockfile } from "./types.ts";
