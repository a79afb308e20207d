/** The packages that a package brings along in its own `node_modules`. */
import { isObject } from "./small-file.ts";

/**
 * What a package.json says, read as npm reads it: a list of names, an object of them, or `true` for
 * every dependency. Anything else bundles nothing.
 */
export function bundledIn(manifest: unknown): readonly string[] {
  if (!isObject(manifest)) return [];
  const { bundleDependencies = manifest.bundledDependencies } = manifest;
  if (bundleDependencies === true)
    return [...namesIn(manifest.dependencies), ...namesIn(manifest.optionalDependencies)];
  return namesIn(bundleDependencies);
}

function namesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.filter((each) => typeof each === "string");
  return isObject(value) ? Object.keys(value) : [];
}
