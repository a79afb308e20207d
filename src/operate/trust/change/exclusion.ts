/**
 * One process at a time changes a lock: the one whose claim is `LOCKPATH.lck`. The file is created
 * as a link to a finished one, so it appears with its whole text, and a file that names no owner
 * was not left by a crash.
 *
 * A stale claim is taken over without a race: a process first claims the right to delete exactly
 * that claim, in a file named after the claim's digest. Reading and deleting are two steps; without
 * that right, another process could replace the claim in between. No two claims have the same text,
 * so a right is about one claim forever: only its holder deletes that claim, and a right whose
 * claim is gone does nothing.
 *
 * @see spec `journal:exclusion`, `journal:takeover`
 */

import { randomBytes } from "node:crypto";
import { readdir, readFile, readlink, unlink } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import * as z from "zod";
import { GlassineError, quoted } from "../../../core/errors/index.ts";
import { jsonOf, systemCode } from "../../packages/index.ts";
import { printable } from "../printable.ts";
import {
  type LockPaths,
  linkOrCopy,
  makeFile,
  newMode,
  onFile,
  readFileWhole,
  sha256,
  temporaryFor,
  tryRemove,
} from "./files.ts";

interface Holder {
  readonly bytes: Uint8Array;
  /** `undefined` if the file names nobody. */
  readonly owner: Owner | undefined;
  readonly state: ProcessState;
}

interface Claimant {
  readonly exclusion: string;
  readonly claim: Uint8Array;
}

const maxClaimBytes = 4096;
/** The longest chain of processes that each died while taking over from the previous one. */
const maxSuccession = 8;

/**
 * Runs `work` while no other process changes the same lock.
 *
 * @param atRelease called with the reason if the claim could not be removed
 * @throws GlassineError `lockfile_busy`, `lockfile_failed`
 */
export async function exclusively<T>(
  { exclusion }: LockPaths,
  waitMs: number,
  work: () => Promise<T>,
  atRelease: (warning: string) => void,
): Promise<T> {
  const claim = await ownClaim();
  const end = performance.now() + waitMs;
  for (;;) {
    const holder = await tryClaim(exclusion, { exclusion, claim });
    if (holder === undefined) break;
    if (performance.now() >= end) throw busy(exclusion, holder);
    // A random time, so that waiting processes do not all try again at once.
    await new Promise((resolve) => setTimeout(resolve, 10 + Math.random() * 40));
  }
  try {
    return await work();
  } finally {
    await onFile(exclusion, "remove", () => release(exclusion, claim)).catch((error: Error) =>
      atRelease(`${error.message} The lock stays claimed until this process ends.`),
    );
  }
}

/** Tries to claim a file. @returns who has the claim, or `undefined` if it is ours now */
async function tryClaim(
  file: string,
  claimant: Claimant,
  succession = 0,
): Promise<Holder | undefined> {
  for (;;) {
    const holder = await holderOf(file);
    if (holder === undefined) {
      if (await onFile(file, "create", () => create(file, claimant.claim))) return undefined;
      continue;
    }
    // A network file system may have created the link but lost the reply.
    if (Buffer.compare(holder.bytes, claimant.claim) === 0) return undefined;
    if (holder.state !== "gone") return holder;
    // The chain could also be a circle.
    if (succession === maxSuccession) return { ...holder, state: "elsewhere" };
    const other = await removeStaleClaim(file, holder, claimant, succession + 1);
    if (other !== undefined) return other;
  }
}

/** Removes a stale claim. @returns another process that is about to remove it, if there is one */
async function removeStaleClaim(
  file: string,
  stale: Holder,
  claimant: Claimant,
  succession: number,
): Promise<Holder | undefined> {
  const right = `${claimant.exclusion}.${sha256(stale.bytes).slice(0, 16)}`;
  const other = await tryClaim(right, claimant, succession);
  if (other !== undefined) return other;
  try {
    const found = await readFileWhole(file, maxClaimBytes);
    await onFile(file, "remove", () => removeIf(file, stale.bytes, found));
  } finally {
    // On failure the file stays until `removeLeftovers` deletes it.
    await release(right, claimant.claim).catch(() => {});
  }
  return undefined;
}

async function holderOf(file: string): Promise<Holder | undefined> {
  const bytes = await readFileWhole(file, maxClaimBytes);
  if (bytes === undefined) return undefined;
  const owner = readOwner(bytes);
  return { bytes, owner, state: owner === undefined ? "elsewhere" : await processStateOf(owner) };
}

/** Whether the claim is that of a process that is alive, or about which nothing is known. */
export async function isHeld({ exclusion }: LockPaths): Promise<boolean> {
  const holder = await holderOf(exclusion);
  return holder !== undefined && holder.state !== "gone";
}

