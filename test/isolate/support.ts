/** Isolated plugins for tests. Their code runs from dist, which `npm run build` writes. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { createMessage, type Message } from "glassine/messages";
import { platformOf } from "../../src/operate/isolate/sandbox.ts";
import { afterTest } from "../support/cleanup.ts";

const { why } = await platformOf();

/** Why this machine cannot isolate a process as promised; undefined if it can. */
export const noSandbox = why;
if (why !== undefined)
  process.stdout.write(`No namespaces (${why}): the tests of isolated processes are skipped.\n`);

export function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}

export async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "glassine-isolate-"));
  afterTest(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** A file in a folder of its own, which is removed after the test. */
export async function pluginFile(source: string): Promise<string> {
  const path = join(await folder(), "plugin.mjs");
  await writeFile(path, source);
  return path;
}

export function saying(text: string): Message {
  return createMessage({ role: "user", content: [{ content_type: "text", text }] });
}
