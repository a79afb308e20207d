/** Verifies the Ed25519 signature in `glassine.sig.json` with the operator's publisher keys. */
import { createPublicKey, verify } from "node:crypto";
import { expectOptions, isRecord } from "../../../core/data/index.ts";
import { optionsInvalid, quoteName } from "../../../core/errors/index.ts";
import { fromBase64 } from "../../packages/index.ts";
import {
  type Evidence,
  ed25519File,
  invalidEvidence,
  readEvidence,
  type SignatureVerifier,
  type SignedPackage,
} from "./evidence.ts";
import { identityFault, keyIdPattern, keyIdRule, maxIdentityUnits } from "./identity.ts";
import type { PublisherKey, PublisherKeys } from "./publisher-keys.ts";

/** Options of `ed25519Verifier`. */
export interface Ed25519VerifierOptions {
  readonly keys: PublisherKeys;
}

/**
 * Makes a verifier for Ed25519 signatures over a package's hash, in `glassine.sig.json`.
 *
 * The signature must verify under a key of the very identity that it claims. The key must not be
 * revoked, and must be within its validity period now. The signature covers the package's name,
 * version and hash, so it is not valid for another package.
 *
 * @throws GlassineError `options_invalid`
 * @see spec `signing:identity-bound`, `signing:replay`, `signing:key-time`
 * @example
 * ```ts
 * import { discoverPlugins, ed25519Verifier, readPublisherKeys } from "glassine/node";
 *
 * async function discover(file: string) {
 *   const keys = await readPublisherKeys(file);
 *   return await discoverPlugins({ verifiers: [ed25519Verifier({ keys })] });
 * }
 * ```
 */
export function ed25519Verifier(options: Ed25519VerifierOptions): SignatureVerifier {
  expectOptions(options, ["keys"], "ed25519Verifier");
  const { keys } = options;
  // Otherwise every package would be blamed, for example for a promise of the keys.
  if (!Array.isArray(keys?.keys))
    throw optionsInvalid("ed25519Verifier expects keys, which readPublisherKeys resolves to.");
  return Object.freeze({
    name: "ed25519",
    async verify(signed: SignedPackage): Promise<Evidence> {
      const json = await readEvidence(signed, ed25519File, maxBytes);
      if ("kind" in json) return json;
      const read = evidenceOf(json.value);
      if (typeof read === "string") return invalidEvidence(`${ed25519File} ${read}`);
      const fault = faultOf(read, signed, keys.keys);
      return fault === undefined
        ? { kind: "verified", identity: read.identity }
        : invalidEvidence(fault);
    },
  });
}

function faultOf(
  { identity, keyId, signature }: Ed25519Evidence,
  signed: SignedPackage,
  keys: readonly PublisherKey[],
): string | undefined {
  const who = quoteName(identity, maxIdentityUnits);
  const key = keys.find((each) => each.identity === identity && each.keyId === keyId);
  if (key === undefined) return `no key ${quoteName(keyId, 128)} for identity ${who}`;
  const which = `key ${quoteName(keyId, 128)} of identity ${who}`;
  if (key.revoked) return `${which} is revoked`;
  const { notBefore = 0, notAfter = Number.POSITIVE_INFINITY } = key;
  const now = Date.now();
  if (now < notBefore) return `${which} is not valid before ${new Date(notBefore).toISOString()}`;
  if (now > notAfter) return `${which} is not valid after ${new Date(notAfter).toISOString()}`;
  const bytes = signedBytes(signed);
  if (bytes === undefined) return "the name, version or hash of the package cannot be signed";
  const x = Buffer.from(key.publicKey, "base64").toString("base64url");
  const jwk = { kty: "OKP", crv: "Ed25519", x };
  const isSigned = verify(null, bytes, createPublicKey({ key: jwk, format: "jwk" }), signature);
  return isSigned ? undefined : `${which} did not sign these files as this name and version`;
}

/** What the file says, none of it verified yet. */
interface Ed25519Evidence {
  readonly identity: string;
  readonly keyId: string;
  readonly signature: Uint8Array;
}

const maxBytes = 64 * 1024;
const signatureBytes = 64;
const fields = ["schema", "algorithm", "identity", "key_id", "signature"];
const packageHash = /^sha256:[0-9a-f]{64}$/;

/**
 * Returns the evidence, or why it is invalid as the end of a sentence about the file. Anything that
 * is not exactly as specified is invalid.
 */
function evidenceOf(value: unknown): Ed25519Evidence | string {
  if (!isRecord(value)) return "is not a JSON object";
  const unknown = Object.keys(value).find((key) => !fields.includes(key));
  if (unknown !== undefined) return `has an unknown key ${quoteName(unknown)}`;
  const { schema, algorithm, identity, key_id: keyId, signature } = value;
  if (schema !== 1) return "has a schema other than 1";
  if (algorithm !== "ed25519") return `has the algorithm ${shown(algorithm)}, not 'ed25519'`;
  if (typeof identity !== "string") return "has an identity that is not a string";
  const fault = identityFault(identity);
  if (fault !== undefined) return `has an identity that ${fault}`;
  if (typeof keyId !== "string" || !keyIdPattern.test(keyId))
    return `has a key_id that is not ${keyIdRule}`;
  const bytes = typeof signature === "string" ? fromBase64(signature) : undefined;
  if (bytes?.length !== signatureBytes)
    return `has a signature that is not ${signatureBytes} bytes in canonical base64`;
  return { identity, keyId, signature: bytes };
}

function shown(value: unknown): string {
  return typeof value === "string" ? quoteName(value) : `of type ${typeof value}`;
}

type Signable = Pick<SignedPackage, "name" | "version" | "hash">;

/**
 * Returns the bytes to sign, or `undefined` if a part of them is invalid. With a line feed in it, a
 * name could pose as the version too.
 */
export function signedBytes({ name, version, hash }: Signable): Uint8Array | undefined {
  const isClean = [name, version].every((part) => part !== "" && !/\p{Cc}/u.test(part));
  if (!isClean || !packageHash.test(hash)) return undefined;
  const lines = ["glassine-plugin-signature-v1", name, version, hash];
  return new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
}