/** @returns false if another process was first, or has removed the temporary file */
async function create(file: string, claim: Uint8Array): Promise<boolean> {
  const made = temporaryFor(file);
  await makeFile(made, claim, newMode);
  try {
    // Without links, a crash during this leaves a claim without an owner.
    await linkOrCopy(made, file, claim, newMode);
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === "EEXIST" || code === "ENOENT") return false;
    throw error;
  } finally {
    await tryRemove(made);
  }
}

/** Removes our own claim. If it can no longer be read, it is still taken to be ours. */
async function release(file: string, claim: Uint8Array): Promise<void> {
  await removeIf(file, claim, await readFileWhole(file, maxClaimBytes).catch(() => claim));
}

/** Removes a file if `found`, the text that was read from it, is that of the claim. */
async function removeIf(
  file: string,
  claim: Uint8Array,
  found: Uint8Array | undefined,
): Promise<void> {
  if (found !== undefined && Buffer.compare(found, claim) === 0) await unlink(file);
}

function busy(file: string, { owner, state }: Holder): GlassineError {
  const changing = "plugins.lock is being changed by another process";
  const shown = printable(file);
  const way = `remove ${shown} and try again`;
  if (owner === undefined) {
    const text = `${changing}, which ${shown} does not name. If no process is changing it, ${way}.`;
    return new GlassineError("lockfile_busy", text, { path: file });
  }
  const { pid, host } = owner;
  const text =
    state === "elsewhere"
      ? `${changing} (pid ${pid} on host ${quoted(host)}). If that process has ended, ${way}.`
      : `${changing} (pid ${pid})`;
  return new GlassineError("lockfile_busy", text, { path: file, pid, host });
}

/** What follows the lock's name in names of temporary files and of rights to remove a claim. */
const leftoverSuffix = /^(?:\.lck(?:\.[0-9a-f]{16})?)?\.[0-9a-f]{16}\.tmp$|^\.lck\.[0-9a-f]{16}$/;

/**
 * Removes what processes left next to a lock when they died in the middle of a change. Call it only
 * with exclusive access: then nobody else is writing, and no right to remove a claim is of any use.
 * A process that loses the temporary file for its claim makes it again.
 */
export async function removeLeftovers({ lock }: LockPaths): Promise<void> {
  const folder = dirname(lock);
  const name = basename(lock);
  const files = await readdir(folder).catch(() => []);
  const leftovers = files.filter(
    (file) => file.startsWith(name) && leftoverSuffix.test(file.slice(name.length)),
  );
  for (const file of leftovers) await tryRemove(join(folder, file));
}

const ownerSchema = z.object({
  pid: z.int().min(1),
  host: z.string().min(1),
  /**
   * When the process started, in clock ticks since boot; `undefined` if that is not known. A value
   * in another form is somebody's note, and is ignored.
   */
  started: z.string().regex(/^\d+$/).optional().catch(undefined),
  /** The namespace of its process id; a container has its own. */
  space: z.string().optional().catch(undefined),
});

/** A process that changes a lock, as its claim describes it. */
export type Owner = Readonly<z.output<typeof ownerSchema>>;

/** `elsewhere` means that this process cannot find out. */
export type ProcessState = "alive" | "gone" | "elsewhere";

/** Returns the text of a new claim by this process. No two are the same. */
export async function ownClaim(): Promise<Uint8Array> {
  const { pid } = process;
  const { started } = (await readProcess(pid)) ?? {};
  const owner = { pid, host: hostname(), started, space: await ownSpace() };
  const claim = {
    ...owner,
    since: new Date().toISOString(),
    nonce: randomBytes(8).toString("hex"),
  };
  return new TextEncoder().encode(`${JSON.stringify(claim)}\n`);
}

/** Returns the process that a claim names, or `undefined` if it names none. */
export function readOwner(bytes: Uint8Array): Owner | undefined {
  const json = jsonOf(bytes);
  return "fault" in json ? undefined : ownerSchema.safeParse(json.value).data;
}

export async function processStateOf(owner: Owner): Promise<ProcessState> {
  if (owner.host !== hostname()) return "elsewhere";
  const space = await ownSpace();
  if (owner.space !== undefined && space !== undefined && owner.space !== space) return "elsewhere";
  if (!processExists(owner.pid)) return "gone";
  const known = await readProcess(owner.pid);
  if (known === undefined) return "alive";
  const isAnother = owner.started !== undefined && owner.started !== known.started;
  return known.hasEnded || isAnother ? "gone" : "alive";
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Any other error is about a process that exists.
    return systemCode(error) !== "ESRCH";
  }
}

/** What Linux knows about a process: proc(5). One that ended can still exist as a zombie, `Z`. */
async function readProcess(
  pid: number,
): Promise<{ readonly started: string; readonly hasEnded: boolean } | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The second field is a name in parentheses, which can itself contain parentheses.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const state = fields[0] ?? "";
    const started = fields[19];
    return started === undefined ? undefined : { started, hasEnded: /^[ZXx]$/.test(state) };
  } catch {
    return undefined;
  }
}

async function ownSpace(): Promise<string | undefined> {
  return readlink("/proc/self/ns/pid").catch(() => undefined);
}
