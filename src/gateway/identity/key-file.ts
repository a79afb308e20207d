/** Keys from a file: a JWKS document or one PEM public key. Anything else is refused at startup. */
import { createPublicKey, type JsonWebKey, type KeyObject } from "node:crypto";
import { attempt, isRecord } from "../../core/data/index.ts";
import { GlassineError, quoted } from "../../core/errors/index.ts";
import { readSmallFile } from "../../operate/packages/index.ts";
import type { Algorithm, Jose, KeyFinder } from "./jose.ts";

const maxBytes = 1_048_576;

/** @throws GlassineError (as a rejection) `config_unreadable`; names the file, quotes none of it */
export async function keysOfFile(
  { createLocalJWKSet }: Jose,
  path: string,
  algorithms: readonly Algorithm[],
): Promise<KeyFinder> {
  const refuse = (fault: string, cause?: unknown) =>
    new GlassineError(
      "config_unreadable",
      `The key file ${quoted(path, 256)} ${fault}.`,
      {},
      cause,
    );
  const file = await readSmallFile(path, { maxBytes, followLinks: true });
  if ("fault" in file) throw refuse(file.fault, file.cause);
  const text = file.bytes
    .toString("utf8")
    .replace(/^\uFEFF/, "")
    .trim();

  if (text.startsWith("{")) {
    const { keys, fault } = keysIn(text, algorithms);
    if (fault !== undefined) throw refuse(fault);
    return createLocalJWKSet({ keys });
  }
  const fault = faultOfPem(text);
  if (fault !== undefined) throw refuse(fault);
  const key = publicKeyOf(text);
  if (key === undefined) throw refuse("is not a public key in PEM that can be read");
  if (!algorithms.some((algorithm) => fits(key, algorithm))) throw refuse(unfit(algorithms));
  return async () => key;
}

/** Returns a document's keys. All of them must be public, and one must fit `algorithms`. */
function keysIn(text: string, algorithms: readonly Algorithm[]) {
  const none = { keys: [] };
  const document = attempt((): unknown => JSON.parse(text));
  if (document === undefined) return { ...none, fault: "is neither valid JSON nor PEM" };
  const list = (document as { readonly keys?: unknown }).keys;
  if (!Array.isArray(list) || !list.every(isJsonObject)) {
    return { ...none, fault: 'is not a JWKS document, which has a list of keys under "keys"' };
  }
  // RFC 7518 §6: `d` is a private key, `k` a shared secret.
  if (list.some((key) => "d" in key || "k" in key)) {
    return { ...none, fault: "contains a private key. Give the gateway only the public ones" };
  }
  const isFit = list.some((jwk) => {
    const key = publicKeyOf({ key: jwk, format: "jwk" });
    return key !== undefined && algorithms.some((algorithm) => fits(key, algorithm));
  });
  return isFit ? { keys: list, fault: undefined } : { ...none, fault: unfit(algorithms) };
}

function isJsonObject(value: unknown): value is JsonWebKey & { kty: string } {
  return isRecord(value) && typeof value.kty === "string";
}

function faultOfPem(text: string): string | undefined {
  const blocks = text.match(/-----BEGIN [^-]*-----/g) ?? [];
  if (blocks.length === 0) return "is neither a JWKS document nor a public key in PEM";
  if (blocks.some((line) => line.includes("PRIVATE"))) {
    return "contains a private key. Give the gateway only the public one";
  }
  if (blocks.length > 1) return "has several PEM blocks. Write several keys as a JWKS document";
  return undefined;
}

function publicKeyOf(source: Parameters<typeof createPublicKey>[0]): KeyObject | undefined {
  return attempt(() => createPublicKey(source));
}

const curves: Readonly<Record<string, string>> = {
  ES256: "prime256v1",
  ES384: "secp384r1",
  ES512: "secp521r1",
};

/** RFC 7518 §3.3: RSA keys have 2048 bits or more. */
function fits({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject, algorithm: Algorithm) {
  const { namedCurve, modulusLength = 0 } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === "ec") return curves[algorithm] === namedCurve;
  if (asymmetricKeyType === "rsa") return /^[RP]S/.test(algorithm) && modulusLength >= 2048;
  return asymmetricKeyType === "ed25519" && /^Ed/.test(algorithm);
}

function unfit(algorithms: readonly Algorithm[]): string {
  return `has no key for ${algorithms.join(", ")}. RSA keys need 2048 bits or more`;
}
