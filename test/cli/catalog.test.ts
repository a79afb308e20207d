/** The catalogue, and the commands that print from it. */

import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryNode } from "glassine/memory-node";
import { createCommand } from "glassine/node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { folderWith } from "../support/folder.ts";
import { verifies } from "../support/verifies.ts";
import { catalogPath, fixtures, glassine, linesOf, run, runJson } from "./support/run.ts";

const ofCatalog = ["--catalog", catalogPath];
const rows = JSON.parse(await readFile(catalogPath, "utf8"));

const tenantBlock = `stigmem-plugin-multi-tenant - Opt-in tenant scoping and default-tenant collapse.
  install: npm install 'stigmem-plugin-multi-tenant@>=0.1.0 <2.0.0'
  enable: export STIGMEM_MULTI_TENANT_ENABLED=1
`;

describe("plugins search", () => {
  it.each(["tenant", "TENANT", " multi-TENANT "])("CLI-060: %j finds the block", async (query) => {
    verifies("cli:search", "cli:catalog");
    const ended = await run(["plugins", "search", query, ...ofCatalog]);
    expect(ended).toEqual({ code: 0, stdout: tenantBlock, stderr: "" });
  });

  it("CLI-060: no match is a line and exit 0", async () => {
    verifies("cli:search");
    const ended = await run(["plugins", "search", "zzz", ...ofCatalog]);
    expect(ended).toEqual({ code: 0, stdout: "No catalog matches for 'zzz'.\n", stderr: "" });
    const { document } = await runJson(["plugins", "search", "zzz", ...ofCatalog]);
    expect(document).toEqual([]);
    const host = { catalogUrl: "https://plugins.example.com" };
    const { stdout } = await run(["plugins", "search", "zzz", ...ofCatalog], { host });
    expect(stdout).toBe("No catalog matches for 'zzz'. See https://plugins.example.com.\n");
  });

  it("CLI-060: an empty query is a usage error", async () => {
    const { code, stdout } = await run(["plugins", "search", "", ...ofCatalog]);
    expect([code, stdout]).toEqual([2, ""]);
  });

  it("CLI-069: 'plugin' lists each of the eleven once, in the order of the catalogue", async () => {
    verifies("cli:search");
    const { stdout } = await run(["plugins", "search", "plugin", ...ofCatalog]);
    const heads = linesOf(stdout).filter((line) => !line.startsWith(" "));
    const names = rows.map((row: { package: string }) => row.package);
    expect(heads.map((line) => line.split(" - ")[0])).toEqual(names);
    expect(names).toHaveLength(11);
    const { document } = await runJson(["plugins", "search", "plugin", ...ofCatalog]);
    expect(document.map((row: { package: string }) => row.package)).toEqual(names);
  });

  it("says when no variable enables a plugin", async () => {
    const { stdout } = await run(["plugins", "search", "zep", ...ofCatalog]);
    expect(linesOf(stdout)[2]).toBe(
      "  enable: # no enable variable: stigmem-plugin-zep-adapter is enabled by the host application",
    );
  });

  it("notes a missing catalog", async () => {
    verifies("cli:catalog");
    const ended = await run(["plugins", "search", "tenant"]);
    expect(ended).toEqual({
      code: 0,
      stdout: "No catalog matches for 'tenant'.\n",
      stderr: "note: there is no catalog; give one with --catalog PATH\n",
    });
  });

  it("uses the catalog and the version range of the host", async () => {
    verifies("cli:own-names", "cli:catalog");
    const host = { catalog: rows, installRange: "^3" };
    const { stdout } = await run(["plugins", "search", "tenant"], { host });
    expect(stdout).toContain("  install: npm install 'stigmem-plugin-multi-tenant@^3'\n");
  });
});

