/** Which lockfile is in effect. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isGlassineError } from "glassine";
import { discoverPlugins } from "glassine/node";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";

const folder = mkdtempSync(join(tmpdir(), "glassine-locate-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const cwd = join(folder, "app");
const home = join(folder, "home");
const config = join(folder, "config");
const own = join(cwd, "plugins.lock");
const ofHome = join(home, ".config", "glassine", "plugins.lock");
const ofConfig = join(config, "glassine", "plugins.lock");

beforeEach(() => {
  for (const each of [cwd, home, config]) rmSync(each, { recursive: true, force: true });
  for (const each of [cwd, join(ofHome, ".."), join(ofConfig, "..")])
    mkdirSync(each, { recursive: true });
});

const write = (...paths: string[]) => {
  for (const path of paths) writeFileSync(path, "version = 1\n");
};

/** The lockfile that a host in a folder uses, or else the places where it looked for one. */
async function locate(
  env: Record<string, string | undefined>,
  lock?: string,
  root = cwd,
): Promise<unknown> {
  try {
    return (await discoverPlugins({ root, env, lock, mode: "production" })).lock;
  } catch (error) {
    if (!isGlassineError(error)) throw error;
    const { path, candidates } = error.data as { path?: string; candidates?: readonly string[] };
    return error.code === "lockfile_missing" ? candidates : `unusable: ${path}`;
  }
}

describe("the lockfile in effect", () => {
  it("is that of the current directory rather than that of the user", async () => {
    verifies("lockfile:location");
    write(own, ofHome);
    expect(await locate({ HOME: home })).toBe(own);
  });

  it("is that of the nearest folder above rather than that of the user", async () => {
    verifies("lockfile:location");
    const below = join(cwd, "packages", "one");
    mkdirSync(below, { recursive: true });
    write(own, ofHome);
    expect(await locate({ HOME: home }, undefined, below)).toBe(own);
    const nearer = join(cwd, "packages", "plugins.lock");
    write(nearer);
    expect(await locate({}, undefined, below)).toBe(nearer);
    const link = join(home, "link");
    symlinkSync(below, link);
    expect(await locate({}, undefined, link)).toBe(nearer);
  });

  it("CLI-006: is that of the user if only that one exists", async () => {
    write(ofHome);
    expect(await locate({ HOME: home })).toBe(ofHome);
    write(ofConfig);
    expect(await locate({ HOME: home, XDG_CONFIG_HOME: config })).toBe(ofConfig);
    rmSync(ofConfig);
    expect(await locate({ HOME: home, XDG_CONFIG_HOME: config })).toEqual([own, ofConfig]);
  });

  it("is looked for in the current directory and that of the user if none exists", async () => {
    expect(await locate({ HOME: home, XDG_CONFIG_HOME: "" })).toEqual([own, ofHome]);
    expect(await locate({})).toEqual([own]);
  });

  it("CLI-005: is the given path, whether it exists or not", async () => {
    write(own, ofHome);
    const explicit = join("conf", "my.lock");
    const path = join(cwd, explicit);
    expect(await locate({ HOME: home }, explicit)).toEqual([path]);
    mkdirSync(join(cwd, "conf"));
    write(path);
    expect(await locate({ HOME: home }, explicit)).toBe(path);
    expect(await locate({ HOME: home }, path)).toBe(path);
  });

  it("is not looked for in relative folders of the environment", async () => {
    verifies("lockfile:location-absolute");
    mkdirSync(join(cwd, ".config", "glassine"), { recursive: true });
    write(join(cwd, ".config", "glassine", "plugins.lock"));
    for (const env of [{ HOME: "." }, { HOME: "" }, { XDG_CONFIG_HOME: ".config" }])
      expect(await locate(env)).toEqual([own]);
    write(ofHome);
    expect(await locate({ HOME: home, XDG_CONFIG_HOME: ".config" })).toBe(ofHome);
  });

  it("is not skipped when it cannot be read", async () => {
    verifies("lockfile:location-doubt");
    write(ofHome);
    mkdirSync(own);
    expect(await locate({ HOME: home })).toBe(`unusable: ${own}`);
    rmSync(own, { recursive: true });
    symlinkSync(join(folder, "gone"), own);
    expect(await locate({ HOME: home })).toBe(`unusable: ${own}`);
    rmSync(own);
    const tooLong = `${"x".repeat(300)}.lock`;
    expect(await locate({ HOME: home }, tooLong)).toBe(`unusable: ${join(cwd, tooLong)}`);
    const missing = join("below", "none", "x.lock");
    expect(await locate({ HOME: home }, missing)).toEqual([join(cwd, missing)]);
    write(own);
    const within = join("plugins.lock", "x");
    expect(await locate({ HOME: home }, within)).toEqual([join(cwd, within)]);
  });
});
