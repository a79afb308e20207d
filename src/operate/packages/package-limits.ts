/** How large a package may be. */
import { packageRefused, shownPath } from "./refused.ts";

/** Beyond any of these a package has no hash. */
export const packageLimits = Object.freeze({
  /** Files and links together, and folders on their own. */
  files: 20_000,
  /** MiB of all files together. */
  mebibytes: 512,
  /** Parts of a path. */
  depth: 64,
});

const maxBytes = packageLimits.mebibytes * 1024 * 1024;

/** What a package has, counted while it is read. */
export interface PackageSize {
  /** A file or link. */
  addFile(path: string): void;
  addFolder(path: string): void;
  /** Before they are read: a sparse file has more bytes than anybody can read. */
  addBytes(path: string, bytes: number): void;
  readonly bytes: number;
}

/** Each of its functions throws `package_refused` where that is too much. */
export function packageSize(): PackageSize {
  let files = 0;
  let folders = 0;
  let bytes = 0;
  return {
    addFile(path) {
      files += 1;
      if (files > packageLimits.files) throw tooMany("files");
      expectNotDeep(path);
    },
    addFolder(path) {
      folders += 1;
      if (folders > packageLimits.files) throw tooMany("folders");
      expectNotDeep(path);
    },
    addBytes(path, more) {
      bytes += more;
      if (bytes <= maxBytes) return;
      const text = `With ${shownPath(path)} the package has more than ${packageLimits.mebibytes} MiB.`;
      throw packageRefused("package_too_large", path, text);
    },
    get bytes() {
      return bytes;
    },
  };
}

/** For a folder that has more than could count, before its names are kept. */
export function tooMany(what: "files" | "folders"): Error {
  const text = `The package has more than ${packageLimits.files} ${what}.`;
  return packageRefused("package_too_large", "", text);
}

function expectNotDeep(path: string): void {
  if (path.split("/").length <= packageLimits.depth) return;
  const text = `${shownPath(path)} is more than ${packageLimits.depth} levels deep.`;
  throw packageRefused("package_too_large", path, text);
}
