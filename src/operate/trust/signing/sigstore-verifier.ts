/** Verifies `glassine.sigstore.json`, a Sigstore bundle, without network access. */
import type { Bundle } from "@sigstore/bundle";
import { expectOptions, isRecord } from "../../../core/data/index.ts";
import { GlassineError, optionsInvalid, quoteName } from "../../../core/errors/index.ts";
import { describeThrown } from "../../../core/observe/index.ts";
import { jsonOf, loadPeer } from "../../packages/index.ts";
import { oneLine } from "../printable.ts";
import { certificateSigner } from "./certificate-signer.ts";
import {
  type Evidence,
  invalidEvidence,
  readEvidence,
  type SignatureVerifier,
  type SignedPackage,
  sigstoreFile,
} from "./evidence.ts";
import { identityFault, maxIdentityUnits } from "./identity.ts";
import { readTrustedRoot } from "./trusted-root.ts";

/** Options of `sigstoreVerifier`. */
export interface SigstoreVerifierOptions {
  /** The path of a `trusted_root.json`, with which the operator pins whom to trust. */
  readonly trustedRoot: string;
  /**
   * The only issuer to accept; an identity is then the subject alone. Default: any issuer that the
   * root's authorities certify, and an identity is `ISSUER#SUBJECT`.
   */
  readonly issuer?: string;
  /** Types of statements that vouch for a package. Default: SLSA provenance, version 1. */
  readonly predicateTypes?: readonly string[];
}

const maxBytes = 256 * 1024;
const defaultPredicateTypes = ["https://slsa.dev/provenance/v1"];
const install = "@sigstore/verify@3 @sigstore/bundle@4";
/** One witness of each kind is required, and is enough. */
const thresholds = { ctlogThreshold: 1, tlogThreshold: 1, timestampThreshold: 1 };

/** Thrown with the reason why this verifier does not accept a bundle. */
class Refusal extends Error {}

/**
 * Makes a verifier for Sigstore bundles in `glassine.sigstore.json`. A bundle must have an in-toto
 * statement about the package's hash, signed with a certificate from an authority of `trustedRoot`
 * while the certificate was valid, and proof that a log of that root has it.
 *
 * Fetches nothing. Needs the packages `@sigstore/verify` and `@sigstore/bundle`, which the host
 * installs. Without them, or without a readable root, `prepare` rejects and every package with a
 * bundle is `invalid`.
 *
 * @throws GlassineError `options_invalid`
 * @see spec `signing:sigstore`, `signing:sigstore-identity`, `signing:sigstore-peers`
 * @example
 * ```ts
 * import { sigstoreVerifier } from "glassine/node";
 *
 * const verifier = sigstoreVerifier({
 *   trustedRoot: "/etc/glassine/trusted_root.json",
 *   issuer: "https://token.actions.githubusercontent.com",
 * });
 * const start = await verifier.prepare?.().catch((error: Error) => error.message);
 * console.log(start?.endsWith("does not exist.")); // true
 * ```
 */
export function sigstoreVerifier(options: SigstoreVerifierOptions): SignatureVerifier {
  expectOptions(options, ["trustedRoot", "issuer", "predicateTypes"], "sigstoreVerifier");
  const { trustedRoot, issuer, predicateTypes = defaultPredicateTypes } = options;
  expectText("trustedRoot", trustedRoot);
  if (issuer !== undefined) expectIssuer(issuer);
  if (!Array.isArray(predicateTypes))
    throw optionsInvalid('The option "predicateTypes" expects a list.');
  for (const each of predicateTypes) expectText("predicateTypes", each);
  let ready: ReturnType<typeof prepared> | undefined;
  const load = () => {
    ready ??= prepared(trustedRoot);
    return ready;
  };
  return Object.freeze({
    name: "sigstore",
    async prepare(): Promise<void> {
      await load();
    },
    async verify(signed: SignedPackage): Promise<Evidence> {
      const json = await readEvidence(signed, sigstoreFile, maxBytes);
      if ("kind" in json) return json;
      try {
        const bundle = { json: json.value, hash: signed.hash };
        const identity = signerOf(bundle, await load(), { issuer, predicateTypes });
        return { kind: "verified", identity };
      } catch (error) {
        return invalidEvidence(`${sigstoreFile}: ${describeThrown(error).text}`);
      }
    },
  });
}

/** Loads what is needed from the peer dependencies, and makes the verifier from the root. */
async function prepared(trustedRoot: string) {
  const root = await readTrustedRoot(trustedRoot);
  const verify = (await loadPeer({
    name: "@sigstore/verify",
    install,
    exports: ["Verifier", "toSignedEntity", "toTrustMaterial"],
  })) as typeof import("@sigstore/verify");
  const { bundleFromJSON } = (await loadPeer({
    name: "@sigstore/bundle",
    install,
    exports: ["bundleFromJSON"],
  })) as typeof import("@sigstore/bundle");
  const { toSignedEntity } = verify;
  try {
    const verifier = new verify.Verifier(verify.toTrustMaterial(root), thresholds);
    return { bundleFromJSON, toSignedEntity, verifier };
  } catch (error) {
    const why = oneLine(describeThrown(error).text, 200);
    const text = `The Sigstore trusted root has a key or certificate that cannot be read: ${why}.`;
    throw new GlassineError("setting_invalid", text, { path: trustedRoot });
  }
}

