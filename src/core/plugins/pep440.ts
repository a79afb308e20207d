/**
 * Versions and specifiers as PEP 440 has them: for hosts whose versions are those of a Python
 * package. What differs from npm: epochs, `.post` and `.dev` releases, any number of parts of which
 * trailing zeros do not count, and a `<` that takes no pre-release of the version it names.
 */

type Part = number | string;

interface Version {
  readonly epoch: number;
  /** Without trailing zeros, so that 1.0 is 1. */
  readonly release: readonly number[];
  /** As many parts as were written. */
  readonly written: readonly number[];
  readonly pre: readonly [letter: string, number: number] | undefined;
  readonly post: number | undefined;
  readonly dev: number | undefined;
  readonly local: readonly Part[];
}

/** The pattern of the specification, appendix B, without the blanks around it. */
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
  const written = (found.release ?? "").split(".").map(Number);
  const { letter } = found;
  return {
    epoch: Number(found.epoch ?? 0),
    release: withoutTrailingZeros(written),
    written,
    pre: letter === undefined ? undefined : [letters[letter] ?? letter, Number(found.pre ?? 0)],
    post: found.post === undefined ? undefined : Number(found.implicit ?? found.number ?? 0),
    dev: found.dev === undefined ? undefined : Number(found.devNumber ?? 0),
    local: (found.local?.split(/[-_.]/) ?? []).map((part) =>
      /^\d+$/.test(part) ? Number(part) : part,
    ),
  };
}

function withoutTrailingZeros(parts: readonly number[]): readonly number[] {
  return parts.slice(0, parts.findLastIndex((part) => part !== 0) + 1);
}

/** Which of two comes later: below 0, 0 or above. */
function compare(one: Version, other: Version): number {
  return compareKeys(keyOf(one), keyOf(other)) || compareLocals(one.local, other.local);
}

/**
 * What is compared first, without the local label. Before a release come its pre-releases, and
 * before each of those its development releases; after it come its post-releases.
 */
function keyOf({ epoch, release, pre, post, dev }: Version): readonly (readonly Part[])[] {
  const isDevOfRelease = pre === undefined && post === undefined && dev !== undefined;
  return [
    [epoch],
    release,
    isDevOfRelease ? [""] : (pre ?? ["z"]),
    [post ?? -1],
    [dev ?? Number.POSITIVE_INFINITY],
  ];
}

function compareKeys(
  one: readonly (readonly Part[])[],
  other: readonly (readonly Part[])[],
): number {
  for (const [at, parts] of one.entries()) {
    const difference = compareParts(parts, other[at] ?? []);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Part by part; of two that begin alike the longer one is later. */
function compareParts(one: readonly Part[], other: readonly Part[]): number {
  for (const [at, part] of one.entries()) {
    const against = other[at];
    if (against === undefined) return 1;
    if (part !== against) return part < against ? -1 : 1;
  }
  return one.length - other.length;
}

/** A number in a local label is later than a text. */
function compareLocals(one: readonly Part[], other: readonly Part[]): number {
  const ranked = (parts: readonly Part[]) =>
    parts.flatMap((part): Part[] => (typeof part === "number" ? [1, part] : [0, part]));
  return compareParts(ranked(one), ranked(other));
}

type Holds = (version: Version, text: string) => boolean;

const publicOf = (version: Version): Version => ({ ...version, local: [] });
/** Whether the release of a version begins with these parts. */
function beginsWith(version: Version, epoch: number, parts: readonly number[]): boolean {
  return version.epoch === epoch && parts.every((part, at) => part === (version.written[at] ?? 0));
}

/** By operator: what a version has to be, of the version named; `undefined` where it takes none such. */
const operators: Readonly<Record<string, (named: Version) => Holds | undefined>> = {
  "==": (named) => (version) =>
    compare(named.local.length === 0 ? publicOf(version) : version, named) === 0,
  "!=": (named) => (version) =>
    compare(named.local.length === 0 ? publicOf(version) : version, named) !== 0,
  ">=": (named) => withoutLocal(named, (version) => compare(publicOf(version), named) >= 0),
  "<=": (named) => withoutLocal(named, (version) => compare(publicOf(version), named) <= 0),
  // A pre-release of the version named comes before it, but is not what `<` is meant for.
  "<": (named) => {
    const first = isPre(named) ? named : { ...named, dev: 0 };
    return withoutLocal(named, (version) => compare(version, first) < 0);
  },
  // Nor is a post-release of it, or a local version of it, what `>` is meant for.
  ">": (named) =>
    withoutLocal(named, (version) => {
      const { post } = named.post === undefined ? { post: undefined } : version;
      const dev = post === version.post ? version.dev : undefined;
      return compare({ ...publicOf(version), post, dev }, named) > 0;
    }),
  "~=": (named) =>
    named.written.length < 2
      ? undefined
      : withoutLocal(
          named,
          (version) =>
            compare(publicOf(version), named) >= 0 &&
            beginsWith(version, named.epoch, named.written.slice(0, -1)),
        ),
};

function withoutLocal(named: Version, holds: Holds): Holds | undefined {
  return named.local.length === 0 ? holds : undefined;
}

const isPre = ({ pre, dev }: Version) => pre !== undefined || dev !== undefined;

const specifierPattern = /^(===|~=|==|!=|<=|>=|<|>)\s*(\S+)$/;
const prefixPattern = /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)\.\*$/;

/** One specifier, such as `>=0.9`; `undefined` for a text that is none. */
function parseSpecifier(text: string): Holds | undefined {
  const [, operator = "", named = ""] = specifierPattern.exec(text) ?? [];
  if (operator === "===") return (_, version) => version.toLowerCase() === named.toLowerCase();
  const prefix = prefixPattern.exec(named);
  if (prefix !== null) {
    const parts = (prefix[2] ?? "").split(".").map(Number);
    const begins: Holds = (version) => beginsWith(version, Number(prefix[1] ?? 0), parts);
    if (operator === "==") return begins;
    return operator === "!=" ? (version, given) => !begins(version, given) : undefined;
  }
  const version = parseVersion(named);
  return version && operators[operator]?.(version);
}

/** Whether a text is a version of PEP 440. */
export function isVersion(text: string): boolean {
  return parseVersion(text) !== undefined;
}

/**
 * Whether a version is in a set of specifiers, which commas separate and each of which must hold.
 * A pre-release counts like any version. `undefined`: the set is none of PEP 440.
 */
export function isWithin(set: string, given: string): boolean | undefined {
  const version = parseVersion(given);
  if (version === undefined) return false;
  let isMet = true;
  for (const part of set.split(",")) {
    const holds = parseSpecifier(part.trim());
    if (holds === undefined) return undefined;
    isMet &&= holds(version, given.trim());
  }
  return isMet;
}
