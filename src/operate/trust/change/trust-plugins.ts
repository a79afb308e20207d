/** The two changes of trust: granting it and taking it back. Each needs a reason. */
import { expectOptions, readOption, typeName } from "../../../core/data/index.ts";
import { GlassineError, optionsInvalid, quoteName } from "../../../core/errors/index.ts";
import {
  type AuditOptions,
  auditEvent,
  createTrail,
  factKindsOf,
  readAuditOptions,
} from "../../../core/observe/index.ts";
import { expectPath } from "../expect-path.ts";
import { removeEntry, setEntry } from "../lockfile/edit-lockfile.ts";
import type { LockEntry, Lockfile } from "../lockfile/entry-rules.ts";
import { readLockfile } from "../lockfile/read-lockfile.ts";
import { printable } from "../printable.ts";
import {
  type Changed,
  type ChangeOptions,
  changeLock,
  type Edit,
  settleLock,
} from "./change-lock.ts";

/** Options of a change of trust. */
export interface TrustOptions extends Omit<ChangeOptions, "mustExist"> {
  /**
   * The command that makes the change, for the records and as the first word of the error if the
   * reason is refused. Default `trust`, or `untrust` for a revocation.
   */
  readonly command?: TrustAction | undefined;
  /**
   * The audit trail that gets one `plugin.trust_changed` for each plugin, after all is written.
   * Default: none. With `strict`, the call rejects if a record is not taken; the change stands.
   */
  readonly audit?: AuditOptions | undefined;
}

const optionNames = ["command", "audit", "waitMs", "actor"];

interface Audited extends Changed {
  /** The ids whose record the audit trail did not take. */
  readonly unaudited: readonly string[];
}

/** One plugin that is trusted now. */
export interface TrustedPlugin {
  readonly entry: LockEntry;
  /** What was trusted under its id before. */
  readonly previous: LockEntry | undefined;
}

/** What `trustPlugins` did. */
export interface Trusted extends Audited {
  /** Sorted by id. */
  readonly plugins: readonly TrustedPlugin[];
}

/** What `revokePlugins` did. */
export interface Revoked extends Audited {
  /** The entries that were removed, sorted by id. */
  readonly plugins: readonly LockEntry[];
}

/**
 * Trusts plugins: gives each an entry in the lock, or updates the one it has in place, and appends
 * a line for each to the journal, sorted by id. Either all of them are trusted, or none. An entry
 * that is already up to date stays as it is; its grant is journaled like any other.
 *
 * A missing lock is created; its folder must exist.
 *
 * @param path the path of the lock
 * @throws GlassineError `reason_invalid`, `trust_refused` if an entry is invalid, two have one id,
 *   or a guest would replace a plugin of an npm package or the other way round,
 *   `lockfile_invalid`, `lockfile_newer`, `lockfile_uneditable`, `lockfile_busy`,
 *   `lockfile_failed`, `options_invalid`. Nothing is written then.
 * @throws GlassineError `audit_failed` under `audit.strict`. All is written then.
 * @see spec `journal:one-line-each`, `journal:same-kind`, `journal:renewed`,
 *   `journal:all-or-nothing`, `journal:audited`
 * @example
 * ```ts
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { trustPlugins } from "glassine/node";
 *
 * const path = join(await mkdtemp(join(tmpdir(), "trust-")), "plugins.lock");
 * const entry = {
 *   id: "pii-scan",
 *   package: "@acme/pii-scan",
 *   version: "1.2.0",
 *   entryPoint: "dist/plugin.js:default",
 *   hash: `sha256:${"0".repeat(64)}`,
 * };
 * const { lock, plugins } = await trustPlugins(path, [entry], "reviewed, OPS-1284");
 * console.log(lock.entries.length, plugins[0]?.previous); // 1 undefined
 * ```
 */
export async function trustPlugins(
  path: string,
  plugins: readonly LockEntry[],
  reason: string,
  options: TrustOptions = {},
): Promise<Trusted> {
  expectArguments(path, plugins, options, "trustPlugins", "object");
  return await trustFrom(path, () => plugins, reason, options);
}

/**
 * As `trustPlugins`, for entries that keep something of the ones they replace: `entriesFor` gets the
 * lock that is changed, so no other change can come between.
 */
