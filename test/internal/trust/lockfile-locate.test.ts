/** Which lockfile is in effect. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { locateLockfile } from "../../../src/operate/trust/lockfile/locate-lockfile.ts";
import { verifies } from "../../support/verifies.ts";

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
const locate = (env: Record<string, string | undefined>, explicit?: string) =>
  locateLockfile({ explicit, cwd, env, bin: "glassine" });

describe("the lockfile in effect", () => {
  it("is that of the current directory rather than that of the user", async () => {
    verifies("lockfile:location");
    write(own, ofHome);
    expect(await locate({ HOME: home })).toEqual({
      path: own,
      exists: true,
      candidates: [own, ofHome],
    });
  });

  it("is that of the nearest folder above rather than that of the user", async () => {
    verifies("lockfile:location");
    const below = join(cwd, "packages", "one");
    mkdirSync(below, { recursive: true });
    write(own, ofHome);
    const found = await locateLockfile({ cwd: below, env: { HOME: home }, bin: "glassine" });
    const fresh = join(below, "plugins.lock");
    expect(found).toEqual({ path: own, exists: true, candidates: [fresh, ofHome] });
    write(join(cwd, "packages", "plugins.lock"));
    expect((await locateLockfile({ cwd: below, env: {}, bin: "glassine" })).path).toBe(
      join(cwd, "packages", "plugins.lock"),
    );
    const link = join(home, "link");
    symlinkSync(below, link);
    expect((await locateLockfile({ cwd: link, env: {}, bin: "glassine" })).path).toBe(
      join(cwd, "packages", "plugins.lock"),
    );
  });

  it("CLI-006: is that of the user if only that one exists", async () => {
    write(ofHome);
    expect(await locate({ HOME: home })).toMatchObject({ path: ofHome, exists: true });
    write(ofConfig);
    const env = { HOME: home, XDG_CONFIG_HOME: config };
    expect(await locate(env)).toEqual({
      path: ofConfig,
      exists: true,
      candidates: [own, ofConfig],
    });
  });

  it("will be created in the current directory if none exists", async () => {
    expect(await locate({ HOME: home, XDG_CONFIG_HOME: "" })).toEqual({
      path: own,
      exists: false,
      candidates: [own, ofHome],
    });
    expect(await locate({})).toEqual({ path: own, exists: false, candidates: [own] });
  });

  it("CLI-005: is the given path, whether it exists or not", async () => {
    write(own, ofHome);
    const explicit = join("conf", "my.lock");
    const path = join(cwd, explicit);
    const expected = { path, exists: false, candidates: [path] };
    expect(await locate({ HOME: home }, explicit)).toEqual(expected);
    mkdirSync(join(cwd, "conf"));
    write(path);
    expect(await locate({ HOME: home }, explicit)).toEqual({ ...expected, exists: true });
    expect(await locate({ HOME: home }, path)).toMatchObject({ path, exists: true });
  });

  it("is not looked for in relative folders of the environment", async () => {
    verifies("lockfile:location-absolute");
    mkdirSync(join(cwd, ".config", "glassine"), { recursive: true });
    write(join(cwd, ".config", "glassine", "plugins.lock"));
    for (const env of [{ HOME: "." }, { HOME: "" }, { XDG_CONFIG_HOME: ".config" }])
      expect(await locate(env)).toEqual({ path: own, exists: false, candidates: [own] });
    write(ofHome);
    expect(await locate({ HOME: home, XDG_CONFIG_HOME: ".config" })).toMatchObject({
      path: ofHome,
    });
  });

  it("is not skipped when it cannot be read", async () => {
    verifies("lockfile:location-doubt");
    write(ofHome);
    mkdirSync(own);
    expect(await locate({ HOME: home })).toMatchObject({ path: own, exists: true });
    rmSync(own, { recursive: true });
    symlinkSync(join(folder, "gone"), own);
    expect(await locate({ HOME: home })).toMatchObject({ path: own, exists: true });
    rmSync(own);
    const tooLong = `${"x".repeat(300)}.lock`;
    expect(await locate({ HOME: home }, tooLong)).toMatchObject({ exists: true });
    expect(await locate({ HOME: home }, "below/none/x.lock")).toMatchObject({ exists: false });
    write(own);
    expect(await locate({ HOME: home }, "plugins.lock/x")).toMatchObject({ exists: false });
  });
});
