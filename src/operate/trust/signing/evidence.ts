/** What a signature check examines, and what it reports. */
import { join } from "node:path";
import { readJsonFile } from "../../packages/index.ts";

/** A package whose files were hashed. */
export interface SignedPackage {
  readonly name: string;
  readonly version: string;
  /** The real path of its directory. */
  readonly path: string;
  /** `sha256:` and 64 digits, computed from the files just now. */
  readonly hash: string;
  /** The SHA-256 of each file's bytes, in hex, by the file's path in the package. */
  readonly files: ReadonlyMap<string, string>;
}

/** What is known about who signed a package. */
export type Evidence =
  | { readonly kind: "unsigned" }
  | {
      readonly kind: "invalid";
      /** One phrase, on one line. */
      readonly detail: string;
    }
  | {
      /** There is evidence, but no verifier for it. Only `checkEvidence` returns this. */
      readonly kind: "unchecked";
      /** The name of the file. */
      readonly file: string;
    }
  | {
      readonly kind: "verified";
      readonly identity: string;
      /** Who else signed it, if the package has evidence of several kinds. */
      readonly further?: readonly string[];
    };

export function invalidEvidence(detail: string): Evidence {
  return { kind: "invalid", detail };
}

/** Returns the value in a file of evidence, or what its absence or a fault of it means. */
export async function readEvidence(
  { path }: SignedPackage,
  file: string,
  maxBytes: number,
): Promise<{ readonly value: unknown } | Evidence> {
  const json = await readJsonFile(join(path, file), { maxBytes, followLinks: false });
  if ("value" in json) return json;
  return json.why === "absent" ? { kind: "unsigned" } : invalidEvidence(`${file} ${json.fault}`);
}

/** Checks one kind of evidence. */
export interface SignatureVerifier {
  /** The verifier's name in messages, such as `ed25519`. */
  readonly name: string;
  /**
   * Optional. Called once before a host starts, if the host looks for installed packages. Must
   * finish within 30 seconds.
   *
   * @throws GlassineError (as a rejection) if this verifier cannot verify anything at all
   */
  prepare?(): Promise<void>;
  /** Returns `unsigned` if there is no evidence of this kind. Never runs the package's code. */
  verify(signed: SignedPackage): Promise<Evidence>;
}

/** The evidence that `signPackage` writes. Not part of what is hashed. */
export const ed25519File = "glassine.sig.json";
/** A Sigstore bundle. Not part of what is hashed. */
export const sigstoreFile = "glassine.sigstore.json";
