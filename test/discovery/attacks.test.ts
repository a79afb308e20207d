/** Installed packages that try to run before the check, or in place of what was checked. */
import { cp, mkdir, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createPluginManager } from "glassine";
import { describe, expect, it } from "vitest";
import { attack } from "../attacks/attack.ts";
import { commandServices, runJson } from "../cli/support/run.ts";
import { verifies } from "../support/verifies.ts";
import { codesOf, discover, install, newRoot, ran, source, trust, unsigned } from "./support.ts";

interface Listed {
  readonly loaded: readonly { readonly id: string }[];
  readonly rejected: readonly { readonly code: string }[];
}

/** What `plugins list` finds; it does not stop at a missing lock. */
async function listed(
  cwd: string,
  { argv = [], env = {} }: { readonly argv?: readonly string[]; readonly env?: object },
  ...more: readonly string[]
): Promise<Listed> {
  const options = { services: commandServices, cwd, env: { ...env } };
  return (await runJson(["plugins", "list", ...argv, ...more], options)).document;
}

attack(
  "A-209",
  "Run code before the check: at the top level of a module, or in scripts of package.json",
  "no module of a refused package is imported, and no package script ever runs",
  () => {
    /** A package that leaves a mark at every opportunity to run code. */
    async function eager(root: string, marker: string, more: object = {}) {
      const path = await install(root, "guard", {
        files: {
          "plugin.js": source("guard", {}, marker),
          "index.js": source("guard", {}, marker),
          "binding.gyp": "{}",
        },
        ...more,
      });
      const file = join(path, "package.json");
      const script = `node -e "require('fs').writeFileSync('${marker}.script', '')"`;
      const scripts = Object.fromEntries(
        ["preinstall", "install", "postinstall", "prepare", "prepublish", "start"].map((name) => [
          name,
          script,
        ]),
      );
      const manifest = { ...JSON.parse(await readFile(file, "utf8")), scripts, main: "./index.js" };
      await writeFile(file, JSON.stringify(manifest));
      return path;
    }

    it.each([
      ["unsigned", "unsigned", {}, undefined],
      [
        "never trusted",
        "missing_from_lock",
        { argv: ["--plugin-mode", "production"], env: unsigned },
        "version = 1\n",
      ],
      [
        "without a lockfile in the report",
        "lock_missing",
        { argv: ["--plugin-mode", "production"], env: unsigned },
        undefined,
      ],
    ] as const)("of one that is %s", async (_, code, given, lock) => {
      const root = await newRoot();
      const marker = join(root, "ran");
      await eager(root, marker);
      if (lock !== undefined) await writeFile(join(root, "plugins.lock"), lock);
      const { loaded, rejected } = await listed(root, given);
      expect([loaded, rejected.map((each) => each.code)]).toEqual([[], [code]]);
      expect([ran(marker), ran(`${marker}.script`)]).toEqual([false, false]);
    });

    it("of one that was changed since it was trusted", async () => {
      const root = await newRoot();
      const marker = join(root, "ran");
      const path = await eager(root, marker);
      await trust(root, path, "guard");
      await writeFile(join(path, "late.js"), "");
      const discovery = await discover(root, { mode: "production" });
      expect(codesOf(discovery)).toEqual(["guard: hash_mismatch"]);
      expect([ran(marker), ran(`${marker}.script`)]).toEqual([false, false]);
    });

    it("no script of a loaded one runs", async () => {
      const root = await newRoot();
      const marker = join(root, "ran");
      await eager(root, marker);
      expect((await discover(root)).plugins).toHaveLength(1);
      expect([ran(marker), ran(`${marker}.script`)]).toEqual([true, false]);
    });
  },
);

