/**
 * Finds attacks, laws and faults in the sources of the tests, to generate their tables.
 * Paths are relative to the repository's root, where npm and the test runner start.
 */
import { readdirSync, readFileSync } from "node:fs";

export interface Attack {
  /** `A-001` */
  readonly number: string;
  readonly attempt: string;
  /** The outcome, or why the attack does not apply. */
  readonly answer: string;
  readonly standing: "tested" | "does_not_apply";
  /** `test/attacks/forged-proxies.test.ts` */
  readonly path: string;
}

/** A test title with a number. */
interface Numbered {
  /** `L10` */
  readonly number: string;
  readonly statement: string;
  readonly path: string;
}
export type Law = Numbered;
export type Fault = Numbered;

const standings: Readonly<Record<string, Attack["standing"]>> = {
  attack: "tested",
  attackDoesNotApply: "does_not_apply",
};
const text = /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')/.source;
const attackCall = new RegExp(
  String.raw`^\s*(attack|attackDoesNotApply)\(\s*"(A-\d{3})",\s*${text},\s*${text}`,
  "gm",
);
const titleCall = new RegExp(String.raw`\b(?:it|describe)(?:\.\w+)*\(\s*${text}`, "g");
const numberedTitle = /^([LF]-?\d+): (.+)$/;

/** Returns the attacks in one file, in source order. */
export function attacksIn(source: string, path: string): readonly Attack[] {
  return [...source.matchAll(attackCall)].map(
    ([, call = "", number = "", attempt = "", answer = ""]) => ({
      number,
      attempt: textOf(attempt),
      answer: textOf(answer),
      standing: standings[call] ?? "tested",
      path,
    }),
  );
}

/** Returns every attack, sorted by number. */
export function readAttacks(): readonly Attack[] {
  return testFiles("test")
    .flatMap(({ path, source }) => attacksIn(source, path))
    .sort(byNumber);
}

/** Returns the titles that start with the number of a law or fault. */
export function numberedIn(source: string, path: string): readonly Numbered[] {
  return [...source.matchAll(titleCall)].flatMap(([, literal = ""]) => {
    const match = numberedTitle.exec(textOf(literal));
    return match === null ? [] : [{ number: match[1] ?? "", statement: match[2] ?? "", path }];
  });
}

/** Returns every law that a property test states, sorted by number. */
export function readLaws(): readonly Law[] {
  return numbered(testFiles("property-tests"));
}

/** Returns every fault that a test injects, sorted by number. */
export function readFaults(): readonly Fault[] {
  return numbered(testFiles("test").filter(({ path }) => path.includes("/faults/")));
}

interface TestFile {
  readonly path: string;
  readonly source: string;
}

function numbered(files: readonly TestFile[]): readonly Numbered[] {
  return files.flatMap(({ path, source }) => numberedIn(source, path)).sort(byNumber);
}

function byNumber(a: { readonly number: string }, b: { readonly number: string }): number {
  const digits = (text: string) => Number(text.replaceAll(/\D/g, ""));
  return digits(a.number) - digits(b.number);
}

function textOf(literal: string): string {
  return literal.slice(1, -1).replaceAll(/\\(.)/g, "$1");
}

function testFiles(folder: string): readonly TestFile[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(".test.ts"))
    .sort()
    .map((path) => ({ path, source: readFileSync(path, "utf8") }));
}
