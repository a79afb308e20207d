/** Unreviewed code in places where Node looks for packages. */
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { attack } from "../attacks/attack.ts";
import { verifies } from "../support/verifies.ts";
import { codesOf, discover, install, newRoot, publisher, ran, source, trust } from "./support.ts";

/** A package that writes the marker when it runs. */
async function plant(folder: string, name: string, marker: string, more: object = {}) {
  const code = `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(marker)}, "ran");\n`;
  await mkdir(folder, { recursive: true });
  const data = { name, version: "1.0.0", type: "module", exports: "./index.js", ...more };
  await writeFile(join(folder, "package.json"), JSON.stringify(data));
  await writeFile(join(folder, "index.js"), `${code}export const definePlugin = 1;\n`);
}

/** Adds fields to a plugin's package.json. */
async function needs(path: string, more: object) {
  const file = join(path, "package.json");
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, "utf8")), ...more }));
}

/** A trusted plugin that imports a package, signed if a signer is named. */
async function trusted(imported: string, identity?: string) {
  const root = await newRoot();
  const marker = join(root, "ran");
  const code = `try { await import("${imported}"); } catch {}\n${source("guard")}`;
  const signer = identity === undefined ? undefined : await publisher(root, identity);
  const path = await install(root, "guard", { code, ...(signer && { sign: signer.sign }) });
  await trust(root, path, "guard");
  const options = signer === undefined ? {} : { env: signer.env };
  const look = (mode: string) => discover(root, { mode, ...options });
  return { root, path, marker, look };
}

attack(
  "A-261",
  "Repack a signed tarball with a copy of the host's library in its `node_modules`, or add one to an installed package",
  "none of it runs, and the plugin is refused as `foreign_package` in every mode, unless it is a link in dev mode",
  () => {
    it.each(["dev", "production"])("in %s mode", async (mode) => {
      const { path, marker, look } = await trusted("glassine", "builder@example.com");
      expect(codesOf(await look(mode))).toEqual([]);
      await plant(join(path, "node_modules/glassine"), "glassine", marker);
      expect(codesOf(await look(mode))).toEqual(["guard: foreign_package"]);
      expect(ran(marker)).toBe(false);
    });

    it("as a link", async () => {
      const { root, path, marker, look } = await trusted("glassine");
      await plant(join(root, "elsewhere"), "glassine", marker);
      await mkdir(join(path, "node_modules"));
      await symlink(join(root, "elsewhere"), join(path, "node_modules/glassine"));
      expect(codesOf(await look("dev"))).toEqual(["guard: foreign_package"]);
      expect(ran(marker)).toBe(false);
    });

    it("not even in a plugin that is itself a link, as npm installs peers there", async () => {
      const root = await newRoot();
      const marker = join(root, "ran");
      const project = join(root, "project");
      const path = await install(project, "guard", {
        code: `import "glassine";\n${source("guard")}`,
      });
      await plant(join(path, "node_modules/glassine"), "glassine", marker);
      await mkdir(join(root, "node_modules"));
      await symlink(path, join(root, "node_modules/guard"));
      const { plugins } = await discover(root);
      expect(plugins.map(({ name }) => name)).toEqual(["guard"]);
      expect(ran(marker)).toBe(false);
    });
  },
);

attack(
  "A-262",
  "Put a package or a file into the `node_modules` of a plugin or its dependency, where an import finds it first",
  "the plugin is refused as `foreign_package`, with the path, in every mode",
  () => {
    const places: Readonly<Record<string, string>> = {
      "a package that the plugin tries to import": "node_modules/guard/node_modules/maybe",
      "in a scope": "node_modules/guard/node_modules/@acme/maybe",
      "by a hidden name": "node_modules/guard/node_modules/.maybe",
      "in a dependency": "node_modules/dep/node_modules/maybe",
      "deeper in a dependency, as the host": "node_modules/dep/lib/node_modules/glassine",
    };

    it.each(Object.keys(places))("%s", async (what) => {
      const root = await newRoot();
      const marker = join(root, "ran");
      const at = places[what] as string;
      const name = at.split("node_modules/").at(-1) as string;
      await plant(join(root, "node_modules/dep"), "dep", join(root, "dep"));
      await install(root, "guard", {
        code: `import "dep";\nawait import("${name}").catch(() => {});\n${source("guard")}`,
      });
      await depend(join(root, "node_modules/guard"), { dep: "*" });
      expect(codesOf(await discover(root))).toEqual([]);
      await plant(join(root, at), name, marker);
      const { rejected } = await discover(root);
      expect(rejected).toMatchObject([{ id: "guard", code: "foreign_package" }]);
      expect(rejected[0]?.reason).toContain(at.replace("node_modules/guard/", ""));
      expect(ran(marker)).toBe(false);
    });

    it("a file that `require` loads in place of the dependency", async () => {
      const root = await newRoot();
      const marker = join(root, "ran");
      await plant(join(root, "node_modules/dep"), "dep", join(root, "dep"));
      const code = `import { createRequire } from "node:module"; createRequire(import.meta.url)("dep");\n`;
      const path = await install(root, "guard", { code: `${code}${source("guard")}` });
      await depend(path, { dep: "*" });
      const evil = `require("node:fs").writeFileSync(${JSON.stringify(marker)}, "ran");\n`;
      await writeFile(join(root, "node_modules/dep.js"), evil);
      expect(codesOf(await discover(root))).toEqual(["guard: foreign_package"]);
      expect(ran(marker)).toBe(false);
    });
  },
);

