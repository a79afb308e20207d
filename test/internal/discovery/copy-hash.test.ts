/** A copy has the hash of its original where nothing has to be added to what was hashed. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readDiscoverOptions, staticStage } from "../../../src/operate/discovery/index.ts";
import { privateCopy } from "../../../src/operate/discovery/private-copy.ts";
import { hashPackage } from "../../../src/operate/packages/index.ts";
import { install, newRoot, unsigned } from "../../discovery/support.ts";
import { verifies } from "../../support/verifies.ts";

it("even if one bundled package needs another", async () => {
  verifies("discovery:copy");
  const root = await newRoot();
  const path = await install(root, "guard");
  const manifest = join(path, "package.json");
  const bundles = { dependencies: { one: "1", two: "1" }, bundleDependencies: ["one", "two"] };
  const fields = JSON.parse(await readFile(manifest, "utf8"));
  await writeFile(manifest, JSON.stringify({ ...fields, ...bundles }));
  for (const [name, dependencies] of Object.entries({ one: { two: "1" }, two: {} })) {
    const folder = join(path, "node_modules", name);
    await mkdir(folder, { recursive: true });
    const text = JSON.stringify({ name, version: "1.0.0", dependencies });
    await writeFile(join(folder, "package.json"), text);
  }
  const report = await staticStage(await readDiscoverOptions({ root, env: unsigned }));
  expect(report.refused).toEqual([]);
  for (const { package: found, hash, closure } of report.accepted) {
    if (hash === undefined) throw new Error("The package has no hash.");
    const host = { root, names: ["glassine"] };
    const copy = await privateCopy({ package: found, hash, closure, host, mode: "dev" });
    expect(copy.hasHash).toBe(true);
    expect((await hashPackage(copy.folder)).hash).toBe(hash.hash);
  }
});
