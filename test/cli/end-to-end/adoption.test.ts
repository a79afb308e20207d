import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { newWorkspace, unsigned } from "./support.ts";

const production = { env: { ...unsigned, GLASSINE_PLUGIN_MODE: "production" } };

it("CLI-080: from installing a plugin to trusting it, upgrading it and taking trust back", async () => {
  const { install, run, read, packageAt } = await newWorkspace();
  await install({ name: "egress-guard" });

  const first = await run(["plugins", "list"], production);
  expect(first.code).toBe(0);
  expect(first.stdout).toContain("egress-guard: lock_missing");

  await run(["plugins", "lock"], production);
  const refused = await run(["plugins", "list"], production);
  expect(refused.stdout).toContain("egress-guard: missing_from_lock");

  const trusted = await run(
    ["plugins", "trust", "egress-guard", "--reason", "reviewed"],
    production,
  );
  expect(trusted.code).toBe(0);
  expect(trusted.stdout).toMatch(/^trusted: egress-guard 1\.0\.0 \(sha256:[0-9a-f]{23}…\)\n/);
  const loaded = await run(["plugins", "list"], production);
  expect(loaded.stdout).toContain("egress-guard 1.0.0 hooks=0 health=unknown signed_by=unsigned");

  await writeFile(join(packageAt("egress-guard"), "late.js"), "// not reviewed\n");
  const changed = await run(["plugins", "list"], production);
  expect(changed.stdout).toContain("egress-guard: hash_mismatch");

  await install({ name: "egress-guard", version: "1.1.0" });
  const upgraded = await run(["plugins", "list"], production);
  expect(upgraded.stdout).toContain(
    "egress-guard: version_mismatch: expected '1.0.0', actual '1.1.0'",
  );
  const again = await run(
    ["plugins", "trust", "egress-guard", "--reason", "1.1 reviewed"],
    production,
  );
  expect(again.stdout).toMatch(/\n {2}was: {5}1\.0\.0 \(sha256:[0-9a-f]{23}…\)\n/);
  expect((await run(["plugins", "list"], production)).stdout).toContain(
    "egress-guard 1.1.0 hooks=0",
  );

  const untrusted = await run(
    ["plugins", "untrust", "egress-guard", "--reason", "over"],
    production,
  );
  expect(untrusted.code).toBe(0);
  const gone = await run(["plugins", "list"], production);
  expect(gone.stdout).toContain("egress-guard: missing_from_lock");
  const actions = ((await read("plugins.lock.journal")) ?? "")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split("\t").filter((_, at) => [1, 2, 3, 5].includes(at)));
  expect(actions).toEqual([
    ["trust", "egress-guard", "1.0.0", "reviewed"],
    ["trust", "egress-guard", "1.1.0", "1.1 reviewed"],
    ["revoke", "egress-guard", "-", "over"],
  ]);
});