export async function trustFrom(
  path: string,
  entriesFor: (lock: Lockfile) => readonly LockEntry[],
  reason: string,
  options: TrustOptions = {},
): Promise<Trusted> {
  const { command = "trust" } = options;
  checkReason(reason, command);
  let sorted: readonly LockEntry[] = [];
  const edit = (lock: Lockfile): Edit => {
    sorted = sortedById(entriesFor(lock));
    for (const entry of sorted) expectSameKind(entry, entryIn(lock, entry.id));
    return {
      text: sorted.reduce(setEntry, lock.text),
      lines: sorted.map(({ id, version, hash, until, isolate }) => ({
        action: "trust",
        id,
        version,
        hash,
        reason,
        until,
        // A move back into the host is also a change worth recording.
        isolate: isolate ?? (entryIn(lock, id)?.isolate === undefined ? undefined : "host"),
      })),
    };
  };
  const changed = await changeTrust(path, edit, { ...options, command, reason });
  return {
    ...changed,
    plugins: sorted.map(({ id }) => ({
      entry: entryIn(changed.lock, id) as LockEntry,
      previous: entryIn(changed.previous, id),
    })),
  };
}

/**
 * Takes trust back: removes the entries of these ids from the lock, and appends a line for each to
 * the journal, sorted by id. Either all of them are revoked, or none. Their packages need not be
 * installed. It takes effect at the next start; plugins that are running keep running.
 *
 * @param path the path of the lock
 * @throws GlassineError `reason_invalid`, `trust_refused` if the lock has no entry for an id
 *   or an id is given twice, `lockfile_missing`, `lockfile_invalid`, `lockfile_newer`,
 *   `lockfile_uneditable`, `lockfile_busy`, `lockfile_failed`, `options_invalid`.
 *   Nothing is written then.
 * @throws GlassineError `audit_failed` under `audit.strict`. All is written then.
 * @see spec `journal:actions`, `journal:all-or-nothing`, `journal:audited`
 * @example
 * ```ts
 * import { revokePlugins } from "glassine/node";
 *
 * async function withdraw(id: string) {
 *   const { plugins } = await revokePlugins("plugins.lock", [id], "leaks, OPS-1290");
 *   return plugins.map(({ version, hash }) => `${version} ${hash}`);
 * }
 * ```
 */
export async function revokePlugins(
  path: string,
  ids: readonly string[],
  reason: string,
  options: TrustOptions = {},
): Promise<Revoked> {
  expectArguments(path, ids, options, "revokePlugins", "string");
  return await revokeFrom(path, () => ids, reason, options);
}

/** As `revokePlugins`, for ids that depend on the lock that is changed. `idsFrom` may return no ids. */
export async function revokeFrom(
  path: string,
  idsFrom: (lock: Lockfile) => readonly string[],
  reason: string,
  options: TrustOptions = {},
): Promise<Revoked> {
  const { command = "untrust" } = options;
  checkReason(reason, command);
  let sorted: readonly string[] = [];
  const edit = (lock: Lockfile): Edit => {
    sorted = sortedById(idsFrom(lock).map((id) => ({ id }))).map(({ id }) => id);
    for (const id of sorted) expectLocked(lock, id, path);
    return {
      text: sorted.reduce(removeEntry, lock.text),
      lines: sorted.map((id) => ({ action: "revoke", id, version: "-", hash: "-", reason })),
    };
  };
  const how = { ...options, command, reason, mustExist: true };
  const changed = await changeTrust(path, edit, how);
  const plugins = (changed.previous?.entries ?? []).filter(({ id }) => sorted.includes(id));
  return { ...changed, plugins: sortedById(plugins) };
}

/**
 * Creates a lock without entries if there is none. An existing one is only read, unless an earlier
 * change of it must be finished.
 *
 * @throws GlassineError `lockfile_invalid`, `lockfile_newer`, `lockfile_busy`, `lockfile_failed`
 */
export async function createLock(path: string) {
  const found = await readLockfile(path);
  if (found !== undefined) {
    const { warnings } = await settleLock(path);
    return { lock: found, isCreated: false, warnings };
  }
  const unchanged = ({ text }: Lockfile) => ({ text, lines: [] });
  const { lock, previous, warnings } = await changeLock(path, unchanged);
  return { lock, isCreated: previous === undefined, warnings };
}

/** @throws GlassineError `options_invalid` */
function expectArguments(
  path: unknown,
  list: unknown,
  options: TrustOptions,
  what: string,
  type: "object" | "string",
): void {
  expectPath(path, what);
  expectOptions(options, optionNames, what);
  if (!Array.isArray(list))
    throw optionsInvalid(`${what} expects an array, got ${typeName(list)}.`);
  if (list.some((each) => each === null || typeof each !== type))
    throw optionsInvalid(`${what} expects an array of ${type}s.`);
  readOption(options, "actor", "string");
  const { waitMs = 0 } = options;
  // Otherwise the wait for another process would never end.
  if (typeof waitMs !== "number" || !(waitMs >= 0))
    throw optionsInvalid(`${what}: waitMs must be a number of milliseconds, 0 or more.`);
}

