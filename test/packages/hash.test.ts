/** Changes to a package that change its hash, and changes that do not. */
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { hashPackage } from "glassine/node";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import {
  freshFolder,
  hashAt,
  hashOf,
  isLinux,
  packageOf,
  plugin,
  type Tree,
  writeTree,
} from "./hash-support.ts";

type Deed = (folder: string) => void;

describe("CLI-070: the hash changes", () => {
  const changes: Readonly<Record<string, Deed>> = {
    "with an edit": (at) => writeFileSync(join(at, "dist/plugin.js"), "export default () => 7;\n"),
    "with bytes at the end": (at) => appendFileSync(join(at, "dist/plugin.js"), "\n"),
    "with a file cut to zeros of its size": (at) => {
      const { size } = statSync(join(at, "dist/plugin.js"));
      truncateSync(join(at, "dist/plugin.js"), 0);
      truncateSync(join(at, "dist/plugin.js"), size);
    },
    "with a file added": (at) => writeFileSync(join(at, "dist/late.js"), ""),
    "with a file added at the root": (at) => writeFileSync(join(at, "index.json"), "{}"),
    "with a file removed": (at) => rmSync(join(at, "README.md")),
    "with a file renamed": (at) => renameSync(join(at, "README.md"), join(at, "READ.md")),
    "with a file moved": (at) => renameSync(join(at, "README.md"), join(at, "dist/README.md")),
    "with two files' contents swapped": (at) => {
      renameSync(join(at, "dist/plugin.js"), join(at, "dist/x"));
      renameSync(join(at, "dist/other.js"), join(at, "dist/plugin.js"));
      renameSync(join(at, "dist/x"), join(at, "dist/other.js"));
    },
    "with a dotfile": (at) => writeFileSync(join(at, ".config"), "a=2\n"),
    "with a source map": (at) => writeFileSync(join(at, "dist/plugin.js.map"), "{}"),
    "with a space in package.json": (at) =>
      writeFileSync(join(at, "package.json"), `${plugin["package.json"]} `),
  };

  it.each(Object.entries(changes))("%s", async (_what, change) => {
    verifies("package:files", "package:hash");
    const folder = packageOf(plugin);
    const before = await hashAt(folder);
    change(folder);
    expect(await hashAt(folder)).not.toBe(before);
  });

  it("if a file is replaced by a link to an identical one", async () => {
    verifies("package:links");
    const twice: Tree = { ...plugin, "dist/same.js": plugin["dist/plugin.js"] as string };
    const folder = packageOf(twice);
    const before = await hashAt(folder);
    rmSync(join(folder, "dist/same.js"));
    symlinkSync("plugin.js", join(folder, "dist/same.js"));
    const linked = await hashAt(folder);
    expect(linked).not.toBe(before);
    rmSync(join(folder, "dist/same.js"));
    symlinkSync("./plugin.js", join(folder, "dist/same.js"));
    expect(await hashAt(folder)).not.toBe(linked);
  });
});

