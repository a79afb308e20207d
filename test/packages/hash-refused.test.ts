// Only in test:all: it makes packages of many files.
/** Packages that have no hash: their contents, and the code of the refusal. */
import { chmodSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
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
  makePipe,
  packageOf,
  plugin,
  refusalAt,
} from "./hash-support.ts";

describe.runIf(isLinux)("CLI-073: links, pipes and other kinds", () => {
  it.each([
    ["/etc/passwd"],
    ["../other/file"],
    ["../../dist/plugin.js"],
    ["gone.js"],
    ["self.js"],
    ["dist/../../up.js"],
    ["README.md/x"],
    ["dist"],
    ["."],
    [".."],
    [".git/HEAD"],
    ["node_modules/dep/index.js"],
    ["glassine.sig.json"],
    ["through"],
    ["C:/Windows/win.ini"],
    ["\\\\server\\share"],
    ["dist\\plugin.js"],
    ["x\ny"],
  ])("a link to %j is unsafe", async (link) => {
    verifies("package:links-refused");
    const folder = packageOf({
      ...plugin,
      ".git/HEAD": "ref",
      "node_modules/dep/index.js": "1",
      "glassine.sig.json": "{}",
    });
    symlinkSync("node_modules/dep/index.js", join(folder, "through"));
    const bare = link === "through" ? "a.js" : "self.js";
    symlinkSync(link, join(folder, bare));
    expect(await refusalAt(folder)).toEqual({ code: "unsafe_symlink", path: bare });
  });

  it("two links in a circle are unsafe", async () => {
    const folder = packageOf({ ...plugin, "a.js": { link: "b.js" }, "b.js": { link: "a.js" } });
    expect(await refusalAt(folder)).toEqual({ code: "unsafe_symlink", path: "a.js" });
  });

  it("a link back into the package by its own name is unsafe", async () => {
    const folder = packageOf(plugin);
    const name = folder.slice(folder.lastIndexOf("/") + 1);
    symlinkSync(`../${name}/README.md`, join(folder, "a.md"));
    expect(await refusalAt(folder)).toEqual({ code: "unsafe_symlink", path: "a.md" });
  });

  it("a link to a file of the package by its whole path is unsafe", async () => {
    const folder = packageOf(plugin);
    symlinkSync(join(folder, "README.md"), join(folder, "a.md"));
    expect(await refusalAt(folder)).toEqual({ code: "unsafe_symlink", path: "a.md" });
  });

  it("a link that leads back through an excluded folder is unsafe", async () => {
    const folder = packageOf({
      ...plugin,
      "a.md": { link: "node_modules/back.md" },
      "node_modules/back.md": { link: "../README.md" },
    });
    expect(await refusalAt(folder)).toEqual({ code: "unsafe_symlink", path: "a.md" });
  });

  it("a link whose target is not UTF-8 is refused", async () => {
    const folder = packageOf(plugin);
    symlinkSync(Buffer.from([0x61, 0xff]), join(folder, "a.md"));
    expect(await refusalAt(folder)).toEqual({ code: "unsupported_file", path: "a.md" });
  });

  it("links to hashed files are fine, also in a chain", async () => {
    verifies("package:links");
    const hash = await hashOf({
      ...plugin,
      "a.js": { link: "dist/b.js" },
      "dist/b.js": { link: "../dist//plugin.js" },
      "node_modules/dep/index.js": "1",
      "package.json": '{ "bundleDependencies": ["dep"] }',
      "c.js": { link: "node_modules/dep/index.js" },
    });
    expect(hash).toMatch(/^sha256:/);
  });

  it("a pipe is not waited for", async () => {
    verifies("package:kinds");
    const folder = packageOf(plugin);
    makePipe(join(folder, "dist/pipe.js"));
    expect(await refusalAt(folder)).toEqual({ code: "unsupported_file", path: "dist/pipe.js" });
  });

  it("a pipe as package.json is not waited for", async () => {
    const folder = freshFolder();
    makePipe(join(folder, "package.json"));
    expect(await refusalAt(folder)).toEqual({ code: "unsupported_file", path: "package.json" });
  });

  it("a socket is refused", async () => {
    const folder = packageOf(plugin);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(join(folder, "socket"), resolve));
    expect(await refusalAt(folder)).toEqual({ code: "unsupported_file", path: "socket" });
    server.close();
  });

  it("other kinds are refused even under an excluded name", async () => {
    for (const name of [".git", "node_modules", "glassine.sig.json"]) {
      const folder = packageOf(plugin);
      makePipe(join(folder, name));
      expect(await refusalAt(folder)).toEqual({ code: "unsupported_file", path: name });
    }
  });

  it.runIf(process.getuid?.() !== 0)("an unreadable file is refused", async () => {
    verifies("package:kinds");
    const folder = packageOf(plugin);
    chmodSync(join(folder, "README.md"), 0);
    expect(await refusalAt(folder)).toEqual({ code: "unsupported_file", path: "README.md" });
    chmodSync(join(folder, "dist"), 0);
    expect(await refusalAt(folder)).toEqual({ code: "unsupported_file", path: "dist" });
    chmodSync(join(folder, "dist"), 0o755);
  });
});

