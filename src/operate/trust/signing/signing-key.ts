/** Reads and makes an author's private key. No error message in this file quotes any part of it. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import { optionsInvalid, quoted } from "../../../core/errors/index.ts";
import { makeFile } from "../change/files.ts";
import { identityFault, keyIdPattern, keyIdRule, maxIdentityUnits } from "./identity.ts";

const wayOut = "Make one with `glassine plugins keygen`.";

/**
 * Reads a private key. `publicKey` is that of a file of publisher keys: 32 bytes in base64. `keyId`
 * is the first 32 hexadecimal digits of their SHA-256.
 *
 * @throws GlassineError `options_invalid`: not an Ed25519 private key in PEM, or encrypted
 */
export function readSigningKey(pem: unknown) {
  const labels =
    typeof pem === "string"
      ? [...pem.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g)].map(([, label = ""]) => label)
      : [];
  const [label] = labels;
  if (typeof pem !== "string" || label === undefined)
    throw optionsInvalid("The signing key is not PEM text.");
  if (labels.length > 1) throw optionsInvalid("The signing key contains more than one PEM block.");
  if (label === "ENCRYPTED PRIVATE KEY" || /^Proc-Type:.*\bENCRYPTED\b/m.test(pem))
    throw optionsInvalid(
      "The signing key is encrypted, and there is no prompt for its passphrase. Pass the output of `openssl pkey -in KEY`.",
    );
  if (label === "OPENSSH PRIVATE KEY")
    throw optionsInvalid(`The signing key is in OpenSSH format, not in PKCS #8. ${wayOut}`);
  if (!label.endsWith("PRIVATE KEY"))
    throw optionsInvalid(`The signing key is not a private key. ${wayOut}`);
  const privateKey = privateKeyOf(pem);
  if (privateKey.asymmetricKeyType !== "ed25519")
    throw optionsInvalid(
      `The signing key is of type ${privateKey.asymmetricKeyType}, not ed25519. ${wayOut}`,
    );
  const { x = "" } = createPublicKey(privateKey).export({ format: "jwk" });
  const bytes = Buffer.from(x, "base64url");
  const keyId = createHash("sha256").update(bytes).digest("hex").slice(0, 32);
  return { privateKey, publicKey: bytes.toString("base64"), keyId };
}

function privateKeyOf(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // The original error is not passed on as the cause, because it may quote the key.
    throw optionsInvalid("The signing key is PEM that cannot be read.");
  }
}

interface MakeKeyOptions {
  /** The path of a new file for the private key, in PEM. */
  readonly path: string;
  readonly identity: string;
  /** Default: the first 32 hex digits of the public key's SHA-256. */
  readonly keyId?: string | undefined;
}

/**
 * Makes an Ed25519 key and writes its private half to a new file, which only its owner can read.
 * Returns an entry for a file of publisher keys, of which nothing is secret.
 *
 * @throws GlassineError (as a rejection) `options_invalid`: an identity or key id that operators
 *   could not list
 * @throws (as a rejection) the system's error, such as `EEXIST` if the file already exists
 * @see spec `signing:key-made`
 */
export async function makeSigningKey(options: MakeKeyOptions) {
  const { path, identity } = options;
  expectIdentity(identity);
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = String(privateKey.export({ format: "pem", type: "pkcs8" }));
  const { keyId: ownKeyId, publicKey } = readSigningKey(pem);
  const keyId = readKeyId(options.keyId ?? ownKeyId);
  await makeFile(path, new TextEncoder().encode(pem), 0o600);
  return { identity, keyId, publicKey };
}

/** @throws GlassineError `options_invalid` */
export function readKeyId(keyId: unknown): string {
  if (typeof keyId === "string" && keyIdPattern.test(keyId)) return keyId;
  throw optionsInvalid(`A key id must be ${keyIdRule}.`);
}

/** @throws GlassineError `options_invalid`: an identity that operators could not list */
export function expectIdentity(identity: unknown): void {
  const fault = typeof identity === "string" ? identityFault(identity) : "is not a string";
  if (fault === undefined) return;
  const shown = typeof identity === "string" ? ` ${quoted(identity, maxIdentityUnits)}` : "";
  throw optionsInvalid(`The signer's identity${shown} ${fault}.`);
}
