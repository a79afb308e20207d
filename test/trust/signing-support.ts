/** Packages that are really written, signed and hashed. */
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { definePlugin } from "glassine";
import {
  type Evidence,
  ed25519Verifier,
  hashPackage,
  type PublisherKeys,
  type SignedPackage,
  signPackage,
} from "glassine/node";
import { installFixturePackage } from "glassine/testing";
import { afterTest } from "../support/cleanup.ts";

export const identity = "builder@example.com";

/** A key made for the test, in each form that files and functions accept. */
export interface TestKey {
  readonly pem: string;
  readonly privateKey: KeyObject;
  readonly publicPem: string;
  /** The 32 bytes, in base64. */
  readonly publicKey: string;
}

export function testKey(): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const { x = "" } = publicKey.export({ format: "jwk" });
  return {
    pem: privateKey.export({ format: "pem", type: "pkcs8" }) as string,
    privateKey,
    publicPem: publicKey.export({ format: "pem", type: "spki" }) as string,
    publicKey: Buffer.from(x, "base64url").toString("base64"),
  };
}

type PublisherKey = PublisherKeys["keys"][number];

/** What an operator knows about a key. */
export function known(key: TestKey, more: Partial<PublisherKey> = {}): PublisherKey {
  return {
    identity,
    keyId: "k1",
    publicKey: key.publicKey,
    notBefore: undefined,
    notAfter: undefined,
    revoked: false,
    ...more,
  };
}

// A package has no glassine next to it, so its module uses what the test provides.
(globalThis as { testDefinePlugin?: unknown }).testDefinePlugin = definePlugin;

const files = {
  "dist/plugin.js":
    'export default () => globalThis.testDefinePlugin({ name: "guard", version: "1.0.0" });\n',
  "dist/plugin.js.map": "{}\n",
  "README.md": "# Guard\n",
  "same.md": "# Guard\n",
};

/** A package's contents, and who signs it. */
interface Made {
  readonly name?: string;
  readonly version?: string;
  readonly signedBy?: TestKey;
  readonly as?: string;
  readonly keyId?: string;
}

/** The directory of a package. It is removed after the test. */
export async function packageOf({
  name = "@acme/guard",
  version = "1.0.0",
  signedBy,
  as = identity,
  keyId = "k1",
}: Made = {}): Promise<string> {
  const fixture = await installFixturePackage({
    name,
    version,
    files,
    glassine: { plugin: "./dist/plugin.js" },
    ...(signedBy === undefined
      ? {}
      : { sign: (path) => signPackage({ path, key: signedBy.pem, identity: as, keyId }) }),
  });
  afterTest(fixture.remove);
  return fixture.path;
}

/** The folder in which a package is installed. */
export const signingRoot = (path: string) => path.slice(0, path.lastIndexOf("node_modules"));

/** What discovery passes to the check: the hash, and name and version from package.json. */
export async function signedAt(path: string): Promise<SignedPackage> {
  const { name, version } = JSON.parse(await readFile(join(path, "package.json"), "utf8")) as {
    name: string;
    version: string;
  };
  const { hash, files: digests } = await hashPackage(path);
  return { name, version, path, hash, files: digests };
}

/** The verdict on a package with its current files. */
export async function verdict(path: string, keys: readonly PublisherKey[]): Promise<Evidence> {
  return ed25519Verifier({ keys: { keys } }).verify(await signedAt(path));
}

/** Rewrites the evidence of a package. */
export async function rewrite(path: string, change: Record<string, unknown>): Promise<void> {
  const file = join(path, "glassine.sig.json");
  const evidence = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
  await writeFile(file, JSON.stringify({ ...evidence, ...change }));
}
