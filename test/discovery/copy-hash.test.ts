/** A copy has the hash of its original, although names in it lead to copies, too. */
import { mkdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { hashPackage } from "glassine/node";
import { expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { discover, install, newRoot, source } from "./support.ts";

/** Installs `guard` with further fields, and other packages at paths below the root. */
async function installed(
  fields: object,
  packages: Readonly<Record<string, object>>,
): Promise<string> {
  const root = await newRoot();
  const code = `export default () => {
    globalThis.testUrl = import.meta.url;
    return globalThis.testDefinePlugin({ name: "guard", version: "1.0.0" });
  };`;
  const manifest = join(await install(root, "guard", { code }), "package.json");
  const own = JSON.parse(await readFile(manifest, "utf8"));
  await writeFile(manifest, JSON.stringify({ ...own, ...fields }));
  for (const [path, needs] of Object.entries(packages)) await packageAt(root, path, needs);
  return root;
}

async function packageAt(root: string, path: string, needs: object = {}): Promise<void> {
  const folder = join(root, path);
  await mkdir(folder, { recursive: true });
  const name = path.slice(path.lastIndexOf("/") + 1);
  const text = JSON.stringify({ name, version: "1.0.0", ...needs });
  await writeFile(join(folder, "package.json"), text);
  await writeFile(join(folder, "index.js"), "");
}

/** The folder that a host loads the plugin of a root from. */
async function copyFor(root: string): Promise<string> {
  expect((await discover(root)).rejected).toEqual([]);
  return dirname(fileURLToPath((globalThis as { testUrl?: string }).testUrl ?? ""));
}

const hashOf = async (folder: string) => (await hashPackage(folder)).hash;

/** The hash of the plugin's package, with what it bundles. */
const originalHash = async (root: string, bundled: readonly string[] = []) =>
  (await hashPackage(join(root, "node_modules/guard"), { bundled })).hash;

/** Where a name leads from a file of a copy. */
const resolved = (folder: string, name: string, file = "plugin.js") =>
  createRequire(join(folder, file)).resolve(name);

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
  const folder = await copyFor(root);
  const { bundleDependencies } = fields as { readonly bundleDependencies: readonly string[] };
  expect(await hashOf(folder)).toBe(await originalHash(root, bundleDependencies));
  expect(resolved(folder, "two", "node_modules/one/index.js")).toMatch(/two.index\.js$/);
});

it("not if it depends on what is the plugin's peer: it gets the copy that was hashed", async () => {
  verifies("discovery:copy-names");
  const fields = {
    dependencies: { one: "1" },
    bundleDependencies: ["one"],
    peerDependencies: { two: "1" },
  };
  const root = await installed(fields, { [`${own}/one`]: needsTwo, "node_modules/two": {} });
  const folder = await copyFor(root);
  await expect(hashOf(folder)).rejects.toThrow("is a link with an absolute target");
  const ofHost = await realpath(join(root, "node_modules/two/index.js"));
  expect(resolved(folder, "two")).toBe(ofHost);
  expect(resolved(folder, "two", "node_modules/one/index.js")).not.toBe(ofHost);
});

it("is another one if the host's peer is in another folder", async () => {
  verifies("discovery:once");
  const store = await installed({ peerDependencies: { two: "1" } }, {});
  const hosts = [await newRoot(), await newRoot()];
  for (const root of hosts) {
    await packageAt(root, "node_modules/two");
    await symlink(join(store, "node_modules/guard"), join(root, "node_modules/guard"));
  }
  const [one = "", other = ""] = hosts;
  const folder = await copyFor(one);
  expect(await copyFor(one)).toBe(folder);
  const elsewhere = await copyFor(other);
  expect([folder, elsewhere].map((each) => resolved(each, "two"))).toEqual(
    await Promise.all(hosts.map((at) => realpath(join(at, "node_modules/two/index.js")))),
  );
});

it("is made again if some of it is gone, and only then", async () => {
  verifies("discovery:once");
  const root = await installed({}, {});
  const hash = await originalHash(root);
  const [first, same] = await Promise.all([copyFor(root), copyFor(root)]);
  expect(same).toBe(first);
  await rm(join(first, "plugin.js"));
  const second = await copyFor(root);
  expect(await hashOf(second)).toBe(hash);
  expect(await copyFor(root)).toBe(second);
  const [ofProcess = ""] = /^.*glassine-plugins-[^/\\]+/.exec(second) ?? [];
  await rm(ofProcess, { recursive: true });
  expect(await hashOf(await copyFor(root))).toBe(hash);
});

it("has each dependency as it was hashed, or is not made", async () => {
  verifies("discovery:copy", "discovery:once");
  const root = await installed({ dependencies: { one: "1" } }, { "node_modules/one": {} });
  const file = join(root, "node_modules/one/index.js");
  const before = await copyFor(root);
  await writeFile(file, "changed();");
  const after = await copyFor(root);
  expect(await readFile(resolved(after, "one"), "utf8")).toBe("changed();");
  expect(await readFile(resolved(before, "one"), "utf8")).toBe("");

  // Another plugin changes it when it is loaded, after all were hashed.
  const other = await installed({ dependencies: { one: "1" } }, { "node_modules/one": {} });
  const late = JSON.stringify(join(other, "node_modules/one/index.js"));
  const change = `import { writeFileSync } from "node:fs";\nwriteFileSync(${late}, "changed();");\n`;
  await install(other, "aaa-first", { code: change + source("aaa-first") });
  expect((await discover(other)).rejected).toMatchObject([
    { id: "guard", code: "hash_mismatch", reason: expect.stringContaining('"index.js"') },
  ]);
});
