/** What `trust` does about signatures: invalid ones are refused, policy violations are reported. */
// Only in test:all: it runs whole command flows.
import { appendFile, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { install, newRoot, publisher, source, unsigned } from "../discovery/support.ts";
import { verifies } from "../support/verifies.ts";
import { commandServices, linesOf, run, runJson } from "./support/run.ts";

const services = commandServices;
const trust = ["plugins", "trust", "guard", "--reason", "reviewed"];

/** A root with a signed package, and the settings of an operator who trusts its publisher. */
async function signedGuard() {
  const cwd = await newRoot();
  const builder = await publisher(cwd, "builder@example.com");
  const path = await install(cwd, "guard");
  await builder.sign(path);
  return { cwd, path, env: builder.env, builder };
}

/** With these, the publisher is not on the operator's list. */
const strangers = { GLASSINE_PLUGIN_TRUSTED_PUBLISHERS: "somebody@example.com" };

type Keys = { publishers: [Record<string, unknown>] };

/** Changes the only entry of the operator's key file. */
async function rebind(env: Record<string, string>, change: object): Promise<void> {
  const file = env.GLASSINE_PLUGIN_PUBLISHER_KEYS ?? "";
  const { publishers } = JSON.parse(await readFile(file, "utf8")) as Keys;
  await writeFile(
    file,
    JSON.stringify({ schema: 1, publishers: [{ ...publishers[0], ...change }] }),
  );
}

describe("plugins trust", () => {
  it("accepts a package that its publisher signed, without a warning", async () => {
    const { cwd, env } = await signedGuard();
    expect(await run(trust, { services, cwd, env })).toMatchObject({ code: 0, stderr: "" });
  });

  it("refuses files that were changed after they were signed, and writes nothing", async () => {
    verifies("cli:trust-refused");
    const { cwd, path, env } = await signedGuard();
    await appendFile(join(path, "plugin.js"), "// changed\n");
    const ended = await run(trust, { services, cwd, env });
    expect([ended.code, ended.stdout]).toEqual([2, ""]);
    expect(linesOf(ended.stderr)).toEqual([
      "trust: plugin 'guard' is rejected: signature_invalid: plugin 'guard' has an invalid signature: key 'k1' of identity 'builder@example.com' did not sign these files as this name and version",
      expect.stringMatching(/^Reinstall the package\. If it persists, treat it as tampering\./),
    ]);
    await expect(readFile(join(cwd, "plugins.lock"))).rejects.toThrow("ENOENT");
  });

  it.each([
    ["the operator accepts unsigned plugins", unsigned],
    ["that is only half set", { GLASSINE_PLUGIN_SIGNING_REQUIRED: "false" }],
  ])("refuses such files also where %s, and lock --all skips them", async (_, policy) => {
    verifies("cli:trust-policy");
    const { cwd, path, env: keys } = await signedGuard();
    await appendFile(join(path, "plugin.js"), "// changed\n");
    const options = { services, cwd, env: { ...keys, ...policy, ...strangers } };
    const ended = await run(trust, options);
    expect([ended.code, linesOf(ended.stderr)[0]]).toEqual([
      2,
      expect.stringMatching(/^trust: plugin 'guard' is rejected: signature_invalid: /),
    ]);
    const all = await run(["plugins", "lock", "--all", "--reason", "reviewed"], options);
    expect([all.code, all.stdout]).toEqual([1, expect.stringMatching(/^skipped: guard: /)]);
    await expect(readFile(join(cwd, "plugins.lock"))).rejects.toThrow("ENOENT");
  });

  it("skips a plugin once, with the first reason", async () => {
    verifies("cli:trust-policy");
    const { cwd, path, env: keys } = await signedGuard();
    await appendFile(join(path, "plugin.js"), "// changed\n");
    const elsewhere = join(cwd, "elsewhere");
    await rename(path, elsewhere);
    await symlink(elsewhere, path);
    const options = { services, cwd, env: { ...keys, ...unsigned } };
    const all = await run(["plugins", "lock", "--all", "--reason", "reviewed"], options);
    const skipped = linesOf(all.stdout).filter((line) => line.startsWith("skipped: "));
    expect(skipped).toEqual(["skipped: guard: linked_package"]);
  });

  it.each([
    ["a signer that nobody lists", true, 'signer = "builder@example.com"'],
    ["nothing that checks the signature", false, undefined],
  ])("records no signed package as unsigned where that is accepted, with %s", async (...row) => {
    const [, hasKeys, expected] = row;
    verifies("cli:trust-signer");
    const { cwd, env: keys } = await signedGuard();
    const env = { ...(hasKeys ? keys : {}), ...unsigned, ...strangers };
    await run(trust, { services, cwd, env });
    const text = await readFile(join(cwd, "plugins.lock"), "utf8");
    expect(text.split("\n").find((line) => line.startsWith("signer"))).toBe(expected);
    const { stdout } = await run(["plugins", "list"], { services, cwd, env });
    // It runs because the operator allowed unsigned code, whoever signed it.
    expect(stdout).toContain("signed_by=unsigned\n");
    expect(await run(["plugins", "verify"], { services, cwd, env: keys })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("plugins.lock verified: 1 entries"),
    });
  });

  it.each([
    ["trust", trust],
    ["lock --all", ["plugins", "lock", "--all", "--reason", "reviewed"]],
  ])("keeps with %s the signer that nothing checks there, and warns", async (_, argv) => {
    verifies("cli:trust-signer");
    const { cwd, path, env } = await signedGuard();
    await run(trust, { services, cwd, env });
    await appendFile(join(path, "plugin.js"), "// changed\n");
    const other = await publisher(await newRoot(), "other@example.com");
    await other.sign(path);
    const { code, stderr } = await run(argv, { services, cwd, env: unsigned });
    expect([code, stderr]).toEqual([
      0,
      "warning: nothing here checks who signed 'guard', so its entry keeps the signer builder@example.com: run verify where that is checked\n",
    ]);
    const { GLASSINE_PLUGIN_PUBLISHER_KEYS } = other.env;
    const theirs = { ...env, GLASSINE_PLUGIN_PUBLISHER_KEYS } as typeof env;
    theirs.GLASSINE_PLUGIN_TRUSTED_PUBLISHERS = "other@example.com";
    expect(await run(["plugins", "verify"], { services, cwd, env: theirs })).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("guard: signer (expected='builder@example.com'"),
    });
  });

  it("does not keep that a package was unsigned when it is signed now", async () => {
    verifies("cli:trust-signer");
    const cwd = await newRoot();
    const path = await install(cwd, "guard");
    const options = { services, cwd, env: unsigned };
    await run(trust, options);
    const builder = await publisher(cwd, "builder@example.com");
    await builder.sign(path);
    expect(await run(trust, options)).toMatchObject({ code: 0, stderr: "" });
    expect(await readFile(join(cwd, "plugins.lock"), "utf8")).not.toContain("signer");
  });

  it.each([
    ["a key that was revoked", { revoked: true }, /key 'k1' of identity .* is revoked/],
    ["a key whose time is over", { not_after: "2020-01-01T00:00:00Z" }, /key 'k1' .* after 2020/],
    ["a key that nobody bound", { key_id: "k2" }, /no key 'k1' for identity/],
  ])("refuses %s, and names the key", async (_, change, symptom) => {
    verifies("cli:trust-refused", "cli:describe-rejected");
    const { cwd, env } = await signedGuard();
    await rebind(env, change);
    const { code, stderr } = await run(trust, { services, cwd, env });
    expect([code, stderr]).toEqual([2, expect.stringMatching(symptom)]);
    expect(linesOf(stderr)[1]).toMatch(/^Reinstall the package\./);
    const described = await run(["plugins", "describe", "guard"], { services, cwd, env });
    expect(described.stdout).toContain(`\nresponse: ${linesOf(stderr)[1]}\n`);
    const { stdout } = await run(["plugins", "doctor"], { services, cwd, env });
    expect(stdout).toContain(`recommendation: signature_invalid: ${linesOf(stderr)[1]}\n`);
  });

  it("trusts files of an unlisted signer, and warns that policy refuses them", async () => {
    verifies("cli:trust-policy");
    const { cwd, env } = await signedGuard();
    const strange = { ...env, GLASSINE_PLUGIN_TRUSTED_PUBLISHERS: "somebody@example.com" };
    const { code, document, stderr } = await runJson(trust, { services, cwd, env: strange });
    expect([code, document.warnings]).toEqual([
      0,
      [
        expect.stringMatching(
          /^plugins\.lock trusts 'guard' now, but the signature policy here still refuses it: untrusted_identity: /,
        ),
      ],
    ]);
    expect(stderr).toBe(`warning: ${document.warnings[0]}\n`);
  });

  it.each([
    ["unsigned", {}],
    ["ack_missing", { GLASSINE_PLUGIN_SIGNING_REQUIRED: "false" }],
  ])("trusts an unsigned package, and warns that policy refuses it: %s", async (code, env) => {
    verifies("cli:trust-policy");
    const cwd = await newRoot();
    await install(cwd, "guard");
    const ended = await run(trust, { services, cwd, env });
    expect([ended.code, ended.stderr]).toEqual([0, expect.stringContaining(` ${code}: `)]);
    expect(await run(trust, { services, cwd, env: unsigned })).toMatchObject({ stderr: "" });
  });

  it("reports different files under the trusted version", async () => {
    verifies("cli:trust-lines");
    const cwd = await newRoot();
    const path = await install(cwd, "guard");
    const again = () => run(trust, { services, cwd, env: unsigned });
    const others = "  files:   changed under the same version";
    expect(linesOf((await again()).stdout)).not.toContain(others);
    expect(linesOf((await again()).stdout)).not.toContain(others);
    await appendFile(join(path, "plugin.js"), "// rebuilt\n");
    expect(linesOf((await again()).stdout)[2]).toBe(others);
  });

  it.each([
    ["trust", trust],
    ["lock --all", ["plugins", "lock", "--all", "--reason", "reviewed"]],
  ])("says with %s that another package or entry point has taken the id", async (_, argv) => {
    verifies("cli:trust-lines");
    const cwd = await newRoot();
    const path = await install(cwd, "guard");
    const lines = async () => linesOf((await run(argv, { services, cwd, env: unsigned })).stdout);
    await lines();
    await rm(path, { recursive: true });
    const files = { "other.js": source("guard") };
    await install(cwd, "@evil/guard", { files, glassine: { plugin: "./other.js" } });
    expect((await lines()).slice(1, 4)).toEqual([
      expect.stringMatching(/^ {2}was: {5}1\.0\.0 /),
      "  package: @evil/guard, was guard",
      "  entry:   other.js:default, was plugin.js:default",
    ]);
  });
});

