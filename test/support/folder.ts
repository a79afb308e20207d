/** Temporary folders. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterTest } from "./cleanup.ts";

/** A folder with these files, until the test is over. */
export async function folderWith(
  files: Readonly<Record<string, string | Uint8Array | object>> = {},
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "glassine-test-"));
  afterTest(() => rm(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    const isText = typeof content === "string" || content instanceof Uint8Array;
    await writeFile(join(folder, name), isText ? content : JSON.stringify(content));
  }
  return folder;
}
