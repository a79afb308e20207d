// A process of its own: it starts a thread that swaps files while packages are imported.
// Only in test:all: it copies packages many times.
/** What runs is what was hashed, and no code runs from a package that a gate refuses. */
import { mkdir, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, afterEach, describe, expect, it, vi } from "vitest";
import {
  loadStage,
  readDiscoverOptions,
  staticStage,
} from "../../../src/operate/discovery/index.ts";
import { attack } from "../../attacks/attack.ts";
import {
  codesOf,
  discover,
  install,
  newRoot,
  publisher,
  ran,
  source,
  trust,
  unsigned,
} from "../../discovery/support.ts";
import { verifies } from "../../support/verifies.ts";

// This file has its own temporary folder, because a test writes into it.
const usual = process.env.TMPDIR;
process.env.TMPDIR = await mkdtemp(join(tmpdir(), "glassine-copies-"));
afterAll(async () => {
  await rm(tmpdir(), { recursive: true });
  if (usual === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = usual;
});

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

/** What a module reports when it runs: the name of its source. */
const says = (what: string) => `(globalThis.testRan ??= []).push(${JSON.stringify(what)});\n`;
const heard = (): readonly string[] => {
  const of = globalThis as { testRan?: string[] };
  const ran = of.testRan ?? [];
  of.testRan = [];
  return ran;
};

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
          const options = await readDiscoverOptions({ root, env: unsigned, mode: "production" });
          await loadStage(options, await staticStage(options));
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

/** Adds fields to a package's package.json. */
async function asks(path: string, more: object): Promise<void> {
  const file = join(path, "package.json");
  const manifest = JSON.parse(await readFile(file, "utf8"));
  await writeFile(file, JSON.stringify({ ...manifest, ...more }));
}

async function packageAt(
  path: string,
  manifest: object,
  files: Readonly<Record<string, string>>,
): Promise<void> {
  const all = {
    ...files,
    "package.json": JSON.stringify({
      version: "1.0.0",
      type: "module",
      main: "index.js",
      ...manifest,
    }),
  };
  for (const [name, text] of Object.entries(all)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), text);
  }
}

