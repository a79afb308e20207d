/** Makes a key to sign packages with. */
import { generateKeyPairSync } from "node:crypto";
import { makeFile } from "../change/files.ts";
import { expectIdentity, readKeyId } from "./sign-package.ts";
import { readSigningKey } from "./signing-key.ts";

/** What `makeSigningKey` takes. */
export interface MakeKeyOptions {
  /** Where the private key goes: PEM, in a file that is not there yet. */
  readonly path: string;
  readonly identity: string;
  /** Default: 32 hexadecimal digits of the SHA-256 of the public half. */
  readonly keyId?: string | undefined;
}

/** An entry for a file of publisher keys. Nothing of it is secret. */
export interface MadeKey {
  readonly identity: string;
  readonly keyId: string;
  /** The 32 bytes of the public key in base64. */
  readonly publicKey: string;
}

/**
 * Makes an Ed25519 key and writes its private half to a new file, which only its owner can read.
 *
 * @throws GlassineError (as a rejection) `options_invalid`: an identity or key id that no operator
 *   could list
 * @throws (as a rejection) what the system says: `EEXIST` where there is a file already
 * @see spec `signing:key-made`
 */
export async function makeSigningKey(options: MakeKeyOptions): Promise<MadeKey> {
  const { path, identity } = options;
  expectIdentity(identity);
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = String(privateKey.export({ format: "pem", type: "pkcs8" }));
  const { keyId: ownKeyId, publicKey } = readSigningKey(pem);
  const keyId = readKeyId(options.keyId ?? ownKeyId);
  await makeFile(path, new TextEncoder().encode(pem), 0o600);
  return { identity, keyId, publicKey };
}
