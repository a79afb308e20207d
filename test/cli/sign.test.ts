/** `plugins sign`: where the key comes from, and that it goes nowhere else. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { platform } from "node:process";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { verifies } from "../support/verifies.ts";
import { hash } from "./support/facts.ts";
import { linesOf, run, runJson } from "./support/run.ts";

const secret = "MC4CAQAwBQYDK2VwBCIEIA";
const pem = `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`;
const signed = {
  package: "@acme/plugin",
  version: "1.0.0",
  distribution_hash: hash("c"),
  identity: "builder@example.com",
  key_id: "k1",
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
`,
    });
    expect(services.sign).toHaveBeenCalledWith({
      ...{ path: join(folder, "plugin"), key: pem, identity: "builder@example.com" },
      keyId: undefined,
    });
  });

  it("reads the key from standard input", async () => {
    verifies("cli:sign-key");
    const services = signing();
    const stdin = [pem.slice(0, 40), new TextEncoder().encode(pem.slice(40))];
    const options = { services, stdin };
    const { code, document } = await runJson([...argv, "--key", "-", "--key-id", "k1"], options);
    expect([code, document]).toEqual([0, { action: "sign", ...signed }]);
    expect(services.sign).toHaveBeenCalledWith(expect.objectContaining({ key: pem, keyId: "k1" }));
  });

  it.each([
    ["behind --key", ["--key", pem]],
    ["behind --key=", [`--key=${pem}`]],
    ["on one line", [`--key=${pem.replaceAll("\n", " ")}`]],
    ["as an argument", ["--key", "-", pem]],
  ])("refuses a key %s, and repeats nothing of it", async (_, more) => {
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
    ["is not there", secret, "sign: the key file cannot be read: ENOENT\n"],
    ["is a folder", ".", "sign: the key file cannot be read: EISDIR\n"],
  ])("says of a key file that %s no more than that", async (_, path, stderr) => {
    verifies("cli:sign-key", "cli:key-argument");
    const ended = await run([...argv, "--key", path], { services: signing(), cwd: folder });
    expect(ended).toEqual({ code: 2, stdout: "", stderr });
  });

  it.each([
    ["empty", [" \n"], "sign: there is no key in what --key names\n"],
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
