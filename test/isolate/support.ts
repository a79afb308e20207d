/** Isolated plugins for tests. Their code runs from dist, which `npm run build` writes. */
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { createMessage, type Message } from "glassine/messages";
import { platformOf } from "../../src/operate/isolate/sandbox.ts";
import { folderWith } from "../support/folder.ts";

const { why } = await platformOf();

/** Why this machine cannot isolate a process as promised; undefined if it can. */
export const noSandbox = why;
if (why !== undefined)
  process.stdout.write(`No namespaces (${why}): the tests of isolated processes are skipped.\n`);

export function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}

/** A file in a folder of its own, which is removed after the test. */
export async function pluginFile(source: string): Promise<string> {
  return join(await folderWith({ "plugin.mjs": source }), "plugin.mjs");
}

export function saying(text: string): Message {
  return createMessage({ role: "user", content: [{ content_type: "text", text }] });
}
