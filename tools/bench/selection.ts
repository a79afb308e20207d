/** Selects the comparisons that `--only` names: by id, such as `D1`, or by letter, such as `D`. */

/** @throws Error for an unknown name, with a list of all names */
export function selectionOf(
  only: string | undefined,
  known: readonly string[],
): (id: string) => boolean {
  const names = only?.split(",").map((name) => name.trim());
  const unknown = names?.filter((name) => !known.some((id) => isNamed(id, name))) ?? [];
  if (unknown.length > 0) {
    throw new Error(
      `No comparison is named ${unknown.map((name) => `"${name}"`).join(" or ")}. There are ${[...new Set(known)].sort().join(", ")}, and their letters.`,
    );
  }
  return (id) => names?.some((name) => isNamed(id, name)) ?? true;
}

function isNamed(id: string, name: string): boolean {
  return name === id || name === /^[A-Z]+/.exec(id)?.[0];
}
