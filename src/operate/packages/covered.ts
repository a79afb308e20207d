/** Which paths at the root of a package are no part of its hash. */
import { foldedName } from "./file-names.ts";

/** Where installers put the dependencies of a package. */
const dependenciesFolder = "node_modules";
const versionControl = ".git";
/** They cannot be under the hash that they sign, and are verified by themselves. */
const evidence = ["glassine.sig.json", "glassine.sigstore.json"];

// `a` and `@a/b`. Anything else would name part of a package, or a whole scope.
const packageName = /^(?:@[^/]+\/)?[^@/][^/]*$/;

/** What kind of thing a name stands for. */
export type FoundKind = "file" | "folder" | "link" | "other";

/** Decides, for one package, what counts. */
export interface Coverage {
  /** Whether a path with parts `parts` counts, itself of `kind` where that is known. */
  covers(parts: readonly string[], kind: FoundKind): boolean;
}

/**
 * What is left out is left out at the root alone, and the folder of dependencies but for the
 * packages that the package brings along. Below the root these names are like any other, so that
 * they hide no code.
 *
 * A bundled name is compared as a system without cases would look it up.
 */
export function coverageOf(bundled: readonly string[]): Coverage {
  const names = bundled
    .filter((name) => packageName.test(name))
    .map((name) => foldedName(name).split("/"));
  /** Whether a path is that of a bundled package, inside of one, or of the scope around one. */
  const meetsBundled = (path: readonly string[]): boolean => {
    const folded = path.map(foldedName);
    return names.some((name) => folded.every((part, at) => at >= name.length || part === name[at]));
  };
  return {
    covers(parts, kind) {
      const [first, ...rest] = parts;
      if (first === versionControl)
        return parts.length === 1 && (kind === "link" || kind === "other");
      if (parts.length === 1 && kind === "file") return !evidence.includes(first as string);
      const isDependency = first === dependenciesFolder && (rest.length > 0 || kind === "folder");
      return isDependency ? meetsBundled(rest) : true;
    },
  };
}