attack(
  "A-263",
  "Change a trusted plugin's dependency: next to the plugin, below it, transitive, or next to a bundled one",
  "production refuses the plugin as `dependency_mismatch`, and none of it runs",
  () => {
    const layouts: Readonly<Record<string, { readonly at: string; readonly bundled?: string[] }>> =
      {
        "beside the plugin": { at: "node_modules/dep/node_modules/deeper" },
        "below the plugin": { at: "node_modules/guard/node_modules/deeper" },
        "next to a bundled one": { at: "node_modules/guard/node_modules/deeper", bundled: ["dep"] },
      };

    /** A trusted plugin that needs `dep`, which needs `deeper`. */
    async function needing(layout: string) {
      const { at, bundled = [] } = layouts[layout] as (typeof layouts)[string];
      const root = await newRoot();
      const marker = join(root, "ran");
      const path = await install(root, "guard", { code: `import "dep";\n${source("guard")}` });
      const above = at.startsWith("node_modules/guard/") ? "node_modules/guard/" : "";
      const dep = join(root, `${above}node_modules/dep`);
      await plant(dep, "dep", join(root, "dep"), { dependencies: { deeper: "*" } });
      await plant(join(root, at), "deeper", join(root, "deeper"));
      await depend(path, { dep: "*" }, { bundleDependencies: bundled });
      await trust(root, path, "guard");
      const look = () => discover(root, { mode: "production" });
      expect(codesOf(await look())).toEqual([]);
      return { root, path, marker, dep, deeper: join(root, at), look };
    }

    const evil = (marker: string) =>
      `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(marker)}, "ran");\n`;

    it.each(Object.keys(layouts))("the code of it: %s", async (layout) => {
      const { deeper, marker, look } = await needing(layout);
      await writeFile(join(deeper, "index.js"), evil(marker));
      expect(codesOf(await look())).toEqual(["guard: dependency_mismatch"]);
      expect(ran(marker)).toBe(false);
    });

    it.each(Object.keys(layouts))("an extra file in it: %s", async (layout) => {
      const { deeper, look } = await needing(layout);
      await writeFile(join(deeper, "late.node"), "");
      expect(codesOf(await look())).toEqual(["guard: dependency_mismatch"]);
    });

    it("its version alone", async () => {
      const { deeper, marker, look } = await needing("beside the plugin");
      await plant(deeper, "deeper", marker, { version: "9.9.9" });
      expect(codesOf(await look())).toEqual(["guard: dependency_mismatch"]);
      expect(ran(marker)).toBe(false);
    });

    it("a copy that is found first", async () => {
      const { dep, path, marker, look } = await needing("beside the plugin");
      await plant(join(path, "node_modules/dep"), "dep", marker);
      expect(dep).not.toBe(join(path, "node_modules/dep"));
      expect(codesOf(await look())).toEqual(["guard: dependency_mismatch"]);
      expect(ran(marker)).toBe(false);
    });

    it("one that is missing", async () => {
      const { deeper, look } = await needing("beside the plugin");
      await rm(deeper, { recursive: true });
      const { rejected } = await look();
      expect(rejected).toMatchObject([{ id: "guard", code: "dependency_missing" }]);
      expect(rejected[0]?.reason).toBe("the package 'deeper', which dep needs, is not installed");
    });

    it("one that was optional and absent", async () => {
      const root = await newRoot();
      const marker = join(root, "ran");
      const path = await install(root, "guard", {
        code: `await import("maybe").catch(() => {});\n${source("guard")}`,
      });
      await depend(path, {}, { optionalDependencies: { maybe: "*" } });
      await trust(root, path, "guard");
      const look = () => discover(root, { mode: "production" });
      expect(codesOf(await look())).toEqual([]);
      await plant(join(root, "node_modules/maybe"), "maybe", marker);
      expect(codesOf(await look())).toEqual(["guard: dependency_mismatch"]);
      expect(ran(marker)).toBe(false);
    });

    it("under an entry that has no dependencies", async () => {
      const { root, path, look } = await needing("beside the plugin");
      await trust(root, path, "guard", { dependencies: undefined });
      expect(codesOf(await look())).toEqual(["guard: dependency_mismatch"]);
    });
  },
);

