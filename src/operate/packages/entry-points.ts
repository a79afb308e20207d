/** Reads entry points of plugins: a file of a package and one of its exports. Imports nothing. */
import { lstat, realpath } from "node:fs/promises";
import { join } from "node:path";
import { isWithin } from "./folders.ts";
import { systemCode } from "./refused.ts";
import type { PackageEntry } from "./types.ts";

const identifier = /^[A-Za-z_$][A-Za-z0-9_$]{0,127}$/;

/**
 * Reads `path` or `path:export` in the package at `root`, a real path. Follows links. Returns a
 * string that says what is wrong, if something is.
 */
export async function readEntryPoint(
  root: string,
  text: string,
): Promise<Pick<PackageEntry, "file" | "exportName"> | string> {
  if (text === "") return "it is empty";
  if (text.length > 512) return "it has more than 512 characters";
  if (
    /^[A-Za-z][A-Za-z0-9+.-]*:(?:\/|[^:]*[,/:])/.test(text) ||
    /^(?:data|node|file|https?):/i.test(text)
  )
    return "it is a URL or a specifier; expected a path in the package";
  const colon = text.lastIndexOf(":");
  const path = colon === -1 ? text : text.slice(0, colon);
  const exportName = colon === -1 ? "default" : text.slice(colon + 1);
  if (!identifier.test(exportName)) return "its export is not the name of an export";
  const file = path.replace(/^\.\//, "");
  return pathFault(path) ?? (await fileFault(root, file)) ?? { file, exportName };
}

function pathFault(path: string): string | undefined {
  if (/^(?:[/\\]|[A-Za-z]:)/.test(path)) return "its path is absolute";
  if (path.includes("\\")) return "its path has a backslash; put / between its parts";
  if (/[\p{C}?#%]/u.test(path)) return "its path has characters that no entry point has";
  const parts = path.replace(/^\.\//, "").split("/");
  if (parts.includes("..")) return "its path leaves the package";
  if (parts.some((part) => part === "" || part === ".")) return "its path has an empty part";
  if (!/\.(?:js|mjs|cjs)$/.test(path)) return "its file is not a .js, .mjs or .cjs file";
  return undefined;
}

async function fileFault(root: string, file: string): Promise<string | undefined> {
  try {
    const real = await realpath(join(root, ...file.split("/")));
    if (!isWithin(root, real)) return "its file lies outside of the package";
    return (await lstat(real)).isFile() ? undefined : "it is not a file";
  } catch (error) {
    return `its file ${file} is not there (${systemCode(error)})`;
  }
}
