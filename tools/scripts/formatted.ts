import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import process from "node:process";

const biome = createRequire(import.meta.url).resolve("@biomejs/biome/bin/biome");

/** Returns TypeScript source as the formatter writes it. */
export function formatted(source: string): string {
  const args = [biome, "format", "--stdin-file-path=source.ts"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    input: source,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`The generated source cannot be formatted: ${stderr}`);
  return stdout;
}
