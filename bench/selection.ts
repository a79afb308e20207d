/** Which comparisons `--only` names: by id, as `D1`, or by letter, as `D`. */

/** Comparisons that are known and cannot run here, and why. */
const elsewhere: Readonly<Record<string, string>> = Object.fromEntries(
  ["E1", "E2", "E3", "V1", "V2", "V3", "W3", "W4"].map((id) => [
    id,
    "compares with the Python package, which is no part of this repository",
  ]),
);

export interface Selection {
  readonly isWanted: (id: string) => boolean;
  /** Of those that cannot run here, the wanted ones, each with the reason. */
  readonly skipped: readonly string[];
}

/** @throws Error for a name that stands for nothing, with all that there are */
export function selectionOf(only: string | undefined, here: readonly string[]): Selection {
  const ids = [...new Set(here)];
  const names = only?.split(",").map((name) => name.trim());
  const known = [...ids, ...Object.keys(elsewhere)];
  const unknown = names?.filter((name) => !known.some((id) => isNamed(id, name))) ?? [];
  if (unknown.length > 0) {
    throw new Error(
      `No comparison is named ${unknown.map((name) => `"${name}"`).join(" or ")}. There are ${known.sort().join(", ")}, and their letters.`,
    );
  }
  const isWanted = (id: string) => names?.some((name) => isNamed(id, name)) ?? true;
  const skipped = Object.entries(elsewhere).flatMap(([id, reason]) =>
    isWanted(id) ? [`${id}  skipped: it ${reason}`] : [],
  );
  return { isWanted, skipped };
}

function isNamed(id: string, name: string): boolean {
  return name === id || name === id.charAt(0);
}