describe.runIf(isLinux)("CLI-074: names that are one on some systems", () => {
  it.each([
    ["A.js", "a.js"],
    ["\u00e9.js", "e\u0301.js"],
    ["stra\u00dfe", "STRASSE"],
    ["\u1e9e", "\u00df"],
    ["\u03c3", "\u03c2"],
    ["\u212a.js", "k.js"],
    ["\u017f", "S"],
    ["\u01c4", "\u01c5"],
    ["\ufb01", "FI"],
    ["\u0130", "i\u0307"],
  ])("%j and %j", async (one, other) => {
    verifies("package:twins");
    const folder = packageOf({ [one]: "1", [other]: "2" });
    expect(await refusalAt(folder)).toMatchObject({ code: "unsupported_file" });
    expect(
      await refusalAt(packageOf({ [`x/${one}/y`]: "1", [`x/${other}/z`]: "2" })),
    ).toMatchObject({
      code: "unsupported_file",
    });
    expect(await hashOf({ [`x/${one}`]: "1", [`y/${other}`]: "2" })).toMatch(/^sha256:/);
  });

  it("also with an excluded name, but not inside excluded folders", async () => {
    expect(await hashOf({ "node_modules/a/x": "1", "node_modules/A/y": "2" })).toBe(
      await hashOf({}),
    );
  });
});

describe.runIf(isLinux)("CLI-075: names that would forge records", () => {
  it.each([
    ...'\n\r\t\u0001\u007f\u0085\u009b\u2028\u2029<>:"|?*\\',
    "a. ",
    "a.",
    "a ",
    "...",
    "CON",
    "con",
    "nul.js",
    "Aux.tar.gz",
    "com1.js",
    "COM\u00b9",
    "lpt9 .txt",
    "CONIN$",
    "conout$.x",
    "clock$",
    "PRN",
  ])("%j", async (odd) => {
    verifies("package:names");
    const name = odd.length === 1 ? `a${odd}b` : odd;
    expect(await refusalAt(packageOf({ [name]: "" }))).toEqual({
      code: "unsupported_file",
      path: name,
    });
    const path = `dist/${name}`;
    expect(await refusalAt(packageOf({ [`${path}/x.js`]: "" }))).toEqual({
      code: "unsupported_file",
      path,
    });
  });

  it.each([
    "..a",
    "com",
    "COM10",
    "console.js",
    "nul-1.js",
    "a b.js",
    ".env",
    "$",
    "名前.js",
    "😀",
    "-",
    "%2e%2e",
  ])("%j is accepted", async (name) => {
    expect(await hashOf({ [name]: "" })).toMatch(/^sha256:/);
  });

  it("a name that is not UTF-8", async () => {
    verifies("package:names");
    for (const bytes of [[0xff], [0x61, 0xc0, 0xaf], [0xed, 0xa0, 0x80], [0x61, 0xc3]]) {
      const folder = freshFolder();
      writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(bytes)]), "x");
      expect(await refusalAt(folder)).toMatchObject({ code: "unsupported_file" });
    }
  });

  it("a byte order mark is part of the name", async () => {
    expect(await hashOf({ "\ufeffa": "" })).not.toBe(await hashOf({ a: "" }));
  });

  it("are reported on one line", async () => {
    const folder = packageOf({ "a\nb\u001b[2J\u202e": "" });
    await expect(hashPackage(folder)).rejects.toThrow(
      String.raw`"a\u{a}b\u{1b}[2J\u{202e}" has a control character in its name.`,
    );
  });
});

