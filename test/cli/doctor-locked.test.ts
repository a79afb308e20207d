/** Lockfile entries that no installed package matches: `doctor` finds what `verify` finds. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { install, newRoot, unsigned } from "../discovery/support.ts";
import { verifies } from "../support/verifies.ts";
import { commandServices, run, runJson } from "./support/run.ts";

const services = commandServices;
const reason = ["--reason", "r"];

it.each<readonly [string, (path: string) => Promise<unknown>]>([
  ["whose package.json is gone", (path) => rm(join(path, "package.json"))],
  [
    "that a later release calls by another name",
    async (path) => {
      const file = join(path, "package.json");
      const fields = JSON.parse(await readFile(file, "utf8"));
      const glassine = { plugins: { "new-guard": "./plugin.js" } };
      await writeFile(file, JSON.stringify({ ...fields, version: "2.0.0", glassine }));
    },
  ],
])("a locked plugin %s is a problem with a remedy", async (_, change) => {
  verifies("cli:doctor-locked", "cli:doctor-severity");
  const cwd = await newRoot();
  const path = await install(cwd, "@acme/guard");
  const options = { services, cwd, env: unsigned };
  expect((await run(["plugins", "trust", "guard", ...reason], options)).code).toBe(0);
  await change(path);
  const todo =
    "hash_mismatch: Reinstall what was trusted, or run `plugins untrust guard --reason TEXT`.\n";
  for (const [command, code] of [
    ["verify", 1],
    ["list", 0],
  ] as const)
    expect(await run(["plugins", command], options)).toMatchObject({
      code,
      stdout: expect.stringContaining(`  ${todo}`),
    });
  for (const argv of [["doctor"], ["plugins", "doctor"]]) {
    const { code, stdout } = await run([...argv, "--strict"], options);
    expect([code, stdout]).toEqual([1, expect.stringContaining(`  recommendation: ${todo}`)]);
  }
  const { document } = await runJson(["doctor"], options);
  const rows = document.plugins.filter(({ id }: { id: string }) => id === "guard");
  expect(document.status).not.toBe("ok");
  expect(rows).toMatchObject([{ package: "@acme/guard", installed: true, status: "drifted" }]);
  expect((await run(["plugins", "untrust", "guard", ...reason], options)).code).toBe(0);
  const after = await runJson(["doctor"], options);
  expect(after.document.plugins.some(({ id }: { id: string }) => id === "guard")).toBe(false);
});

it("a missing plugin is an error in production, where no host starts, and else a warning", async () => {
  verifies("cli:doctor-status");
  const cwd = await newRoot();
  const path = await install(cwd, "guard");
  const options = { services, cwd, env: unsigned };
  expect((await run(["plugins", "trust", "guard", ...reason], options)).code).toBe(0);
  await rm(path, { recursive: true });
  const statusIn = async (mode: string) =>
    (await runJson(["doctor", "--plugin-mode", mode], options)).document.status;
  expect([await statusIn("dev"), await statusIn("production")]).toEqual(["warning", "error"]);
});
