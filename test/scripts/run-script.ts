import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { root } from "../docs/support/pages.ts";
import { afterTest } from "../support/cleanup.ts";

/** Creates a folder with these files, removed after the test. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "glassine-"));
  afterTest(() => rmSync(folder, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/**
 * Runs a script from tools/scripts/ in a folder, with fake tools: each only prints a line with its
 * settings and arguments.
 */
export function runScript(name: string, args: readonly string[], folder = root) {
  const tool = '#!/bin/sh\necho "runs=$GLASSINE_RUNS seed=$GLASSINE_SEED $@"\n';
  const tools = folderWith({ vitest: tool, biome: tool });
  for (const each of ["vitest", "biome"]) chmodSync(join(tools, each), 0o755);
  const { GLASSINE_RUNS, GLASSINE_SEED, ...environment } = process.env;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [`${root}tools/scripts/${name}`, ...args],
    {
      cwd: folder,
      encoding: "utf8",
      env: { ...environment, PATH: tools + delimiter + environment.PATH },
    },
  );
  const lines = (text: string) => text.split("\n").filter((line) => line !== "");
  return { status, said: lines(stdout), complained: lines(stderr) };
}
