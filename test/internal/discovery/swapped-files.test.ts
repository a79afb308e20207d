// A process of its own: it starts a thread that swaps files while packages are imported.
// Only in test:all: it copies packages many times.
/** What runs is what was hashed: files that are swapped between the copy and the import. */
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, expect, it, vi } from "vitest";
import { attack } from "../../attacks/attack.ts";
import { asks, heard, packageAt, says } from "../../discovery/copies.ts";
import { codesOf, discover, install, newRoot, source, trust } from "../../discovery/support.ts";
import { verifies } from "../../support/verifies.ts";

/** Actions at the original's path right before and after a module is imported. */
const around = vi.hoisted(() => ({
  before: async () => {},
  after: async () => {},
  imported: [] as string[],
}));

vi.mock("../../../src/operate/discovery/import-module.ts", async (original) => {
  const { importModule } =
    await original<typeof import("../../../src/operate/discovery/import-module.ts")>();
  return {
    importModule: async (file: string) => {
      around.imported.push(file);
      await around.before();
      try {
        return await importModule(file);
      } finally {
        await around.after();
      }
    },
  };
});

afterEach(() => {
  around.before = async () => {};
  around.after = async () => {};
  around.imported.length = 0;
});

/** A plugin with a file of each kind that Node loads, some of them lazily. */
const plugin = (name: string) => ({
  "plugin.js": `import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import "./lib/module.js";
const require = createRequire(import.meta.url);
require("./lib/common.cjs");
${says("plugin")}
globalThis.testRan.push(require("./lib/data.json").says);
globalThis.testLater = async () => {
  await import("./lib/later.js");
  require("./lib/later.cjs");
  globalThis.testRan.push(await readFile(new URL("./lib/read.txt", import.meta.url), "utf8"));
};
${source(name)}`,
  "lib/module.js": says("module"),
  "lib/common.cjs": says("common"),
  "lib/data.json": '{ "says": "data" }',
  "lib/later.js": says("later"),
  "lib/later.cjs": says("later common"),
  "lib/read.txt": "read",
});
const honest = ["module", "common", "plugin", "data", "later", "later common", "read"];

attack(
  "A-266",
  "Swap a package's file after its last hash, and swap it back before anybody looks",
  "what runs is a copy that only the host's user can write to, hashed while it was made: none of the swapped file runs",
  () => {
    it.each(Object.keys(plugin("guard")))("%s", async (file) => {
      verifies("discovery:copy");
      const root = await newRoot();
      const path = await install(root, "guard", { files: plugin("guard") });
      await trust(root, path, "guard");
      const at = join(path, file);
      const first = await readFile(at, "utf8");
      const other = file.endsWith(".json") ? '{ "says": "other" }' : `${says("other")}${first}`;
      around.before = () => writeFile(at, other);
      around.after = () => writeFile(at, first);
      heard();
      const { plugins, rejected } = await discover(root, { mode: "production" });
      expect([plugins.map(({ name }) => name), rejected]).toEqual([["guard"], []]);
      // Later imports come from the same copy, whatever the package contains by then.
      await writeFile(at, other);
      await (globalThis as { testLater?: () => Promise<void> }).testLater?.();
      expect(heard()).toEqual(honest);
    });

    it("alternating with the first one, in another thread, while it is checked and loaded", async () => {
      const root = await newRoot();
      const path = await install(root, "guard", { files: plugin("guard") });
      await trust(root, path, "guard");
      const file = join(path, "plugin.js");
      const first = await readFile(file, "utf8");
      await writeFile(join(root, "first"), first);
      await writeFile(join(root, "other"), `${says("other")}${first}`);
      const worker = new Worker(
        `const { copyFileSync, renameSync } = require("node:fs");
        const { workerData: { root, file } } = require("node:worker_threads");
        for (let at = 0; ; at++) {
          copyFileSync(root + (at % 2 === 0 ? "/other" : "/first"), root + "/next");
          renameSync(root + "/next", file);
        }`,
        { eval: true, workerData: { root, file } },
      );
      heard();
      try {
        for (let round = 0; round < 20; round++) {
          await discover(root, { mode: "production" });
        }
      } finally {
        await worker.terminate();
      }
      expect(heard()).not.toContain("other");
    });

    it("of a package that the plugin depends on", async () => {
      verifies("discovery:copy");
      const root = await newRoot();
      const path = await install(root, "guard", {
        files: { "plugin.js": `import "dep";\n${source("guard")}` },
      });
      const dep = join(root, "node_modules/dep");
      await packageAt(
        dep,
        { name: "dep", dependencies: { below: "1.0.0" } },
        {
          "index.js": `import "below";\n${says("dep")}`,
        },
      );
      const below = join(dep, "node_modules/below");
      await packageAt(below, { name: "below" }, { "index.js": says("below") });
      await asks(path, { dependencies: { dep: "1.0.0" } });
      heard();
      around.before = async () => {
        await writeFile(join(dep, "index.js"), says("other"));
        await writeFile(join(below, "index.js"), says("other"));
      };
      expect(codesOf(await discover(root))).toEqual([]);
      expect(heard()).toEqual(["below", "dep"]);
    });

    it("in a folder that others may not enter", async () => {
      const root = await newRoot();
      await install(root, "guard");
      await discover(root);
      const [file = ""] = around.imported;
      const folder = /^(.*glassine-plugins-[^/\\]+)/.exec(file)?.[1] ?? "";
      expect(file).not.toContain(root);
      expect((await stat(folder)).mode & 0o777).toBe(0o700);
    });
  },
);
