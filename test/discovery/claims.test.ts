import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hashPackage, trustPlugins } from "glassine/node";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { codesOf, discover, install, newRoot, ran, source, unsigned } from "./support.ts";

const reason = "reviewed";

async function entryFor(path: string, id: string, more: object = {}) {
  const { hash } = await hashPackage(path);
  return { id, package: id, version: "1.0.0", entryPoint: "plugin.js:default", hash, ...more };
}

describe("ids", () => {
  it("CLI-019: of two packages with one id neither is loaded, even if one is trusted", async () => {
    verifies("discovery:duplicates");
    const root = await newRoot();
    const marker = join(root, "ran");
    const path = await install(root, "guard");
    const code = source("guard", {}, marker);
    await install(root, "@evil/guard", { code });
    await trustPlugins(join(root, "plugins.lock"), [await entryFor(path, "guard")], reason);
    for (const mode of ["dev", "production"]) {
      const discovery = await discover(root, { mode });
      expect(codesOf(discovery)).toEqual(["guard: duplicate_id", "guard: duplicate_id"]);
      expect(discovery.plugins).toEqual([]);
    }
    expect(ran(marker)).toBe(false);
  });

  it.each(["system", "core", "constructor"])(
    "%s is no name of a plugin: nothing of its package is run",
    async (id) => {
      verifies("discovery:reserved-names");
      const root = await newRoot();
      const marker = join(root, "ran");
      await install(root, `@one/${id}`, { code: source(id, {}, marker) });
      const discovery = await discover(root);
      expect(codesOf(discovery)).toEqual([`${id}: reserved_id`]);
      expect(ran(marker)).toBe(false);
    },
  );

  it("CLI-018: no other package may take the id of a built-in, whatever the order of installation", async () => {
    verifies("discovery:builtins");
    for (const order of [
      ["@host/guard", "aaa-guard"],
      ["aaa-guard", "@host/guard"],
    ]) {
      const root = await newRoot();
      for (const name of order)
        await install(root, name, {
          code: source("guard"),
          glassine: { plugins: { guard: "./plugin.js" } },
        });
      await install(root, "other", {
        code: source("host-other"),
        glassine: { plugins: { "host-other": "./plugin.js" } },
      });
      const builtins = [join(root, "node_modules/@host/guard")];
      const discovery = await discover(root, { builtins, reserved: ["host-"] });
      expect(discovery.plugins.map(({ name }) => name)).toEqual(["guard"]);
      expect(discovery.rejected).toMatchObject([
        { id: "guard", package: "aaa-guard", code: "reserved_id" },
        { id: "host-other", package: "other", code: "reserved_id" },
      ]);
    }
  });

  it("CLI-021: production with an empty lockfile loads built-ins only", async () => {
    const root = await newRoot();
    await install(root, "own-guard");
    await install(root, "guard");
    const builtins = [join(root, "node_modules/own-guard")];
    await writeFile(join(root, "plugins.lock"), "version = 1\n");
    const discovery = await discover(root, { mode: "production", builtins, env: {} });
    expect(discovery.plugins.map(({ name }) => name)).toEqual(["own-guard"]);
    expect(codesOf(discovery)).toEqual(["guard: unsigned"]);
    const acknowledged = await discover(root, { mode: "production", builtins });
    expect(codesOf(acknowledged)).toEqual(["guard: missing_from_lock"]);
  });

  it("CLI-048: a plugin whose name differs from the locked id is not loaded under either", async () => {
    const root = await newRoot();
    const path = await install(root, "key-locked", { code: source("class-locked") });
    const entry = await entryFor(path, "key-locked");
    await trustPlugins(join(root, "plugins.lock"), [entry], reason);
    const other = await newRoot();
    const second = await install(other, "key-unlocked", { code: source("class-locked") });
    const wrong = await entryFor(second, "class-locked", { package: "key-unlocked" });
    await trustPlugins(join(other, "plugins.lock"), [wrong], reason);
    const first = await discover(root, { mode: "production" });
    expect([first.plugins, codesOf(first)]).toEqual([[], ["key-locked: id_mismatch"]]);
    const last = await discover(other, { mode: "production" });
    expect([last.plugins, codesOf(last)]).toEqual([
      [],
      ["class-locked: missing_from_install", "key-unlocked: missing_from_lock"],
    ]);
  });

  it("production loads a trusted plugin, but not one that now asks for more", async () => {
    const root = await newRoot();
    const path = await install(root, "guard", { manifest: { capabilities: ["read_labels"] } });
    const lock = join(root, "plugins.lock");
    const granted = await entryFor(path, "guard", { capabilities: ["read_labels"] });
    await trustPlugins(lock, [granted], reason);
    expect((await discover(root, { mode: "production" })).plugins).toHaveLength(1);
    await trustPlugins(lock, [{ ...granted, capabilities: [] }], reason);
    expect(codesOf(await discover(root, { mode: "production" }))).toEqual([
      "guard: capabilities_mismatch",
    ]);
    expect((await discover(root, { mode: "dev" })).plugins).toHaveLength(1);
  });

  it("production grants nothing to a plugin because another was granted it", async () => {
    const root = await newRoot();
    const lock = join(root, "plugins.lock");
    const grant = { capabilities: ["read_labels"] };
    const first = await install(root, "aaa-guard", { manifest: grant });
    // Its package.json does not say what it asks for, so only its manifest does.
    const path = await install(root, "guard", { code: source("guard", grant) });
    const entries = [
      await entryFor(first, "aaa-guard", grant),
      await entryFor(path, "guard", { capabilities: [] }),
    ];
    await trustPlugins(lock, entries, reason);
    const { plugins, rejected } = await discover(root, { mode: "production" });
    expect(plugins.map(({ name }) => name)).toEqual(["aaa-guard"]);
    expect(rejected).toMatchObject([{ id: "guard", code: "capabilities_mismatch" }]);
  });

  it("a linked package loads in dev, and is refused in production", async () => {
    const root = await newRoot();
    const elsewhere = await newRoot();
    const path = await install(elsewhere, "guard");
    await mkdir(join(root, "node_modules"));
    await symlink(path, join(root, "node_modules/guard"));
    const lock = join(root, "plugins.lock");
    await trustPlugins(lock, [await entryFor(path, "guard")], reason);
    expect((await discover(root)).plugins).toHaveLength(1);
    const refused = await discover(root, { mode: "production", env: unsigned });
    expect(codesOf(refused)).toEqual(["guard: linked_package"]);
  });
});