describe("plugins describe", () => {
  it("names who signed a plugin, also one that is not loaded", async () => {
    verifies("cli:describe-rejected");
    const { cwd, path, env } = await signedGuard();
    const signer = async (more: object = {}) => {
      const options = { services, cwd, env: { ...env, ...more } };
      const { stdout } = await run(["plugins", "describe", "guard"], options);
      return linesOf(stdout).find((line) => line.startsWith("signed_by: "));
    };
    const GLASSINE_PLUGIN_MODE = "production";
    expect(await signer({ GLASSINE_PLUGIN_MODE })).toBe("signed_by: builder@example.com");
    const GLASSINE_PLUGIN_TRUSTED_PUBLISHERS = "somebody@example.com";
    expect(await signer({ GLASSINE_PLUGIN_TRUSTED_PUBLISHERS })).toBe(
      "signed_by: builder@example.com",
    );
    await appendFile(join(path, "plugin.js"), "// changed\n");
    expect(await signer()).toBe("signed_by: -");
  });

  it("does not take the entry of a guest with the same id for the plugin's", async () => {
    verifies("cli:describe-permissions");
    const { cwd, env } = await signedGuard();
    await run(trust, { services, cwd, env });
    const lock = join(cwd, "plugins.lock");
    const text = await readFile(lock, "utf8");
    await writeFile(lock, text.replace('id = "guard"', 'id = "guard"\nkind = "cpex"'));
    const { document } = await runJson(["plugins", "describe", "guard"], { services, cwd, env });
    expect([document.lock_status, document.granted_capabilities]).toEqual(["not_locked", null]);
  });
});