describe("CLI-076: small and large packages", () => {
  it("an empty folder, a package.json alone and a file without bytes have a hash", async () => {
    verifies("package:hash");
    // SHA-256 of the algorithm's name and a line feed.
    expect(await hashOf({})).toBe(
      "sha256:6cd08f4a2d7f02f254d11f3980e607ecf83eaf079481a976c4aef544f188e9b4",
    );
    const alone = await hashOf({ "package.json": "{}" });
    expect(await hashOf({ "package.json": "{}", "empty.js": "" })).not.toBe(alone);
  });

  it("a file of 300 MiB is read in pieces", async () => {
    verifies("package:pieces");
    const folder = packageOf({ "package.json": "{}", "big.bin": "" });
    truncateSync(join(folder, "big.bin"), 300 * 1024 * 1024);
    const { arrayBuffers: before } = process.memoryUsage();
    // Below zero where buffers of earlier tests are freed meanwhile.
    const grown: number[] = [];
    const timer = setInterval(() => {
      grown.push(process.memoryUsage().arrayBuffers - before);
    }, 1);
    const { size } = await hashPackage(folder);
    clearInterval(timer);
    expect(size).toBe(300 * 1024 * 1024 + 2);
    expect(grown.length).toBeGreaterThan(0);
    // Far below 300 MiB, with room for other buffers of the process.
    expect(Math.max(...grown)).toBeLessThan(100 * 1024 * 1024);
  });

  it("20,000 files have a hash, one more is too many", async () => {
    verifies("package:limits");
    const folder = freshFolder();
    for (let n = 0; n < 20_000; n++) {
      if (n % 1000 === 0) mkdirSync(join(folder, `d${n / 1000}`));
      writeFileSync(join(folder, `d${Math.floor(n / 1000)}`, `${n}`), "");
    }
    expect((await hashPackage(folder)).files.size).toBe(20_000);
    symlinkSync("d0/0", join(folder, "link"));
    expect(await refusalAt(folder)).toMatchObject({ code: "package_too_large" });
  });

  it("more than 512 MiB are not read", async () => {
    verifies("package:limits");
    const folder = packageOf({ "package.json": "{}", "sparse.bin": "" });
    truncateSync(join(folder, "sparse.bin"), 2 ** 30);
    expect(await refusalAt(folder)).toEqual({ code: "package_too_large", path: "sparse.bin" });
  });

  it("64 parts of a path are enough, one more is too much", async () => {
    verifies("package:limits");
    const deep = Array.from({ length: 63 }, () => "d").join("/");
    expect(await hashOf({ [`${deep}/file`]: "" })).toMatch(/^sha256:/);
    const folder = packageOf({ [`${deep}/d/file`]: "" });
    expect(await refusalAt(folder)).toEqual({ code: "package_too_large", path: `${deep}/d/file` });
    const empty = freshFolder();
    mkdirSync(join(empty, deep, "d", "d"), { recursive: true });
    expect(await refusalAt(empty)).toEqual({ code: "package_too_large", path: `${deep}/d/d` });
  });
});

it.runIf(isLinux)(
  "of several faults the first by path is reported, whatever the order on disk",
  async () => {
    const folders = [
      { "z.js": { link: "/z" }, "a/b.js": { link: "gone" }, "m.": "" },
      { "m.": "", "a/b.js": { link: "gone" }, "z.js": { link: "/z" } },
    ].map(packageOf);
    const reported = await Promise.all(folders.map((folder) => refusalAt(folder)));
    expect(reported[0]).toEqual(reported[1]);
    expect(await hashAt(packageOf(plugin))).toMatch(/^sha256:/);
  },
);
