/** The private key of an author. No text of this file's errors has a part of it. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { GlassineError } from "../../../core/errors/index.ts";

/** A key to sign with, and what others know it by. */
export interface SigningKey {
  readonly privateKey: KeyObject;
  /** The 32 bytes of the public key, in base64: what a file of publisher keys takes. */
  readonly publicKey: string;
  /** The first 32 hexadecimal digits of the SHA-256 of those bytes. */
  readonly keyId: string;
}

const wayOut = "Make one with `glassine plugins keygen`.";

/** @throws GlassineError `options_invalid`: it is no Ed25519 private key in PEM, or encrypted */
export function readSigningKey(pem: unknown): SigningKey {
  const labels =
    typeof pem === "string"
      ? [...pem.matchAll(/-----BEGIN ([A-Z0-9 ]+)-----/g)].map(([, label = ""]) => label)
      : [];
  const [label] = labels;
  if (typeof pem !== "string" || label === undefined)
    throw refused("The key to sign with is not PEM text.");
  if (labels.length > 1) throw refused("The key to sign with is more than one block of PEM.");
  if (label === "ENCRYPTED PRIVATE KEY" || /^Proc-Type:.*\bENCRYPTED\b/m.test(pem))
    throw refused(
      "The key to sign with is encrypted, and nobody is asked for its pass phrase. Hand in what `openssl pkey -in KEY` prints.",
    );
  if (label === "OPENSSH PRIVATE KEY")
    throw refused(`The key to sign with is in the format of OpenSSH, not in PKCS #8. ${wayOut}`);
  if (!label.endsWith("PRIVATE KEY"))
    throw refused(`The key to sign with is not a private key. ${wayOut}`);
  const privateKey = privateKeyOf(pem);
  if (privateKey.asymmetricKeyType !== "ed25519")
    throw refused(
      `The key to sign with is of type ${privateKey.asymmetricKeyType}, not ed25519. ${wayOut}`,
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
    // What the system says is no cause of it: it may quote what it could not read.
    throw refused("The key to sign with is PEM that cannot be read.");
  }
}

function refused(text: string): GlassineError {
  return new GlassineError("options_invalid", text);
}
