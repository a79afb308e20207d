/** `plugins sign`: where the key comes from, and that it goes nowhere else. */
import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
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

const newKey = () =>
  String(generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" }));
const tar = (args: readonly string[]) => promisify(execFile)("tar", args);

/** The tarball of a package, in `cwd`. */
async function packed(cwd: string, path: string): Promise<string> {
  const tarball = join(cwd, "package.tgz");
  await tar(["czf", tarball, "-C", dirname(path), basename(path)]);
  return tarball;
}

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

  it("refuses a package that is not there or not a tarball, and names it", async () => {
    verifies("cli:sign-tarball");
    await mkdir(join(folder, "unpacked"));
    for (const [name, fault] of [
      ["plugin", "does not exist: name the tarball that `npm pack` makes"],
      ["unpacked", "is not a file: sign the tarball that `npm pack` makes"],
    ] as const) {
      const argv = ["plugins", "sign", name, "--key", "key.pem", "--identity", "a"];
      const ended = await run(argv, { services: commandServices, cwd: folder });
      const stderr = `sign: ${join(folder, name)} ${fault}\n`;
      expect(ended).toEqual({ code: 2, stdout: "", stderr });
    }
  });

  it("prints an entry that verifies its signature", async () => {
    verifies("cli:sign-publisher");
    const cwd = await newRoot();
    const path = await install(cwd, "guard");
    const argv = ["plugins", "sign", await packed(cwd, path), "--key", "-", "--identity", "a@b"];
    const given = { services: commandServices, cwd, stdin: [newKey()] };
    const { document, stderr } = await runJson(argv, given);
    expect([stderr, document.warnings]).toEqual(["", []]);
    await tar(["xzf", join(cwd, "package.tgz"), "-C", dirname(path)]);
    const keys = { schema: 1, publishers: [document.publisher] };
    await writeFile(join(cwd, "keys.json"), JSON.stringify(keys));
    const env = {
      GLASSINE_PLUGIN_PUBLISHER_KEYS: join(cwd, "keys.json"),
      GLASSINE_PLUGIN_TRUSTED_PUBLISHERS: "a@b",
    };
    const listed = await run(["plugins", "list"], { services: commandServices, cwd, env });
    expect(linesOf(listed.stdout).at(-1)).toContain("signed_by=a@b");
  });

  it("refuses a tarball that would publish the key, and leaves it as it is", async () => {
    verifies("cli:sign-key");
    const cwd = await newRoot();
    const path = await install(cwd, "guard");
    await mkdir(join(path, "keys"));
    await writeFile(join(path, "keys/signing.pem"), newKey());
    const tarball = await packed(cwd, path);
    const before = await readFile(tarball);
    const key = join(path, "keys/signing.pem");
    await chmod(key, 0o600);
    const argv = ["plugins", "sign", tarball, "--key", key, "--identity", "a@b"];
    const ended = await run(argv, { services: commandServices, cwd });
    expect([ended.code, ended.stderr]).toEqual([
      2,
      "sign: the tarball has the private key in keys/signing.pem, and would publish it: move it out of the package's folder, run `npm pack` again, and sign that\n",
    ]);
    expect(await readFile(tarball)).toEqual(before);
  });

  it("warns about bundled packages that the signature does not cover", async () => {
    verifies("cli:sign-bundled");
    const cwd = await newRoot();
    const write = async (at: string, manifest: object) => {
      await mkdir(join(cwd, at), { recursive: true });
      await writeFile(join(cwd, at, "package.json"), JSON.stringify(manifest));
    };
    const sign = async (bundled: readonly string[]) => {
      await write("package", { name: "guard", version: "1.0.0", bundleDependencies: bundled });
      const path = await packed(cwd, join(cwd, "package"));
      const argv = ["plugins", "sign", path, "--key", "-", "--identity", "a"];
      const given = { services: commandServices, cwd, stdin: [newKey()] };
      return (await runJson(argv, given)).document.warnings;
    };
    for (const name of ["is-odd", "is-number", "@acme/log", ".bin"])
      await write(`package/node_modules/${name}`, { name, version: "1.0.0" });
    expect(await sign(["is-odd", "is-number", "@acme/log"])).toEqual([]);
    expect(await sign(["is-odd", "gone", "@acme/gone"])).toEqual([
      expect.stringMatching(/^bundleDependencies names @acme\/gone, gone, which/),
      expect.stringMatching(/^node_modules has @acme\/log, is-number, which/),
    ]);
  });

  it("warns about a manifest that hosts refuse", async () => {
    verifies("cli:sign-refused");
    const cwd = await newRoot();
    await mkdir(join(cwd, "package"));
    const manifest = { name: "guard", version: "1.0.0", glassine: { plugin: "./nope.js" } };
    await writeFile(join(cwd, "package", "package.json"), JSON.stringify(manifest));
    const path = await packed(cwd, join(cwd, "package"));
    const argv = ["plugins", "sign", path, "--key", "-", "--identity", "a"];
    const ended = await run(argv, { services: commandServices, cwd, stdin: [newKey()] });
    expect([ended.code, ended.stderr]).toEqual([
      0,
      "warning: every glassine host refuses this package: invalid_entry_point: its file nope.js is not there (ENOENT); correct that, and sign again\n",
    ]);
  });

  it("has nothing to say about an entry point that is behind a link to the tarball or the temporary folder", async () => {
    verifies("cli:sign-refused");
    const cwd = await newRoot();
    await install(cwd, "guard", { code: "export default () => undefined;" });
    await packed(cwd, join(cwd, "node_modules/guard"));
    await symlink("package.tgz", join(cwd, "linked.tgz"));
    await mkdir(join(cwd, "real"));
    await symlink("real", join(cwd, "temporary"));
    vi.stubEnv("TMPDIR", join(cwd, "temporary"));
    const argv = ["plugins", "sign", "linked.tgz", "--key", "-", "--identity", "a"];
    const ended = await run(argv, { services: commandServices, cwd, stdin: [newKey()] });
    vi.unstubAllEnvs();
    expect([ended.code, ended.stderr]).toEqual([0, ""]);
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
