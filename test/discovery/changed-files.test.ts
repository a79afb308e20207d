/** Files of installed packages that change between the steps of a start. */
import { cp, readFile, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SignatureVerifier } from "glassine/node";
import { describe, expect, it } from "vitest";
import { attack } from "../attacks/attack.ts";
import { verifies } from "../support/verifies.ts";
import { codesOf, discover, install, newRoot, ran, source, trust } from "./support.ts";

/** Installs a trusted plugin that is loaded before the others, and does something then. */
async function installFirst(root: string, deed: () => unknown): Promise<void> {
  Object.assign(globalThis, { testDeed: deed });
  const code = `await globalThis.testDeed();\n${source("aaa-first")}`;
  await trust(root, await install(root, "aaa-first", { code }), "aaa-first");
}

/** A verifier that does something after each package is hashed, and before any is judged. */
function meanwhile(deed: (path: string) => unknown): SignatureVerifier {
  const verify: SignatureVerifier["verify"] = async ({ path }) => {
    await deed(path);
    return { kind: "unsigned" };
  };
  return { name: "slow", verify };
}

attack(
  "A-207",
  "Replace a file of a package between check and import (time of check to time of use)",
  "hashed again while it is copied to where it is imported from: refused as `hash_mismatch`, and nothing of the replacement runs",
  () => {
    type Place = Readonly<Record<"root" | "marker" | "path", string>>;
    const replacements: Readonly<Record<string, (of: Place) => Promise<unknown>>> = {
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
      const root = await newRoot();
      const marker = join(root, "ran");
      const files = { "plugin.js": source("guard"), "lib/part.js": "export const a = 1;\n" };
      const path = await install(root, "guard", { files });
      await trust(root, path, "guard");
      await installFirst(root, () => replacements[what]?.({ root, marker, path }));
      const discovery = await discover(root, { mode: "production" });
      expect(discovery.plugins.map(({ name }) => name)).toEqual(["aaa-first"]);
      expect(codesOf(discovery)).toEqual(["guard: hash_mismatch"]);
      expect(ran(marker)).toBe(false);
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

it("PH-097: a file that changes between the check and the import keeps the plugin out", async () => {
  verifies("discovery:copy");
  const root = await newRoot();
  const marker = join(root, "ran");
  const path = await install(root, "guard");
  const late = () => writeFile(join(path, "plugin.js"), source("guard", {}, marker));
  const discovery = await discover(root, { verifiers: [meanwhile(late)] });
  expect(discovery.plugins).toEqual([]);
  expect(codesOf(discovery)).toEqual(["guard: hash_mismatch"]);
  expect(ran(marker)).toBe(false);
});

it("an entry point that is removed in between keeps only its plugin out", async () => {
  const root = await newRoot();
  const guard = await install(root, "guard");
  await install(root, "other");
  const late = async (path: string) => {
    if (path === guard) await rm(join(path, "plugin.js"));
  };
  const discovery = await discover(root, { verifiers: [meanwhile(late)] });
  expect(codesOf(discovery)).toEqual(["guard: invalid_entry_point"]);
  expect(discovery.plugins.map(({ name }) => name)).toEqual(["other"]);
});

describe("a package.json that changes between reading and hashing", () => {
  it.each([
    ["another file of the package as entry point", { glassine: { plugin: "./other.js" } }],
    ["another version", { version: "2.0.0" }],
    ["more capabilities", { glassine: { plugin: "./plugin.js", capabilities: ["read_labels"] } }],
    ["a dependency less", { dependencies: {} }],
  ])("is refused, and nothing is run: %s", async (_, fields) => {
    verifies("discovery:manifest");
    const root = await newRoot();
    const marker = join(root, "ran");
    const files = { "plugin.js": source("guard"), "other.js": source("guard", {}, marker) };
    const path = await install(root, "guard", { files });
    const manifest = join(path, "package.json");
    const text = await readFile(manifest, "utf8");
    await writeFile(manifest, JSON.stringify({ ...JSON.parse(text), ...fields }));
    // Four packages are hashed at a time, and these are before it.
    for (const name of ["aaa", "bbb", "ccc", "ddd"]) await install(root, name);
    const restore = () => writeFile(manifest, text);
    const { plugins, rejected } = await discover(root, { verifiers: [meanwhile(restore)] });
    expect(plugins.map(({ name }) => name)).toEqual(["aaa", "bbb", "ccc", "ddd"]);
    expect(ran(marker)).toBe(false);
    expect(rejected).toMatchObject([
      {
        id: "guard",
        code: "unsupported_file",
        reason: "Its package.json changes while it is read.",
      },
    ]);
  });
});

describe("a package that is hashed once more", () => {
  /** The reason for which a plugin is not loaded after its package is changed. */
  async function reasonAfter(deed: (path: string) => unknown) {
    const root = await newRoot();
    const files = {
      ...{ "plugin.js": source("guard"), "lib/part.js": "1", "lib/__proto__": "1" },
      "node_modules/dep/package.json": '{ "name": "dep", "version": "1.0.0" }',
    };
    const path = await install(root, "guard", { files });
    await symlink("part.js", join(path, "lib/link.js"));
    const manifest = join(path, "package.json");
    const own = JSON.parse(await readFile(manifest, "utf8"));
    const bundles = { dependencies: { dep: "1" }, bundleDependencies: ["dep"] };
    await writeFile(manifest, JSON.stringify({ ...own, ...bundles }));
    await installFirst(root, () => deed(path));
    const { rejected } = await discover(root);
    return rejected.map(({ code, reason }) => `${code}: ${reason}`).join();
  }

  it("passes if it is the same", async () => {
    verifies("package:unchanged");
    const same = (path: string) =>
      Promise.all([
        utimes(join(path, "lib/part.js"), 1, 1),
        writeFile(join(path, "glassine.sig.json"), "{}"),
      ]);
    expect(await reasonAfter(same)).toBe("");
  });

  it.each<[string, string, (at: string) => unknown]>([
    ["changed", "lib/part.js", (at) => writeFile(at, "evil")],
    ["changed", "lib/__proto__", (at) => writeFile(at, "2")],
    ["added", "lib/late.js", (at) => writeFile(at, "")],
    ["added", "__proto__", (at) => writeFile(at, "")],
    ["removed", "lib/__proto__", (at) => rm(at)],
  ])("is refused where a file was %s: %s", async (how, file, deed) => {
    verifies("package:unchanged");
    const reason = await reasonAfter((path) => deed(join(path, file)));
    expect(reason).toBe(`hash_mismatch: "${file}" was ${how} since the package was hashed.`);
  });

  it("is refused by the first of several", async () => {
    const add = (path: string) =>
      Promise.all(["z.js", "b.js", "a.js"].map((name) => writeFile(join(path, name), "")));
    expect(await reasonAfter(add)).toContain('"a.js" was added');
  });

  it("is refused if a link changed", async () => {
    const change = async (path: string) => {
      await rm(join(path, "lib/link.js"));
      await symlink("./part.js", join(path, "lib/link.js"));
    };
    expect(await reasonAfter(change)).toBe(
      "hash_mismatch: A link of the package was added, removed or changed since it was hashed.",
    );
  });

  it("is refused if it can no longer be hashed", async () => {
    const change = (path: string) => symlink("/etc/passwd", join(path, "out.js"));
    expect(await reasonAfter(change)).toContain('hash_mismatch: "out.js" is a link');
  });

  it("is refused if a package changed that it bundles", async () => {
    const change = (path: string) => writeFile(join(path, "node_modules/dep/index.js"), "2");
    expect(await reasonAfter(change)).toContain('dep/index.js" was added');
  });
});
