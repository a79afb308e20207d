/** A publisher with a key, and the settings of an operator who trusts it. */
import { generateKeyPairSync } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Signer, Workspace } from "./support.ts";

export interface Publisher extends Signer {
  /** The settings that trust it. */
  readonly env: Readonly<Record<string, string>>;
}

/** Creates a publisher, whose private key is outside the application. */
export async function newPublisher(
  { above }: Workspace,
  identity: string,
  prefix = "GLASSINE_",
): Promise<Publisher> {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const key = join(above, `${identity}.pem`);
  const keys = join(above, `${identity}.keys.json`);
  const keyId = "2026-a";
  const publisher = {
    identity,
    key_id: keyId,
    public_key: String(publicKey.export({ format: "pem", type: "spki" })),
  };
  await writeFile(key, privateKey.export({ format: "pem", type: "pkcs8" }), { mode: 0o600 });
  await writeFile(keys, JSON.stringify({ schema: 1, publishers: [publisher] }));
  const env = {
    [`${prefix}PLUGIN_PUBLISHER_KEYS`]: keys,
    [`${prefix}PLUGIN_TRUSTED_PUBLISHERS`]: identity,
  };
  return { identity, key, keyId, env };
}
