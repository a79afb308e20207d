/** Packages with known hashes, which are the same on every system and never change. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { type Content, hashOf, isLinux, type Tree } from "../hash-support.ts";

type Stored = { readonly text: string } | { readonly base64: string } | { readonly link: string };
interface Case {
  readonly name: string;
  readonly files: Readonly<Record<string, Stored>>;
  readonly leftOut?: Readonly<Record<string, Stored>>;
  readonly hash: string;
}

const { cases } = JSON.parse(
  readFileSync(new URL("package-hash.json", import.meta.url), "utf8"),
) as { readonly cases: readonly Case[] };

const contentOf = (stored: Stored): Content => {
  if ("link" in stored) return stored;
  return "text" in stored ? stored.text : Buffer.from(stored.base64, "base64");
};
const treeOf = (files: Case["files"] = {}): Tree =>
  Object.fromEntries(Object.entries(files).map(([path, each]) => [path, contentOf(each)]));
const hasLinks = ({ files }: Case) => Object.values(files).some((each) => "link" in each);

describe("CLI-077: a golden package", () => {
  it("exists in several variants", () => expect(cases.length).toBe(7));

  it.each(cases.filter((each) => isLinux || !hasLinks(each)))(
    "of $name has its hash",
    async ({ files, leftOut, hash }) => {
      verifies("package:records", "package:order", "package:left-out", "package:bundled");
      expect(await hashOf(treeOf(files))).toBe(hash);
      expect(await hashOf({ ...treeOf(files), ...treeOf(leftOut) })).toBe(hash);
    },
  );

  it("is in the specification with its records", () => {
    const page = readFileSync(new URL("../../../spec/package-hash.md", import.meta.url), "utf8");
    expect(page).toContain(`\n${cases[0]?.hash}\n`);
  });
});
