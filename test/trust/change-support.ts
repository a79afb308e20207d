/** Locks in temporary folders, and what changes of trust leave there. */
import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isGlassineError } from "glassine";
import { type JournalProblem, type LockEntry, readTrustJournal } from "glassine/node";
import { expect, vi } from "vitest";
import { commandServices, runJson } from "../cli/support/run.ts";
import { afterTest } from "../support/cleanup.ts";
import { folderWith } from "../support/folder.ts";

/** A folder that is removed after the test, and the files of a lock in it. */
export async function lockFolder(text?: string) {
  const folder = await folderWith();
  const path = join(folder, "plugins.lock");
  if (text !== undefined) await writeFile(path, text);
  return {
    folder,
    path,
    journal: `${path}.journal`,
    pending: `${path}.pending`,
    exclusion: `${path}.lck`,
    text: () => readFile(path, "utf8"),
    journalText: () => readFile(`${path}.journal`, "utf8"),
    /** The lines that count; expects no problems. */
    lines: async () => {
      const { lines, problems } = await readTrustJournal(path);
      expect(problems).toEqual([]);
      return lines;
    },
    names: async () => (await readdir(folder)).sort(),
  };
}

export function sha256(text: string | Uint8Array): string {
  return createHash("sha256").update(text).digest("hex");
}

/** A lock entry for one version of a plugin. */
export function entryOf(id: string, version = "1.0.0"): LockEntry {
  return {
    id,
    package: `@acme/${id}`,
    version,
    entryPoint: "dist/plugin.js:default",
    hash: `sha256:${sha256(`${id} ${version}`)}`,
  };
}

/** A line as a person would append it. */
export function byHand(fields: readonly string[]): string {
  return `${fields.join("\t")}\n`;
}

/** The problems without their sentences. */
export function summaryOf(problems: readonly JournalProblem[]) {
  return problems.map(({ line, id, problem }) => ({ line, id, problem }));
}

/** What `plugins verify` reports about a lock's journal, and whether a change is unfinished. */
export async function verifiedAt(path: string) {
  const options = { services: commandServices, cwd: dirname(path) };
  const { document } = await runJson(["plugins", "verify", "--plugins-lock", path], options);
  const { journal_problems: found, pending } = document;
  const problems = (
    found as readonly { line: number | null; id: string | null; problem: string }[]
  ).map(({ line, id, problem }) => ({ line: line ?? undefined, id: id ?? undefined, problem }));
  return { problems, pending: pending as boolean };
}

/** The code, message and data of a refusal. */
export async function refusalOf(work: () => unknown) {
  try {
    await work();
  } catch (error) {
    if (!isGlassineError(error)) throw error;
    return { code: error.code, message: error.message, data: error.data };
  }
  throw new Error("Nothing was refused.");
}

/** Stops the time of day until the end of the test. */
export function stopClock(): void {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2026-05-25T10:15:30.123Z") });
  afterTest(() => void vi.useRealTimers());
}

/** A lock with comments in the places where they are easily lost. */
export const commented = `# what we trust
version = 1

# the first one
[[plugins]]
id = "acme.first"
package = "@acme/first" # ours
version = "1.0.0"
entry_point = "dist/plugin.js:default"
distribution_hash = "${entryOf("acme.first").hash}"

# to be refreshed
[[plugins]]
version = '1.0.0'
id = "acme.pii"
# inside
package = "@acme/acme.pii"
entry_point = "dist/plugin.js:default"
distribution_hash = "${entryOf("acme.pii").hash}"

[[plugins]]
id = "acme.last"
package = "@acme/last"
version = "1.0.0"
entry_point = "dist/plugin.js:default"
distribution_hash = "${entryOf("acme.last").hash}"
`;
