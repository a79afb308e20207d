/** Every check of the command line has a test that names its number, or is listed with a reason. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const all = Array.from({ length: 82 }, (_, i) => i + 1);

/** Numbers without a test, by reason. */
const open: Readonly<Record<string, readonly number[]>> = {};

/** Returns the numbers in test titles: `it("CLI-001, CLI-002: …")`. */
function shownIn(folders: readonly string[]): ReadonlySet<number> {
  const files = folders.flatMap((folder) =>
    readdirSync(`${root}/${folder}`, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".test.ts"))
      .map((path) => readFileSync(`${root}/${folder}/${path}`, "utf8")),
  );
  const titles = files.flatMap((text) => [
    // A title can also name checks of the plugin host.
    ...text.matchAll(/["'`]((?:(?:CLI|PH)-\d{3}(?:,| and|:)?\s*)+)/g),
  ]);
  const numbers = titles.flatMap(([, title = ""]) => [...title.matchAll(/CLI-(\d{3})/g)]);
  return new Set(numbers.map(([, number]) => Number(number)));
}

const shown = () => shownIn(["test"]);

it("each check of the command line has its test, or is known to be open", () => {
  const tested = shown();
  const waiting = Object.values(open).flat();
  expect(all.filter((n) => !tested.has(n) && !waiting.includes(n))).toEqual([]);
});

it("each check is shown with the built command too, on packages that npm installed", () => {
  const tested = shownIn(["test/cli/end-to-end"]);
  const waiting = Object.values(open).flat();
  expect(all.filter((n) => !tested.has(n) && !waiting.includes(n))).toEqual([]);
});

it("no check is listed as open that has a test", () => {
  const tested = shown();
  expect(
    Object.values(open)
      .flat()
      .filter((n) => tested.has(n)),
  ).toEqual([]);
});

it("no test names a number that does not exist", () => {
  expect([...shown()].filter((n) => !all.includes(n))).toEqual([]);
});
