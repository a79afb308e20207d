/** Which comparisons `--only` names: by id, as `D1`, or by letter, as `D`. */

/** @throws Error for a name that stands for nothing, with all that there are */
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
