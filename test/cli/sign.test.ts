/** `plugins sign`: where the key comes from, and that it goes nowhere else. */
import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { platform } from "node:process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { install, newRoot } from "../discovery/support.ts";
import { verifies } from "../support/verifies.ts";
import { hash } from "./support/facts.ts";
import { commandServices, linesOf, run, runJson } from "./support/run.ts";

const secret = "MC4CAQAwBQYDK2VwBCIEIA";
const pem = `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`;
const signed = {
  package: "@acme/plugin",
  version: "1.0.0",
  distribution_hash: hash("c"),
  identity: "builder@example.com",
  key_id: "k1",
  public_key: "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=",
  evidence: "/app/plugin/glassine.sig.json",
  warnings: [],
};
const signing = () => ({ sign: vi.fn(() => Promise.resolve(signed)) });

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sign-"));
  await writeFile(join(folder, "key.pem"), pem, { mode: 0o600 });
});
afterAll(() => rm(folder, { recursive: true }));

const argv = ["plugins", "sign", "plugin", "--identity", "builder@example.com"] as const;

describe("plugins sign", () => {
  it("names the package if the system refuses something", async () => {
    const full = Object.assign(new Error("ENOSPC: no space left on device, write"), {
      code: "ENOSPC",
      syscall: "write",
    });
    const services = { sign: () => Promise.reject(full) };
    const ended = await run([...argv, "--key", "key.pem"], { services, cwd: folder });
    expect([ended.code, ended.stderr]).toEqual([
      2,
      `sign: ${join(folder, "plugin")} cannot be signed: ENOSPC: no space left on device, write\n`,
    ]);
  });

  it("reads the key from a file", async () => {
    verifies("cli:sign-key", "cli:paths");
    const services = signing();
    const ended = await run([...argv, "--key", "key.pem"], { services, cwd: folder });
    expect(ended).toEqual({
      code: 0,
      stderr: "",
      stdout: `signed: @acme/plugin 1.0.0 (sha256:${"c".repeat(23)}…)
  identity: builder@example.com
  key:      k1
  evidence: /app/plugin/glassine.sig.json
entry for publishers in an operator's key file:
  {"identity":"builder@example.com","key_id":"k1","public_key":"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}
`,
    });
    const options = { path: join(folder, "plugin"), key: pem, identity: "builder@example.com" };
    expect(services.sign).toHaveBeenCalledWith(options, expect.anything());
  });

  it("reads the key from standard input", async () => {
    verifies("cli:sign-key");
    const services = signing();
    const stdin = [pem.slice(0, 40), new TextEncoder().encode(pem.slice(40))];
    const options = { services, stdin };
    const { code, document } = await runJson([...argv, "--key", "-", "--key-id", "k1"], options);
    const { public_key, ...rest } = signed;
    const publisher = { identity: rest.identity, key_id: rest.key_id, public_key };
    expect([code, document]).toEqual([0, { action: "sign", ...rest, publisher }]);
    expect(services.sign).toHaveBeenCalledWith(
      expect.objectContaining({ key: pem, keyId: "k1" }),
      expect.anything(),
    );
  });

  it.each([
    ["behind --key", ["--key", pem]],
    ["behind --key=", [`--key=${pem}`]],
    ["on one line", [`--key=${pem.replaceAll("\n", " ")}`]],
    ["as an argument", ["--key", "-", pem]],
  ])("refuses a key %s without repeating any of it", async (_, more) => {
    verifies("cli:key-argument");
    const services = signing();
    for (const json of [[], ["--json"]]) {
      const { code, stdout, stderr } = await run([...argv, ...more, ...json], { services });
      expect(code).toBe(2);
      expect(stdout + stderr).not.toContain(secret);
      expect(stderr).toMatch(/^error: /);
    }
    expect(services.sign).not.toHaveBeenCalled();
  });

  it.each([
    [
      "does not exist",
      secret,
      "sign: the key file cannot be read: ENOENT (its name is not repeated: it may be the key)\n",
    ],
    [
      "is a folder",
      ".",
      "sign: the key file cannot be read: EISDIR (its name is not repeated: it may be the key)\n",
    ],
  ])("reports that a key file %s without naming it", async (_, path, stderr) => {
    verifies("cli:sign-key", "cli:key-argument");
    const ended = await run([...argv, "--key", path], { services: signing(), cwd: folder });
    expect(ended).toEqual({ code: 2, stdout: "", stderr });
  });

  it.each([
    ["empty", [" \n"], "sign: what --key names contains no key\n"],
    [
      "endless",
      Array(70).fill("x".repeat(1024)),
      "sign: the key is longer than a private key can be\n",
    ],
  ])("refuses a key that is %s", async (_, stdin, stderr) => {
    verifies("cli:sign-key");
    const ended = await run([...argv, "--key", "-"], { services: signing(), stdin });
    expect(ended).toEqual({ code: 2, stdout: "", stderr });
  });

  it("refuses a package that is not there, and names it", async () => {
    verifies("cli:sign-folder");
    const given = { services: commandServices, cwd: folder };
    const ended = await run([...argv, "--key", "key.pem"], given);
    const stderr = `sign: ${join(folder, "plugin")} does not exist: name the folder of a package or its tarball\n`;
    expect(ended).toEqual({ code: 2, stdout: "", stderr });
  });

  it.skipIf(platform === "win32")("refuses what is neither a folder nor a file", async () => {
    const argv = ["plugins", "sign", "/dev/null", "--key", "key.pem", "--identity", "a"];
    const ended = await run(argv, { services: commandServices, cwd: folder });
    const stderr =
      "sign: /dev/null is neither a folder nor a file: name the folder of a package or its tarball\n";
    expect(ended).toEqual({ code: 2, stdout: "", stderr });
  });

  it("prints an entry that verifies its signature, and warns about files that npm does not pack", async () => {
    verifies("cli:sign-publisher", "cli:sign-folder");
    const services = commandServices;
    const cwd = await newRoot();
    const path = await install(cwd, "guard");
    const { privateKey } = generateKeyPairSync("ed25519");
    const key = String(privateKey.export({ format: "pem", type: "pkcs8" }));
    const sign = () =>
      runJson(["plugins", "sign", path, "--key", "-", "--identity", "builder@example.com"], {
        services,
        cwd,
        stdin: [key],
      });
    const { document, stderr } = await sign();
    expect([stderr, document.warnings]).toEqual(["", []]);
    const keys = { schema: 1, publishers: [document.publisher] };
    await writeFile(join(cwd, "keys.json"), JSON.stringify(keys));
    const env = {
      GLASSINE_PLUGIN_PUBLISHER_KEYS: join(cwd, "keys.json"),
      GLASSINE_PLUGIN_TRUSTED_PUBLISHERS: "builder@example.com",
    };
    const listed = await run(["plugins", "list"], { services, cwd, env });
    expect(linesOf(listed.stdout).at(-1)).toContain("signed_by=builder@example.com");
    const manifest = JSON.parse(await readFile(join(path, "package.json"), "utf8"));
    const without =
      "warning: npm does not pack glassine.sig.json here: add it to `files` in package.json or, if there is no such list, let .npmignore or .gitignore keep it, and sign again\n";
    for (const [files, warning] of [
      [["plugin.js"], without],
      [["plugin.js", "glassine.sig.json"], ""],
      [["*.js*"], ""],
    ] as const) {
      await writeFile(join(path, "package.json"), JSON.stringify({ ...manifest, files }));
      expect((await sign()).stderr).toBe(warning);
    }
    const all = ["./plugin.js", "glassine.sig.json"];
    const sees = async (files: readonly string[], more: object, left: string) => {
      await writeFile(join(path, "package.json"), JSON.stringify({ ...manifest, files, ...more }));
      const why =
        "a package without them has another hash, and the signature will not verify. Sign the tarball that `npm pack` makes instead.";
      const expected = left === "" ? "" : `warning: npm does not pack ${left}: ${why}\n`;
      expect((await sign()).stderr).toBe(expected);
    };
    for (const folder of ["test/deep", "lib", ".git", "node_modules/x"])
      await mkdir(join(path, folder), { recursive: true });
    for (const name of [
      ...["README.md", "LICENSE", "notes.txt", ".git/HEAD", "node_modules/x/x.js"],
      ...["test/deep/a.js", "test/deep/b.js", "lib/a.js", "lib/b.js"],
    ])
      await writeFile(join(path, name), "");
    await sees(all, {}, "lib, notes.txt, test");
    await sees([...all, "*.txt", "lib", "test"], {}, "");
    await writeFile(join(path, "package.json"), JSON.stringify({ ...manifest, files: "lib" }));
    const asString = (await sign()).stderr;
    expect(asString).toContain("warning: npm does not pack lib, notes.txt, ");
    expect(asString).toContain(without);
    await sees("" as never, {}, "");
    await sees(
      [...all, "lib/a.*", "test", "!test/deep/b.js"],
      {},
      "lib/b.js, notes.txt, test/deep/b.js",
    );
    await sees([...all, "lib"], { main: "notes.txt", bin: "./test/deep/a.js" }, "test/deep/b.js");
    await sees(all, { main: { toString: 5 }, bin: [], browser: {} }, "lib, notes.txt, test");
    await mkdir(join(path, "@types"));
    for (const name of ["@types/a.d.ts", "@b.js"]) await writeFile(join(path, name), "");
    await sees([...all, "*.txt", "lib", "test", "@types"], {}, "@b.js");
    await sees([...all, "*.txt", "lib", "test", "@types", "@b.js"], {}, "");
    const never = [".npmignore", ".DS_Store", "pnpm-lock.yaml", "lib/.npmrc"];
    for (const name of never) await writeFile(join(path, name), "lib/b.js\n");
    await sees(undefined as never, {}, [...never, "lib/b.js"].sort().join(", "));
    for (const files of [["plugin.js", 1], [null], { 0: "plugin.js" }, true]) {
      await writeFile(join(path, "package.json"), JSON.stringify({ ...manifest, files }));
      expect((await sign()).stderr).toBe(
        "warning: npm cannot tell which files it packs (`files` is not a list of strings): correct `files`, .npmignore or .gitignore, and sign again\n",
      );
    }
    await writeFile(join(path, "package.json"), JSON.stringify(manifest));
    await writeFile(join(path, ".npmignore"), "*.sig.json\n");
    expect((await sign()).stderr).toContain(without);
    // `npm pack` fails alike.
    await rm(join(path, ".npmignore"));
    await mkdir(join(path, ".npmignore"));
    // Newer versions of Node name the file as well.
    expect((await sign()).stderr).toMatch(
      /^warning: npm cannot tell which files it packs \(EISDIR: illegal operation on a directory, read.*\): correct `files`, \.npmignore or \.gitignore, and sign again\n$/,
    );
  });

  it.each(["folder", "tarball"])(
    "warns about bundled packages in a %s that the signature does not cover",
    async (kind) => {
      verifies("cli:sign-bundled");
      const cwd = await newRoot();
      const key = generateKeyPairSync("ed25519").privateKey;
      await writeFile(join(cwd, "key.pem"), key.export({ format: "pem", type: "pkcs8" }), {
        mode: 0o600,
      });
      const write = async (at: string, manifest: object) => {
        await mkdir(join(cwd, at), { recursive: true });
        await writeFile(join(cwd, at, "package.json"), JSON.stringify(manifest));
      };
      const sign = async (bundled: readonly string[]) => {
        const manifest = { name: "guard", version: "1.0.0", bundleDependencies: bundled };
        await write("package", manifest);
        if (kind === "tarball")
          await promisify(execFile)("tar", ["czf", "guard-1.0.0.tgz", "package"], { cwd });
        const path = kind === "tarball" ? "guard-1.0.0.tgz" : "package";
        const argv = ["plugins", "sign", path, "--key", "key.pem", "--identity", "a"];
        const { document } = await runJson(argv, { services: commandServices, cwd });
        return document.warnings;
      };
      for (const name of ["is-odd", "is-number", "@acme/log", ".bin"])
        await write(`package/node_modules/${name}`, { name, version: "1.0.0" });
      expect(await sign(["is-odd", "is-number", "@acme/log"])).toEqual([]);
      expect(await sign(["is-odd", "gone", "@acme/gone"])).toEqual([
        expect.stringMatching(/^bundleDependencies names @acme\/gone, gone, which/),
        expect.stringMatching(/^node_modules has @acme\/log, is-number, which/),
      ]);
    },
  );

  it("warns about links, which npm never packs, in a folder that bundles a package", async () => {
    verifies("cli:sign-folder");
    const cwd = await newRoot();
    const bundled = { name: "is-odd", version: "1.0.0" };
    const manifest = { name: "guard", version: "1.0.0", bundleDependencies: [bundled.name] };
    await mkdir(join(cwd, "node_modules/is-odd"), { recursive: true });
    await writeFile(join(cwd, "package.json"), JSON.stringify(manifest));
    await writeFile(join(cwd, "node_modules/is-odd/package.json"), JSON.stringify(bundled));
    await symlink("package.json", join(cwd, "link.json"));
    await symlink("node_modules/is-odd/package.json", join(cwd, "odd.json"));
    const { privateKey } = generateKeyPairSync("ed25519");
    const stdin = [String(privateKey.export({ format: "pem", type: "pkcs8" }))];
    const argv = ["plugins", "sign", ".", "--key", "-", "--identity", "a"];
    const { code, stderr } = await run(argv, { services: commandServices, cwd, stdin });
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(/^warning: npm does not pack link\.json, odd\.json: /),
    ]);
  });

  it.each(["folder", "tarball"])(
    "warns about a manifest in a %s that hosts refuse",
    async (kind) => {
      verifies("cli:sign-refused");
      const cwd = await newRoot();
      const key = generateKeyPairSync("ed25519").privateKey.export({
        format: "pem",
        type: "pkcs8",
      });
      await mkdir(join(cwd, "package"));
      const manifest = { name: "guard", version: "1.0.0", glassine: { plugin: "./nope.js" } };
      await writeFile(join(cwd, "package", "package.json"), JSON.stringify(manifest));
      if (kind === "tarball")
        await promisify(execFile)("tar", ["czf", "guard-1.0.0.tgz", "package"], { cwd });
      const path = kind === "tarball" ? "guard-1.0.0.tgz" : "package";
      const argv = ["plugins", "sign", path, "--key", "-", "--identity", "a"];
      const stdin = [String(key)];
      const ended = await run(argv, { services: commandServices, cwd, stdin });
      expect([ended.code, ended.stderr]).toEqual([
        0,
        "warning: every glassine host refuses this package: invalid_entry_point: its file nope.js is not there (ENOENT); correct that, and sign again\n",
      ]);
    },
  );

  it("has nothing to say about an entry point that is behind a link to the package's folder", async () => {
    verifies("cli:sign-refused");
    const cwd = await newRoot();
    await install(cwd, "guard", { code: "export default () => undefined;" });
    await writeFile(join(cwd, "node_modules/guard/glassine.sig.json"), "{}");
    await symlink(join(cwd, "node_modules/guard"), join(cwd, "linked"));
    const pkcs8 = { format: "pem", type: "pkcs8" } as const;
    const stdin = [String(generateKeyPairSync("ed25519").privateKey.export(pkcs8))];
    const argv = ["plugins", "sign", "linked", "--key", "-", "--identity", "a"];
    const ended = await run(argv, { services: commandServices, cwd, stdin });
    expect([ended.code, ended.stderr]).toEqual([0, ""]);
  });

  it("warns about a key that would be published with the package", async () => {
    verifies("cli:sign-folder");
    const warned = (path: string) =>
      `warning: the key file is in the package at ${path}: it would be published with it; keep it elsewhere`;
    for (const [dir, warnings] of [
      [".", [warned(folder)]],
      ["..", [warned(dirname(folder))]],
      ["plugin", []],
      ["key", []],
    ] as const) {
      const options = { services: signing(), cwd: folder };
      const argv = ["plugins", "sign", dir, "--key", "key.pem", "--identity", "a"];
      expect([dir, linesOf((await run(argv, options)).stderr)]).toEqual([dir, warnings]);
    }
  });

  it.skipIf(platform === "win32")("warns of a key file that others may read", async () => {
    verifies("cli:sign-key");
    const path = join(folder, "open.pem");
    await writeFile(path, pem);
    await chmod(path, 0o640);
    const services = signing();
    const { code, stderr } = await run([...argv, "--key", path], { services });
    expect([code, linesOf(stderr)]).toEqual([
      0,
      ["warning: the key file can be read by others: `chmod 600` keeps it to its owner"],
    ]);
  });
});
