// Only in test:all: it runs whole command flows.
/** Sigstore through settings alone: a host and the command check bundles without any extra code. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hashPackage, readTrustSettings } from "glassine/node";
import { beforeAll, describe, expect, it } from "vitest";
import { memoryNode } from "../../src/memory-node/index.ts";
import { commandServices, run, runJson } from "../cli/support/run.ts";
import { verifies } from "../support/verifies.ts";
import {
  type Authority,
  issuer,
  startAuthority,
  statement,
  subject,
} from "../trust/sigstore-authority.ts";
import { codesOf, discover, install, newRoot, publisher, trust } from "./support.ts";

let authority: Authority;
beforeAll(async () => {
  authority = await startAuthority();
}, 120_000);

/** A root with a package that has a bundle, and the file of the trusted root. */
async function signedRoot() {
  const root = await newRoot();
  const path = await install(root, "guard");
  const { hash } = await hashPackage(path);
  const bundle = await authority.bundle(statement(hash));
  await writeFile(join(path, "glassine.sigstore.json"), JSON.stringify(bundle));
  const trustedRoot = join(root, "trusted_root.json");
  await writeFile(trustedRoot, JSON.stringify(authority.root));
  return { root, path, trustedRoot };
}

const identity = `${issuer}#${subject}`;

type Row = { readonly id: string; readonly status: string };

describe("a host with a Sigstore trusted root in its settings", () => {
  it("loads what a trusted identity has signed, as the command shows", async () => {
    verifies("signing:settings-sigstore");
    const { root, trustedRoot } = await signedRoot();
    const env = {
      GLASSINE_PLUGIN_SIGSTORE_TRUSTED_ROOT: trustedRoot,
      GLASSINE_PLUGIN_TRUSTED_PUBLISHERS: identity,
    };
    const { plugins, rejected } = await discover(root, { env });
    expect([plugins.map(({ name }) => name), rejected]).toEqual([["guard"], []]);
    const argv = ["plugins", "list"];
    const { stdout } = await run(argv, { services: commandServices, cwd: root, env });
    expect(stdout).toContain(`signed_by=${identity}`);
  });

  it("accepts one issuer if configured, and then lists subjects", async () => {
    verifies("signing:settings-sigstore");
    const { root, trustedRoot } = await signedRoot();
    const env = {
      GLASSINE_PLUGIN_SIGSTORE_TRUSTED_ROOT: trustedRoot,
      GLASSINE_PLUGIN_SIGSTORE_ISSUER: issuer,
      GLASSINE_PLUGIN_TRUSTED_PUBLISHERS: subject,
    };
    expect((await discover(root, { env })).plugins).toHaveLength(1);
    const elsewhere = { ...env, GLASSINE_PLUGIN_SIGSTORE_ISSUER: "https://other.example.test" };
    const { rejected } = await discover(root, { env: elsewhere });
    expect(rejected).toMatchObject([
      {
        code: "signature_invalid",
        reason: expect.stringContaining("not the one that is accepted"),
      },
    ]);
  });

  it("refuses an unlisted identity and changed files", async () => {
    verifies("signing:settings-sigstore");
    const { root, path, trustedRoot } = await signedRoot();
    const env = { GLASSINE_PLUGIN_SIGSTORE_TRUSTED_ROOT: trustedRoot };
    expect(codesOf(await discover(root, { env }))).toEqual(["guard: untrusted_identity"]);
    await writeFile(join(path, "more.js"), "");
    const listed = { ...env, GLASSINE_PLUGIN_TRUSTED_PUBLISHERS: identity };
    expect(codesOf(await discover(root, { env: listed }))).toEqual(["guard: signature_invalid"]);
  });

  it("checks both kinds of signature if it can", async () => {
    verifies("signing:settings-sigstore");
    const { root, trustedRoot } = await signedRoot();
    const { sign, env } = await publisher(root, "builder@example.com");
    await sign(await install(root, "watch"));
    const lists = `builder@example.com,${identity}`;
    const both = { ...env, GLASSINE_PLUGIN_SIGSTORE_TRUSTED_ROOT: trustedRoot };
    const found = await discover(root, {
      env: { ...both, GLASSINE_PLUGIN_TRUSTED_PUBLISHERS: lists },
    });
    expect(found.plugins.map(({ name }) => name)).toEqual(["guard", "watch"]);
  });

  it.each([
    ["the one", identity, "builder@example.com"],
    ["the other", "builder@example.com", identity],
  ])(
    "runs in production what two have signed if %s is trusted, and keeps who that was",
    async (_, trusted, exception) => {
      verifies("signing:every-evidence", "lockfile:signers");
      const { root, path, trustedRoot } = await signedRoot();
      const { sign, env: keys } = await publisher(root, "builder@example.com");
      await sign(path);
      const env = {
        ...keys,
        GLASSINE_PLUGIN_SIGSTORE_TRUSTED_ROOT: trustedRoot,
        GLASSINE_PLUGIN_TRUSTED_PUBLISHERS: trusted,
      };
      const command = (...argv: readonly string[]) =>
        run(["plugins", ...argv], { services: commandServices, cwd: root, env });
      const granted = await command("trust", "guard", "--reason", "reviewed");
      expect([granted.code, granted.stderr]).toEqual([0, ""]);
      expect(await readFile(join(root, "plugins.lock"), "utf8")).toContain(`signer = "${trusted}"`);
      expect((await command("verify")).code).toBe(0);
      expect((await discover(root, { env, mode: "production" })).rejected).toEqual([]);
      // The same, where the other one is trusted now: the entry's signer has signed it, too.
      const other = { ...env, GLASSINE_PLUGIN_TRUSTED_PUBLISHERS: exception };
      expect((await discover(root, { env: other, mode: "production" })).rejected).toEqual([]);
      const again = await run(["plugins", "verify"], {
        services: commandServices,
        cwd: root,
        env: other,
      });
      expect([again.code, again.stdout]).toEqual([0, expect.not.stringContaining("previously")]);
    },
  );

  it("does not start without the file, as doctor reports", async () => {
    verifies("signing:settings-sigstore", "signing:sigstore-peers");
    const { root } = await signedRoot();
    const env = { GLASSINE_PLUGIN_SIGSTORE_TRUSTED_ROOT: join(root, "nowhere.json") };
    await expect(discover(root, { env })).rejects.toMatchObject({
      code: "setting_invalid",
      message: expect.stringMatching(
        /^GLASSINE_PLUGIN_SIGSTORE_TRUSTED_ROOT: .*nowhere\.json" does not exist\.$/,
      ),
    });
    const { code, stdout } = await run(["doctor"], { services: commandServices, cwd: root, env });
    expect(code).toBe(0);
    expect(stdout).toContain("nowhere.json");
    expect(stdout).toContain("signature_unchecked: Fix the signature settings first");
    expect(stdout).not.toContain("tampering");
  });

  it.each([identity, "builder@example.com"])(
    "without the file, doctor does not miss %s of the two who signed a package",
    async (signer) => {
      verifies("lockfile:signers", "signing:verifier-prepared");
      const { root, path, trustedRoot } = await signedRoot();
      const { sign, env: keys } = await publisher(root, "builder@example.com");
      await sign(path);
      const trusted = `builder@example.com,${identity}`;
      const both = { ...keys, GLASSINE_PLUGIN_TRUSTED_PUBLISHERS: trusted };
      await trust(root, path, "guard", { signer });
      const statusWith = async (file: string) => {
        const env = { ...both, GLASSINE_PLUGIN_SIGSTORE_TRUSTED_ROOT: file };
        const options = { services: commandServices, cwd: root, env };
        const argv = ["doctor", "--plugin-mode", "production"];
        const { plugins } = (await runJson(argv, options)).document;
        return plugins.map(({ id, status }: Row) => `${id}: ${status}`);
      };
      expect(await statusWith(trustedRoot)).toEqual(["guard: installed-enabled"]);
      expect(await statusWith(join(root, "nowhere.json"))).toEqual(["guard: installed-enabled"]);
    },
  );

  it("does not start with an issuer but no root", () => {
    verifies("signing:settings-sigstore");
    const env = { GLASSINE_PLUGIN_SIGSTORE_ISSUER: issuer };
    expect(() => readTrustSettings(env)).toThrow(
      "GLASSINE_PLUGIN_SIGSTORE_ISSUER is set without GLASSINE_PLUGIN_SIGSTORE_TRUSTED_ROOT, so no Sigstore bundle would be checked; set it too",
    );
    const odd = { ...env, GLASSINE_PLUGIN_SIGSTORE_ISSUER: "a,b" };
    expect(() => readTrustSettings(odd)).toThrow("GLASSINE_PLUGIN_SIGSTORE_ISSUER is 'a,b', which");
  });
});

