/** Reads what a run of one room left behind, and holds its survivors against the list. */

/**
 * What a mutant is known by: not by its place, so that an edit elsewhere leaves it alone.
 * @param {{file: string, mutator: string, line: string, from: string, to: string}} mutant
 */
const keyOf = ({ file, mutator, line, from, to }) => [file, mutator, line, from, to].join("\n");

const oneLine = (text) => text.trim().replaceAll(/\s+/g, " ").slice(0, 120);

/** The mutants of a report of Stryker's, each with the text it replaces. */
function mutantsOf(report) {
  return Object.entries(report.files).flatMap(([file, { source, mutants }]) => {
    const lines = source.split("\n");
    const textAt = ({ start, end }) => {
      const found = lines.slice(start.line - 1, end.line);
      found[found.length - 1] = found.at(-1).slice(0, end.column - 1);
      return found.join("\n").slice(start.column - 1);
    };
    return mutants.map(({ location, mutatorName, replacement, status }) => ({
      file,
      at: location.start.line,
      mutator: mutatorName,
      line: oneLine(lines[location.start.line - 1]),
      from: oneLine(textAt(location)),
      to: oneLine(replacement ?? ""),
      status,
    }));
  });
}

const survived = ({ status }) => status === "Survived" || status === "NoCoverage";

/** What is kept of a run: how many mutants there were, what became of them, and who survived. */
export function resultOf(report, conditions) {
  const mutants = mutantsOf(report);
  const count = (status) => mutants.filter((mutant) => mutant.status === status).length;
  const survivors = mutants.filter(survived).map(({ status: _, ...mutant }) => mutant);
  return {
    ...conditions,
    mutants: mutants.length,
    killed: count("Killed"),
    timedOut: count("Timeout"),
    survivors,
  };
}

/** The figures of a room, its survivors with their reasons, and what is listed and did not survive. */
export function holdAgainst(listed, room, prefixes, result) {
  const { killed, timedOut, survivors } = result;
  const valid = killed + timedOut + survivors.length;
  const reasons = new Map(listed.map((entry) => [keyOf(entry), entry.reason]));
  const alive = new Set(survivors.map(keyOf));
  const isOfRoom = ({ file }) => prefixes.some((prefix) => file.startsWith(prefix));
  return {
    ...result,
    room,
    survived: survivors.length,
    score: valid === 0 ? 0 : (100 * (killed + timedOut)) / valid,
    survivors: survivors.map((mutant) => ({ ...mutant, reason: reasons.get(keyOf(mutant)) })),
    stale: listed.filter((entry) => isOfRoom(entry) && !alive.has(keyOf(entry))),
  };
}

/** What is wrong with a room, in words; nothing when it is well. */
export function faultsOf({ room, score, survivors, stale }, least) {
  const show = ({ file, mutator, line, from, to }) =>
    `  ${file}: ${mutator}\n    in    ${line}\n    from  ${from}\n    to    ${to}`;
  return [
    ...(score < least ? [`${room}: ${score.toFixed(1)} % killed, ${least} % is the least.`] : []),
    ...survivors
      .filter(({ reason }) => reason === undefined)
      .map(
        (mutant) => `${room}: a survivor that is not listed, line ${mutant.at}\n${show(mutant)}`,
      ),
    ...stale.map((entry) => `${room}: listed, but no longer a survivor\n${show(entry)}`),
  ];
}
