import { existsSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { guardErrorCodes } from "glassine/mcp";
import { describe, expect, it } from "vitest";
import { modes } from "../../src/core/hooks/index.ts";
import { type SlotSpec, standardSlots } from "../../src/core/slots/index.ts";
import { codeIn, readTable } from "./support/markdown.ts";
import { readPage, readPages, root } from "./support/pages.ts";

const pages = readPages();
const readme = readPage("README.md");
const { version } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { version: string };
/** What `npm pack` makes, from a folder beside the clone. */
const tarball = `../glassine/glassine-${version}.tgz`;

describe("links", () => {
  it.each(pages)("of $path lead somewhere", ({ path, links, anchors }) => {
    const broken = links.filter(({ target }) => {
      if (/^https?:/.test(target)) return false;
      const [file = "", anchor] = target.split("#");
      const to = file === "" ? path : posix.join(posix.dirname(path), file);
      if (!existsSync(root + to)) return true;
      if (anchor === undefined) return false;
      return !(to === path ? anchors : readPage(to).anchors).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it("of docs/README.md and of the README name every page of docs/", () => {
    const linked = (path: string) =>
      readPage(path).links.map(({ target }) => posix.join(posix.dirname(path), target));
    const docs = pages.map(({ path }) => path).filter((path) => path !== "README.md");
    const others = docs.filter((path) => path !== "docs/README.md");
    expect(linked("docs/README.md")).toEqual(expect.arrayContaining(others));
    expect(linked("README.md")).toEqual(expect.arrayContaining(others));
  });
});

describe("docs/start.md", () => {
  it("installs the package that the README makes", () => {
    const commands = readPage("docs/start.md").fences.flatMap(({ text }) => text.split("\n"));
    expect(commands).toContain(`npm install ${tarball}`);
    expect(commands).toContain("npm ci && npm run build && npm pack");
  });
});

describe("the README", () => {
  it("has the commands that work in a clone", () => {
    const commands = readme.fences.filter(({ info }) => info === "sh").map(({ text }) => text);
    expect(commands).toEqual([
      "npm ci && npm run build && npm pack",
      `npm install ${tarball}`,
      "npm ci && npm start",
      "npm ci && npm test",
    ]);
  });

  it("has the slot table", () => {
    const rows = readTable(readme.text, "Slot").flatMap(([slots, tier, see, change]) =>
      codeIn(slots).map((path) => ({ path, tier, see, change })),
    );
    const parts = Object.entries(standardSlots).flatMap(([name, spec]) => partsOf(name, spec));
    const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1);
    expect(rows.sort(byPath)).toEqual(parts.sort(byPath));
  });
});

type Spec = Partial<SlotSpec>;

interface Part {
  readonly path: string;
  readonly tier: string | undefined;
  readonly see: string;
  readonly change: string;
}

/** A slot, and each field that says something of its own; the rest it has from what it is in. */
function partsOf(path: string, spec: Spec, outer: Spec = {}): readonly Part[] {
  const own = { ...outer, ...spec };
  const change = own.tier === "immutable" ? "never" : nameOr(own.write);
  const fields = Object.entries(spec.fields ?? {}).flatMap(([field, inner]) =>
    partsOf(`${path}.${field}`, inner, own),
  );
  return [{ path, tier: own.tier, see: nameOr(own.read), change }, ...fields];
}

function nameOr(capability: string | undefined): string {
  return capability === undefined || capability === "everyone" ? "nothing" : `\`${capability}\``;
}

describe("docs/lifecycle.md", () => {
  it("has the modes, and what each may do", () => {
    const rows = readTable(readPage("docs/lifecycle.md").text, "Mode");
    const yes = (may: boolean) => (may ? "yes" : "no");
    expect(rows.map(([mode, halt, modify]) => [codeIn(mode)[0], halt, modify])).toEqual(
      Object.entries(modes).map(([mode, { mayHalt, mayModify }]) => [
        mode,
        yes(mayHalt),
        mode === "concurrent" ? "labels and hops" : yes(mayModify),
      ]),
    );
  });
});

describe("docs/mcp.md", () => {
  it("has the codes of a guard's answers", () => {
    const rows = readTable(readPage("docs/mcp.md").text, "Code");
    expect(rows.map(([code, name]) => [codeIn(name)[0], Number(codeIn(code)[0])])).toEqual(
      Object.entries(guardErrorCodes),
    );
  });
});
