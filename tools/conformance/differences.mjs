/** Where a gateway gives another result than the server behind it, and which of that is known. */

/** `{ scenario, check, direct, behind }` for each check that differs: never a total. */
export function differences(direct, behind) {
  const names = [...new Set([...Object.keys(direct), ...Object.keys(behind)])].sort();
  return names.flatMap((scenario) => {
    const one = keyed(direct[scenario]);
    const other = keyed(behind[scenario]);
    const checks = [...new Set([...one.keys(), ...other.keys()])];
    return checks
      .filter((check) => one.get(check) !== other.get(check))
      .map((check) => ({
        scenario,
        check,
        direct: one.get(check) ?? "absent",
        behind: other.get(check) ?? "absent",
      }));
  });
}

/** The status of each check; a second check of the same name gets a number. */
function keyed(checks = []) {
  const statuses = new Map();
  for (const { id, status } of checks) {
    let key = id;
    for (let count = 2; statuses.has(key); count += 1) key = `${id} ${count}`;
    statuses.set(key, status);
  }
  return statuses;
}

/**
 * Splits what was found by a list of what is known.
 *
 * @param found `{ run, server, side, scenario, check, … }`
 * @param known `{ run, server, side, scenario, checks, reason }`; `side` begins the name of
 *   each side that is meant, and is empty for all
 * @returns what is not known, and what is known but was not found although its side ran
 */
export function judge(found, known, ran) {
  const fits = (entry, each) =>
    entry.run === each.run &&
    entry.server === each.server &&
    each.side.startsWith(entry.side) &&
    (each.scenario === undefined || entry.scenario === each.scenario);
  const isKnown = (each) =>
    known.some((entry) => fits(entry, each) && entry.checks.includes(each.check));
  const stale = known.flatMap((entry) =>
    ran
      .filter((each) => fits(entry, each))
      .flatMap(({ side }) =>
        entry.checks
          .filter(
            (check) => !found.some((f) => fits(entry, f) && f.side === side && f.check === check),
          )
          .map((check) => ({ ...entry, side, check })),
      ),
  );
  return { unknown: found.filter((each) => !isKnown(each)), stale };
}
