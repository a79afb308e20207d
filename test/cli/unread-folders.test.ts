/** Folders that an operator cannot read: nothing is concluded from what is not found there. */
import { chmod, readFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { expect, it } from "vitest";
import { install, newRoot, unsigned } from "../discovery/support.ts";
import { verifies } from "../support/verifies.ts";
import { commandServices, run, runJson } from "./support/run.ts";

// Windows has no such file modes.
const hasModes = process.platform !== "win32";
const isRoot = process.getuid?.() === 0;
/** Any user but root, which can read every folder. */
const somebody = 65_534;

it.skipIf(!hasModes)("an unreadable package is neither pruned nor verified", async () => {
  verifies("cli:lock-prune", "cli:doctor-unread", "cli:verify-counts", "cli:next");
  const cwd = await newRoot();
  await chmod(cwd, 0o755);
  await install(cwd, "@acme/guard");
  const options = { services: commandServices, cwd, env: unsigned };
  const at = (argv: readonly string[]) => run(argv, options);
  const reason = ["--reason", "r"];
  expect((await at(["plugins", "trust", "guard", ...reason])).code).toBe(0);
  const lock = await readFile(join(cwd, "plugins.lock"), "utf8");
  const keptOut = async <T>(folder: string, mode: number, look: () => Promise<T>): Promise<T> => {
    await chmod(join(cwd, folder), mode);
    if (isRoot) process.seteuid?.(somebody);
    try {
      return await look();
    } finally {
      if (isRoot) process.seteuid?.(0);
      await chmod(join(cwd, folder), 0o755);
    }
  };
  for (const [folder, mode] of [
    ["node_modules", 0o700],
    ["node_modules", 0o744],
    ["node_modules/@acme", 0o700],
    ["node_modules/@acme", 0o744],
  ] as const) {
    // Without root, the tests own the folder, so the owner gets the bits meant for others.
    const ofOwner = (mode & 0o7) << 6;
    const [found, pruned, reviewed, verified, listed, trusted, described] = await keptOut(
      folder,
      isRoot ? mode : ofOwner,
      () =>
        Promise.all([
          runJson(["plugins", "verify"], options),
          at(["plugins", "lock", "--prune", ...reason]),
          at(["doctor"]),
          at(["plugins", "verify"]),
          at(["plugins", "list"]),
          at(["plugins", "trust", "guard", ...reason]),
          at(["plugins", "describe", "guard"]),
        ]),
    );
    const [unread = ""] = found.document.unreadable;
    expect(unread).toContain(folder);
    expect([pruned.code, pruned.stderr]).toEqual([
      2,
      `lock: ${unread} cannot be read, so what is installed is not known; nothing was removed\n`,
    ]);
    expect([verified.code, verified.stdout]).toEqual([1, expect.stringContaining(`  ${unread}\n`)]);
    // The folder, and the plugin that was not found, without which production does not start.
    expect(verified.stdout).toContain("\nverify failed: 2 problem(s)\n");
    for (const { stdout } of [verified, listed])
      expect(stdout.slice(stdout.indexOf("\nWhat to do next:\n"))).toBe(
        `\nWhat to do next:\n  ${unread}: Make it readable, and look again: a package may be there.\n`,
      );
    expect(trusted.stderr).toBe(
      `trust: plugin 'guard' not found among installed plugins. Available: <none>\n${unread}: Make it readable, and look again: a package may be there.\n`,
    );
    expect(described.stderr).toBe(
      `error: plugin not found: guard\n${unread}: Make it readable, and look again: a package may be there.\n`,
    );
    expect(reviewed.stdout).toContain(`Make ${unread} readable and look again`);
    expect(reviewed.stdout).not.toContain("untrust");
    expect(reviewed.stdout).toContain(`\n  folder: ${unread} cannot be read`);
  }
  expect(await readFile(join(cwd, "plugins.lock"), "utf8")).toBe(lock);
  await at(["plugins", "untrust", "guard", ...reason]);
  for (const argv of [["doctor"], ["plugins", "doctor"]]) {
    const mode = isRoot ? 0o700 : 0o077;
    const look = () => at([...argv, "--strict"]);
    const { code, stdout } = await keptOut("node_modules/@acme", mode, look);
    expect([code, stdout]).toEqual([1, expect.not.stringContaining("consistent")]);
  }
});
