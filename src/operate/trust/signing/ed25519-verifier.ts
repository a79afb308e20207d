/** Verifies `glassine.sig.json` with the keys that the operator bound to publishers. */
import { createPublicKey, verify } from "node:crypto";
import { join } from "node:path";
import { expectOptions } from "../../../core/data/index.ts";
import { quoteName } from "../../../core/hooks/index.ts";
import { type Ed25519Evidence, readEd25519Evidence, signedBytes } from "./ed25519-evidence.ts";
import { maxIdentityUnits } from "./identity.ts";
import type { PublisherKey, PublisherKeys } from "./publisher-keys.ts";
import { type Evidence, ed25519File, type SignatureVerifier, type SignedPackage } from "./types.ts";

/** Options of `ed25519Verifier`. */
export interface Ed25519VerifierOptions {
  readonly keys: PublisherKeys;
  /** The time, in milliseconds since 1970. Default: that of the system. */
  readonly now?: () => number;
}

/**
 * A verifier of Ed25519 signatures over the hash of a package, in `glassine.sig.json`.
 *
 * The signature has to verify under a key of the very identity that it claims, which is neither
 * revoked nor out of its time now. It is over the package's name, version and hash, so it is not valid
 * for another package.
 *
 * @throws GlassineError `options_invalid`
 * @see spec `signing:identity-bound`, `signing:replay`, `signing:key-time`
 * @example
 * ```ts
 * import { mkdtemp, writeFile } from "node:fs/promises";
 * import { tmpdir } from "node:os";
 * import { join } from "node:path";
 * import { ed25519Verifier, readPublisherKeys } from "glassine/node";
 *
 * const path = join(await mkdtemp(join(tmpdir(), "keys-")), "publishers.json");
 * await writeFile(path, JSON.stringify({ schema: 1, publishers: [] }));
 * const verifier = ed25519Verifier({ keys: await readPublisherKeys(path) });
 * console.log(verifier.name); // ed25519
 * ```
 */
export function ed25519Verifier(options: Ed25519VerifierOptions): SignatureVerifier {
  expectOptions(options, ["keys", "now"], "ed25519Verifier");
  const { keys, now = Date.now } = options;
  return Object.freeze({
    name: "ed25519",
    async verify(signed: SignedPackage): Promise<Evidence> {
      const read = await readEd25519Evidence(join(signed.path, ed25519File));
      if ("fault" in read)
        return read.why === "absent" ? { kind: "unsigned" } : invalid(read.fault);
      const fault = faultOf(read.evidence, signed, keys.keys, now());
      return fault === undefined
        ? { kind: "verified", identity: read.evidence.identity }
        : { kind: "invalid", ...fault };
    },
  });
}

type Fault = Omit<Extract<Evidence, { readonly kind: "invalid" }>, "kind">;

function faultOf(
  { identity, keyId, signature }: Ed25519Evidence,
  signed: SignedPackage,
  keys: readonly PublisherKey[],
  now: number,
): Fault | undefined {
  const who = quoteName(identity, maxIdentityUnits);
  const key = keys.find((each) => each.identity === identity && each.keyId === keyId);
  if (key === undefined)
    return { detail: `no key ${quoteName(keyId, 128)} for identity ${who}`, cause: "key_unknown" };
  const which = `key ${quoteName(keyId, 128)} of identity ${who}`;
  if (key.revoked) return { detail: `${which} is revoked`, cause: "key_revoked" };
  const untimely = untimelinessOf(key, now);
  if (untimely !== undefined) return { detail: `${which} ${untimely}`, cause: "key_untimely" };
  const bytes = signedBytes(signed);
  if (bytes === undefined)
    return { detail: "the name, version or hash of the package cannot be signed" };
  const isSigned = verify(null, bytes, publicKeyOf(key), signature);
  return isSigned
    ? undefined
    : { detail: `${which} did not sign these files as this name and version` };
}

function untimelinessOf({ notBefore, notAfter }: PublisherKey, now: number): string | undefined {
  if (notBefore !== undefined && now < notBefore)
    return `is not valid before ${new Date(notBefore).toISOString()}`;
  if (notAfter !== undefined && now > notAfter)
    return `is not valid after ${new Date(notAfter).toISOString()}`;
  return undefined;
}

function publicKeyOf({ publicKey }: PublisherKey) {
  const x = Buffer.from(publicKey, "base64").toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
}

function invalid(detail: string): Evidence {
  return { kind: "invalid", detail };
}
