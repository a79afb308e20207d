/** Commands use the current directory's lockfile: what they say about other lockfiles. */
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { discover, install, newRoot, unsigned } from "../discovery/support.ts";
import { verifies } from "../support/verifies.ts";
import { commandServices, linesOf, run } from "./support/run.ts";

const reason = ["--reason", "r"];
let root = "";
let elsewhere = "";
beforeEach(async () => {
  root = await newRoot();
  elsewhere = await newRoot();
  await install(root, "guard");
});

const at = (cwd: string, argv: readonly string[]) =>
  run(["plugins", ...argv], { services: commandServices, cwd, env: unsigned });
const lock = (folder: string) => writeFile(join(folder, "plugins.lock"), "version = 1\n");

describe("--root with a lockfile of its own", () => {
  it("is reported by read-only commands", async () => {
    verifies("cli:lock-of-root");
    await lock(root);
    const argv = ["list", "--root", root];
    const unsignedLoaded =
      "warning: SECURITY WARNING: unsigned plugin 'guard' loaded because GLASSINE_PLUGIN_SIGNING_REQUIRED=false; do not use this setting in production";
    const warned = [
      `warning: a host in that folder uses ${root}/plugins.lock, but ${elsewhere}/plugins.lock is in effect here: run the command in that folder, or name the file with --plugins-lock`,
      unsignedLoaded,
    ];
    expect(linesOf((await at(elsewhere, argv)).stderr)).toEqual(warned);
    expect(linesOf((await at(elsewhere, ["doctor", ...argv.slice(1)])).stderr)).toEqual(warned);
    expect(linesOf((await at(root, argv)).stderr)).toEqual([unsignedLoaded]);
    const named = [...argv, "--plugins-lock", join(root, "plugins.lock")];
    expect(linesOf((await at(elsewhere, named)).stderr)).toEqual([unsignedLoaded]);
  });

  it("is refused by commands that would change another one, and nothing is written", async () => {
    verifies("cli:lock-of-root");
    await lock(root);
    for (const argv of [["trust", "guard", ...reason], ["lock"], ["lock", "--all", ...reason]]) {
      const ended = await at(elsewhere, [...argv, "--root", root]);
      expect([ended.code, ended.stderr]).toEqual([
        2,
        `${argv[0]}: a host in the --root folder uses ${root}/plugins.lock, but ${elsewhere}/plugins.lock is in effect: say with --plugins-lock which one to change\n`,
      ]);
    }
    expect(await readdir(elsewhere)).toEqual([]);
    const named = ["--root", root, "--plugins-lock", join(root, "plugins.lock")];
    expect((await at(elsewhere, ["trust", "guard", ...reason, ...named])).code).toBe(0);
  });
});

it("a lockfile that only the --root folder has is named where one is needed", async () => {
  verifies("cli:lock-of-root");
  for (const argv of [["verify"], ["lock", "--check"]]) {
    const none = `${argv[0]}: no plugins.lock found\n`;
    const given = [...argv, "--root", root];
    expect((await at(elsewhere, given)).stderr).toBe(
      `${none}Create one with \`plugins lock\`, and trust the reviewed plugins.\n`,
    );
    await lock(root);
    expect(await at(elsewhere, given)).toMatchObject({
      code: 2,
      stderr: `${none}A host in the --root folder uses ${root}/plugins.lock: run the command in that folder, or name the file with --plugins-lock.\n`,
    });
    await rm(join(root, "plugins.lock"));
  }
});

it("creating a lockfile beside another folder's packages causes a warning", async () => {
  verifies("cli:lock-of-root");
  for (const argv of [["trust", "guard", ...reason], ["lock"], ["lock", "--all", ...reason]]) {
    const { code, stderr } = await at(elsewhere, [...argv, "--root", root]);
    expect([code, stderr]).toEqual([
      0,
      `warning: ${elsewhere}/plugins.lock is new; a host in the --root folder looks for ${root}/plugins.lock\n`,
    ]);
    for (const name of await readdir(elsewhere)) await rm(join(elsewhere, name));
  }
});

it("entries of one folder are not pruned by what another one has installed", async () => {
  verifies("cli:lock-prune");
  expect((await at(root, ["trust", "guard", ...reason])).code).toBe(0);
  const prune = ["lock", "--prune", ...reason, "--root", elsewhere];
  const refused = await at(root, prune);
  expect([refused.code, refused.stderr]).toEqual([
    2,
    `lock: ${root}/plugins.lock may trust packages outside ${elsewhere}: say with --plugins-lock which file to prune\n`,
  ]);
  const named = await at(root, [...prune, "--plugins-lock", "plugins.lock"]);
  expect(linesOf(named.stdout)[0]).toBe("untrusted: guard");
});

it("a lockfile is in effect below its folder, for commands and hosts alike", async () => {
  verifies("lockfile:location", "lockfile:location-host");
  await lock(root);
  const below = join(root, "packages/app");
  await mkdir(below, { recursive: true });
  const path = join(root, "plugins.lock");
  expect((await at(below, ["trust", "guard", ...reason])).stdout).toContain(`  lock:    ${path}\n`);
  for (const argv of [["list"], ["verify"], ["doctor"], ["describe", "guard"], ["lock"]])
    expect((await at(below, argv)).stdout, argv.join(" ")).toContain(path);
  const found = await discover(below, { mode: "production" });
  expect([found.lock, found.plugins.map(({ name }) => name)]).toEqual([path, ["guard"]]);
  expect((await at(elsewhere, ["list", "--root", below])).stderr).toContain(`uses ${path}, but `);
  await lock(below);
  expect((await discover(below, { mode: "production", onRejected: "skip" })).lock).toBe(
    join(below, "plugins.lock"),
  );
});

it("entries of a folder are not pruned from one below it", async () => {
  verifies("cli:lock-prune");
  expect((await at(root, ["trust", "guard", ...reason])).code).toBe(0);
  const below = join(root, "packages/app");
  await mkdir(below, { recursive: true });
  const { code, stderr } = await at(below, ["lock", "--prune", ...reason]);
  expect([code, stderr]).toEqual([2, expect.stringContaining("say with --plugins-lock")]);
});

it("the user's lockfile is not pruned by what one folder has installed", async () => {
  verifies("cli:lock-prune");
  const env = { ...unsigned, HOME: elsewhere };
  const home = join(elsewhere, ".config/glassine");
  await mkdir(home, { recursive: true });
  await lock(home);
  const path = join(home, "plugins.lock");
  const within = (cwd: string, ...argv: readonly string[]) =>
    run(["plugins", ...argv, ...reason], { services: commandServices, cwd, env });
  expect((await within(root, "trust", "guard")).stdout).toContain(`  lock:    ${path}\n`);
  const another = await newRoot();
  expect(await within(another, "lock", "--prune")).toEqual({
    code: 2,
    stdout: "",
    stderr: `lock: ${path} may trust packages outside ${another}: say with --plugins-lock which file to prune\n`,
  });
  const named = await within(another, "lock", "--prune", "--plugins-lock", path);
  expect(linesOf(named.stdout)[0]).toBe("untrusted: guard");
});

it("a host uses the lockfile of its root, wherever it runs", async () => {
  verifies("lockfile:location-host");
  await lock(root);
  const { lock: inEffect } = await discover(root, { mode: "production" });
  expect(inEffect).toBe(join(root, "plugins.lock"));
});
