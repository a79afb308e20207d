/** Signing tarballs from `npm pack`. */
// Only in test:all: it packs and signs many tarballs.
import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { lstat, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import { ed25519Verifier, hashPackage, readPublisherKeys } from "glassine/node";
import { describe, expect, it } from "vitest";
import { attack } from "../attacks/attack.ts";
import { folderWith } from "../support/folder.ts";
import { verifies } from "../support/verifies.ts";
import { commandServices, runJson } from "./support/run.ts";

const run = promisify(execFile);
const identity = "builder@example.com";
const newKey = () =>
  String(generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" }));

/** Signs a tarball with the command; returns its exit code and document. */
async function sign(path: string, key = newKey()) {
  const argv = ["plugins", "sign", path, "--key", "-", "--identity", identity];
  const options = { services: commandServices, cwd: dirname(path), stdin: [key] };
  const { code, document } = await runJson(argv, options);
  return { code, document };
}

const long = `dist/${"deep/".repeat(20)}${"x".repeat(90)}.js`;

/** A package packed by npm, and a key. */
async function packed(files: Readonly<Record<string, string>> = {}) {
  const folder = await folderWith();
  const source = join(folder, "source");
  const all = {
    "package.json": '{"name":"guard","version":"1.0.0"}',
    "index.js": "",
    "größe.js": "export {};",
    [long]: "x".repeat(1500),
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    await mkdir(join(source, path, ".."), { recursive: true });
    await writeFile(join(source, path), text);
  }
  await run("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: source });
  return { folder, path: join(folder, "guard-1.0.0.tgz"), key: newKey() };
}

async function unpacked(path: string): Promise<string> {
  const folder = await folderWith();
  await run("tar", ["xzf", path, "-C", folder]);
  return join(folder, "package");
}

/** What an operator with the printed entry finds out about a package. */
async function verdict(path: string, publisher: object) {
  const file = join(await folderWith(), "publishers.json");
  await writeFile(file, JSON.stringify({ schema: 1, publishers: [publisher] }));
  const signed = { name: "guard", version: "1.0.0", path, ...(await hashPackage(path)) };
  return ed25519Verifier({ keys: await readPublisherKeys(file) }).verify(signed);
}

describe("a signed tarball", () => {
  it("verifies when unpacked, and has the same other files", async () => {
    verifies("signing:tarball");
    const { path, key } = await packed();
    const before = await hashPackage(await unpacked(path));
    const { code, document } = await sign(path, key);
    const folder = await unpacked(path);
    expect(await hashPackage(folder)).toEqual(before);
    expect(code).toBe(0);
    expect(document).toMatchObject({ package: "guard", distribution_hash: before.hash });
    expect(await verdict(folder, document.publisher)).toEqual({ kind: "verified", identity });
  });

  it("may be signed again, and contains the evidence once", async () => {
    verifies("signing:tarball");
    const { path, key } = await packed();
    await sign(path, key);
    const first = await readFile(path);
    const { document } = await sign(path, key);
    expect(gunzipSync(await readFile(path))).toEqual(gunzipSync(first));
    const { stdout } = await run("tar", ["tzf", path]);
    expect(stdout.split("\n").filter((name) => name.endsWith("sig.json"))).toHaveLength(1);
    const found = await verdict(await unpacked(path), document.publisher);
    expect(found).toEqual({ kind: "verified", identity });
  });

  it("leaves no other files behind", async () => {
    verifies("signing:tarball");
    const { folder, path, key } = await packed();
    const before = (await readdir(folder)).sort();
    await sign(path, key);
    const { code, document } = await sign(path, "no key");
    expect([code, document.error.message]).toEqual([2, expect.stringContaining("is not PEM")]);
    expect((await readdir(folder)).sort()).toEqual(before);
  });
});

/** One header and its content, as tar writes them. */
function tarEntry(name: string, text = "", type = "0", linkname = ""): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write("000644 \0", 100);
  header.write(`${text.length.toString(8).padStart(11, "0")} `, 124);
  header.write("        ", 148);
  header.write(type, 156);
  header.write(linkname, 157);
  header.write("ustar\u000000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  const body = Buffer.alloc(Math.ceil(text.length / 512) * 512);
  body.write(text);
  return Buffer.concat([header, body]);
}

const manifest = tarEntry("package/package.json", '{"name":"guard","version":"1.0.0"}');
const record = (text: string) => {
  const length = text.length + 4;
  return `${length > 99 ? length : ` ${length}`.trim()} ${text}\n`;
};

attack(
  "A-274",
  "Have an author sign a tarball that writes outside its target folder, or holds what npm does not unpack",
  "refused with `package_refused`; the tarball is unchanged, and nothing is written elsewhere",
  () => {
    it.each([
      ["a path up", [tarEntry("package/../../escaped.js", "x")]],
      ["an absolute path", [tarEntry("/tmp/escaped.js", "x")]],
      ["a path with a backslash", [tarEntry("package\\..\\escaped.js", "x")]],
      [
        "a path up in an extended header",
        [tarEntry("h", record("path=package/../../e.js"), "x"), tarEntry("package/a.js", "x")],
      ],
      ["a symbolic link", [tarEntry("package/link", "", "2", "/etc/passwd")]],
      ["a hard link", [tarEntry("package/link", "", "1", "package/package.json")]],
      [
        "a link and a file through it",
        [tarEntry("package/d", "", "2", "/tmp"), tarEntry("package/d/x", "x")],
      ],
      ["a device", [tarEntry("package/null", "", "3")]],
      ["a name twice", [tarEntry("package/a.js", "1"), tarEntry("package/a.js", "2")]],
      ["a name twice but for case", [tarEntry("package/a.js", "1"), tarEntry("package/A.js", "2")]],
      [
        "a size of its own in an extended header",
        [tarEntry("h", record("size=5"), "x"), tarEntry("package/a.js", "x")],
      ],
      ["two folders", [tarEntry("other/a.js", "x")]],
      ["a global header", [tarEntry("g", record("path=package/a.js"), "g")]],
      ["a damaged header", [Buffer.from(tarEntry("package/a.js", "x")).fill(1, 0, 1)]],
      ["an entry that is cut off", [tarEntry("package/a.js", "x".repeat(600)).subarray(0, 1024)]],
    ])("%s", async (_, entries) => {
      verifies("signing:tarball");
      const folder = await folderWith();
      const path = join(folder, "guard-1.0.0.tgz");
      const bytes = gzipSync(Buffer.concat([manifest, ...entries]));
      await writeFile(path, bytes);
      expect(await sign(path)).toMatchObject({
        code: 2,
        document: { error: { code: "package_refused" } },
      });
      expect(await readFile(path)).toEqual(bytes);
      await expect(lstat("/tmp/escaped.js")).rejects.toMatchObject({ code: "ENOENT" });
    });

    it("a file that is not gzip, and a decompression bomb", async () => {
      verifies("signing:tarball");
      const path = join(await folderWith(), "guard-1.0.0.tgz");
      const bomb = gzipSync(Buffer.alloc(600 * 1024 * 1024), { level: 9 });
      for (const [bytes, message] of [
        [Buffer.from("no gzip"), "is not a gzip file"],
        [gzipSync(Buffer.alloc(2048)), "has no file"],
        [bomb, "512 MiB"],
      ] as const) {
        await writeFile(path, bytes);
        expect(await sign(path)).toMatchObject({
          code: 2,
          document: {
            error: { code: "package_refused", message: expect.stringContaining(message) },
          },
        });
      }
    });
  },
);
