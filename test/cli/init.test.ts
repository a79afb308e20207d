/** What `glassine init` writes, and what it refuses. The end-to-end test runs what it wrote. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { ofGateway } from "../../tools/scripts/all-commands.ts";
import { folderWith } from "../support/folder.ts";
import { verifies } from "../support/verifies.ts";
import { run, runJson } from "./support/run.ts";

const { version } = JSON.parse(await readFile("package.json", "utf8"));
const init = (cwd: string, folder: string) => run(["init", folder], { cwd, further: ofGateway });

it("writes a package, a plugin and its test into a new folder", async () => {
  verifies("cli:init");
  const cwd = await folderWith();
  const folder = join(cwd, "glassine-plugin-mail-guard");
  expect(await init(cwd, "glassine-plugin-mail-guard")).toEqual({
    code: 0,
    stderr: "",
    stdout: `written: ${folder} (package.json, plugin.js, plugin.test.js)

What to do next, in that folder:
  npm install
  npm test
  npx glassine gateway --plugin ./plugin.js -- npx @modelcontextprotocol/server-everything stdio
`,
  });
  const text = await readFile(join(folder, "package.json"), "utf8");
  expect(JSON.parse(text)).toEqual({
    name: "glassine-plugin-mail-guard",
    version: "0.1.0",
    type: "module",
    files: ["plugin.js"],
    keywords: ["glassine-plugin"],
    scripts: { test: "node --test" },
    peerDependencies: { glassine: `^${version}` },
    devDependencies: { glassine: `^${version}` },
    publishConfig: { provenance: true },
    glassine: {
      plugin: "./plugin.js",
      id: "mail-guard",
      capabilities: ["append_labels", "read_roles"],
      hooks: ["cmf.tool_pre_invoke"],
    },
  });
  const plugin = await readFile(join(folder, "plugin.js"), "utf8");
  expect(plugin).toContain('\n    name: "mail-guard",\n    version: "0.1.0",');
});

it("gives the package of any other folder the usual name", async () => {
  verifies("cli:init");
  const cwd = await folderWith();
  await mkdir(join(cwd, "guard", ".git"), { recursive: true });
  const { document } = await runJson(["init", "guard"], { cwd, further: ofGateway });
  expect(document).toMatchObject({
    action: "init",
    folder: join(cwd, "guard"),
    id: "guard",
    package: "glassine-plugin-guard",
    next: ["npm install", "npm test", expect.stringMatching(/^npx glassine gateway /)],
  });
  expect((await readdir(join(cwd, "guard"))).sort()).toEqual([".git", ...document.files]);
});

it.each([
  [".", "is not empty: it has \\u{1b}[2J. Nothing was written: choose a new or an empty folder"],
  ["file-there", "ENOTDIR: not a directory"],
  ["nowhere/guard", "nowhere/guard cannot be created (ENOENT): create the folder above it first"],
  ["Guard", "would make 'Guard' the plugin's name: name must match "],
  ["glassine-plugin-x", "would make 'x' the plugin's name: name must match "],
  ["core", "would make 'core' the plugin's name: plugin name 'core' is reserved"],
  ["/", "would make '' the plugin's name: name must match "],
])("refuses %s and writes nothing", async (folder, reason) => {
  verifies("cli:init-refused");
  const cwd = await folderWith();
  const guard = join(cwd, "guard");
  await mkdir(guard);
  const names = ["\u001b[2J", "file-there"];
  for (const name of names) await writeFile(join(guard, name), "mine");
  const { code, stdout, stderr } = await init(guard, folder);
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(/^init: [^\n]*\n$/);
  expect(stderr).toContain(reason);
  expect((await readdir(guard)).sort()).toEqual(names);
});

it("says that files may be there if one cannot be written", async () => {
  verifies("cli:init-refused");
  let parent = await folderWith();
  // The path of the folder is as long as the system allows, those of its files are longer.
  while (parent.length < 4000)
    parent = join(parent, "x".repeat(Math.min(200, 4074 - parent.length)));
  await mkdir(parent, { recursive: true });
  const { code, stderr } = await init(parent, "x".repeat(4090 - parent.length - 1));
  expect(code).toBe(2);
  expect(stderr).toContain(
    "package.json cannot be written: ENAMETOOLONG. Files before it may be there: empty the folder, and try again",
  );
});