attack(
  "A-264",
  "Sign the same files as another publisher the operator trusts, or remove the signature",
  "production refuses the plugin as `signer_mismatch`",
  () => {
    it("signed by somebody else", async () => {
      const root = await newRoot();
      const builder = await publisher(root, "builder@example.com");
      const path = await install(root, "guard", { sign: builder.sign });
      await trust(root, path, "guard", { signer: "builder@example.com" });
      const look = (env: object) => discover(root, { mode: "production", env: { ...env } });
      expect(codesOf(await look(builder.env))).toEqual([]);
      const other = await publisher(root, "other@example.com");
      await rm(join(path, "glassine.sig.json"));
      await other.sign(path);
      expect(codesOf(await look(other.env))).toEqual(["guard: signer_mismatch"]);
    });

    it("unsigned, if signatures are not required", async () => {
      const root = await newRoot();
      const path = await install(root, "guard");
      await trust(root, path, "guard", { signer: "builder@example.com" });
      const discovery = await discover(root, { mode: "production" });
      expect(codesOf(discovery)).toEqual(["guard: signer_mismatch"]);
    });
  },
);

/** Gives an installed package dependencies. */
async function depend(path: string, dependencies: object, more: object = {}): Promise<void> {
  const file = join(path, "package.json");
  const data = JSON.parse(await readFile(file, "utf8"));
  await writeFile(file, JSON.stringify({ ...data, dependencies, ...more }));
}

attack(
  "A-270",
  "Change a package so that it no longer names its trusted plugin, and have production start without that guard",
  "production does not start: `hash_mismatch`, or `missing_from_install` if nothing is left",
  () => {
    const inManifest = (path: string, change: (text: string) => string) => async () => {
      const file = join(path, "package.json");
      await writeFile(file, change(await readFile(file, "utf8")));
    };
    it.each<readonly [string, string, (path: string) => () => Promise<unknown>]>([
      [
        "no field",
        "hash_mismatch",
        (path) => inManifest(path, (t) => t.replaceAll("glassine", "other")),
      ],
      ["no package.json", "hash_mismatch", (path) => () => rm(join(path, "package.json"))],
      [
        "an empty folder",
        "hash_mismatch",
        (path) => () => rm(path, { recursive: true }).then(() => mkdir(path)),
      ],
      ["no folder", "missing_from_install", (path) => () => rm(path, { recursive: true })],
    ])("%s", async (_, code, change) => {
      const { path, look } = await trusted("zod");
      await change(path)();
      expect(codesOf(await look("production"))).toEqual([`guard: ${code}`]);
      expect(codesOf(await look("dev"))).toEqual([]);
    });
  },
);

attack(
  "A-271",
  "Have a plugin declare as a peer what one of its dependencies depends on, and change the host's copy of it",
  "the dependency gets the copy that was locked for it",
  () => {
    it("with a copy for the dependency alone", async () => {
      const root = await newRoot();
      const marker = join(root, "ran");
      const modules = join(root, "node_modules");
      const code = `import "dep";\n${source("guard")}`;
      const path = await install(root, "guard", { code });
      await needs(path, { dependencies: { dep: "1" }, peerDependencies: { number: "1" } });
      const own = join(modules, "dep/node_modules/number");
      await plant(own, "number", join(root, "locked"));
      await plant(join(modules, "number"), "number", join(root, "of-host"));
      await plant(join(modules, "dep"), "dep", join(root, "dep"), {
        dependencies: { number: "1" },
      });
      await writeFile(join(modules, "dep/index.js"), 'import "number";\n');
      await trust(root, path, "guard");
      await plant(join(modules, "number"), "number", marker);
      expect(codesOf(await discover(root, { mode: "production" }))).toEqual([]);
      expect([ran(marker), ran(join(root, "locked"))]).toEqual([false, true]);
    });
  },
);