attack(
  "A-267",
  "Bring in unsigned code: as a procedure, or behind another entry point of a package",
  "one gate for every kind: refused as `unsigned`, `signature_invalid` or `sibling_rejected`, and no module of the package is imported",
  () => {
    const procedure = (marker: string) =>
      `${source("unused", {}, marker)}export class Run { static id = "acme.run"; }\n`;

    it.each([
      ["that nobody signed", "unsigned", false],
      ["whose signature is invalid", "signature_invalid", true],
    ] as const)("as a procedure of a package %s", async (_, code, isSigned) => {
      verifies("discovery:signature-gate");
      const root = await newRoot();
      const marker = join(root, "ran");
      const { sign, env } = await publisher(root, "builder@example.com");
      const path = await install(root, "acme-run", {
        files: { "run.js": procedure(marker) },
        glassine: { procedures: { "acme.run": "./run.js:Run" } },
        ...(isSigned ? { sign } : {}),
      });
      if (isSigned) await writeFile(join(path, "late.js"), "");
      expect(codesOf(await discover(root, { env }))).toEqual([`acme.run: ${code}`]);
      expect([ran(marker), around.imported]).toEqual([false, []]);
    });

    it.each([
      ["a file that is not there", { "acme.run": "./none.js:Run" }, "invalid_entry_point"],
      ["the id of another package", { "acme.taken": "./run.js:Run" }, "duplicate_id"],
    ])("behind an entry point next to %s", async (_, procedures, code) => {
      verifies("discovery:whole-packages");
      const root = await newRoot();
      const marker = join(root, "ran");
      const { sign, env } = await publisher(root, "builder@example.com");
      const glassine = { plugin: "./plugin.js", procedures };
      const files = { "plugin.js": source("guard", {}, marker), "run.js": procedure(marker) };
      await install(root, "guard", { files, glassine, sign });
      await install(root, "other", {
        files: { "run.js": procedure(marker) },
        glassine: { procedures: { "acme.taken": "./run.js:Run" } },
      });
      expect(codesOf(await discover(root, { env }))).toContain("guard: sibling_rejected");
      expect(codesOf(await discover(root, { env })).join()).toContain(code);
      expect([ran(marker), around.imported]).toEqual([false, []]);
    });

    it("behind an untrusted entry point, next to a trusted one", async () => {
      const root = await newRoot();
      const marker = join(root, "ran");
      const plugins = { guard: "./plugin.js", second: "./second.js" };
      const files = {
        "plugin.js": source("guard", {}, marker),
        "second.js": source("second", {}, marker),
      };
      const path = await install(root, "guard", { files, glassine: { plugins } });
      await trust(root, path, "guard");
      const discovery = await discover(root, { mode: "production" });
      expect(codesOf(discovery)).toEqual(["guard: sibling_rejected", "second: missing_from_lock"]);
      expect([ran(marker), around.imported]).toEqual([false, []]);
    });

    it("as a procedure with signatures disabled: causes a warning", async () => {
      verifies("discovery:unsigned-warning");
      const root = await newRoot();
      await install(root, "acme-run", {
        files: {
          "run.js": `export class Run {
            static id = "acme.run"; static name = "Run"; static version = "1.0.0";
            static configModel = { parse: (value) => value }; static requiredCapabilities = [];
            async preflight() {} async run() {}
          }`,
        },
        glassine: { procedures: { "acme.run": "./run.js:Run" } },
      });
      const { createPluginManager } = await import("glassine");
      const discovered = await discover(root);
      const lines: string[] = [];
      const logger = { warn: (text: string) => lines.push(text) };
      await (await createPluginManager({ plugins: [], discovered, env: {}, logger })).close();
      expect(discovered.others.map(({ id }) => id)).toEqual(["acme.run"]);
      expect(lines).toContain(
        "SECURITY WARNING: unsigned plugin 'acme.run' loaded because GLASSINE_PLUGIN_SIGNING_REQUIRED=false; do not use this setting in production",
      );
    });
  },
);

attack(
  "A-268",
  "Remove a trusted guard, so that a host starts without it",
  "a production host does not start: `missing_from_install`",
  () => {
    it("with the folder of its package", async () => {
      const root = await newRoot();
      const path = await install(root, "guard");
      await trust(root, path, "guard");
      await rename(path, join(root, "away"));
      const discovery = await discover(root, { mode: "production" });
      expect(codesOf(discovery)).toEqual(["guard: missing_from_install"]);
    });
  },
);

attack(
  "A-269",
  "Have a trusted plugin load unhashed code: by an undeclared name, a path out of the package, `imports` in package.json, or a folder above the copies",
  "names resolve to copies of hashed files and to what the host provides, relative paths into the copy: all else is refused as `import_failed`, `copy_failed` or `invalid_entry_point`",
  () => {
    it.each<readonly [string, string, object]>([
      ["an undeclared name", 'import "evil";', {}],
      [
        "an undeclared name that is required",
        'import { createRequire } from "node:module"; createRequire(import.meta.url)("evil");',
        {},
      ],
      ["a relative path out of the package", 'import "../evil/index.js";', {}],
      ["an import map to a name", 'import "#evil";', { imports: { "#evil": "evil" } }],
      [
        "an import map out of the package",
        'import "#evil";',
        { imports: { "#evil": "./../evil/index.js" } },
      ],
    ])("by %s", async (_, code, manifest) => {
      verifies("discovery:copy-names");
      const root = await newRoot();
      await packageAt(
        join(root, "node_modules/evil"),
        { name: "evil" },
        { "index.js": says("evil") },
      );
      const path = await install(root, "guard", { code: `${code}\n${source("guard")}` });
      await asks(path, manifest);
      await trust(root, path, "guard");
      heard();
      const discovery = await discover(root, { mode: "production" });
      expect(codesOf(discovery)).toEqual(["guard: import_failed"]);
      expect(heard()).toEqual([]);
    });

    it("by a folder above the copies", async () => {
      verifies("discovery:nothing-above");
      const root = await newRoot();
      const path = await install(root, "guard", { code: `import "evil";\n${source("guard")}` });
      await trust(root, path, "guard");
      const above = join(tmpdir(), "node_modules");
      await packageAt(join(above, "evil"), { name: "evil" }, { "index.js": says("evil") });
      heard();
      try {
        const discovery = await discover(root, { mode: "production" });
        expect(codesOf(discovery)).toEqual(["guard: copy_failed"]);
        expect(discovery.rejected[0]?.reason).toContain(`${above} lies above`);
      } finally {
        await rm(above, { recursive: true });
      }
      expect(heard()).toEqual([]);
    });

    it("by a link that was put into the package after it was hashed", async () => {
      const root = await newRoot();
      const path = await install(root, "guard", {
        files: { "plugin.js": source("guard"), "lib.js": "" },
      });
      await trust(root, path, "guard");
      const options = await readDiscoverOptions({ root, env: unsigned, mode: "production" });
      const report = await staticStage(options);
      await writeFile(join(root, "evil.js"), says("evil"));
      await rm(join(path, "lib.js"));
      await symlink(join(root, "evil.js"), join(path, "lib.js"));
      heard();
      const { loaded, refused } = await loadStage(options, report);
      expect([loaded, refused]).toMatchObject([[], [{ code: "hash_mismatch" }]]);
      expect(heard()).toEqual([]);
    });
  },
);

