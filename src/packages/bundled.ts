/** The packages that a package brings along in its own `node_modules`. */
import { open } from "node:fs/promises";
import { join } from "node:path";
import { readOnly } from "./open-flags.ts";

const maxBytes = 1024 * 1024;

/**
 * What a package.json says, read as npm reads it: a list of names, an object of them, or `true` for
 * every dependency. Anything else bundles nothing.
 */
export function bundledIn(manifest: unknown): readonly string[] {
  if (!isRecord(manifest)) return [];
  const { bundleDependencies = manifest.bundledDependencies } = manifest;
  if (bundleDependencies === true)
    return [...namesIn(manifest.dependencies), ...namesIn(manifest.optionalDependencies)];
  return namesIn(bundleDependencies);
}

/** The same, from the package.json of a folder. One that cannot be read bundles nothing. */
export async function readBundled(root: string): Promise<readonly string[]> {
  try {
    const handle = await open(join(root, "package.json"), readOnly);
    try {
      const stats = await handle.stat();
      if (!stats.isFile() || stats.size > maxBytes) return [];
      const text = new TextDecoder("utf-8").decode(await handle.readFile());
      return bundledIn(JSON.parse(text));
    } finally {
      await handle.close();
    }
  } catch {
    return [];
  }
}

function namesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.filter((each) => typeof each === "string");
  return isRecord(value) ? Object.keys(value) : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
