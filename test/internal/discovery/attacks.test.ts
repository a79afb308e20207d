/** Installed packages that try to run before the check, or in place of what was checked. */
import { cp, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
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
  ran,
  source,
  trust,
  unsigned,
} from "../../discovery/support.ts";
import { verifies } from "../../support/verifies.ts";

/** A root with a trusted plugin that is fully checked and not yet loaded. */
async function checked(files: Readonly<Record<string, string>> = {}) {
  const root = await newRoot();
  const marker = join(root, "ran");
  const path = await install(root, "guard", {
    files: { "plugin.js": source("guard"), "lib/part.js": "export const a = 1;\n", ...files },
  });
  await trust(root, path, "guard");
  const options = await readDiscoverOptions({ root, env: unsigned, mode: "production" });
  const report = await staticStage(options);
  expect(report.accepted).toHaveLength(1);
  return { root, marker, path, load: () => loadStage(options, report) };
}

attack(
  "A-207",
  "Replace a file of a package between check and import (time of check to time of use)",
  "hashed again while it is copied to where it is imported from: refused as `hash_mismatch`, and nothing of the replacement runs",
  () => {
    type Checked = Awaited<ReturnType<typeof checked>>;
    const replacements: Readonly<Record<string, (of: Checked) => Promise<unknown>>> = {
      "its entry point": ({ path, marker }) =>
        writeFile(join(path, "plugin.js"), source("guard", {}, marker)),
      "a file that it imports": ({ path }) => writeFile(join(path, "lib/part.js"), "x();\n"),
      "a file that was not there": ({ path }) => writeFile(join(path, "lib/late.node"), ""),
      "a file that is gone": ({ path }) => rm(join(path, "lib/part.js")),
      "its package.json": async ({ path }) => {
        const text = await readFile(join(path, "package.json"), "utf8");
        await writeFile(join(path, "package.json"), text.replace("}", ',"main":"./evil.js"}'));
      },
      "a file, by a link": async ({ root, path, marker }) => {
        await writeFile(join(root, "evil.js"), source("guard", {}, marker));
        await rm(join(path, "plugin.js"));
        await symlink(join(root, "evil.js"), join(path, "plugin.js"));
      },
      "its whole folder, by a link": async ({ root, path, marker }) => {
        const other = join(root, "other");
        await cp(path, other, { recursive: true });
        await writeFile(join(other, "plugin.js"), source("guard", {}, marker));
        await rename(path, join(root, "away"));
        await symlink(other, path);
      },
    };

    it.each(Object.keys(replacements))("%s", async (what) => {
      const at = await checked();
      await replacements[what]?.(at);
      const { loaded, refused } = await at.load();
      expect(loaded).toEqual([]);
      expect(refused).toMatchObject([{ id: "guard", code: "hash_mismatch" }]);
      expect(ran(at.marker)).toBe(false);
    });

    it("by a plugin that is loaded first", async () => {
      const root = await newRoot();
      const marker = join(root, "ran");
      const victim = await install(root, "zzz-guard");
      const file = JSON.stringify(join(victim, "plugin.js"));
      const evil = JSON.stringify(source("zzz-guard", {}, marker));
      const code = `import { writeFileSync } from "node:fs";\nwriteFileSync(${file}, ${evil});\n`;
      await install(root, "aaa-guard", { code: `${code}${source("aaa-guard")}` });
      const discovery = await discover(root);
      expect(codesOf(discovery)).toEqual(["zzz-guard: hash_mismatch"]);
      expect(ran(marker)).toBe(false);
    });
  },
);

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
        { mode: "production", env: unsigned },
        "version = 1\n",
      ],
      [
        "without a lockfile in the report",
        "lock_missing",
        { mode: "production", env: unsigned },
        undefined,
      ],
    ] as const)("of one that is %s", async (_, code, given, lock) => {
      const root = await newRoot();
      const marker = join(root, "ran");
      await eager(root, marker);
      if (lock !== undefined) await writeFile(join(root, "plugins.lock"), lock);
      const options = await readDiscoverOptions({ root, env: {}, ...given });
      const { loaded, refused } = await loadStage(options, await staticStage(options));
      expect([loaded, refused.map((each) => each.code)]).toEqual([[], [code]]);
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
      ...["../other/plugin.js", "node_modules/other/plugin.js", "./lib/../../other/plugin.js"],
      ...["other/plugin.js", "other", "file:../other/plugin.js", "./link.js", "./link/plugin.js"],
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
      const report = await staticStage(await readDiscoverOptions({ root, env: unsigned }));
      expect(report.accepted.map(({ entry }) => entry.id)).toEqual(["other"]);
      const [refused] = report.refused;
      expect(["invalid_entry_point", "unsafe_symlink"]).toContain(refused?.code);
      expect(ran(marker)).toBe(false);
    });

    it.each([
      ["entry_point_mismatch", { entryPoint: "lib/plugin.js:default" }],
      ["package_mismatch", { package: "@acme/guard" }],
      ["version_mismatch", { version: "1.0.1" }],
      ["missing_from_lock", { id: "guarb" }],
    ])("by a lockfile with another one: %s", async (code, change) => {
      const root = await newRoot();
      const marker = join(root, "ran");
      const path = await install(root, "guard", { code: source("guard", {}, marker) });
      await trust(root, path, "guard", change);
      const discovery = await discover(root, { mode: "production" });
      expect([discovery.plugins, codesOf(discovery)]).toEqual([[], [`guard: ${code}`]]);
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
        const [root, elsewhere] = [await newRoot(), await newRoot()];
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
        ...["node_modules/aaa", "node_modules/zzz", "node_modules/@evil/x"],
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

      it("and each is reported with its own hash", async () => {
        const { root } = await impostor("node_modules/aaa");
        const { refused } = await staticStage(await readDiscoverOptions({ root, env: unsigned }));
        const hashes = refused.map((each) => each.source?.hash?.hash);
        expect(new Set(hashes).size).toBe(2);
      });
    });
  },
);
