/** Whether a package is still what was hashed: between the check and the copy it may change. */
import { packageRefused, shownPath } from "./refused.ts";
import type { PackageHash } from "./types.ts";

/**
 * What a package.json says counts where it is the one that was hashed.
 *
 * @throws GlassineError `package_refused` with `unsupported_file`
 */
export function expectManifest(sha256: string | undefined, { files }: PackageHash): void {
  if (sha256 !== undefined && sha256 === files.get("package.json")) return;
  const text = "Its package.json changes while it is read.";
  throw packageRefused("unsupported_file", "package.json", text);
}

/**
 * Compares two hashes of one package.
 *
 * @throws GlassineError `package_refused`, with the code `hash_mismatch` and the first path, in the
 *   order of its characters, that was added, removed or changed; empty where it is a link
 * @see spec `package:unchanged`
 */
export function expectSame(before: PackageHash, now: PackageHash): void {
  if (now.hash === before.hash) return;
  const [change] = changesBetween(before.files, now.files);
  if (change === undefined) {
    const text = "A link of the package was added, removed or changed since it was hashed.";
    throw packageRefused("hash_mismatch", "", text);
  }
  const text = `${shownPath(change.path)} was ${change.how} since the package was hashed.`;
  throw packageRefused("hash_mismatch", change.path, text);
}

interface Change {
  readonly path: string;
  readonly how: "added" | "removed" | "changed";
}

function changesBetween(
  before: PackageHash["files"],
  now: PackageHash["files"],
): readonly Change[] {
  const paths = [...new Set([...before.keys(), ...now.keys()])].sort();
  return paths.flatMap((path): readonly Change[] => {
    if (before.get(path) === now.get(path)) return [];
    if (!before.has(path)) return [{ path, how: "added" }];
    return [{ path, how: now.has(path) ? "changed" : "removed" }];
  });
}
