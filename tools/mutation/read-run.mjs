/** Reads the result of one room's run and compares its survivors with the list. */

/**
 * Identifies a mutant without its position, so that edits elsewhere in the file do not matter.
 * @param {{file: string, mutator: string, line: string, from: string, to: string}} mutant
 */
const keyOf = ({ file, mutator, line, from, to }) => [file, mutator, line, from, to].join("\n");

const oneLine = (text) => text.trim().replaceAll(/\s+/g, " ").slice(0, 120);

/** Returns the mutants in a Stryker report, each with the text that it replaces. */
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

/** Returns what is kept of a run: the number of mutants by outcome, and the survivors. */
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

/** Returns a room's figures, its survivors with reasons, and listed mutants that were killed. */
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

/** Describes what is wrong with a room; empty if nothing is. */
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
