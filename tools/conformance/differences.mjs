/** Finds where a gateway's results differ from the server's, and which differences are known. */

/** Returns `{ scenario, check, direct, behind }` for each check that differs. */
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

/** Maps each check to its status. Further checks of the same name get a number. */
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
 * Compares the differences that were found with the list of known ones.
 *
 * @param found `{ run, server, side, scenario, check, … }`
 * @param known `{ run, server, side, scenario, checks, reason }`; `side` is a prefix of the names
 *   of all sides that are meant, and empty for all
 * @returns the unknown differences, and the known ones that were not found although their side ran
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
