/** Whether a package is still what was hashed. */
import { rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  expectSame,
  type HashPackageOptions,
  hashPackage,
} from "../../../src/operate/packages/hash-package.ts";
import type { PackageHash } from "../../../src/operate/packages/types.ts";
import { isLinux, packageOf, plugin } from "../../packages/hash-support.ts";
import { verifies } from "../../support/verifies.ts";

const hashed = async () => {
  const folder = packageOf({ ...plugin, "dist/__proto__": "1", "link.js": { link: "README.md" } });
  return { folder, before: await hashPackage(folder) };
};

const again = async (before: PackageHash, folder: string, options: HashPackageOptions = {}) =>
  expectSame(before, await hashPackage(folder, options));

describe.runIf(isLinux)("a package that is hashed once more", () => {
  it("passes if it is the same", async () => {
    verifies("package:unchanged");
    const { folder, before } = await hashed();
    utimesSync(join(folder, "README.md"), 1, 1);
    writeFileSync(join(folder, "glassine.sig.json"), "{}");
    await expect(again(before, folder)).resolves.toBeUndefined();
  });

  it.each([
    ["changed", "dist/plugin.js", (at: string) => writeFileSync(at, "evil")],
    ["changed", "dist/__proto__", (at: string) => writeFileSync(at, "2")],
    ["added", "dist/late.js", (at: string) => writeFileSync(at, "")],
    ["added", "__proto__", (at: string) => writeFileSync(at, "")],
    ["removed", "README.md", (at: string) => rmSync(at)],
  ] as const)("is refused where a file was %s: %s", async (how, path, deed) => {
    verifies("package:unchanged");
    const { folder, before } = await hashed();
    if (path === "README.md") {
      rmSync(join(folder, "link.js"));
      symlinkSync("dist/plugin.js", join(folder, "link.js"));
    }
    deed(join(folder, path));
    await expect(again(before, folder)).rejects.toMatchObject({
      code: "package_refused",
      message: `"${path}" was ${how} since the package was hashed.`,
      data: { code: "hash_mismatch", path },
    });
  });

  it("names the first of several", async () => {
    const { folder, before } = await hashed();
    for (const path of ["z.js", "b.js", "a.js"]) writeFileSync(join(folder, path), "");
    await expect(again(before, folder)).rejects.toThrow('"a.js" was added');
  });

  it("is refused if a link changed", async () => {
    const { folder, before } = await hashed();
    rmSync(join(folder, "link.js"));
    symlinkSync("./README.md", join(folder, "link.js"));
    await expect(again(before, folder)).rejects.toMatchObject({
      message: "A link of the package was added, removed or changed since it was hashed.",
      data: { code: "hash_mismatch", path: "" },
    });
  });

  it("is refused if it can no longer be hashed", async () => {
    const { folder, before } = await hashed();
    symlinkSync("/etc/passwd", join(folder, "out.js"));
    await expect(again(before, folder)).rejects.toMatchObject({
      data: { code: "unsafe_symlink", path: "out.js" },
    });
  });

  it("takes the bundled names from the caller", async () => {
    const folder = packageOf({ ...plugin, "node_modules/dep/index.js": "1" });
    const options = { bundled: ["dep"] };
    const before = await hashPackage(folder, options);
    writeFileSync(join(folder, "node_modules/dep/index.js"), "2");
    await expect(again(before, folder, options)).rejects.toThrow("dep/index.js");
  });
});
