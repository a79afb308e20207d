/** A plugin from the day it is installed to the day trust in it is revoked. */
// Only in test:all: it runs whole commands in processes of their own.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { newWorkspace, unsigned } from "./support.ts";
import { valuesOf } from "./trust-support.ts";

const production = { env: { ...unsigned, GLASSINE_PLUGIN_MODE: "production" } };

it("CLI-080: a plugin is installed, trusted, upgraded and untrusted", async () => {
  const { install, run, read, packageAt, root } = await newWorkspace();
  const begun = Date.now();
  /** Runs a command that must end with 0 and no complaint; returns what it printed. */
  const done = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await run(["plugins", ...args], production);
    expect([args, code, stderr]).toEqual([args, 0, ""]);
    return stdout;
  };
  const paths = `  lock:    ${root}/plugins.lock\n  journal: ${root}/plugins.lock.journal\n`;
  const locked = async () => valuesOf("distribution_hash", (await read("plugins.lock")) ?? "");
  const short = (hash: string | undefined) => hash?.slice(0, 30);
  await install({ name: "egress-guard" });

  expect(await done("list")).toContain("egress-guard: lock_missing");

  expect(await done("lock")).toBe(`created: ${root}/plugins.lock\n`);
  expect(await done("list")).toContain("egress-guard: missing_from_lock");

  const trusted = await done("trust", "egress-guard", "--reason", "reviewed");
  const [first] = await locked();
  expect(first).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(trusted).toBe(`trusted: egress-guard 1.0.0 (${short(first)}…)\n${paths}`);
  const line = "egress-guard 1.0.0 hooks=0 health=unknown signed_by=unsigned";
  expect(await done("list")).toContain(line);

  await writeFile(join(packageAt("egress-guard"), "late.js"), "// not reviewed\n");
  const changed = await done("list");
  expect(changed).toContain(`egress-guard: hash_mismatch: expected '${first}', actual 'sha256:`);
  expect(changed).not.toContain(line);

  await install({ name: "egress-guard", version: "1.1.0" });
  expect(await done("list")).toContain(
    "egress-guard: version_mismatch: expected '1.0.0', actual '1.1.0'",
  );
  const again = await done("trust", "egress-guard", "--reason", "1.1 reviewed");
  const [second] = await locked();
  expect(second).not.toBe(first);
  expect(again).toBe(
    `trusted: egress-guard 1.1.0 (${short(second)}…)\n  was:     1.0.0 (${short(first)}…)\n${paths}`,
  );
  expect(await done("list")).toContain("egress-guard 1.1.0 hooks=0");

  const untrusted = await done("untrust", "egress-guard", "--reason", "over");
  expect(untrusted).toBe(`untrusted: egress-guard\n${paths}`);
  expect(await done("list")).toContain("egress-guard: missing_from_lock");

  const journal = (await read("plugins.lock.journal")) ?? "";
  expect(journal.endsWith("\n")).toBe(true);
  const fields = journal
    .slice(0, -1)
    .split("\n")
    .map((each) => each.split("\t"));
  expect(fields.map((each) => each.slice(1, 6))).toEqual([
    ["trust", "egress-guard", "1.0.0", first, "reviewed"],
    ["trust", "egress-guard", "1.1.0", second, "1.1 reviewed"],
    ["revoke", "egress-guard", "-", "-", "over"],
  ]);
  const times = fields.map(([time = ""]) => time);
  for (const time of times) expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const moments = [begun, ...times.map((time) => Date.parse(time)), Date.now()];
  expect(moments).toEqual(moments.toSorted((a, b) => a - b));
});
