/** The test kit without fast-check installed, on a copy of dist: `npm test` builds first. */
// Only in test:all: it installs copies of the package.
import { execFile } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };

const repository = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);
let folder: string;

/** Creates an application with the package and its dependencies, but no peers. */
beforeAll(() => {
  if (!existsSync(join(repository, "dist/index.js")))
    throw new Error("dist is missing: run `npm run build` first.");
  folder = mkdtempSync(join(tmpdir(), "without-fast-check-"));
  const modules = join(folder, "node_modules");
  for (const name of Object.keys(manifest.dependencies)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(repository, "node_modules", name), join(modules, name));
  }
  cpSync(join(repository, "dist"), join(modules, "glassine/dist"), { recursive: true });
  cpSync(join(repository, "package.json"), join(modules, "glassine/package.json"));
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }), 120_000);

async function printed(program: string): Promise<unknown> {
  const path = join(folder, "program.mjs");
  writeFileSync(path, program);
  const { stdout } = await run(process.execPath, [path]);
  return JSON.parse(stdout);
}

describe("glassine/testing without fast-check", () => {
  it("makes managers and packages, and has the hostile values", async () => {
    const found = await printed(`import { definePlugin, deny } from "glassine";
import { hostileValues, installFixturePackage, Watch, withPlugins } from "glassine/testing";
const guard = definePlugin({ name: "guard", version: "1.0.0", hooks: { tool_pre_invoke: (_) => deny("no") } });
const { violation } = await withPlugins([guard], (manager) => manager.invoke("tool_pre_invoke", { name: "rm", args: {} }));
const { path, remove } = await installFixturePackage({ name: "guard", version: "1.0.0", files: {} });
await remove();
const getter = hostileValues().find(({ name }) => name === "getter");
console.log(JSON.stringify([violation.reason, path.endsWith("guard"), typeof getter.make(new Watch())]));`);
    expect(found).toEqual(["no", true, "object"]);
  });

  it.each([
    ["arbitrariesFor", "arbitrariesFor(glassine)"],
    ["slotLaws", "slotLaws()"],
    ["adapterLaws", "adapterLaws({}, {})"],
    [
      "pluginLaws",
      'pluginLaws({ plugin: glassine.definePlugin({ name: "aaa", version: "1.0.0" }) })',
    ],
  ])("%s says what to install", async (name, call) => {
    const found = await printed(`import * as glassine from "glassine";
import * as testing from "glassine/testing";
const { ${name} } = testing;
try { ${call}; } catch ({ code, message }) { console.log(JSON.stringify([code, message])); }`);
    expect(found).toEqual([
      "setting_invalid",
      `${name} uses the package fast-check, which is not installed. Run \`npm install --save-dev fast-check@4\`.`,
    ]);
  });
});
