/** What the check of a signature is about, and what it says. */

/** A package whose files were hashed. */
export interface SignedPackage {
  readonly name: string;
  readonly version: string;
  /** The real path of its directory. */
  readonly path: string;
  /** `sha256:` and 64 digits, computed from the files just now. */
  readonly hash: string;
  /** Of each file, by its path in the package: the SHA-256 of its bytes, in hex. */
  readonly files: ReadonlyMap<string, string>;
}

/** What is known of who signed a package. */
export type Evidence =
  | { readonly kind: "unsigned" }
  | {
      readonly kind: "invalid";
      /** One phrase, on one line. */
      readonly detail: string;
    }
  | {
      /** There is evidence, and no verifier for it. Said by `checkEvidence`, and by no verifier. */
      readonly kind: "unchecked";
      /** The name of the file. */
      readonly file: string;
    }
  | {
      readonly kind: "verified";
      readonly identity: string;
      /** Who else signed it, where a package has evidence of several kinds. */
      readonly further?: readonly string[];
    };

/** Checks one kind of evidence. */
export interface SignatureVerifier {
  /** In messages: `ed25519`. */
  readonly name: string;
  /**
   * Asked once before a host starts, where it is there and installed packages are looked for.
   * Has 30 seconds.
   *
   * @throws GlassineError (as a rejection) where this verifier could verify nothing at all
   */
  prepare?(): Promise<void>;
  /** `unsigned` where the package has no evidence of this kind. Never runs code of the package. */
  verify(signed: SignedPackage): Promise<Evidence>;
}

/** The evidence that `signPackage` writes. No part of what is hashed. */
export const ed25519File = "glassine.sig.json";
/** A Sigstore bundle. No part of what is hashed. */
export const sigstoreFile = "glassine.sigstore.json";
