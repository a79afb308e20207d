/** Attacks on signatures: one package and one decision. */
import { sign } from "node:crypto";
import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createPluginManager } from "glassine";
import { ed25519Verifier, type PublisherKeys } from "glassine/node";
import { expect, it } from "vitest";
import { attack } from "../attacks/attack.ts";
import { discover, install, newRoot, ran, source, unsigned } from "../discovery/support.ts";
import { decisionOn } from "./decision.ts";
import { identity, known, packageOf, rewrite, signedAt, testKey } from "./signing-support.ts";

const key = testKey();
const keys = [known(key)];

/** The decision about the package at a path, with an operator's settings. */
async function decided(
  path: string,
  variables: Record<string, string> = {},
  ownKeys: PublisherKeys["keys"] = keys,
) {
  const prefixed = Object.entries(variables).map(([name, value]) => [`GLASSINE_${name}`, value]);
  const env = {
    GLASSINE_PLUGIN_TRUSTED_PUBLISHERS: identity,
    ...Object.fromEntries(prefixed),
  };
  return decisionOn(path, { env, verifiers: [ed25519Verifier({ keys: { keys: ownKeys } })] });
}

attack("A-220", "Remove the signature of a package", "refused as `unsigned`", () => {
  it("does not bypass the check", async () => {
    const path = await packageOf({ signedBy: key });
    expect(await decided(path)).toMatchObject({ decision: "trusted_publisher" });
    await rm(join(path, "glassine.sig.json"));
    expect(await decided(path)).toMatchObject({ code: "unsigned" });
  });

  it("does not bypass the check when emptied or hidden", async () => {
    const path = await packageOf({ signedBy: key });
    for (const text of ["", "{}", "null"]) {
      await writeFile(join(path, "glassine.sig.json"), text);
      expect(await decided(path)).toMatchObject({ code: "signature_invalid" });
    }
  });
});

attack(
  "A-221",
  "Pair a valid signature with another artifact, version or name",
  "refused as `signature_invalid`",
  () => {
    it.each([
      ["another version", { version: "1.0.1" }],
      ["a version before", { version: "0.9.0" }],
      ["another name", { name: "@acme/guarb" }],
      ["a name without its scope", { name: "guard" }],
    ])("does not sign %s", async (_what, change) => {
      const signed = await packageOf({ signedBy: key });
      const path = await packageOf(change);
      await copyFile(join(signed, "glassine.sig.json"), join(path, "glassine.sig.json"));
      expect(await decided(path)).toMatchObject({ code: "signature_invalid" });
    });

    it("does not sign other files", async () => {
      const path = await packageOf({ signedBy: key });
      await writeFile(join(path, "dist/plugin.js"), "export default () => 1;\n");
      expect(await decided(path)).toMatchObject({ code: "signature_invalid" });
    });
  },
);

attack(
  "A-222",
  "Sign as an unlisted publisher, or one whose name is similar to a listed one",
  "refused as `untrusted_identity`: names are compared exactly",
  () => {
    it.each([
      "other@example.com",
      "Builder@example.com",
      "builder@example.com.evil.test",
      "evil-builder@example.com",
      "builder@ex\u0430mple.com",
      "builder",
    ])("%s is not trusted", async (as) => {
      const path = await packageOf({ signedBy: key, as });
      const answer = await decided(path, {}, [known(key, { identity: as })]);
      expect(answer).toMatchObject({ code: "untrusted_identity" });
    });

    it("an empty item of a list trusts nobody", async () => {
      const lists = { PLUGIN_TRUSTED_PUBLISHERS: "a,,b", PLUGIN_TRUST_OVERRIDE_PUBLISHERS: ",," };
      const path = await packageOf();
      expect(await decided(path, lists)).toMatchObject({ code: "unsigned" });
      const own = await packageOf({ signedBy: key });
      await rewrite(own, { identity: "" });
      expect(await decided(own, lists)).toMatchObject({ code: "signature_invalid" });
    });
  },
);

