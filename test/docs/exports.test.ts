/** Every exported value is mentioned on a page. */
import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { entries, packageName } from "../support/source-aliases.ts";

const root = new URL("../../", import.meta.url);
const pages = readdirSync(new URL("docs/", root))
  .filter((name) => name.endsWith(".md"))
  .map((name) => readFileSync(new URL(`docs/${name}`, root), "utf8"))
  .join("\n");

// A far side exports nothing: to import it is to start it, which changes the process.
const imported = entries.filter(({ entry }) => !/far-side$/.test(entry));

it.each(imported)("$entry: every exported value is on a page", async ({ entry, source }) => {
  const module = (await import(new URL(source, root).pathname)) as Record<string, unknown>;
  const names = Object.keys(module);
  const missing = names.filter((name) => !new RegExp(`\\b${name}\\b`).test(pages));
  expect([packageName, missing]).toEqual(["glassine", []]);
  if (entry === ".") expect(names.length).toBeGreaterThan(20);
});
