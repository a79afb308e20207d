/** Links in a package: what they lead to is in the package and counts, or the package is refused. */
import { lstat, readlink, realpath } from "node:fs/promises";
import { isAbsolute, join, posix, relative, sep } from "node:path";
import type { Coverage } from "./covered.ts";
import { decodeForMessage, decodeName, nameFault } from "./file-names.ts";
import { packageRefused, shownPath, systemCode } from "./refused.ts";

/**
 * The target of the link at `path`, as it is stored. A target that leads out by its text is refused
 * before anybody follows it.
 *
 * @throws GlassineError `package_refused` with `unsafe_symlink` or `unsupported_file`
 */
export async function readPackageLink(
  root: string,
  path: string,
  coverage: Coverage,
): Promise<string> {
  const target = await readTarget(root, path);
  const unsafe = (text: string, cause?: unknown) =>
    packageRefused("unsafe_symlink", path, `${shownPath(path)} is a link ${text}.`, cause);
  if (isAbsolute(target) || posix.isAbsolute(target)) throw unsafe("with an absolute target");
  const parts = posix.join(posix.dirname(path), target).split("/");
  if (parts[0] === "..") throw unsafe("that leads out of the package");
  let real: string;
  try {
    real = await realpath(join(root, path));
  } catch (error) {
    throw unsafe(`that leads nowhere (${systemCode(error)})`, error);
  }
  const inside = relative(root, real);
  const realParts = inside.split(sep);
  if (isAbsolute(inside) || realParts[0] === "..") throw unsafe("that leads out of the package");
  // A folder by two names would be one that is hashed by the one and loaded by the other.
  if (!(await lstat(real)).isFile()) throw unsafe("to something that is not a file");
  const counts = coverage.covers(parts, "file") && coverage.covers(realParts, "file");
  if (!counts) throw unsafe("to a file that is not part of the package's hash");
  return target;
}

async function readTarget(root: string, path: string): Promise<string> {
  const refuse = (text: string, cause?: unknown) =>
    packageRefused("unsupported_file", path, `${shownPath(path)} ${text}.`, cause);
  let bytes: Uint8Array;
  try {
    bytes = await readlink(join(root, path), "buffer");
  } catch (error) {
    throw refuse(`is a link that cannot be read (${systemCode(error)})`, error);
  }
  const text = decodeName(bytes);
  if (text === undefined) throw refuse("is a link whose target is not UTF-8");
  const target = sep === "/" ? text : text.replaceAll(sep, "/");
  for (const part of target.split("/")) {
    if (part === "" || part === "." || part === "..") continue;
    // Of a drive and of other names that not every system holds.
    const fault = nameFault(part);
    if (fault === undefined) continue;
    const shown = shownPath(decodeForMessage(bytes));
    throw packageRefused(
      "unsafe_symlink",
      path,
      `${shownPath(path)} is a link to ${shown}, which ${fault}.`,
    );
  }
  return target;
}
