/** The top folder is what a reader sees first, so it stays short. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { root } from "../docs/support/pages.ts";

const most = 20;

it(`the top folder has at most ${most} entries`, () => {
  const ignored = readFileSync(`${root}.gitignore`, "utf8").split("\n");
  const isIgnored = (name: string) =>
    name === ".git" ||
    ignored.some((line) =>
      line.startsWith("*") ? name.endsWith(line.slice(1)) : line.replace(/\/$/, "") === name,
    );
  const entries = readdirSync(root).filter((name) => !isIgnored(name));
  expect(entries).toContain("package.json");
  expect(entries.length, entries.join(", ")).toBeLessThanOrEqual(most);
});
