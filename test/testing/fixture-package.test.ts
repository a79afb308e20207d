import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { installFixturePackage } from "glassine/testing";
import { describe, expect, it } from "vitest";
import { folderWith } from "../support/folder.ts";

const guard = {
  name: "@acme/guard",
  version: "1.0.0",
  files: {
    "dist/plugin.js": "export const answer = 42;\n",
    "a/b/c/data.bin": Uint8Array.from([0, 255]),
  },
  glassine: { plugin: "./dist/plugin.js" },
};

describe("installFixturePackage", () => {
  it("writes a package that Node finds and imports", async () => {
    const fixture = await installFixturePackage(guard);
    try {
      expect(fixture.path).toBe(join(fixture.root, "node_modules", "@acme", "guard"));
      const manifest: unknown = JSON.parse(
        await readFile(join(fixture.path, "package.json"), "utf8"),
      );
      expect(manifest).toEqual({
        name: "@acme/guard",
        version: "1.0.0",
        type: "module",
        keywords: ["glassine-plugin"],
        glassine: { plugin: "./dist/plugin.js" },
      });
      expect([...(await readFile(join(fixture.path, "a/b/c/data.bin")))]).toEqual([0, 255]);
      const found = createRequire(join(fixture.root, "host.js")).resolve(
        "@acme/guard/dist/plugin.js",
      );
      const module: unknown = await import(/* @vite-ignore */ pathToFileURL(found).href);
      expect(module).toMatchObject({ answer: 42 });
    } finally {
      await fixture.remove();
    }
    expect(existsSync(fixture.root)).toBe(false);
    await fixture.remove();
  });

  it("puts several into one root, and removes each alone", async () => {
    const root = await folderWith();
    const files = { "index.js": "" };
    const install = (name: string) =>
      installFixturePackage({ name, version: "1.0.0", files, root });
    const one = await install("@acme/one");
    const two = await install("@acme/two");
    const three = await install("three");
    const modules = join(root, "node_modules");
    await one.remove();
    expect((await readdir(modules)).sort()).toEqual(["@acme", "three"]);
    expect(await readdir(join(modules, "@acme"))).toEqual(["two"]);
    await two.remove();
    await three.remove();
    expect(await readdir(modules)).toEqual([]);
  });

  it("omits the field if there is none", async () => {
    const { glassine: _, ...plain } = guard;
    const fixture = await installFixturePackage(plain);
    const text = await readFile(join(fixture.path, "package.json"), "utf8");
    await fixture.remove();
    expect(Object.keys(JSON.parse(text) as object)).not.toContain("glassine");
  });

  it("does not overwrite an existing package", async () => {
    const root = await folderWith();
    await mkdir(join(root, "node_modules", "@acme", "guard"), { recursive: true });
    await expect(installFixturePackage({ ...guard, root })).rejects.toMatchObject({
      code: "options_invalid",
      message: 'The package "@acme/guard" already exists.',
    });
    expect(await readdir(join(root, "node_modules", "@acme", "guard"))).toEqual([]);
  });

  it("refuses a package that another call is writing, and leaves that one alone", async () => {
    const root = await folderWith();
    const both = [1, 2].map(() => installFixturePackage({ ...guard, root }));
    const ends = (await Promise.allSettled(both)).map(({ status }) => status);
    expect(ends.sort()).toEqual(["fulfilled", "rejected"]);
    const files = await readdir(join(root, "node_modules", "@acme", "guard"));
    expect(files).toContain("package.json");
  });

  it("removes what it wrote if a part of it cannot be written", async () => {
    const root = await folderWith();
    const files = { "a.js": "", [`${"n".repeat(300)}.js`]: "" };
    await expect(installFixturePackage({ ...guard, files, root })).rejects.toMatchObject({
      code: "ENAMETOOLONG",
    });
    expect(await readdir(join(root, "node_modules"))).toEqual([]);
  });

  it("signs the package once its files are written, and waits for it", async () => {
    const fixture = await installFixturePackage({
      ...guard,
      async sign(path) {
        const names = await readdir(path);
        await writeFile(join(path, "glassine.sig.json"), JSON.stringify(names.sort()));
      },
    });
    const evidence = await readFile(join(fixture.path, "glassine.sig.json"), "utf8");
    await fixture.remove();
    expect(JSON.parse(evidence)).toEqual(["a", "dist", "package.json"]);
  });

  it("removes what it wrote if it cannot be signed", async () => {
    const root = await folderWith();
    const sign = () => Promise.reject(new Error("no key"));
    await expect(installFixturePackage({ ...guard, root, sign })).rejects.toThrow("no key");
    expect(await readdir(join(root, "node_modules"))).toEqual([]);
  });

  it.each([
    ["../evil.js", "leaves the package"],
    ["dist/../../evil.js", "leaves the package"],
    ["..", "leaves the package"],
    ["/etc/evil.js", "absolute path"],
    ["C:/evil.js", "absolute path"],
    ["\\\\host\\evil.js", "absolute path"],
    ["dist\\evil.js", "backslash"],
    ["a\0.js", "NUL"],
    ["dist//a.js", "empty part"],
    ["./a.js", "empty part"],
    ["dist/", "empty part"],
    ["", "empty part"],
    ["package.json", "is made from"],
    ["Package.JSON", "is made from"],
  ])("refuses the path %j", async (path, message) => {
    const refused = installFixturePackage({ ...guard, files: { [path]: "" } });
    await expect(refused).rejects.toMatchObject({ code: "options_invalid" });
    await expect(refused).rejects.toThrow(message);
  });

  it.each([
    [{ name: "../guard" }, "package name"],
    [{ name: "Guard" }, "package name"],
    [{ name: "@acme/../guard" }, "package name"],
    [{ name: "@acme" }, "package name"],
    [{ name: ".guard" }, "package name"],
    [{ name: "node_modules" }, "package name"],
    [{ name: "" }, "package name"],
    [{ name: "a".repeat(215) }, "package name"],
    [{ name: 7 }, "package name"],
    [{ version: "" }, "version"],
    [{ version: undefined }, "version"],
    [{ files: undefined }, "files"],
    [{ files: ["a.js"] }, "files"],
    [{ files: { "a.js": 7 } }, "string or bytes"],
    [{ files: { a: "", "a/b.js": "" } }, "which is a file itself"],
    [{ glassine: "./dist/plugin.js" }, "The field glassine"],
    [{ glassine: { capabilities: new Set(["read_labels"]) } }, "glassine is JSON data"],
    [{ root: "" }, "root"],
    [{ sign: true }, "sign is a function"],
    [{ signed: true }, 'no option "signed"'],
  ])("refuses %o", async (change, message) => {
    const refused = installFixturePackage({ ...guard, ...change } as never);
    await expect(refused).rejects.toMatchObject({ code: "options_invalid" });
    await expect(refused).rejects.toThrow(message);
  });
});
