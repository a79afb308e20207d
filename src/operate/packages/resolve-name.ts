/** Finds a package by its name as Node does. Runs nothing. */
import { realpath, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { upFrom } from "./folders.ts";
import { packageRefused, shownPath, systemCode } from "./refused.ts";

const extensions = ["", ".js", ".json", ".node"];

/**
 * Looks for `name` as Node does for an import in the package at the real path `from`: in its
 * `node_modules` and in those above. Only `import` looks in `node_modules/node_modules`.
 *
 * @param name a package name, checked by the caller
 * @throws GlassineError `package_refused` if a folder cannot be looked at
 */
export async function resolveName(from: string, name: string) {
  /** Real paths: one, or two if `import` and `require` find different folders. */
  const folders: string[] = [];
  /** Files next to a package's folder that `require` would run instead. */
  const files: string[] = [];
  for (const at of upFrom(from)) {
    const isForImportOnly = basename(at) === "node_modules";
    const path = join(at, "node_modules", ...name.split("/"));
    for (const extension of isForImportOnly ? [] : extensions) {
      const file = `${path}${extension}`;
      if ((await kindAt(file, name)) === "file") files.push(file);
    }
    const skips = isForImportOnly && folders.length > 0;
    if (!skips && (await kindAt(path, name)) === "folder") {
      folders.push(await realpath(path));
      if (!isForImportOnly) break;
    }
  }
  return { folders, files };
}

async function kindAt(path: string, name: string): Promise<"file" | "folder" | undefined> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return "folder";
    return found.isFile() ? "file" : undefined;
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    const text = `The dependency ${shownPath(name)} cannot be looked up (${code}).`;
    throw packageRefused("unsupported_file", "", text, error);
  }
}
