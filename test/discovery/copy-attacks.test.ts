// A process of its own: it has a temporary folder of its own.
// Only in test:all: it copies packages many times.
/** No code runs from a package that a gate refuses, nor from outside of what was hashed. */
import { mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { attack } from "../attacks/attack.ts";
import { verifies } from "../support/verifies.ts";
import { asks, heard, packageAt, says } from "./copies.ts";
import { codesOf, discover, install, newRoot, publisher, ran, source, trust } from "./support.ts";

// This file has its own temporary folder, because a test writes into it.
const usual = process.env.TMPDIR;
process.env.TMPDIR = await mkdtemp(join(tmpdir(), "glassine-copies-"));
afterAll(async () => {
  await rm(tmpdir(), { recursive: true });
  if (usual === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = usual;
});

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
      expect(ran(marker)).toBe(false);
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
      expect(ran(marker)).toBe(false);
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
      expect(ran(marker)).toBe(false);
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
      const verify = async () => {
        await writeFile(join(root, "evil.js"), says("evil"));
        await rm(join(path, "lib.js"));
        await symlink(join(root, "evil.js"), join(path, "lib.js"));
        return { kind: "unsigned" } as const;
      };
      heard();
      const verifiers = [{ name: "late", verify }];
      const discovery = await discover(root, { mode: "production", verifiers });
      expect(codesOf(discovery)).toEqual(["guard: hash_mismatch"]);
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