attack(
  "A-210",
  "Have one package hashed and another one loaded: an entry point elsewhere, or mismatched names",
  "refused as `invalid_entry_point`, `entry_point_mismatch`, `package_mismatch`, `id_mismatch` or `duplicate_id`",
  () => {
    it.each([
      "../other/plugin.js",
      "node_modules/other/plugin.js",
      "./lib/../../other/plugin.js",
      "other/plugin.js",
      "other",
      "file:../other/plugin.js",
      "./link.js",
      "./link/plugin.js",
    ])("by the entry point %s", async (plugin) => {
      const root = await newRoot();
      const marker = join(root, "ran");
      const code = source("guard", {}, marker);
      const other = await install(root, "other", {
        code,
        glassine: { plugins: { other: "./plugin.js" } },
      });
      const path = await install(root, "guard", {
        files: { "plugin.js": source("guard"), "node_modules/other/plugin.js": code },
        glassine: { plugin },
      });
      await symlink(join(other, "plugin.js"), join(path, "link.js"));
      await symlink(other, join(path, "link"));
      const { loaded, rejected } = await listed(root, { env: unsigned }, "--no-load");
      expect(loaded.map(({ id }) => id)).toEqual(["other"]);
      expect(["invalid_entry_point", "unsafe_symlink"]).toContain(rejected[0]?.code);
      expect(ran(marker)).toBe(false);
    });

    it.each([
      ["entry_point_mismatch", { entryPoint: "lib/plugin.js:default" }, []],
      ["package_mismatch", { package: "@acme/guard" }, []],
      ["version_mismatch", { version: "1.0.1" }, []],
      ["missing_from_lock", { id: "guarb" }, ["guarb: missing_from_install"]],
    ])("by a lockfile with another one: %s", async (code, change, others) => {
      const root = await newRoot();
      const marker = join(root, "ran");
      const path = await install(root, "guard", { code: source("guard", {}, marker) });
      await trust(root, path, "guard", change);
      const discovery = await discover(root, { mode: "production" });
      expect([discovery.plugins, codesOf(discovery)]).toEqual([[], [...others, `guard: ${code}`]]);
      expect(ran(marker)).toBe(false);
    });

    it("by a manifest with the name of a plugin that is trusted", async () => {
      const root = await newRoot();
      const path = await install(root, "impostor", { code: source("guard") });
      await trust(root, await install(root, "guard"), "guard");
      await trust(root, path, "impostor");
      const discovery = await discover(root, { mode: "production" });
      expect(discovery.plugins.map(({ name }) => name)).toEqual(["guard"]);
      expect(codesOf(discovery)).toEqual(["impostor: id_mismatch"]);
    });

    describe("by a package.json with the name of another package", () => {
      /** A root with a trusted package, and an impostor in a folder of another name. */
      async function impostor(folder: string, fields?: object) {
        const root = await newRoot();
        const elsewhere = await newRoot();
        const marker = join(root, "ran");
        await trust(root, await install(root, "guard"), "guard");
        const made = await install(elsewhere, "guard", { code: source("guard", {}, marker) });
        if (fields !== undefined) {
          const text = await readFile(join(made, "package.json"), "utf8");
          await writeFile(
            join(made, "package.json"),
            JSON.stringify({ ...JSON.parse(text), ...fields }),
          );
        }
        const path = join(root, folder);
        await mkdir(join(path, ".."), { recursive: true });
        await rename(made, path);
        return { root, marker, path };
      }

      it.each([
        "node_modules/aaa",
        "node_modules/zzz",
        "node_modules/@evil/x",
        "app/node_modules/aaa",
      ])("in %s", async (folder) => {
        verifies("discovery:places");
        const { root, marker, path } = await impostor(folder);
        const at = folder.startsWith("app") ? join(root, "app") : root;
        const lock = join(root, "plugins.lock");
        const discovery = await discover(at, { mode: "production", lock });
        expect([discovery.plugins, codesOf(discovery)]).toEqual([
          [],
          ["guard: duplicate_id", "guard: duplicate_id"],
        ]);
        expect(discovery.warnings).toEqual([
          expect.stringMatching(/^two packages call themselves 'guard': .* and /),
        ]);
        for (const each of [path, join(root, "node_modules/guard")])
          expect(discovery.warnings[0]).toContain(each);
        expect(ran(marker)).toBe(false);
      });

      it("which has no plugin and would disable the other one", async () => {
        const { root } = await impostor("node_modules/aaa", { glassine: {} });
        const discovery = await discover(root, { mode: "production" });
        expect(discovery.plugins.map(({ name }) => name)).toEqual(["guard"]);
        expect(codesOf(discovery)).toEqual(["guard: invalid_metadata"]);
      });
    });
  },
);

it("each of two packages that claim a name is recorded with its own hash", async () => {
  const root = await newRoot();
  const path = await install(root, "guard");
  await trust(root, path, "guard");
  const impostor = join(root, "node_modules", "aaa");
  await cp(path, impostor, { recursive: true });
  await writeFile(join(impostor, "plugin.js"), source("guard", {}, join(root, "ran")));
  const records: string[] = [];
  const sink = (record: object) => void records.push(JSON.stringify(record));
  const discovered = await discover(root);
  const manager = await createPluginManager({
    plugins: [],
    discovered,
    audit: { sink },
    logger: {},
  });
  await manager.close();
  const hashes = records.flatMap((text) => /"package_hash":"(sha256:[^"]+)"/.exec(text)?.[1] ?? []);
  expect([hashes.length, new Set(hashes).size]).toEqual([2, 2]);
});
