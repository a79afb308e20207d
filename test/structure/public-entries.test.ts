/** Tests of behaviour import what users import; those that need internals are in test/internal. */
import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { expect, it } from "vitest";
import { root } from "../docs/support/pages.ts";

const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const entries = (Object.values(exports) as (string | { readonly default: string })[])
  .map((entry) => (typeof entry === "string" ? entry : entry.default))
  .map((path) => path.replace("./dist/", "src/").replace(/\.js$/, ".ts"));

/** Tests of the repository itself: its structure, pages, scripts and tables. */
const aboutSources = /^test\/(?:structure|docs|scripts|pins|internal)\//;

/** Returns the internal files that a file imports or replaces, including helpers in `test/internal`. */
function insideOf(path: string): readonly string[] {
  const text = readFileSync(join(root, path), "utf8");
  return [...text.matchAll(/\b(?:from|import|mock|doMock)\s*\(?\s*"(\.[^"]+)"/g)]
    .map(([, specifier = ""]) => posix.join(posix.dirname(path), specifier))
    .filter(
      (imported) => /^(?:src|test\/internal)\//.test(imported) && !entries.includes(imported),
    );
}

const isTest = (path: string) => path.endsWith(".test.ts");
const files = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
  .map((name) => `test/${name.replaceAll("\\", "/")}`)
  .filter((path) => /\.m?[jt]s$/.test(path))
  .sort();

/** Helpers that reach inside, and why. */
const reachInside: Readonly<Record<string, string>> = {
  "test/cli/support/facts.ts": "Types of what a command's services report, for services of tests.",
  "test/cli/support/run.ts": "Runs a command line in this process, with services of tests.",
  "test/data/reads.ts":
    "Reads with a schema alone, at any limit and over any shown value, as no host does.",
  "test/discovery/support.ts":
    "Trusts packages that the command would refuse, so it needs the dependencies to be recorded.",
  "test/faults/trust-scenes.ts":
    "Looks at a change that was cut off before the next one repairs it, and compares lock and journal.",
  "test/gateway/command/support.ts":
    "Runs the gateway's commands in this process, with a gateway and plugins of tests.",
  "test/isolate/support.ts":
    "Asks the machine itself: if isolation were refused by mistake, tests would be skipped.",
  "test/support/kinds.ts": "Makes kinds that only the standard slots use, for schemas of tests.",
};

it.each(files.filter((path) => !aboutSources.test(path) && !Object.hasOwn(reachInside, path)))(
  "%s imports public entries alone",
  (path) => {
    expect(insideOf(path)).toEqual([]);
  },
);

it("only helpers are listed, and each of them reaches inside", () => {
  const listed = Object.keys(reachInside);
  expect(listed.filter((path) => isTest(path) || !files.includes(path))).toEqual([]);
  expect(listed.filter((path) => insideOf(path).length === 0)).toEqual([]);
});

it("a test is in test/internal only if it imports the inside", () => {
  const internal = files.filter((path) => path.startsWith("test/internal/") && isTest(path));
  expect(internal.length).toBeGreaterThan(0);
  expect(internal.filter((path) => insideOf(path).length === 0)).toEqual([]);
});
