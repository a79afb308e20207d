/** Every check of the plugin host has a test that names its number, or is listed with a reason. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const notUsed = [62, 63];
const all = Array.from({ length: 120 }, (_, i) => i + 1).filter((n) => !notUsed.includes(n));

/** Numbers without a test, by reason. */
const open: Readonly<Record<string, readonly number[]>> = {
  "is a time, which no test asserts: `npm run bench` measures it": [48],
};

/** Returns the numbers in test titles: `it("PH-001, PH-002: …")`. */
function shown(): ReadonlySet<number> {
  const files = readdirSync(`${root}/test`, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".test.ts"))
    .map((path) => readFileSync(`${root}/test/${path}`, "utf8"));
  const titles = files.flatMap((text) => [
    ...text.matchAll(/["'`]((?:PH-\d{3}(?:,| and|:)?\s*)+)/g),
  ]);
  const numbers = titles.flatMap(([, title = ""]) => [...title.matchAll(/PH-(\d{3})/g)]);
  return new Set(numbers.map(([, number]) => Number(number)));
}

it("each check of the plugin host has its test, or is known to be open", () => {
  const tested = shown();
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
