/** Locks on which changes are tried with faults, and the invariants afterwards. */
import { createHash } from "node:crypto";
import { cp, lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LockEntry, readLockfile, readTrustJournal } from "glassine/node";
import { expect } from "vitest";
import { checkJournal } from "../../src/operate/trust/change/journal.ts";
import { pendingChange } from "../../src/operate/trust/change/pending.ts";
import { installFaults } from "./trust-fs-faults.ts";
import { carryOut, type Order, type Outcome } from "./trust-orders.ts";

export function entryOf(id: string, version = "1.0.0"): LockEntry {
  const digits = createHash("sha256").update(`${id} ${version}`).digest("hex");
  const entryPoint = "dist/plugin.js:default";
  return { id, package: `@acme/${id}`, version, entryPoint, hash: `sha256:${digits}` };
}

type Change = Pick<Order, "trust" | "revoke">;

/** By name: what is trusted before, and the change. */
const changes: Readonly<Record<string, { before?: readonly string[]; change: Change }>> = {
  trust: { before: ["acme.one", "acme.two"], change: { trust: [entryOf("acme.new")] } },
  refresh: { before: ["acme.one", "acme.two"], change: { trust: [entryOf("acme.one", "2.0.0")] } },
  revoke: { before: ["acme.one", "acme.two"], change: { revoke: ["acme.one"] } },
  "first trust": { change: { trust: [entryOf("acme.new")] } },
  "renewed trust": { before: ["acme.one"], change: { trust: [entryOf("acme.one")] } },
  "trust of several": {
    before: ["acme.one"],
    change: { trust: [entryOf("acme.new"), entryOf("acme.one", "2.0.0"), entryOf("acme.two")] },
  },
};
export const namesOfScenes = Object.keys(changes);

/** A change to be tried again and again. */
export interface Scene {
  readonly name: string;
  readonly change: Change;
  /** How many lines it appends. */
  readonly count: number;
  readonly oldLock: string | undefined;
  readonly newLock: string;
  readonly oldJournal: string | undefined;
  /** A new folder with the lock before the change. */
  stage(): Promise<Stage>;
  /** Removes all folders. */
  strike(): Promise<void>;
}

export interface Stage {
  readonly folder: string;
  /** The path that the change is given. */
  readonly path: string;
  /** Where the lock is. */
  readonly file: string;
  readonly order: Order;
}

/** @param isLinked whether the path is a link to a file in another folder */
export async function sceneOf(name: string, isLinked = false): Promise<Scene> {
  const { before = [], change } = changes[name] as (typeof changes)[string];
  const root = await mkdtemp(join(tmpdir(), "glassine-faults-"));
  const pathIn = (folder: string) => join(folder, isLinked ? "link.lock" : "plugins.lock");
  const template = join(root, "template");
  await mkdir(join(template, "real"), { recursive: true });
  if (isLinked) await symlink(join("real", "plugins.lock"), pathIn(template));
  if (before.length > 0) {
    const order = { path: fileIn(template, isLinked), trust: before.map((id) => entryOf(id)) };
    expect((await carryOut({ ...order, reason: "before" })).code).toBe(null);
  }
  let count = 0;
  const scene = {
    name: isLinked ? `${name} by a link` : name,
    change,
    count: change.trust?.length ?? change.revoke?.length ?? 0,
    oldLock: await textOf(fileIn(template, isLinked)),
    oldJournal: await textOf(`${fileIn(template, isLinked)}.journal`),
    newLock: "",
    async stage() {
      count += 1;
      const folder = join(root, `stage-${count}`);
      await cp(template, folder, { recursive: true, verbatimSymlinks: true });
      const path = pathIn(folder);
      const order = { path, ...change, reason: "tried\twith faults" };
      return { folder, path, file: fileIn(folder, isLinked), order };
    },
    strike: () => rm(root, { recursive: true, force: true }),
  };
  const { file, order } = await scene.stage();
  expect((await carryOut(order)).code).toBe(null);
  return { ...scene, newLock: (await textOf(file)) ?? "" };
}

/** The calls of a change when nothing is wrong. */
export async function callsOf(scene: Scene): Promise<readonly string[]> {
  const { folder, order } = await scene.stage();
  const { calls, restore } = installFaults({ folder, at: 0, what: "none" });
  const { code } = await carryOut(order);
  restore();
  expect(code).toBe(null);
  return calls;
}

function fileIn(folder: string, isLinked: boolean): string {
  return isLinked ? join(folder, "real", "plugins.lock") : join(folder, "plugins.lock");
}

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, "utf8").catch(() => undefined);
}

/** The files besides the lock and its journal. */
async function othersIn({ folder }: Stage): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => !["link.lock", "plugins.lock", "plugins.lock.journal"].includes(name));
}

/** Whether the change was made, according to the lock, which has to parse. */
export async function expectOldOrNew(scene: Scene, { path }: Stage): Promise<"old" | "new"> {
  const text = (await readLockfile(path))?.text;
  expect([scene.oldLock, scene.newLock]).toContain(text);
  return text === scene.newLock ? "new" : "old";
}

/** After a failed change: lock and journal are byte for byte as before, without other files. */
export async function expectUntouched(scene: Scene, stage: Stage): Promise<void> {
  expect(await textOf(stage.path)).toBe(scene.oldLock);
  expect(await textOf(`${stage.file}.journal`)).toBe(scene.oldJournal);
  expect(await othersIn(stage)).toEqual([]);
}

/** After a successful change. `left` lists files that may remain. */
export async function expectMade(scene: Scene, stage: Stage, left: RegExp = /^$/): Promise<void> {
  expect(await textOf(stage.path)).toBe(scene.newLock);
  expect(await linesOfChange(stage)).toBe(scene.count);
  expect((await othersIn(stage)).filter((name) => !left.test(name))).toEqual([]);
}

async function linesOfChange({ path, order }: Stage): Promise<number> {
  const { lines } = await readTrustJournal(path);
  return lines.filter(({ reason }) => reason === order.reason).length;
}

/** Makes the next change and checks what it leaves: a change that was made has its lines once. */
export async function expectMended(
  scene: Scene,
  stage: Stage,
  standing: "old" | "new",
): Promise<Outcome> {
  const { path, file } = stage;
  const pending = await pendingChange(path);
  const reason = "the next one";
  const next = await carryOut({ path, trust: [entryOf("acme.next")], reason, waitMs: 0 });
  const outcome = standing === "new" ? "applied" : "discarded";
  expect(next).toMatchObject({ code: null, recovered: pending === undefined ? null : outcome });
  const lock = await readLockfile(path);
  const journal = await readTrustJournal(path);
  expect(checkJournal(lock as NonNullable<typeof lock>, journal)).toEqual([]);
  // A renewed grant does not change the lock, so only its record shows whether it was made.
  const lines = await linesOfChange(stage);
  if (scene.oldLock === scene.newLock) expect([0, scene.count]).toContain(lines);
  else expect(lines).toBe(standing === "new" ? scene.count : 0);
  expect(journal.lines.at(-1)?.reason).toBe(reason);
  expect(await othersIn(stage)).toEqual([]);
  expect((await lstat(file)).isFile()).toBe(true);
  if (path !== file) expect((await lstat(path)).isSymbolicLink()).toBe(true);
  return next;
}