describe("plugins verify", () => {
  const verify = ["plugins", "verify"];

  it("accepts a signature that is valid, and says so without a reservation", async () => {
    verifies("cli:verify-signatures");
    const { cwd, env } = await signedGuard();
    await run(trust, { services, cwd, env });
    const { code, document } = await runJson(verify, { services, cwd, env });
    expect([code, document.rejected, document.signatures_unchecked]).toEqual([0, [], null]);
    const { stdout } = await run(verify, { services, cwd, env });
    expect(linesOf(stdout).at(-1)).toBe("plugins.lock verified: 1 entries");
  });

  it("does not compare the entry of a guest with the plugin of the same id", async () => {
    verifies("cli:verify-counts");
    const { cwd, env } = await signedGuard();
    await run(trust, { services, cwd, env });
    const lock = join(cwd, "plugins.lock");
    const text = await readFile(lock, "utf8");
    const ofGuest = text.replace('id = "guard"', 'id = "guard"\nkind = "cpex"');
    await writeFile(lock, ofGuest.replace("builder@example.com", "somebody@example.com"));
    const { document } = await runJson(verify, { services, cwd, env });
    expect([document.guest_count, document.permissions]).toEqual([1, []]);
  });

  it.each<readonly [string, string, (guard: Awaited<ReturnType<typeof signedGuard>>) => unknown]>([
    [
      "evidence that is garbage",
      "signature_invalid",
      ({ path }) => writeFile(join(path, "glassine.sig.json"), "garbage"),
    ],
    [
      "a key that nobody knows, under the name of the publisher",
      "signature_invalid",
      async ({ path, env }) => {
        const other = await publisher(await newRoot(), env.GLASSINE_PLUGIN_TRUSTED_PUBLISHERS);
        await other.sign(path);
      },
    ],
    ["a revoked key", "signature_invalid", ({ env }) => rebind(env, { revoked: true })],
    [
      "a key whose time is over",
      "signature_invalid",
      ({ env }) => rebind(env, { not_after: "2020-01-01T00:00:00Z" }),
    ],
    ["a key that was replaced", "signature_invalid", ({ env }) => rebind(env, { key_id: "k2" })],
    [
      "a signer who is not trusted any more",
      "untrusted_identity",
      ({ env }) => {
        env.GLASSINE_PLUGIN_TRUSTED_PUBLISHERS = "somebody@example.com";
      },
    ],
  ])("refuses what production refuses: %s", async (_, expected, change) => {
    verifies("cli:verify-signatures", "cli:verify-counts");
    const guard = await signedGuard();
    const { cwd, env } = guard;
    await run(trust, { services, cwd, env });
    await change(guard);
    const { code, document } = await runJson(verify, { services, cwd, env });
    expect([code, document.ok, document.rejected]).toMatchObject([
      1,
      false,
      [{ id: "guard", code: expected, reason: expect.stringContaining("plugin 'guard' ") }],
    ]);
    const production = { ...env, GLASSINE_PLUGIN_MODE: "production" };
    const { document: listed } = await runJson(["plugins", "list"], {
      services,
      cwd,
      env: production,
    });
    expect(listed.rejected).toMatchObject([{ id: "guard", code: expected }]);
  });

  it.each([
    [{}, "neither GLASSINE_PLUGIN_PUBLISHER_KEYS nor GLASSINE_PLUGIN_SIGSTORE_TRUSTED_ROOT is set"],
    [unsigned, "GLASSINE_PLUGIN_SIGNING_REQUIRED=false"],
  ])("says that signatures were not checked with %j, and why", async (given, why) => {
    verifies("cli:verify-signatures");
    const { cwd, path, env } = await signedGuard();
    await run(trust, { services, cwd, env });
    await writeFile(join(path, "glassine.sig.json"), "garbage");
    const { code, stdout } = await run(verify, { services, cwd, env: given });
    expect([code, linesOf(stdout).at(-1)]).toEqual([
      0,
      `plugins.lock verified: 1 entries; signatures were not checked: ${why}`,
    ]);
  });
});
