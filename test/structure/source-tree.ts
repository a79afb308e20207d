import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readSource, type SourceFile } from "./source-file.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

let tree: readonly SourceFile[] | undefined;

/** Every TypeScript file of src/, read once a process, in the order of their paths. */
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