describe("a copy of a package", () => {
  it("resolves dependencies, bundled packages, peers and host like the original", async () => {
    verifies("discovery:copy-names");
    const root = await newRoot();
    const at = (path: string) => join(root, "node_modules", path);
    const path = await install(root, "guard", {
      files: {
        "plugin.js": `import { createRequire } from "node:module";
import dep from "@acme/dep";
import bundled from "bundled";
import peer from "peer";
import { definePlugin } from "glassine";
const host = typeof definePlugin;
import self from "guard/self";
const required = createRequire(import.meta.url)("@acme/dep/required.cjs");
globalThis.testFound = { dep, bundled, peer, host, self, required, url: import.meta.url };
${source("guard")}`,
        "self.js": 'export default "self";',
      },
    });
    await asks(path, {
      exports: { ".": "./plugin.js", "./self": "./self.js" },
      dependencies: { "@acme/dep": "1.0.0", bundled: "1.0.0" },
      bundleDependencies: ["bundled"],
      peerDependencies: { peer: "1.0.0" },
    });
    const shared = (of: string) =>
      `import shared from "shared";\nexport default "${of} " + shared;`;
    await packageAt(
      at("@acme/dep"),
      { name: "@acme/dep", dependencies: { shared: "1" } },
      {
        "index.js": shared("dep"),
        "required.cjs": 'module.exports = "required";',
      },
    );
    await packageAt(at("shared"), { name: "shared" }, { "index.js": 'export default "1";' });
    await packageAt(
      join(path, "node_modules/bundled"),
      { name: "bundled", dependencies: { shared: "2" } },
      {
        "index.js": shared("bundled"),
      },
    );
    await packageAt(
      join(path, "node_modules/shared"),
      { name: "shared", version: "2.0.0" },
      {
        "index.js": 'export default "2";',
      },
    );
    const marked = (of: string) =>
      `globalThis.testOwn ??= {};\nexport default globalThis.testOwn.${of} ??= {};`;
    await packageAt(at("peer"), { name: "peer" }, { "index.js": marked("peer") });
    const discovery = await discover(root);
    expect(discovery.rejected).toEqual([]);
    const { testFound: found } = globalThis as { testFound?: Record<string, unknown> };
    expect(found).toMatchObject({
      dep: "dep 1",
      bundled: "bundled 2",
      required: "required",
      host: "function",
      self: "self",
      url: expect.stringContaining("glassine-plugins-"),
    });
    // The peer is the host's own module, and not a copy.
    const own = await import(join(at("peer"), "index.js"));
    expect(found?.peer).toBe(own.default);
    expect(found?.peer).toBe((globalThis as { testOwn?: { peer: object } }).testOwn?.peer);
  });
});
