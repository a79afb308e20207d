/** Packages built to run other files than those that were reviewed. */
// Only in test:all: it hashes packages while they change.

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  realpathSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { hashPackage } from "glassine/node";
import { expect, it } from "vitest";
import { attack } from "../attacks/attack.ts";
import { discover, install, newRoot } from "../discovery/support.ts";
import {
  freshFolder,
  hashAt,
  hashOf,
  makePipe,
  packageOf,
  plugin,
  refusalAt,
  type Tree,
} from "./hash-support.ts";

attack(
  "A-202",
  "A symbolic link in a package to an outside file, to a folder, or in a cycle",
  "the package is refused with `unsafe_symlink`, and nothing outside is read",
  () => {
    const outside = packageOf({ "secret.js": "1", "folder/code.js": "1" });
    it.each([
      ["to a file outside", join(outside, "secret.js")],
      [
        "to a file outside, from where it is",
        `../${outside.slice(outside.lastIndexOf("/") + 1)}/secret.js`,
      ],
      ["to a folder outside", join(outside, "folder")],
      ["to a folder inside", "dist"],
      ["to the package", "."],
      ["in a circle", "link.js"],
    ])("%s", async (_where, target) => {
      const folder = packageOf(plugin);
      symlinkSync(target, join(folder, "link.js"));
      expect(await refusalAt(folder)).toEqual({ code: "unsafe_symlink", path: "link.js" });
    });

    it("through a folder that is a link", async () => {
      const folder = packageOf({
        ...plugin,
        "a.js": { link: "z/secret.js" },
        z: { link: outside },
      });
      expect(await refusalAt(folder)).toEqual({ code: "unsafe_symlink", path: "a.js" });
    });
  },
);

attack(
  "A-203",
  "`..`, an absolute path, a drive, a UNC path, NUL, a trailing dot or space, or a device name in a package's paths",
  "the package is refused with `unsupported_file`, for a link's target with `unsafe_symlink`",
  () => {
    it.each([
      "C:",
      "c:evil.js",
      "\\\\server\\share",
      "..\\up.js",
      "a.js.",
      "a.js ",
      "...",
      "aux.js",
      "NUL",
    ])("a file %j", async (path) => {
      expect(await refusalAt(packageOf({ [path]: "" }))).toEqual({
        code: "unsupported_file",
        path,
      });
    });

    it.each(["../up.js", "/abs.js", "C:/x.js", "\\\\server\\share", "a.js.", "aux/a.js"])(
      "a link to %j",
      async (link) => {
        const folder = packageOf({ ...plugin, link: { link } });
        expect(await refusalAt(folder)).toEqual({ code: "unsafe_symlink", path: "link" });
      },
    );

    it("NUL, which no file system accepts", () => {
      expect(() => packageOf({ "a\0b": "" })).toThrow();
    });
  },
);

attack(
  "A-204",
  "Add, remove or rename files, turn one into a link, or move content between files so that they concatenate to the same bytes",
  "the hash changes; permissions alone do not change it",
  () => {
    const base: Tree = { "a.js": "12", "b.js": "34" };
    const others: readonly Tree[] = [
      { "a.js": "12", "b.js": "34", "c.js": "" },
      { "a.js": "12" },
      { "a.js": "12", "c.js": "34" },
      { "a.js": "123", "b.js": "4" },
      { "a.js": "1234", "b.js": "" },
      { "a.js": "34", "b.js": "12" },
      { "a.js": "1234" },
      { "a.jsb.js": "1234" },
      { "a.js": { link: "b.js" }, "b.js": "34" },
    ];

    it.each(others)("%j", async (tree) => {
      expect(await hashOf(tree)).not.toBe(await hashOf(base));
    });

    it("permissions", async () => {
      const folder = packageOf(base);
      chmodSync(join(folder, "a.js"), 0o777);
      expect(await hashAt(folder)).toBe(await hashOf(base));
    });
  },
);