function entryIn(lock: Lockfile | undefined, id: string): LockEntry | undefined {
  return lock?.entries.find((each) => each.id === id);
}

/** Its isolation and end of trust would be lost without anybody having decided that. */
function expectSameKind(entry: LockEntry, before: LockEntry | undefined): void {
  if (before === undefined || before.kind === entry.kind) return;
  const { id } = entry;
  const what = ({ kind, package: name }: LockEntry) =>
    kind === undefined ? `the npm package ${printable(name)}` : `the wheel ${printable(name)}`;
  const text = `plugin ${quoteName(id)} is trusted from ${what(before)}, and this one is from ${what(entry)}: untrust it first, or rename one of them`;
  throw new GlassineError("trust_refused", text, { id });
}

function expectLocked({ entries }: Lockfile, id: string, path: string): void {
  const locked = entries.map((each) => each.id).sort();
  if (locked.includes(id)) return;
  const list = locked.map(printable).join(", ");
  const text = `plugin ${quoteName(id)} is not in ${printable(path)}. Locked: ${list || "<none>"}`;
  throw new GlassineError("trust_refused", text, { path, id, locked });
}

/** Sorts by id, in the order of code units. Throws if an id appears twice. */
function sortedById<T extends { readonly id: string }>(items: readonly T[]): readonly T[] {
  const sorted = [...items].sort((one, other) => (one.id < other.id ? -1 : 1));
  const twice = sorted.find((each, at) => at > 0 && sorted[at - 1]?.id === each.id);
  if (twice === undefined) return sorted;
  const { id } = twice;
  throw new GlassineError("trust_refused", `plugin ${quoteName(id)} is named twice`, { id });
}

const maxReason = 2000;

/**
 * Throws if a reason is blank or too long, counted in code points. The reason is used as it is,
 * including spaces around it.
 *
 * @param command the first word of the message: `trust`, `untrust`, `lock`
 * @throws GlassineError `reason_invalid`
 */
export function checkReason(reason: unknown, command: string): asserts reason is string {
  if (typeof reason !== "string" || reason.trim() === "") {
    throw refusal(`${command}: --reason is required (recorded in audit journal)`);
  }
  // A code point has at most two units, so a far longer string is refused without splitting it.
  if (reason.length > 2 * maxReason || [...reason].length > maxReason) {
    throw refusal(`${command}: --reason is too long (max ${maxReason} characters)`);
  }
}

function refusal(message: string): GlassineError {
  return new GlassineError("reason_invalid", message);
}

type TrustAction = "trust" | "untrust" | "lock";

interface TrustChange extends TrustOptions {
  readonly command: TrustAction;
  readonly reason: string;
  readonly mustExist?: boolean;
}

/**
 * Changes the lock, and records in the audit trail what was done, plugin by plugin.
 *
 * @throws GlassineError `options_invalid` before anything is changed; `audit_failed` if `strict`
 *   requires every record and one was not taken
 */
async function changeTrust(
  path: string,
  edit: (lock: Lockfile) => Edit,
  { command: action, reason, audit, ...options }: TrustChange,
): Promise<Audited> {
  const auditing = readAuditOptions(audit);
  const trail = createTrail(auditing);
  const { lines, ...changed } = await changeLock(path, edit, options);
  const unaudited: string[] = [];
  const causes: unknown[] = [];
  for (const { id, ...line } of lines) {
    const isGrant = line.action === "trust";
    const [version, hash] = isGrant ? [line.version, line.hash] : [null, null];
    const facts = { plugin_name: id, action, version, package_hash: hash, reason };
    const event = auditEvent("plugin.trust_changed", facts);
    const outcome = await trail.emit(event, { kinds: factKindsOf(event) });
    if (outcome.ok) continue;
    unaudited.push(id);
    causes.push(outcome.error);
  }
  const names = unaudited.map(printable);
  if (unaudited.length > 0 && auditing.strict) {
    const text = `The audit trail did not accept the record for ${names.join(", ")}. The change was made and journaled.`;
    // The caller gets an error instead of the warnings.
    const all = [text, ...changed.warnings].join(" ");
    throw new GlassineError("audit_failed", all, { ids: unaudited }, causes[0]);
  }
  const notes = names.map(
    (name) =>
      `the audit trail did not accept the record for ${name}; the change was made and journaled`,
  );
  return { ...changed, unaudited, warnings: [...changed.warnings, ...notes] };
}
