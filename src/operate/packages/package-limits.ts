/** How large a package may be. */
import { packageRefused, shownPath } from "./refused.ts";

/** A package beyond any of these limits has no hash. */
export const packageLimits = Object.freeze({
  /** For files and links together, and for folders separately. */
  files: 20_000,
  /** The size of all files together, in MiB. */
  mebibytes: 512,
  /** Parts of a path. */
  depth: 64,
});

/** Counts what a package has while it is read. Throws `package_refused` if that is too much. */
export function packageSize() {
  const counts = { files: 0, folders: 0 };
  let bytes = 0;
  return {
    /** Counts a file, a link or a folder. */
    add(what: keyof typeof counts, path: string): void {
      counts[what] += 1;
      if (counts[what] > packageLimits.files) throw tooMany(what);
      if (path.split("/").length > packageLimits.depth)
        throw tooLarge(path, `${shownPath(path)} is more than ${packageLimits.depth} levels deep.`);
    },
    /** Called before bytes are read: a sparse file can claim more than can be read. */
    addBytes(path: string, more: number): void {
      bytes += more;
      if (bytes <= packageLimits.mebibytes * 1024 * 1024) return;
      const limit = `${packageLimits.mebibytes} MiB`;
      throw tooLarge(path, `With ${shownPath(path)} the package has more than ${limit}.`);
    },
    get bytes() {
      return bytes;
    },
  };
}

export type PackageSize = ReturnType<typeof packageSize>;

/** The error for more files or folders than a package may have. */
export function tooMany(what: "files" | "folders"): Error {
  return tooLarge("", `The package has more than ${packageLimits.files} ${what}.`);
}

function tooLarge(path: string, text: string): Error {
  return packageRefused("package_too_large", path, text);
}
