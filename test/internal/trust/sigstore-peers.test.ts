// A process of its own: it replaces a module, and a library that it loads adds to the realm.
import { writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { loadPeer, type Peer } from "../../../src/operate/packages/peer.ts";
import { checkEvidence } from "../../../src/operate/trust/signing/check-evidence.ts";
import { sigstoreVerifier } from "../../../src/operate/trust/signing/sigstore-verifier.ts";
import { discover } from "../../discovery/support.ts";
import { folderWith } from "../../support/folder.ts";
import { verifies } from "../../support/verifies.ts";
import { packageOf, signedAt } from "../../trust/signing-support.ts";
import { statement } from "../../trust/sigstore-authority.ts";
import { authority } from "../../trust/sigstore-cases.ts";

/** Names of peers, each with the name that is looked up instead. */
const absent = vi.hoisted(() => new Map<string, string>());
vi.mock("../../../src/operate/packages/peer.ts", async (load) => {
  const original = await load<typeof import("../../../src/operate/packages/peer.ts")>();
  return {
    loadPeer: async (peer: Peer) => {
      const name = absent.get(peer.name) ?? peer.name;
      return original.loadPeer({ ...peer, name });
    },
  };
});
beforeEach(() => absent.clear());

const install = "@sigstore/verify@3 @sigstore/bundle@4";
const wayOut = `Run \`npm install ${install}\` where glassine is installed, and start again.`;

describe("a host that accepts Sigstore bundles without the peer packages", () => {
  it.each([["@sigstore/verify"], ["@sigstore/bundle"]])(
    "learns at its start that %s is missing, and finds every bundle invalid",
    async (peer) => {
      verifies("signing:sigstore-peers");
      absent.set(peer, `${peer}-that-nobody-has`);
      const path = await packageOf();
      const signed = await signedAt(path);
      const bundle = await authority.bundle(statement(signed.hash));
      await writeFile(join(path, "glassine.sigstore.json"), JSON.stringify(bundle));
      const trustedRoot = join(await folderWith(), "trusted_root.json");
      await writeFile(trustedRoot, JSON.stringify(authority.root));
      const verifier = sigstoreVerifier({ trustedRoot });
      const message = `The package ${peer}-that-nobody-has is not installed. ${wayOut}`;
      await expect(verifier.prepare?.()).rejects.toMatchObject({
        code: "setting_invalid",
        message,
      });
      expect(await checkEvidence(signed, [verifier])).toEqual({
        kind: "invalid",
        detail: `glassine.sigstore.json: ${message}`,
      });
    },
  );

  it("learns which setting needs them, and nothing of a path", async () => {
    verifies("signing:sigstore-peers");
    absent.set("@sigstore/verify", "@sigstore/verify-that-nobody-has");
    const root = await folderWith();
    const trustedRoot = join(root, "trusted_root.json");
    await writeFile(trustedRoot, JSON.stringify(authority.root));
    const env = { GLASSINE_PLUGIN_SIGSTORE_TRUSTED_ROOT: relative(process.cwd(), trustedRoot) };
    await expect(discover(root, { env })).rejects.toMatchObject({
      code: "setting_invalid",
      message: `GLASSINE_PLUGIN_SIGSTORE_TRUSTED_ROOT: The package @sigstore/verify-that-nobody-has is not installed. ${wayOut}`,
    });
  });

  it("finds a package without a bundle unsigned", async () => {
    verifies("signing:sigstore-peers");
    absent.set("@sigstore/verify", "@sigstore/verify-that-nobody-has");
    const signed = await signedAt(await packageOf());
    const verifier = sigstoreVerifier({ trustedRoot: "nowhere" });
    expect(await checkEvidence(signed, [verifier])).toEqual({ kind: "unsigned" });
  });
});

describe("an optional peer", () => {
  const peer = (name: string, exports: readonly string[] = []) => ({ name, install, exports });

  it("is loaded with the exports that are used", async () => {
    expect(await loadPeer(peer("@sigstore/verify", ["Verifier"]))).toHaveProperty("Verifier");
  });

  it("of another version is refused", async () => {
    verifies("signing:sigstore-peers");
    await expect(loadPeer(peer("@sigstore/verify", ["verifyEverything"]))).rejects.toMatchObject({
      code: "setting_invalid",
      message: `The package @sigstore/verify is of a version without verifyEverything. ${wayOut}`,
    });
  });

  it.each([
    ["throws", "throw new Error('half\\nmissing');", "half"],
    ["lacks a part", "import 'a-package-that-nobody-has';", "a-package-that-nobody-has"],
  ])("that %s is refused, but not as missing", async (_name, code, why) => {
    verifies("signing:sigstore-peers");
    const file = join(await folderWith(), "peer.mjs");
    await writeFile(file, code);
    const { href } = pathToFileURL(file);
    const refused = expect(loadPeer(peer(href))).rejects;
    await refused.toMatchObject({ code: "setting_invalid" });
    await expect(loadPeer(peer(href))).rejects.toThrow(`The package ${href} cannot be loaded: `);
    await expect(loadPeer(peer(href))).rejects.toThrow(why);
  });
});