describe("CLI-071: the hash does not change", () => {
  const deeds: Readonly<Record<string, Deed>> = {
    "with times": (at) => utimesSync(join(at, "README.md"), 1, 2),
    "with permissions": (at) => chmodSync(join(at, "dist/plugin.js"), 0o755),
    "with a folder without files": (at) =>
      mkdirSync(join(at, "dist/empty/folder"), { recursive: true }),
    "with the language of the system": () => {
      process.env.LC_ALL = "tr_TR.UTF-8";
    },
    "with a file linked to another place": (at) => {
      linkSync(join(at, "README.md"), join(freshFolder(), "hard"));
    },
  };

  it.each(Object.entries(deeds))("%s", async (_what, deed) => {
    verifies("package:indifferent");
    const { LC_ALL } = process.env;
    const folder = packageOf(plugin);
    const before = await hashAt(folder);
    deed(folder);
    try {
      expect(await hashAt(folder)).toBe(before);
    } finally {
      if (LC_ALL === undefined) delete process.env.LC_ALL;
      else process.env.LC_ALL = LC_ALL;
    }
  });

  it.runIf(process.getuid?.() === 0)("with an owner", async () => {
    const folder = packageOf(plugin);
    const before = await hashAt(folder);
    chownSync(join(folder, "README.md"), 65534, 65534);
    expect(await hashAt(folder)).toBe(before);
  });

  it("with the order in which it was written, or the umask", async () => {
    verifies("package:indifferent", "package:order");
    const before = await hashOf(plugin);
    const folder = freshFolder();
    const mask = process.umask(0o077);
    try {
      writeTree(folder, Object.fromEntries(Object.entries(plugin).reverse()));
    } finally {
      process.umask(mask);
    }
    expect(await hashAt(folder)).toBe(before);
  });

  it("with the folder that it is in, or a link to that", async () => {
    verifies("package:root");
    const folder = packageOf(plugin);
    const elsewhere = join(freshFolder(), "linked");
    symlinkSync(folder, elsewhere);
    expect(await hashAt(elsewhere)).toBe(await hashOf(plugin));
  });

  it("with the installer of a tarball", async () => {
    const folder = packageOf(plugin);
    const to = freshFolder();
    const npm = (...args: readonly string[]) =>
      execFileSync("npm", [...args], { cwd: to, stdio: "pipe", encoding: "utf8" });
    npm("pack", folder, "--silent");
    const [tarball = ""] = readdirSync(to);
    writeFileSync(join(to, "package.json"), "{}");
    npm("install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", `./${tarball}`);
    execFileSync("tar", ["-xzf", tarball], { cwd: to });
    const unpacked = await hashAt(join(to, "package"));
    expect(await hashAt(join(to, "node_modules/example"))).toBe(unpacked);
    expect(unpacked).toBe(await hashAt(folder));
  });
});

