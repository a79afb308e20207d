// Selects laws from a command line: by number, `L17`, or by the start of a file name, `dispatch`.
import { readdirSync, readFileSync } from "node:fs";

const folder = "property-tests/";

/** Maps the path of each file of laws to the law numbers in its titles. */
export function numbersOfLaws() {
  const files = readdirSync(folder).filter((name) => name.endsWith(".test.ts"));
  return Object.fromEntries(
    files.sort().map((name) => {
      const source = readFileSync(folder + name, "utf8");
      return [folder + name, [...source.matchAll(/["'`](L\d+): /g)].map(([, number]) => number)];
    }),
  );
}

/**
 * Returns the arguments of each vitest run that is needed: one run for whole files, and one for
 * single laws in other files, because a title pattern applies to every file of a run.
 */
export function selectLaws(names, numbers) {
  const { laws, files } = parted(names);
  const others = Object.keys(numbers).filter(
    (path) =>
      !files.some((file) => path.startsWith(file)) &&
      numbers[path].some((law) => laws.includes(law)),
  );
  return [
    ...(names.length === 0 ? [[folder]] : []),
    ...(files.length === 0 ? [] : [files]),
    ...(others.length === 0 ? [] : [[...others, "-t", `(^| )(${laws.join("|")}): `]]),
  ];
}

/** Describes what is wrong with the names; `undefined` if each matches a law or a file. */
export function faultOf(names, numbers) {
  const { laws, files } = parted(names);
  const known = new Set(Object.values(numbers).flat());
  const paths = Object.keys(numbers);
  const law = laws.find((each) => !known.has(each));
  const file = files.find((each) => !paths.some((path) => path.startsWith(each)));
  if (law !== undefined) return `No law is ${law}. There are ${spansOf(known)}.`;
  if (file === undefined) return undefined;
  const there = paths.map((path) => path.slice(folder.length).replace(".test.ts", ""));
  return `No file of laws is ${file.slice(folder.length)}. There are ${there.join(", ")}.`;
}

function parted(names) {
  const isNumber = (name) => /^L\d+$/i.test(name);
  return {
    laws: names.filter(isNumber).map((name) => name.toUpperCase()),
    files: names.filter((name) => !isNumber(name)).map((name) => folder + name),
  };
}

/** `L1–L28, L31–L42, L49` */
function spansOf(laws) {
  const all = new Set([...laws].map((law) => Number(law.slice(1))));
  const sorted = [...all].sort((a, b) => a - b);
  const ends = sorted.filter((law) => !all.has(law + 1));
  return sorted
    .filter((law) => !all.has(law - 1))
    .map((begin, at) => (begin === ends[at] ? `L${begin}` : `L${begin}–L${ends[at]}`))
    .join(", ");
}
