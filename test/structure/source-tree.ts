import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readSource, type SourceFile } from "./source-file.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

let tree: readonly SourceFile[] | undefined;

/** Returns every TypeScript file of src/, sorted by path; read once per process. */
export function readTree(): readonly SourceFile[] {
  tree ??= read();
  return tree;
}

function read(): readonly SourceFile[] {
  return readdirSync(`${root}src`, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name))
    .map((entry) => `${entry.parentPath}/${entry.name}`.slice(root.length).replaceAll("\\", "/"))
    .sort()
    .map((path) => readSource(path, readFileSync(root + path, "utf8")));
}
