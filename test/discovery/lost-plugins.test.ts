/** Plugins that the lockfile trusts but that no package names any more. */
import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createPluginManager } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { codesOf, discover, install, newRoot, trust } from "./support.ts";

/** A root with a trusted plugin, and the drift found after a change. */
async function driftAfter(change: (path: string, root: string) => Promise<unknown>) {
  const root = await newRoot();
  const path = await install(root, "guard");
  await trust(root, path, "guard");
  expect((await discover(root)).drift).toEqual([]);
  await change(path, root);
  const { drift } = await discover(root);
  return drift.map(({ kind, blocking }) => [kind, blocking]);
}

/** Adds the field of another host to the package.json. */
async function nameFor(path: string, acme: object) {
  const file = join(path, "package.json");
  await writeFile(file, JSON.stringify({ ...JSON.parse(await readFile(file, "utf8")), acme }));
}

/** Replaces a string in the package.json. */
const inManifest = (from: string, to: string) => async (path: string) => {
  const file = join(path, "package.json");
  const text = await readFile(file, "utf8");
  expect(text).toContain(from);
  await writeFile(file, text.replace(from, to));
};

describe("an installed package that no longer names its plugin", () => {
  it.each<readonly [string, (path: string) => Promise<unknown>]>([
    ["a package.json that is no JSON", inManifest("{", "[")],
    ["a package.json without the field", inManifest('"glassine":', '"glassinf":')],
    ["a package.json with another id", inManifest('"plugin":', '"id":"other-guard","plugin":')],
    ["no package.json", (path) => rm(join(path, "package.json"))],
    ["no entry point", (path) => rm(join(path, "plugin.js"))],
  ])("counts as changed, not as missing: %s", async (_, change) => {
    verifies("lockfile:drift");
    const found = await driftAfter(change);
    expect(found[0]).toEqual(["hash_mismatch", true]);
    expect(found.flat()).not.toContain("missing_from_install");
  });

  it("counts as changed though all is restored while other packages are checked", async () => {
    verifies("lockfile:drift");
    const root = await newRoot();
    const path = await install(root, "guard");
    await trust(root, path, "guard");
    const manifest = join(path, "package.json");
    const text = await readFile(manifest, "utf8");
    await writeFile(manifest, '{ "name": "guard", "version": "1.0.0" }');
    await install(root, "other");
    const verify = async () => {
      await writeFile(manifest, text);
      return { kind: "unsigned" } as const;
    };
    const { drift } = await discover(root, { verifiers: [{ name: "slow", verify }] });
    expect(drift.filter(({ id }) => id === "guard")).toMatchObject([
      { kind: "hash_mismatch", actual: undefined, blocking: true },
    ]);
  });

  it("is missing if its folder is gone", async () => {
    verifies("lockfile:drift");
    const missing = [["missing_from_install", true]];
    expect(await driftAfter((path) => rm(path, { recursive: true }))).toEqual(missing);
    expect(await driftAfter((path, root) => rename(path, join(root, "away")))).toEqual(missing);
  });

  it("is neither missing nor changed if it is another host's and its package is unchanged", async () => {
    verifies("lockfile:drift-other-hosts");
    const root = await newRoot();
    const path = await install(root, "guard", { glassine: { plugin: "./plugin.js", id: "guard" } });
    await nameFor(path, { jobs: { "acme.other_kind": "./plugin.js" } });
    await trust(root, path, "guard", { id: "acme.other_kind" });
    expect((await discover(root)).drift).toMatchObject([
      { id: "guard", kind: "missing_from_lock" },
    ]);
    await writeFile(join(path, "late.js"), "");
    expect((await discover(root)).drift).toMatchObject([
      { id: "acme.other_kind", kind: "hash_mismatch", blocking: true },
      { id: "guard", kind: "missing_from_lock" },
    ]);
  });
});

describe("an entry for a package that is installed as it was trusted", () => {
  it.each([
    ["under the name of the package", { plugin: "./plugin.js" }, "guard"],
    ["under an id", { plugin: "./plugin.js", id: "other-guard" }, "other-guard"],
    ["among several", { plugins: { "other-guard": "./plugin.js" } }, "other-guard"],
  ])("is another host's if that names it %s", async (_, acme, id) => {
    verifies("lockfile:drift-other-hosts");
    const root = await newRoot();
    const glassine = { plugin: "./plugin.js", id: "own-guard" };
    const path = await install(root, "guard", { glassine });
    await nameFor(path, acme);
    await trust(root, path, "guard", { id });
    expect((await discover(root)).drift).toMatchObject([
      { id: "own-guard", kind: "missing_from_lock" },
    ]);
  });

  it.each([
    ["a plugin of this host has another id", {}],
    ["another host's plugin has another id", { plugin: "./plugin.js", id: "third" }],
    ["a field is no host's", { id: "copied-guard" }],
  ])("is missing if no host has a plugin with its id: %s", async (_, acme) => {
    verifies("lockfile:drift-other-hosts");
    const root = await newRoot();
    const glassine = { plugin: "./plugin.js", id: "guard" };
    const path = await install(root, "guard", { glassine });
    await nameFor(path, acme);
    await trust(root, path, "guard", {});
    await trust(root, path, "guard", { id: "copied-guard" });
    expect((await discover(root)).drift).toMatchObject([
      { id: "copied-guard", kind: "missing_from_install", blocking: true },
    ]);
  });
});

describe("a production host whose lockfile trusts a plugin that is not installed", () => {
  /** A root where two guards are trusted, and one of them is gone. */
  async function oneGone(more: object = {}) {
    const root = await newRoot();
    for (const name of ["guard", "lost-guard"]) {
      const path = await install(root, name);
      await trust(root, path, name, name === "guard" ? {} : more);
    }
    await rm(join(root, "node_modules/lost-guard"), { recursive: true });
    return root;
  }

  it("CLI-035: does not start", async () => {
    verifies("discovery:lost");
    const root = await oneGone();
    const discovered = await discover(root, { mode: "production", onRejected: "fail" });
    expect(codesOf(discovered)).toEqual(["lost-guard: missing_from_install"]);
    const starting = createPluginManager({ plugins: [], discovered, env: {}, logger: {} });
    await expect(starting).rejects.toThrow(
      "plugin 'lost-guard' of package 'lost-guard' is rejected: missing_from_install: plugins.lock trusts lost-guard==1.0.0, and it is not installed",
    );
  });

  it("CLI-035: starts if the entry is optional, and logs that", async () => {
    verifies("discovery:lost");
    const root = await oneGone({ optional: true });
    const discovered = await discover(root, { mode: "production", onRejected: "fail" });
    expect(codesOf(discovered)).toEqual([]);
    const lines: string[] = [];
    const manager = await createPluginManager({
      plugins: [],
      discovered,
      audit: { sink: () => {} },
      env: {},
      logger: { warn: (text) => lines.push(text) },
    });
    expect(manager.plugins.map(({ name }) => name)).toEqual(["guard"]);
    await manager.close();
    expect(lines).toContain(
      "the plugin 'lost-guard' is optional in plugins.lock, and lost-guard==1.0.0 is not installed",
    );
  });

  it("reports it in dev mode, and starts", async () => {
    const discovered = await discover(await oneGone(), { onRejected: "fail" });
    expect([codesOf(discovered), discovered.warnings.join()]).toEqual([
      [],
      expect.not.stringContaining("optional"),
    ]);
    expect(discovered.drift).toMatchObject([{ id: "lost-guard", kind: "missing_from_install" }]);
  });
});