attack(
  "A-272",
  "Import another plugin's package as a peer, and change that package",
  "a peer is in the closure, locked and copied like dependencies: `dependency_mismatch`",
  () => {
    it.each([["a peer"], ["a peer and a dependency"]])("as %s", async (how) => {
      const root = await newRoot();
      const marker = join(root, "ran");
      const other = await install(root, "other");
      const both = how === "a peer" ? {} : { dependencies: { other: "*" } };
      const code = `import "other/plugin.js";\n${source("guard")}`;
      const path = await install(root, "guard", { code });
      await needs(path, { peerDependencies: { other: "*" }, ...both });
      await trust(root, other, "other");
      await trust(root, path, "guard", {}, [other]);
      expect(codesOf(await discover(root, { mode: "production" }))).toEqual([]);
      const file = join(other, "plugin.js");
      const evil = `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(marker)}, "");\n`;
      await writeFile(file, evil + (await readFile(file, "utf8")));
      const discovered = await discover(root, { mode: "production" });
      expect(codesOf(discovered)).toEqual(["guard: dependency_mismatch", "other: hash_mismatch"]);
      expect(ran(marker)).toBe(false);
    });

    it("a peer that the host lacks is hashed as well", async () => {
      const root = await newRoot();
      const path = await install(root, "guard");
      await needs(path, { peerDependencies: { late: "*" } });
      await trust(root, path, "guard");
      await plant(join(path, "node_modules/late"), "late", join(root, "ran"));
      const discovered = await discover(root, { mode: "production" });
      expect(codesOf(discovered)).toEqual(["guard: dependency_mismatch"]);
    });
  },
);

attack(
  "A-273",
  "Change the library in the folder searched for plugins, which is not the host's own",
  "plugins import the running library",
  () => {
    it("by its name", async () => {
      const { root, marker, look } = await trusted("glassine");
      await plant(join(root, "node_modules/glassine"), "glassine", marker);
      expect(codesOf(await look("production"))).toEqual([]);
      expect(ran(marker)).toBe(false);
    });
  },
);

attack(
  "A-291",
  "Ship a plugin whose `bin` claims the host's command, so that `npx glassine` runs its code",
  "the package is refused as `invalid_metadata` in every mode",
  () => {
    const bins: Readonly<Record<string, object>> = {
      "a name": { bin: { glassine: "./plugin.js" } },
      "among others": { bin: { lint: "./plugin.js", glassine: "./plugin.js" } },
      "in capitals": { bin: { GlassINE: "./plugin.js" } },
      "behind a path": { bin: { "a/b\\c:glassine": "./plugin.js" } },
      "a list": { bin: ["./bin/glassine"] },
      "the package's own name": { name: "@evil/glassine", bin: "./plugin.js" },
      "a folder": { directories: { bin: "./bin" } },
      "the command of the host": { bin: { "acme-host": "./plugin.js" } },
    };

    it.each(Object.keys(bins))("%s", async (what) => {
      verifies("discovery:commands");
      const root = await newRoot();
      const marker = join(root, "ran");
      const code = source("guard", {}, marker);
      const path = await install(root, "@evil/guard", { code });
      const manifest = join(path, "package.json");
      const data = JSON.parse(await readFile(manifest, "utf8"));
      await writeFile(manifest, JSON.stringify({ ...data, ...bins[what] }));
      await trust(root, path, "guard");
      for (const mode of ["dev", "production"]) {
        const { plugins, rejected } = await discover(root, { mode, bin: "acme-host" });
        const reason = expect.stringMatching(/command/);
        expect([plugins, rejected[0]]).toMatchObject([[], { code: "invalid_metadata", reason }]);
      }
      expect(ran(marker)).toBe(false);
    });

    it("allows any other command, and the host's own package with it", async () => {
      verifies("discovery:commands");
      const root = await newRoot();
      for (const name of ["guard", "own"]) {
        const path = await install(root, name);
        const manifest = join(path, "package.json");
        const data = JSON.parse(await readFile(manifest, "utf8"));
        const bin = { [name === "own" ? "glassine" : "guard-report"]: "./plugin.js" };
        await writeFile(manifest, JSON.stringify({ ...data, bin }));
      }
      const builtins = [join(root, "node_modules/own")];
      const { plugins, rejected } = await discover(root, { builtins });
      expect([plugins.map(({ name }) => name), rejected]).toEqual([["guard", "own"], []]);
    });
  },
);
