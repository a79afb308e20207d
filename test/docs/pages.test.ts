import { existsSync, readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { guardErrorCodes } from "glassine/mcp";
import { describe, expect, it } from "vitest";
import { modes } from "../../src/core/hooks/index.ts";
import { allCommands } from "../../tools/scripts/all-commands.ts";
import { allRooms } from "../structure/check-rooms.ts";
import { plan } from "../structure/rooms.ts";
import { codeIn, readTable } from "./support/markdown.ts";
import { readContributorPages, readPage, readPages, root } from "./support/pages.ts";

const pages = readPages();
const contributorPages = readContributorPages();
const readme = readPage("README.md");
const { version, scripts, peerDependencies } = JSON.parse(
  readFileSync(`${root}package.json`, "utf8"),
) as {
  readonly version: string;
  readonly scripts: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
};
/** The file that `npm pack` creates, as seen from a folder next to the clone. */
const tarball = `../glassine/glassine-${version}.tgz`;

describe("links", () => {
  it.each([...pages, ...contributorPages])(
    "of $path lead somewhere",
    ({ path, links, anchors }) => {
      const broken = links.filter(({ target }) => {
        if (/^https?:/.test(target)) return false;
        const [file = "", anchor] = target.split("#");
        const to = file === "" ? path : posix.join(posix.dirname(path), file);
        if (!existsSync(root + to)) return true;
        if (anchor === undefined) return false;
        return !(to === path ? anchors : readPage(to).anchors).includes(anchor);
      });
      expect(broken).toEqual([]);
    },
  );

  it("of docs/README.md name every page of docs/", () => {
    const linked = (path: string) =>
      readPage(path).links.map(({ target }) => posix.join(posix.dirname(path), target));
    const others = pages
      .map(({ path }) => path)
      .filter((path) => path.startsWith("docs/") && path !== "docs/README.md");
    expect(linked("docs/README.md")).toEqual(expect.arrayContaining(others));
    expect(linked("README.md")).toContain("docs/README.md");
  });

  it("of spec/README.md name every file of spec/", () => {
    const linked = readPage("spec/README.md").links.map(({ target }) => target);
    const files = readdirSync(`${root}spec`).filter((name) => name.includes("."));
    const others = files.filter((name) => name !== "README.md");
    expect(linked).toEqual(expect.arrayContaining(others));
  });
});

describe("paths in the pages for contributors", () => {
  it.each(contributorPages)("of $path exist", ({ text }) => {
    const paths = [
      ...text.matchAll(/`((?:src|test|docs|spec|tools|examples)(?:\/[\w./-]+)?)\/?`/g),
    ];
    expect(paths.map(([, path = ""]) => path).filter((path) => !existsSync(root + path))).toEqual(
      [],
    );
  });

  it("name the rooms of core in the order of the ladder", () => {
    const { text } = readPage("ARCHITECTURE.md");
    const ladder = text.split("\n").find((line) => line.startsWith("`errors` →")) ?? "";
    expect(codeIn(ladder)).toEqual(plan.wings.core?.rooms);
  });

  it("name every room", () => {
    const { text } = readPage("ARCHITECTURE.md");
    const rooms = allRooms(plan).filter((room) => !room.startsWith("core/"));
    expect(rooms.filter((room) => !text.includes(`\`src/${room}\``))).toEqual([]);
  });

  it("name every command in the table of the command line", () => {
    const rows = readPage("spec/command-line.md").text.split("\n");
    const named = rows.filter((row) => row.startsWith("|")).flatMap((row) => codeIn(row));
    const paths = allCommands.map(({ path }) => path.join(" "));
    const missing = paths.filter(
      (path) => !named.some((text) => text === path || text.startsWith(`${path} `)),
    );
    expect(missing).toEqual([]);
  });

  it("name scripts that package.json has", () => {
    const named = contributorPages.flatMap(({ text }) => [...text.matchAll(/npm run ([\w:]+)/g)]);
    expect(named.map(([, name = ""]) => name).filter((name) => !(name in scripts))).toEqual([]);
  });
});

describe("docs/README.md", () => {
  it("says what each optional package is needed for", () => {
    const rows = readTable(readPage("docs/README.md").text, "Package");
    expect(rows.flatMap(([names]) => codeIn(names)).sort()).toEqual(
      Object.keys(peerDependencies).sort(),
    );
  });
});

describe("docs/start.md", () => {
  it("installs the package that the README builds", () => {
    const commands = readPage("docs/start.md").fences.flatMap(({ text }) => text.split("\n"));
    expect(commands).toContain(`npm install ${tarball}`);
    expect(commands).toContain("npm ci && npm run build && npm pack");
  });
});

it.each(["docs/gateway.md", "docs/envoy.md"])(
  "%s installs the package that the README builds",
  (path) => {
    const commands = readPage(path).fences.flatMap(({ text }) => text.split("\n"));
    expect(commands.join("\n")).toContain(`npm install ${tarball}`);
  },
);

describe("the README", () => {
  it("has commands that work in a clone", () => {
    const commands = readme.fences.filter(({ info }) => info === "sh").map(({ text }) => text);
    expect(commands).toEqual([
      "npm ci && npm start",
      "npm ci && npm test",
      "npm ci && npm run build && npm pack",
      `npm install ${tarball}`,
    ]);
  });
});

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