interface Rules {
  readonly issuer: string | undefined;
  readonly predicateTypes: readonly string[];
}

/** @throws any error, whose message says what is wrong with the bundle */
function signerOf(
  { json, hash }: { readonly json: unknown; readonly hash: string },
  { bundleFromJSON, toSignedEntity, verifier }: Awaited<ReturnType<typeof prepared>>,
  { issuer, predicateTypes }: Rules,
): string {
  const bundle = bundleFromJSON(json);
  const { payload } = envelopeOf(bundle);
  expectProofs(bundle);
  const { identity = {} } = verifier.verify(toSignedEntity(bundle));
  const signer = certificateSigner(identity);
  if (signer === undefined)
    throw new Refusal("its certificate names the signer in a form that is not accepted");
  if (issuer !== undefined && signer.issuer !== issuer)
    throw new Refusal(
      `the issuer ${quoteName(signer.issuer, maxIdentityUnits)} is not the one that is accepted`,
    );
  const fault = statementFault(payload, hash, predicateTypes);
  if (fault !== undefined) throw new Refusal(fault);
  return identityOf(signer, issuer);
}

function envelopeOf({ content, verificationMaterial }: Bundle): { readonly payload: Uint8Array } {
  const key = verificationMaterial.content.$case;
  if (key !== "certificate" && key !== "x509CertificateChain")
    throw new Refusal("it is signed with a bare key, without a certificate");
  if (content.$case !== "dsseEnvelope" || content.dsseEnvelope.payloadType !== inTotoPayload)
    throw new Refusal("it does not contain an in-toto statement");
  return content.dsseEnvelope;
}

/** Matches a signature line in a log's checkpoint: a dash, the signer's name, the signature. */
const signatureLine = /\u2014 (\S+) \S+\n/g;

/**
 * Requires a proof of inclusion for each log entry, where the peer would also accept a promise.
 * Also checks the names of checkpoint signers: the peer uses them as regular expressions, and a
 * malicious one could keep the host busy forever.
 */
function expectProofs({ verificationMaterial: { tlogEntries } }: Bundle): void {
  for (const { inclusionProof } of tlogEntries) {
    const note = inclusionProof?.checkpoint?.envelope;
    if (note === undefined) throw new Refusal("it has no proof of inclusion in the log");
    for (const [, name = ""] of note.matchAll(signatureLine)) {
      if (!/^[A-Za-z0-9._:/-]{1,256}$/.test(name))
        throw new Refusal("the log's checkpoint is signed under a name that is not accepted");
    }
  }
}

function identityOf(
  { issuer, subject }: { readonly issuer: string; readonly subject: string },
  bound: string | undefined,
): string {
  // It must be unambiguous where the issuer ends.
  if (issuer.includes("#")) throw new Refusal("its issuer contains a #");
  const identity = bound === undefined ? `${issuer}#${subject}` : subject;
  const fault = identityFault(identity);
  if (fault !== undefined)
    throw new Refusal(`its signer ${quoteName(identity, maxIdentityUnits)} ${fault}`);
  return identity;
}

function expectIssuer(issuer: unknown): void {
  const fault = typeof issuer === "string" ? identityFault(issuer) : "is not a string";
  if (fault !== undefined) throw optionsInvalid(`The option "issuer" ${fault}.`);
}

function expectText(name: string, value: unknown): void {
  if (typeof value === "string" && value !== "") return;
  throw optionsInvalid(`The option "${name}" expects a non-empty string.`);
}

const inTotoPayload = "application/vnd.in-toto+json";

const statementTypes = ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"];

/**
 * Returns why a statement does not vouch for a package with `hash`, or `undefined` if it does.
 *
 * Its kind must be one of `predicateTypes`, because a statement of another kind can say something
 * bad about the package, such as that a test failed.
 */
function statementFault(
  payload: Uint8Array,
  hash: string,
  predicateTypes: readonly string[],
): string | undefined {
  const json = jsonOf(payload);
  if ("fault" in json) return `its statement ${json.fault}`;
  const { value } = json;
  if (!isRecord(value) || !statementTypes.includes(value._type as string))
    return "its payload is not an in-toto statement";
  const { predicateType, subject } = value;
  if (typeof predicateType !== "string") return "its statement has no predicate type";
  if (!predicateTypes.includes(predicateType)) {
    const type = quoteName(predicateType, 200);
    return `its statement has the predicate type ${type}, which does not vouch for a package`;
  }
  const isAbout = Array.isArray(subject) && subject.some((each) => digestOf(each) === hash);
  return isAbout ? undefined : "its statement is about different files";
}

function digestOf(subject: unknown): string | undefined {
  const digest = isRecord(subject) ? subject.digest : undefined;
  const { sha256 } = isRecord(digest) ? digest : {};
  return typeof sha256 === "string" ? `sha256:${sha256}` : undefined;
}
