/** Tests of behaviour import what users import; those that need internals are in test/internal. */
import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { expect, it } from "vitest";
import { root } from "../docs/support/pages.ts";
import { testFiles } from "../support/test-files.ts";

const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
const entries = (Object.values(exports) as (string | { readonly default: string })[])
  .map((entry) => (typeof entry === "string" ? entry : entry.default))
  .map((path) => path.replace("./dist/", "src/").replace(/\.js$/, ".ts"));

/** Tests of the repository itself: its structure, pages, scripts and tables. */
const aboutSources = /^test\/(?:structure|docs|scripts|pins|internal)\//;

/** Returns the internal files that a test imports, including helpers in `test/internal`. */
function insideOf(path: string): readonly string[] {
  const text = readFileSync(join(root, path), "utf8");
  return [...text.matchAll(/\b(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)]
    .map(([, specifier = ""]) => posix.join(posix.dirname(path), specifier))
    .filter(
      (imported) => /^(?:src|test\/internal)\//.test(imported) && !entries.includes(imported),
    );
}

const tests = testFiles().filter((path) => path.startsWith("test/"));

it.each(tests.filter((path) => !aboutSources.test(path)))(
  "%s imports public entries alone",
  (path) => {
    expect(insideOf(path)).toEqual([]);
  },
);

it("a test is in test/internal only if it imports the inside", () => {
  const internal = tests.filter((path) => path.startsWith("test/internal/"));
  expect(internal.length).toBeGreaterThan(0);
  expect(internal.filter((path) => insideOf(path).length === 0)).toEqual([]);
});