describe("plugins enable and disable", () => {
  it("CLI-061: a slug and a package say the same", async () => {
    verifies("cli:enable", "cli:catalog-names", "cli:own-names");
    const host = { host: memoryNode };
    const names = ["multi-tenant", "stigmem-plugin-multi-tenant"];
    const ended = await Promise.all(
      names.map((name) => run(["plugins", "enable", name, ...ofCatalog], { host })),
    );
    expect(ended[0]).toEqual(ended[1]);
    expect(ended[0]).toEqual({
      code: 0,
      stderr:
        "note: production loads it once it is trusted: glassine plugins trust ID --reason TEXT\n",
      stdout: `npm install 'stigmem-plugin-multi-tenant@>=0.1.0 <2.0.0'
export STIGMEM_MULTI_TENANT_ENABLED=1
Restart the stigmem node after changing plugin packages or gates.
`,
    });
  });

  it("finds slugs and packages with and without the prefix of the host", async () => {
    verifies("cli:catalog-names");
    const entry = { slug: "stigmem-plugin-a", package: "bee", env_var: null, summary: "Both." };
    const host = { host: memoryNode, catalog: [entry] };
    for (const name of ["a", "stigmem-plugin-a", "bee", "stigmem-plugin-bee"])
      expect(await run(["plugins", "enable", name], { host })).toMatchObject({ code: 0 });
    for (const name of ["be", "stigmem-plugin-", "other-plugin-bee"])
      expect(await run(["plugins", "enable", name], { host })).toMatchObject({ code: 1 });
  });

  it.each([
    ["1.2.3", "npm install bee@1.2.3"],
    ["~1.2", "npm install 'bee@~1.2'"],
    ["1.x || >=2", "npm install 'bee@1.x || >=2'"],
  ])("quotes what is installed if a shell needs it: %s", async (installRange, line) => {
    verifies("cli:enable");
    const entry = { slug: "bee", package: "bee", env_var: null, summary: "Both." };
    const host = { installRange, catalog: [entry] };
    const { stdout } = await run(["plugins", "enable", "bee"], { host });
    expect(linesOf(stdout)[0]).toBe(line);
  });

  it("CLI-061: disable prints how to unset the variable", async () => {
    verifies("cli:enable");
    const { stdout } = await run(["plugins", "disable", "tombstones", ...ofCatalog]);
    expect(linesOf(stdout)).toEqual([
      "unset STIGMEM_TOMBSTONES_ENABLED",
      "Restart the glassine node after changing plugin gates.",
    ]);
  });

  it.each(["enable", "disable"])("CLI-061: an unknown name ends %s with 1", async (command) => {
    verifies("cli:enable");
    const argv = ["plugins", command, "nope", ...ofCatalog];
    const stderr = "error: unknown plugin: nope\n";
    expect(await run(argv)).toEqual({ code: 1, stdout: "", stderr });
    const { document } = await runJson(argv);
    expect(document).toEqual({
      error: { code: "plugin_unknown", message: "unknown plugin: nope" },
    });
  });

  it("CLI-061: nothing changes on disk or in the environment", async () => {
    verifies("cli:enable");
    const folder = await folderWith();
    const env = Object.freeze({ HOME: folder });
    const before = { ...process.env };
    for (const command of ["enable", "disable"])
      expect(
        (await run(["plugins", command, "zep-adapter", ...ofCatalog], { cwd: folder, env })).code,
      ).toBe(0);
    expect([await readdir(folder), process.env]).toEqual([[], before]);
  });

  it("say when no variable decides", async () => {
    const second =
      "# no enable variable: stigmem-plugin-zep-adapter is enabled by the host application";
    const enabled = await run(["plugins", "enable", "zep-adapter", ...ofCatalog]);
    expect(linesOf(enabled.stdout)[1]).toBe(second);
    const disabled = await run(["plugins", "disable", "zep-adapter", ...ofCatalog]);
    expect(linesOf(disabled.stdout)[0]).toBe(second);
  });

  it("print a document", async () => {
    const { document } = await runJson(["plugins", "enable", "tombstones", ...ofCatalog]);
    expect(document).toEqual({
      action: "enable",
      slug: "tombstones",
      package: "stigmem-plugin-tombstones",
      env_var: "STIGMEM_TOMBSTONES_ENABLED",
      commands: [
        "npm install 'stigmem-plugin-tombstones@>=0.1.0 <2.0.0'",
        "export STIGMEM_TOMBSTONES_ENABLED=1",
      ],
      note: "Restart the glassine node after changing plugin packages or gates.",
    });
    const { document: none } = await runJson(["plugins", "disable", "zep-adapter", ...ofCatalog]);
    expect(none.commands).toEqual([]);
  });
});

