/**
 * Who holds an exclusion, and whether that process is still there. A process id alone is not
 * enough: ids are reused, and each container has its own. So the start time of the process and its
 * pid namespace are recorded as well, where the system knows them.
 */
import { randomBytes } from "node:crypto";
import { readFile, readlink } from "node:fs/promises";
import { hostname } from "node:os";
import * as z from "zod";
import { jsonOf } from "../signing/json-file.ts";
import { systemCode } from "./files.ts";

const ownerSchema = z.object({
  pid: z.int().min(1),
  host: z.string().min(1),
  /**
   * When the process began, in ticks since its system did; `undefined` where that is not known. In
   * another form it is somebody's note and says nothing of a process.
   */
  started: z.string().regex(/^\d+$/).optional().catch(undefined),
  /** Which processes have ids of their own: those of one container. */
  space: z.string().optional().catch(undefined),
});

/** A process that changes a lock, as its exclusion file describes it. */
export type Owner = Readonly<z.output<typeof ownerSchema>>;

/** `elsewhere`: this process cannot find out. */
export type ProcessState = "alive" | "gone" | "elsewhere";

/** The text of a new exclusion file of this process. No two are the same. */
export async function ownClaim(now: Date): Promise<Uint8Array> {
  const { pid } = process;
  const { started } = (await readProcess(pid)) ?? {};
  const owner = { pid, host: hostname(), started, space: await ownSpace() };
  const claim = { ...owner, since: now.toISOString(), nonce: randomBytes(8).toString("hex") };
  return new TextEncoder().encode(`${JSON.stringify(claim)}\n`);
}

/** Who an exclusion file names; `undefined` for a text that names nobody. */
export function readOwner(bytes: Uint8Array): Owner | undefined {
  const json = jsonOf(bytes);
  return "fault" in json ? undefined : ownerSchema.safeParse(json.value).data;
}

export async function processStateOf(owner: Owner): Promise<ProcessState> {
  if (owner.host !== hostname()) return "elsewhere";
  const space = await ownSpace();
  if (owner.space !== undefined && space !== undefined && owner.space !== space) return "elsewhere";
  if (!isThere(owner.pid)) return "gone";
  const known = await readProcess(owner.pid);
  if (known === undefined) return "alive";
  const isAnother = owner.started !== undefined && owner.started !== known.started;
  return known.hasEnded || isAnother ? "gone" : "alive";
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Any other refusal is about a process that is there.
    return systemCode(error) !== "ESRCH";
  }
}

/** What Linux tells of a process: proc(5). A process that ended may wait for its parent as `Z`. */
async function readProcess(
  pid: number,
): Promise<{ readonly started: string; readonly hasEnded: boolean } | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The second field is a name in parentheses, which may hold some itself.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state = "", started] = [fields[0], fields[19]];
    return started === undefined ? undefined : { started, hasEnded: /^[ZXx]$/.test(state) };
  } catch {
    return undefined;
  }
}

async function ownSpace(): Promise<string | undefined> {
  return readlink("/proc/self/ns/pid").catch(() => undefined);
}