attack(
  "A-224",
  "Use a revoked, expired or not yet valid key, another algorithm, or a key of another kind",
  "refused as `signature_invalid`",
  () => {
    const day = 86_400_000;
    it.each([
      ["revoked", { revoked: true }],
      ["over", { notAfter: Date.now() - day }],
      ["not yet valid", { notBefore: Date.now() + day }],
    ])("a key that is %s verifies nothing", async (_name, change) => {
      const path = await packageOf({ signedBy: key });
      const answer = await decided(path, {}, [known(key, change)]);
      expect(answer).toMatchObject({ code: "signature_invalid" });
    });

    it.each(["none", "hs256", "ed25519ph", "rsa-sha256"])(
      "the algorithm %s verifies nothing",
      async (algorithm) => {
        const path = await packageOf({ signedBy: key });
        await rewrite(path, { algorithm });
        expect(await decided(path)).toMatchObject({ code: "signature_invalid" });
      },
    );

    it("a key belongs to one publisher under one name", async () => {
      const other = testKey();
      const both = [...keys, known(other, { identity: "other@example.com", keyId: "k2" })];
      const path = await packageOf({ signedBy: other });
      for (const change of [{}, { key_id: "k2" }, { key_id: "k1" }]) {
        await rewrite(path, change);
        expect(await decided(path, {}, both)).toMatchObject({ code: "signature_invalid" });
      }
    });

    it("a signature with a non-canonical scalar verifies nothing", async () => {
      const path = await packageOf({ signedBy: key });
      const file = join(path, "glassine.sig.json");
      const { signature } = JSON.parse(await readFile(file, "utf8")) as { signature: string };
      await rewrite(path, { signature: withOrderAdded(signature) });
      expect(await decided(path)).toMatchObject({ code: "signature_invalid" });
    });

    it("a signature of the hash alone verifies nothing", async () => {
      const path = await packageOf({ signedBy: key });
      const { hash } = await signedAt(path);
      for (const text of [hash, `${hash}\n`, `@acme/guard\n1.0.0\n${hash}\n`]) {
        const signature = sign(null, Buffer.from(text), key.privateKey).toString("base64");
        await rewrite(path, { signature });
        expect(await decided(path)).toMatchObject({ code: "signature_invalid" });
      }
    });
  },
);

attack(
  "A-225",
  "Disable signatures with one environment variable",
  "refused as `ack_missing` without the exact acknowledgement, and no host starts; with it each unsigned plugin causes a warning",
  () => {
    it.each([
      {},
      { PLUGIN_UNSIGNED_ACK: "" },
      { PLUGIN_UNSIGNED_ACK: "yes" },
      { PLUGIN_UNSIGNED_ACK: "true" },
      { PLUGIN_UNSIGNED_ACK: "i-understand-plugins-are-unsigned " },
      { PLUGIN_UNSIGNED_ACK: "I-UNDERSTAND-PLUGINS-ARE-UNSIGNED" },
    ])("%o does not load what is unsigned", async (acknowledgement) => {
      const off = { PLUGIN_SIGNING_REQUIRED: "false", ...acknowledgement };
      const answer = await decided(await packageOf(), off);
      expect(answer).toMatchObject({ code: "ack_missing" });
    });

    it("the host does not start, and reports what the operator would have to accept", async () => {
      const root = await newRoot();
      const marker = join(root, "ran");
      await install(root, "guard", { code: source("guard", {}, marker) });
      const env = { GLASSINE_PLUGIN_SIGNING_REQUIRED: "false" };
      const discovered = await discover(root, { env, onRejected: "fail" });
      const starting = createPluginManager({ plugins: [], discovered, logger: {} });
      await expect(starting).rejects.toThrow(
        "GLASSINE_PLUGIN_SIGNING_REQUIRED=false requires GLASSINE_PLUGIN_UNSIGNED_ACK='i-understand-plugins-are-unsigned' to confirm the operator accepts unsigned-plugin code execution risk.",
      );
      expect(ran(marker)).toBe(false);
    });

    it("with the acknowledgement it starts, with a prominent warning", async () => {
      const root = await newRoot();
      await install(root, "guard");
      const discovered = await discover(root, { env: unsigned, onRejected: "fail" });
      const lines: string[] = [];
      const logger = { warn: (text: string) => lines.push(text) };
      const manager = await createPluginManager({ plugins: [], discovered, logger });
      await manager.close();
      expect(lines).toEqual([
        "SECURITY WARNING: unsigned plugin 'guard' loaded because GLASSINE_PLUGIN_SIGNING_REQUIRED=false; do not use this setting in production",
      ]);
    });

    it("the acknowledgement alone does not load it either", async () => {
      const alone = { PLUGIN_UNSIGNED_ACK: "i-understand-plugins-are-unsigned" };
      const answer = await decided(await packageOf(), alone);
      expect(answer).toMatchObject({ code: "unsigned" });
    });

    it("what both load is recorded as unsigned, whoever claims to have signed it", async () => {
      const path = await packageOf({ signedBy: testKey() });
      const both = {
        PLUGIN_SIGNING_REQUIRED: "false",
        PLUGIN_UNSIGNED_ACK: "i-understand-plugins-are-unsigned",
      };
      expect(await decided(path, both)).toMatchObject({
        decision: "development_unsigned_override",
        signedBy: "unsigned",
      });
    });
  },
);

/** RFC 8032 §5.1.7: the second half of a signature is an integer below the group order. */
function withOrderAdded(signature: string): string {
  const order = (1n << 252n) + 27742317777372353535851937790883648493n;
  const bytes = Buffer.from(signature, "base64");
  const number = BigInt(`0x${Buffer.from(bytes.subarray(32)).reverse().toString("hex")}`) + order;
  const hex = number.toString(16).padStart(64, "0");
  return Buffer.concat([bytes.subarray(0, 32), Buffer.from(hex, "hex").reverse()]).toString(
    "base64",
  );
}
