/** A server whose tool definitions a test changes while it runs. */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

export interface Tool {
  readonly name: string;
  readonly description?: string;
  readonly [field: string]: unknown;
}

export const tool = (name: string, description = `It does ${name}.`): Tool => ({
  name,
  description,
  inputSchema: { type: "object" },
});

export async function listing(tools: readonly Tool[], era: "both" | "modern" = "both") {
  const folder = await mkdtemp(join(tmpdir(), "glassine-definitions-"));
  const file = join(folder, "tools.json");
  const show = (next: readonly Tool[]) => writeFile(file, JSON.stringify(next));
  await show(tools);
  const script = fileURLToPath(new URL("listing-server.mjs", import.meta.url));
  return {
    folder,
    show,
    definitionsFile: join(folder, "pins.json"),
    server: { command: process.execPath, args: [script, file, era] },
  };
}