describe("a host without anything to check a signature with", () => {
  it("says which setting is missing, not that the package was changed", async () => {
    verifies("signing:unread", "signing:refused");
    const { root } = await signedRoot();
    const { sign } = await publisher(root, "builder@example.com");
    await sign(await install(root, "watch"));
    const { plugins, rejected } = await discover(root, { env: {} });
    expect(plugins).toEqual([]);
    const problem = (name: string, file: string, what: string) => ({
      id: name,
      code: "signature_unchecked",
      reason: `plugin '${name}' is signed, and its ${file} cannot be checked: there is no usable verifier for it; set ${what}`,
    });
    expect(rejected).toMatchObject([
      problem(
        "guard",
        "glassine.sigstore.json",
        "GLASSINE_PLUGIN_SIGSTORE_TRUSTED_ROOT to a Sigstore trusted root",
      ),
      problem(
        "watch",
        "glassine.sig.json",
        "GLASSINE_PLUGIN_PUBLISHER_KEYS to a file of publisher keys",
      ),
    ]);
  });

  it("uses the names of a memory node", async () => {
    verifies("signing:unread");
    const root = await newRoot();
    const path = await install(root, "guard");
    const manifest = { name: "guard", version: "1.0.0", keywords: ["stigmem-plugin"] };
    const fields = { ...manifest, stigmem: { plugin: "./plugin.js" } };
    await writeFile(join(path, "package.json"), JSON.stringify(fields));
    await writeFile(join(path, "glassine.sigstore.json"), "{}");
    const { rejected } = await discover(root, { env: {}, host: memoryNode });
    expect(rejected).toMatchObject([
      { reason: expect.stringContaining("set STIGMEM_PLUGIN_SIGSTORE_TRUSTED_ROOT to") },
    ]);
  });
});
