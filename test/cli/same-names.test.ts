/** Packages that claim the name of another package. */
import { rename } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { install, newRoot, unsigned } from "../discovery/support.ts";
import { verifies } from "../support/verifies.ts";
import { commandServices, run, runJson } from "./support/run.ts";

/** `node_modules/aaa` claims to be the package `guard`. */
async function twoGuards(glassine: { readonly [key: string]: unknown }) {
  const cwd = await newRoot();
  const elsewhere = await newRoot();
  const real = await install(cwd, "guard");
  const other = join(cwd, "node_modules/aaa");
  await rename(await install(elsewhere, "guard", { glassine }), other);
  return { cwd, warning: `two packages call themselves 'guard': ${other} and ${real}` };
}

const trust = ["plugins", "trust", "guard", "--reason", "reviewed"];

it("CLI-019: `trust` accepts neither of two packages that claim one id", async () => {
  verifies("cli:trust-refused");
  const { cwd, warning } = await twoGuards({ plugin: "./plugin.js" });
  const options = { services: commandServices, cwd, env: unsigned };
  const reason = "duplicate plugin id (entry point plugin.js:default)";
  expect(await run(trust, options)).toMatchObject({
    code: 2,
    stderr: `trust: plugin 'guard' is rejected: duplicate_id: ${reason} of guard, guard\nRemove one of them, or upgrade to ids that differ.\n`,
  });
  const { document } = await runJson(["plugins", "list"], options);
  expect([document.loaded, document.warnings]).toEqual([[], [warning]]);
});

it("`trust` reports the warnings of discovery", async () => {
  const { cwd, warning } = await twoGuards({ plugins: { "other-guard": "./plugin.js" } });
  const { code, stderr } = await run(trust, { services: commandServices, cwd, env: unsigned });
  expect([code, stderr]).toEqual([0, `warning: ${warning}\n`]);
});
