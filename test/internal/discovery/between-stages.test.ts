/** Files that change between the steps of a start. */
import { writeFileSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  loadStage,
  readDiscoverOptions,
  staticStage,
} from "../../../src/operate/discovery/index.ts";
import { install, newRoot, ran, source, unsigned } from "../../discovery/support.ts";
import { verifies } from "../../support/verifies.ts";

it("PH-097: a file that changes between the check and the import keeps the plugin out", async () => {
  verifies("discovery:copy");
  const root = await newRoot();
  const marker = join(root, "ran");
  const path = await install(root, "guard");
  const options = await readDiscoverOptions({ root, env: unsigned });
  const report = await staticStage(options);
  expect(report.accepted).toHaveLength(1);
  await writeFile(join(path, "plugin.js"), source("guard", {}, marker));
  const { loaded, refused } = await loadStage(options, report);
  expect(loaded).toEqual([]);
  expect(refused).toMatchObject([{ id: "guard", code: "hash_mismatch" }]);
  expect(ran(marker)).toBe(false);
});

it("an entry point that is removed in between keeps only its plugin out", async () => {
  const root = await newRoot();
  const path = await install(root, "guard");
  await install(root, "other");
  const verify = async (signed: { readonly path: string }) => {
    if (signed.path === path) await rm(join(path, "plugin.js"), { force: true });
    return { kind: "unsigned" } as const;
  };
  const verifiers = [{ name: "slow", verify }];
  const report = await staticStage(await readDiscoverOptions({ root, env: unsigned, verifiers }));
  expect(report.refused).toMatchObject([{ id: "guard", code: "invalid_entry_point" }]);
  expect(report.accepted.map(({ entry }) => entry.id)).toEqual(["other"]);
});

describe("a package.json that changes between reading and hashing", () => {
  it.each([
    ["another file of the package as entry point", { glassine: { plugin: "./other.js" } }],
    ["another version", { version: "2.0.0" }],
    ["more capabilities", { glassine: { plugin: "./plugin.js", capabilities: ["read_labels"] } }],
    ["a dependency less", { dependencies: {} }],
  ])("is refused, and nothing is run: %s", async (_, fields) => {
    verifies("discovery:manifest");
    const root = await newRoot();
    const marker = join(root, "ran");
    const files = { "plugin.js": source("guard"), "other.js": source("guard", {}, marker) };
    const path = await install(root, "guard", { files });
    const manifest = join(path, "package.json");
    const text = await readFile(manifest, "utf8");
    await writeFile(manifest, JSON.stringify({ ...JSON.parse(text), ...fields }));
    const options = await readDiscoverOptions({ root, env: unsigned });
    const report = await staticStage(options, () => writeFileSync(manifest, text));
    const { loaded } = await loadStage(options, report);
    expect([report.accepted, loaded, ran(marker)]).toEqual([[], [], false]);
    expect(report.refused).toMatchObject([
      {
        id: "guard",
        code: "unsupported_file",
        reason: "Its package.json changes while it is read.",
      },
    ]);
  });
});
