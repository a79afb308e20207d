/**
 * PEP 440 versions and specifiers, for hosts with the versions of a Python package. Unlike npm,
 * they have epochs, `.post` and `.dev` releases, any number of parts (trailing zeros do not count),
 * and a `<` that excludes pre-releases of the version it names.
 */

type Part = number | string;

interface Version {
  readonly epoch: number;
  /** The parts as written, including trailing zeros. */
  readonly release: readonly number[];
  readonly pre: readonly [letter: string, number: number] | undefined;
  readonly post: number | undefined;
  readonly dev: number | undefined;
  readonly local: readonly Part[];
}

/** The pattern from appendix B of the specification, without the surrounding white space. */
const versionPattern =
  /^v?(?:(?<epoch>\d+)!)?(?<release>\d+(?:\.\d+)*)(?:[-_.]?(?<letter>alpha|beta|preview|pre|a|b|c|rc)[-_.]?(?<pre>\d+)?)?(?<post>-(?<implicit>\d+)|[-_.]?(?:post|rev|r)[-_.]?(?<number>\d+)?)?(?<dev>[-_.]?dev[-_.]?(?<devNumber>\d+)?)?(?:\+(?<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/;

const letters: Readonly<Record<string, string>> = {
  alpha: "a",
  beta: "b",
  c: "rc",
  pre: "rc",
  preview: "rc",
};

function parseVersion(text: string): Version | undefined {
  const found = versionPattern.exec(text.trim().toLowerCase())?.groups;
  if (found === undefined) return undefined;
  const { epoch = 0, release = "", letter, pre = 0, post, dev, local } = found;
  return {
    epoch: Number(epoch),
    release: release.split(".").map(Number),
    pre: letter === undefined ? undefined : [letters[letter] ?? letter, Number(pre)],
    post: post === undefined ? undefined : Number(found.implicit ?? found.number ?? 0),
    dev: dev === undefined ? undefined : Number(found.devNumber ?? 0),
    local: local?.split(/[-_.]/).map((part) => (/^\d+$/.test(part) ? Number(part) : part)) ?? [],
  };
}

/** Returns a negative number if `one` is earlier, 0 if they are equal, else a positive number. */
function compare(one: Version, other: Version): number {
  const length = Math.max(one.release.length, other.release.length);
  const a = partsOf(one, length);
  const b = partsOf(other, length);
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const x = a[at];
    const y = b[at];
    if (x === y) continue;
    if (x === undefined || y === undefined) return x === undefined ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return 0;
}

/**
 * Returns parts that compare in the order `1.0.dev1`, `1.0a1.dev1`, `1.0a1`, `1.0`, `1.0.post1`;
 * the first different part decides. In a local label, a number is later than a string.
 */
function partsOf({ epoch, release, pre, post, dev, local }: Version, length: number) {
  const isDevOfRelease = pre === undefined && post === undefined && dev !== undefined;
  return [
    epoch,
    ...Array.from({ length }, (_, at) => release[at] ?? 0),
    ...(pre ?? [isDevOfRelease ? "" : "z", 0]),
    post ?? -1,
    dev ?? Number.POSITIVE_INFINITY,
    ...local.flatMap((part): Part[] => [typeof part === "number" ? 1 : 0, part]),
  ];
}

/** Whether the release of a version begins with these parts. */
function beginsWith({ epoch, release }: Version, named: Version, parts: readonly number[]) {
  return epoch === named.epoch && parts.every((part, at) => part === (release[at] ?? 0));
}

/** Whether a version satisfies an operator; `undefined` if the operator does not take `named`. */
function isAs(version: Version, operator: string, named: Version): boolean | undefined {
  const isLocal = named.local.length > 0;
  const released = { ...version, local: [] };
  if (operator === "==") return compare(isLocal ? version : released, named) === 0;
  if (operator === "!=") return compare(isLocal ? version : released, named) !== 0;
  if (isLocal) return undefined;
  switch (operator) {
    case ">=":
      return compare(released, named) >= 0;
    case "<=":
      return compare(released, named) <= 0;
    case "<": {
      // A pre-release of the named version comes before it, but `<` excludes it.
      const isPre = named.pre !== undefined || named.dev !== undefined;
      return compare(version, isPre ? named : { ...named, dev: 0 }) < 0;
    }
    case ">": {
      // Likewise, `>` excludes a post-release and a local version of the named version.
      const post = named.post === undefined ? undefined : version.post;
      const dev = post === version.post ? version.dev : undefined;
      return compare({ ...released, post, dev }, named) > 0;
    }
    case "~=": {
      const parts = named.release.slice(0, -1);
      if (parts.length === 0) return undefined;
      return compare(released, named) >= 0 && beginsWith(version, named, parts);
    }
    default:
      return undefined;
  }
}

const specifierPattern = /^(===|~=|==|!=|<=|>=|<|>)\s*(\S+)$/;
const prefixPattern = /^(v?(?:\d+!)?\d+(?:\.\d+)*)\.\*$/i;

/** Whether a version fits one specifier, such as `>=0.9`; `undefined` for an invalid one. */
function fits(given: string, version: Version, specifier: string): boolean | undefined {
  const [, operator = "", name = ""] = specifierPattern.exec(specifier) ?? [];
  if (operator === "===") return given.toLowerCase() === name.toLowerCase();
  const prefix = prefixPattern.exec(name)?.[1];
  const named = parseVersion(prefix ?? name);
  if (named === undefined || prefix === undefined) return named && isAs(version, operator, named);
  if (operator !== "==" && operator !== "!=") return undefined;
  return beginsWith(version, named, named.release) === (operator === "==");
}

/**
 * Returns whether a version satisfies all specifiers of a comma-separated set, or `undefined` if
 * either is not valid in PEP 440. A pre-release counts like any version. For `isInRange` of a
 * profile.
 *
 * @example
 * ```ts
 * import { isInPep440Range } from "glassine/memory-node";
 *
 * console.log(isInPep440Range("0.9.0a10", ">=0.9.0a1,<1.0")); // true
 * ```
 */
export function isInPep440Range(given: string, set: string): boolean | undefined {
  const version = parseVersion(given);
  if (version === undefined) return undefined;
  const found = set.split(",").map((part) => fits(given.trim(), version, part.trim()));
  return found.includes(undefined) ? undefined : !found.includes(false);
}
