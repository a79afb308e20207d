import { spawnSync } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

// This file runs as build/tools/scripts/formatted.js.
const biome = fileURLToPath(
  new URL("../../../node_modules/@biomejs/biome/bin/biome", import.meta.url),
);

/** TypeScript as the formatter writes it. */
export function formatted(source: string): string {
  const args = [biome, "format", "--stdin-file-path=source.ts"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    input: source,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`The generated source cannot be formatted: ${stderr}`);
  return stdout;
}
