import { readFileWhole } from "./durable.ts";
import { type Journal, readJournal } from "./journal.ts";
import { maxJournalBytes } from "./journal-file.ts";
import { placesOf } from "./places.ts";

/** A journal, and where it is: beside the file of the lock that a path leads to. */
export interface TrustJournal extends Journal {
  readonly path: string;
}

/**
 * Reads the journal of the lock at a path: each change of trust in its order, and what is wrong with
 * the journal in itself. One that is not there has no lines.
 *
 * @throws GlassineError `lockfile_failed`
 * @see spec `journal:malformed`, `journal:chain`, `journal:torn`
 * @example
 * ```ts
 * import { mkdtemp } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { readTrustJournal, trustPlugins } from "glassine/node";
 *
 * const path = join(await mkdtemp(join(tmpdir(), "trust-")), "plugins.lock");
 * const entry = {
 *   id: "pii-scan",
 *   package: "@acme/pii-scan",
 *   version: "1.2.0",
 *   entryPoint: "dist/plugin.js:default",
 *   hash: `sha256:${"0".repeat(64)}`,
 * };
 * await trustPlugins(path, [entry], "reviewed, OPS-1284");
 * const { lines, problems } = await readTrustJournal(path);
 * console.log(lines[0]?.action, lines[0]?.reason, problems.length); // trust reviewed, OPS-1284 0
 * ```
 */
export async function readTrustJournal(path: string): Promise<TrustJournal> {
  const { journal } = await placesOf(path);
  const bytes = await readFileWhole(journal, maxJournalBytes);
  return { ...readJournal(bytes ?? new Uint8Array()), path: journal };
}
