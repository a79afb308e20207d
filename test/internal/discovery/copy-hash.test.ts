/** A copy has the hash of its original, although names in it lead to copies, too. */
import { mkdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readDiscoverOptions, staticStage } from "../../../src/operate/discovery/index.ts";
import { privateCopy } from "../../../src/operate/discovery/private-copy.ts";
import { processFolder } from "../../../src/operate/discovery/process-folder.ts";
import { hashPackage } from "../../../src/operate/packages/index.ts";
import { install, newRoot, unsigned } from "../../discovery/support.ts";
import { verifies } from "../../support/verifies.ts";

/** Installs `guard` with further fields, and other packages at paths below the root. */
async function installed(
  fields: object,
  packages: Readonly<Record<string, object>>,
): Promise<string> {
  const root = await newRoot();
  const manifest = join(await install(root, "guard"), "package.json");
  const own = JSON.parse(await readFile(manifest, "utf8"));
  await writeFile(manifest, JSON.stringify({ ...own, ...fields }));
  for (const [path, needs] of Object.entries(packages)) {
    const folder = join(root, path);
    await mkdir(folder, { recursive: true });
    const name = path.slice(path.lastIndexOf("/") + 1);
    const text = JSON.stringify({ name, version: "1.0.0", ...needs });
    await writeFile(join(folder, "package.json"), text);
    await writeFile(join(folder, "index.js"), "");
  }
  return root;
}

/** The plugin of a root, and a function that copies it for a host. */
async function surveyed(root: string) {
  const report = await staticStage(await readDiscoverOptions({ root, env: unsigned }));
  expect(report.refused).toEqual([]);
  const [{ package: found, hash, closure } = {}] = report.accepted;
  if (found === undefined || hash === undefined) throw new Error("There is no package.");
  const copy = (at = root) => {
    const host = { root: at, names: ["glassine"] };
    return privateCopy({ package: found, hash, closure, host, mode: "dev" });
  };
  return { hash: hash.hash, copy };
}

const own = "node_modules/guard/node_modules";
const needsTwo = { dependencies: { two: "1" } };

it.each<[string, object, string, object?]>([
  ["bundled, too", { bundleDependencies: ["one", "two"] }, `${own}/two`],
  ["not bundled, but in the same tarball", { bundleDependencies: ["one"] }, `${own}/two`],
  ["installed beside the plugin", { bundleDependencies: ["one"] }, "node_modules/two"],
  [
    "a peer of the plugin",
    { bundleDependencies: ["one"], peerDependencies: { two: "1" } },
    "node_modules/two",
    { peerDependencies: { two: "1" } },
  ],
])("even if a bundled package needs one that is %s", async (_, fields, two, needs = needsTwo) => {
  verifies("discovery:copy", "discovery:copy-names");
  const given = { dependencies: { one: "1" }, ...fields };
  const root = await installed(given, { [`${own}/one`]: needs, [two]: {} });
  const { hash, copy } = await surveyed(root);
  const { folder, hasHash } = await copy();
  expect([hasHash, (await hashPackage(folder)).hash]).toEqual([true, hash]);
  const { resolve } = createRequire(join(folder, "node_modules/one/index.js"));
  expect(resolve("two")).toMatch(/two.index\.js$/);
});

it("not if it depends on what is the plugin's peer: it gets the copy that was hashed", async () => {
  verifies("discovery:copy-names");
  const fields = {
    dependencies: { one: "1" },
    bundleDependencies: ["one"],
    peerDependencies: { two: "1" },
  };
  const root = await installed(fields, { [`${own}/one`]: needsTwo, "node_modules/two": {} });
  const { copy } = await surveyed(root);
  const { folder, hasHash } = await copy();
  expect(hasHash).toBe(false);
  const from = (file: string) => createRequire(join(folder, file)).resolve("two");
  const ofHost = await realpath(join(root, "node_modules/two/index.js"));
  expect(from("plugin.js")).toBe(ofHost);
  expect(from("node_modules/one/index.js")).not.toBe(ofHost);
});

it("is another one if the host's peer is in another folder", async () => {
  verifies("discovery:once");
  const fields = { peerDependencies: { two: "1" } };
  const root = await installed(fields, { "node_modules/two": {} });
  const other = await installed(fields, { "node_modules/two": {} });
  const { copy } = await surveyed(root);
  const { folder } = await copy();
  expect((await copy()).folder).toBe(folder);
  const elsewhere = await copy(other);
  const peerOf = (at: string) => createRequire(join(at, "plugin.js")).resolve("two");
  expect([peerOf(folder), peerOf(elsewhere.folder)]).toEqual(
    await Promise.all([root, other].map((at) => realpath(join(at, "node_modules/two/index.js")))),
  );
});

it("is made again if some of it is gone, and only then", async () => {
  verifies("discovery:once");
  const { hash, copy } = await surveyed(await installed({}, {}));
  const [first, same] = await Promise.all([copy(), copy()]);
  expect(same.folder).toBe(first.folder);
  await rm(join(first.folder, "plugin.js"));
  const second = await copy();
  expect((await hashPackage(second.folder)).hash).toBe(hash);
  expect((await copy()).folder).toBe(second.folder);
  await rm(await processFolder(), { recursive: true });
  const third = await copy();
  expect((await hashPackage(third.folder)).hash).toBe(hash);
});

it("has each dependency as it was hashed, or is not made", async () => {
  verifies("discovery:copy", "discovery:once");
  const root = await installed({ dependencies: { one: "1" } }, { "node_modules/one": {} });
  const file = join(root, "node_modules/one/index.js");
  const before = await (await surveyed(root)).copy();
  await writeFile(file, "changed();");
  const { copy } = await surveyed(root);
  const dependencyOf = (at: string) => createRequire(join(at, "plugin.js")).resolve("one");
  expect(await readFile(dependencyOf((await copy()).folder), "utf8")).toBe("changed();");
  expect(await readFile(dependencyOf(before.folder), "utf8")).toBe("");

  const other = await installed({ dependencies: { one: "1" } }, { "node_modules/one": {} });
  const late = await surveyed(other);
  await writeFile(join(other, "node_modules/one/index.js"), "changed();");
  await expect(late.copy()).rejects.toMatchObject({
    code: "package_refused",
    data: { code: "hash_mismatch", path: "index.js" },
  });
});