attack(
  "A-205",
  "Add a file that the loader can reach: a binary, an index, `exports` in package.json, a `node_modules` at or below the root",
  "the hash changes, except for `node_modules` at the root: there it is a locked dependency, or refused as `foreign_package`",
  () => {
    it.each([
      "index.js",
      "index.json",
      "index.node",
      "dist/plugin.node",
      "dist/plugin.json",
      "dist/package.json",
      "dist/plugin/index.js",
      "dist/node_modules/zod/index.js",
      "dist/.git/hook.js",
      "dist/.hidden/.code.js",
    ])("%s", async (path) => {
      expect(await hashOf({ ...plugin, [path]: "{}" })).not.toBe(await hashOf(plugin));
    });

    it("exports", async () => {
      const tree = {
        ...plugin,
        "package.json": '{ "name": "example", "exports": "./dist/other.js" }',
      };
      expect(await hashOf(tree)).not.toBe(await hashOf(plugin));
    });

    it.each(["node_modules/zod/index.js", "node_modules/zod.js"])("%s", async (file) => {
      const path = realpathSync(packageOf({ ...plugin, [file]: "{}" }));
      const hash = await hashPackage(path);
      expect(hash.hash).toBe(await hashOf(plugin));
      const root = await newRoot();
      const installed = await install(root, "guard");
      await mkdir(dirname(join(installed, file)), { recursive: true });
      await writeFile(join(installed, file), "{}");
      const { rejected } = await discover(root);
      expect(rejected).toMatchObject([
        {
          id: "guard",
          code: "foreign_package",
          reason: `"${file.split("/").slice(0, 2).join("/")}" is not something that the plugin asks for`,
        },
      ]);
    });
  },
);

attack(
  "A-206",
  "File names that differ only in case or in Unicode normalisation",
  "the package is refused with `unsupported_file`",
  () => {
    it.each([
      ["dist/plugin.js", "dist/Plugin.js"],
      ["dist/plugin.js", "DIST/other.js"],
      ["\u00fc.js", "u\u0308.js"],
      ["glassine.sig.json/x", "Glassine.sig.json/x"],
    ])("%j and %j", async (one, other) => {
      expect(await refusalAt(packageOf({ [one]: "1", [other]: "2" }))).toMatchObject({
        code: "unsupported_file",
      });
    });
  },
);

attack(
  "A-208",
  "A device, a pipe, a socket, a sparse file of 1 TB, many hard links to one file",
  "the package is refused with `unsupported_file` or `package_too_large`, without blocking; hard links are plain files",
  () => {
    it("a pipe", async () => {
      const folder = packageOf(plugin);
      makePipe(join(folder, "a.js"));
      expect(await refusalAt(folder)).toEqual({ code: "unsupported_file", path: "a.js" });
    });

    it("a device", async ({ skip }) => {
      const folder = packageOf(plugin);
      try {
        execFileSync("mknod", [join(folder, "a.js"), "c", "1", "5"], { stdio: "ignore" });
      } catch {
        skip("Only root makes devices.");
      }
      expect(await refusalAt(folder)).toEqual({ code: "unsupported_file", path: "a.js" });
    });

    it("a sparse file", async () => {
      const folder = packageOf({ ...plugin, "a.bin": "" });
      truncateSync(join(folder, "a.bin"), 2 ** 40);
      expect(await refusalAt(folder)).toEqual({ code: "package_too_large", path: "a.bin" });
    });

    it("many hard links to one file", async () => {
      const folder = freshFolder();
      const copied: Record<string, string> = {};
      writeFileSync(join(folder, "0"), "bytes");
      copied["0"] = "bytes";
      for (let n = 1; n < 100; n++) {
        linkSync(join(folder, "0"), join(folder, `${n}`));
        copied[`${n}`] = "bytes";
      }
      expect(await hashAt(folder)).toBe(await hashOf(copied));
    });

    it("many hard links to one file of 300 MiB", async () => {
      const folder = packageOf({ "a.bin": "" });
      truncateSync(join(folder, "a.bin"), 300 * 1024 * 1024);
      linkSync(join(folder, "a.bin"), join(folder, "b.bin"));
      expect(await refusalAt(folder)).toEqual({ code: "package_too_large", path: "b.bin" });
    });
  },
);