describe("CLI-072: what is left out at the root", () => {
  const dependent: Tree = {
    "package.json": '{ "name": "example" }',
    "node_modules/dep/index.js": "1",
    "node_modules/@acme/dep/index.js": "1",
    ".git/HEAD": "ref",
    "dist/node_modules/x.js": "1",
    "dist/.git/hook.js": "1",
    "dist/glassine.sig.json": "{}",
  };
  const bundling = (names: unknown, field = "bundleDependencies"): Tree => ({
    ...dependent,
    "package.json": JSON.stringify({
      name: "example",
      dependencies: { dep: "1" },
      optionalDependencies: { "@acme/dep": "1" },
      [field]: names,
    }),
  });
  const changed = (tree: Tree, path: string, content = "2") => ({ ...tree, [path]: content });

  it.each([
    "node_modules/dep/index.js",
    "node_modules/new/\u0007index.js",
    "node_modules/.bin/dep",
    ".git/HEAD",
    ".git/hooks/new.js",
    "glassine.sig.json",
    "glassine.sigstore.json",
  ])("is excluded: %j", async (path) => {
    verifies("package:left-out");
    expect(await hashOf(changed(dependent, path))).toBe(await hashOf(dependent));
  });

  it("is excluded: .git as a file", async () => {
    const { ".git/HEAD": _head, ...tree } = dependent;
    expect(await hashOf({ ...tree, ".git": "gitdir: elsewhere" })).toBe(await hashOf(tree));
  });

  it.each(["dist/node_modules/x.js", "dist/.git/hook.js", "dist/glassine.sig.json", ".gitignore"])(
    "is included below the root and under other names: %j",
    async (path) => {
      verifies("package:below");
      expect(await hashOf(changed(dependent, path))).not.toBe(await hashOf(dependent));
    },
  );

  it.each([
    ["glassine.sig.json/code.js", "1"],
    ["glassine.sigstore.json", { link: "package.json" }],
    [".git", { link: "package.json" }],
    ["node_modules", "1"],
    ["node_modules", { link: "package.json" }],
    ["Node_Modules/dep/index.js", "1"],
    [".GIT/hook.js", "1"],
  ] as const)("is included if it is something else: %j as %j", async (path, content) => {
    verifies("package:below");
    const tree: Tree = { "package.json": "{}" };
    expect(await hashOf({ ...tree, [path]: content })).not.toBe(await hashOf(tree));
  });

  it.each([
    ["dep", ["dep"]],
    ["dep", { dep: true }],
    ["dep", true],
    ["@acme/dep", ["@acme/dep"]],
    ["@acme/dep", true],
    ["dep", ["DEP"]],
  ])("is included if it is bundled: %j by %j", async (name, names) => {
    verifies("package:bundled");
    const path = `node_modules/${name}/index.js`;
    for (const field of ["bundleDependencies", "bundledDependencies"]) {
      const tree = bundling(names, field);
      expect(await hashOf(changed(tree, path))).not.toBe(await hashOf(tree));
      expect(await hashOf(changed(tree, `node_modules/${name}/node_modules/x.js`))).not.toBe(
        await hashOf(tree),
      );
    }
  });

  it.each([
    ["dep", ["@acme/dep", "other"]],
    ["dep", ["de", "dep/index.js", "node_modules/dep", "../dep", "", ".", "dep/.."]],
    ["@acme/dep", ["dep", "@acme", "@acme/", 3, null]],
    ["@acme/dep", "@acme/dep"],
    ["dep", false],
  ])("is excluded if another package is bundled: %j by %j", async (name, names) => {
    const tree = bundling(names);
    expect(await hashOf(changed(tree, `node_modules/${name}/index.js`))).toBe(await hashOf(tree));
  });

  it.each([[["other"]], [false]])(
    "is excluded by %j even if the older field has it",
    async (names) => {
      verifies("package:bundled");
      const both = JSON.stringify({ bundleDependencies: names, bundledDependencies: ["dep"] });
      const tree = changed(dependent, "package.json", both);
      expect(await hashOf(changed(tree, "node_modules/dep/index.js"))).toBe(await hashOf(tree));
    },
  );

  it("is included if the caller lists it as bundled", async () => {
    const tree = changed(dependent, "node_modules/dep/index.js");
    expect(await hashOf(tree, { bundled: ["dep"] })).not.toBe(
      await hashOf(dependent, { bundled: ["dep"] }),
    );
    expect(await hashOf(bundling(["dep"]), { bundled: ["dep"] })).toBe(
      await hashOf(bundling(["dep"])),
    );
  });

  it.each(["{", "[]", "3", '{ "bundleDependencies": 3 }', "\ufeff{}"])(
    "is excluded if package.json bundles nothing: %j",
    async (text) => {
      const tree = changed(dependent, "package.json", text);
      expect(await hashOf(changed(tree, "node_modules/dep/index.js"))).toBe(await hashOf(tree));
    },
  );

  it("reads a package.json that begins with a byte order mark, as npm does", async () => {
    const tree = changed(dependent, "package.json", '\ufeff{ "bundleDependencies": ["dep"] }');
    expect(await hashOf(changed(tree, "node_modules/dep/index.js"))).not.toBe(await hashOf(tree));
  });
});

describe("the rest of the result", () => {
  it("has the digest of each file by path, and the total size", async () => {
    const folder = packageOf({
      "a/b.js": "export {};\n",
      "package.json": "{}\n",
      c: { link: "a/b.js" },
    });
    const { files, size } = await hashPackage(folder);
    expect([...files]).toEqual([
      ["a/b.js", expect.stringMatching(/^[0-9a-f]{64}$/)],
      ["package.json", "ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356"],
    ]);
    expect(size).toBe(14);
  });

  it("is an error for an unknown option", async () => {
    const folder = packageOf(plugin);
    await expect(hashPackage(folder, { bundle: [] } as never)).rejects.toThrow(/bundled/);
  });
});

it.runIf(isLinux)("a missing package folder is reported", async () => {
  await expect(hashPackage("/nowhere/at/all")).rejects.toMatchObject({
    code: "package_refused",
    message: "The folder of the package cannot be read (ENOENT).",
  });
  const folder = packageOf(plugin);
  await expect(hashPackage(join(folder, "README.md"))).rejects.toThrow(
    "The package is not a folder.",
  );
});