describe("a catalogue", () => {
  const good = { slug: "a", package: "a", env_var: "A", summary: "A." };
  const bad: readonly (readonly [string, unknown, string])[] = [
    ["is not an array", { plugins: [] }, "is not a list of plugins"],
    ["has a row that is not an object", [good, null], "row 2: not an object"],
    ["has an unknown field", [{ ...good, url: "x" }], "row 1: unknown field url"],
    ["lacks the slug", [{ ...good, slug: undefined }], "row 1: slug is not a name"],
    ["has a slug of blanks", [{ ...good, slug: "a b" }], "row 1: slug is not a name"],
    ["has no package", [{ ...good, package: "../x" }], "row 1: package is not the name"],
    ["has shell code as package", [{ ...good, package: "a;rm -rf ~" }], "row 1: package is not"],
    ["has shell code as variable", [{ ...good, env_var: "A=$(id)" }], "row 1: env_var is neither"],
    [
      "lacks the variable",
      [{ slug: "a", package: "a", summary: "A." }],
      "row 1: env_var is neither",
    ],
    ["has an empty summary", [{ ...good, summary: " " }], "row 1: summary is empty"],
    [
      "has a slug twice",
      [good, { ...good, package: "b" }],
      "row 2: slug or package is there twice",
    ],
    [
      "has a package twice",
      [good, { ...good, slug: "b" }],
      "row 2: slug or package is there twice",
    ],
  ];
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "catalog-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(bad)("is refused when it %s", async (_, catalog, message) => {
    verifies("cli:catalog-refused");
    const path = join(folder, "catalog.json");
    await writeFile(path, JSON.stringify(catalog));
    const { code, document } = await runJson(["plugins", "search", "a", "--catalog", path]);
    expect([code, document.error.code]).toEqual([2, "options_invalid"]);
    expect(document.error.message).toContain(message);
    expect(() => createCommand({ ...glassine, catalog: catalog as never })).toThrow(message);
  });

  it("is refused with inherited field names, as a file and from the host", async () => {
    const path = join(folder, "catalog.json");
    await writeFile(path, '[{"__proto__": {}}]');
    const { document } = await runJson(["plugins", "search", "a", "--catalog", path]);
    expect(document.error.message).toContain('it has the key "__proto__"');
    const catalog = JSON.parse('[{"__proto__": {}}]');
    expect(() => createCommand({ ...glassine, catalog })).toThrow("unknown field __proto__");
  });

  it.each([
    ["is not there", undefined, "does not exist."],
    ["is not JSON", "{", "cannot be used: it is not JSON"],
    [
      "says a key twice",
      '[{"slug":"a","slug":"b"}]',
      'cannot be used: it has the key "slug" twice',
    ],
    ["is too large", `["${"x".repeat(1024 * 1024)}"]`, "is larger than 1024 KiB."],
  ])("is refused when the file %s", async (_, text, message) => {
    verifies("cli:catalog-refused");
    const path = join(folder, "file.json");
    await (text === undefined ? rm(path, { force: true }) : writeFile(path, text));
    const { code, stdout, stderr } = await run(["plugins", "search", "a", "--catalog", path]);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(`The catalog ${path} ${message}`);
  });

  it("is refused when it is a folder", async () => {
    const { code, stderr } = await run(["plugins", "search", "a", "--catalog", fixtures]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("is not a regular file")]);
  });
});

describe("the names of a command", () => {
  it.each([
    ["bin", "Two words"],
    ["bin", "-x"],
    ["installRange", "1; rm"],
  ])("refuse %s as %j", (field, value) => {
    verifies("cli:own-names");
    const make = () => createCommand({ ...glassine, [field]: value });
    expect(make).toThrow(expect.objectContaining({ code: "options_invalid" }));
    expect(make).toThrow(field);
  });
});
