/** A private Sigstore: a certificate authority, logs and a clock, all in this process. */
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { type Bundle, bundleToJSON, type TransparencyLogEntry } from "@sigstore/bundle";
import { initializeCA, initializeTLog, initializeTSA } from "@sigstore/mock";
import { DSSEBundleBuilder, MessageSignatureBundleBuilder } from "@sigstore/sign";
import { certificateLog } from "./sigstore-certificate-log.ts";

export const issuer = "https://issuer.example.test";
export const subject = "https://code.example.test/acme/guard/release.yml@refs/heads/main";
const provenance = "https://slsa.dev/provenance/v1";
const logUrl = "https://log.example.test";
const issuerOid = "1.3.6.1.4.1.57264.1.8";
const hourMs = 3_600_000;

type CertificateAuthority = Awaited<ReturnType<typeof initializeCA>>;
type KeyPair = ReturnType<typeof keyPair>;

function keyPair() {
  return generateKeyPairSync("ec", { namedCurve: "prime256v1" });
}

/** How an issued bundle differs from the usual one. */
export interface Wish {
  readonly issuer?: string;
  readonly subject?: string;
  readonly payloadType?: string;
  /** When the log claims to have seen the signature. */
  readonly loggedAt?: Date;
  /** Another certificate authority. */
  readonly certificatesOf?: CertificateAuthority;
  /** What attests the time. Default: `promise`. */
  readonly time?: "promise" | "stamp" | "none";
  /** The milliseconds of a stamp's time. Default: 0. */
  readonly stampMs?: number;
  /** Signs the bytes themselves, without a statement. */
  readonly plain?: boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: tests change any part of a document.
export type Document = any;

export interface Authority {
  /** `trusted_root.json`. */
  readonly root: Document;
  /** One with the same key and certificate that submits its certificates to no log. */
  readonly unlogged: CertificateAuthority;
  /** Returns a bundle over a payload, signed and logged as Sigstore does it. */
  bundle(payload: string | Buffer, wish?: Wish): Promise<Document>;
}

export async function startAuthority(): Promise<Authority> {
  const keys = { ca: keyPair(), ctlog: keyPair(), tlog: keyPair(), tsa: keyPair() };
  const ca = await initializeCA(keys.ca, certificateLog(keys.ctlog));
  // A new authority would have a new certificate: this one differs only in what it issues.
  const unlogged: CertificateAuthority = Object.create(ca, { ctLog: { value: undefined } });
  const tsa = await initializeTSA(keys.tsa);
  const stampAt = (ms: number) => {
    const now = new Date();
    now.setUTCMilliseconds(ms);
    return Object.assign(tsa, { getCurrentTime: () => now });
  };
  const validFor = { start: new Date(Date.now() - hourMs).toISOString() };
  const log = (baseUrl: string, { publicKey }: KeyPair) => {
    const rawBytes = publicKey.export({ format: "der", type: "spki" });
    const keyId = createHash("sha256").update(rawBytes).digest("base64");
    const key = { rawBytes: rawBytes.toString("base64"), keyDetails: "PKIX_ECDSA_P256_SHA_256" };
    return {
      baseUrl,
      hashAlgorithm: "SHA2_256",
      publicKey: { ...key, validFor },
      logId: { keyId },
    };
  };
  const authority = (uri: string, ...certificates: readonly Buffer[]) => ({
    subject: { organization: "example.test", commonName: "sigstore" },
    uri,
    certChain: {
      certificates: certificates.map((each) => ({ rawBytes: each.toString("base64") })),
    },
    validFor,
  });

  return {
    unlogged,
    root: {
      mediaType: "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
      tlogs: [log(logUrl, keys.tlog)],
      certificateAuthorities: [authority("https://ca.example.test", ca.rootCertificate)],
      ctlogs: [log("https://ct.example.test", keys.ctlog)],
      timestampAuthorities: [
        authority("https://time.example.test", tsa.intCertificate, tsa.rootCertificate),
      ],
    },
    async bundle(payload, wish = {}) {
      const leaf = keyPair();
      const { time = "promise", stampMs = 0 } = wish;
      const request = {
        publicKey: leaf.publicKey.export({ format: "der", type: "spki" }),
        subjectAltName: wish.subject ?? subject,
        extensions: [{ oid: issuerOid, value: wish.issuer ?? issuer }],
      };
      const authorityOf = wish.certificatesOf ?? ca;
      const der = await authorityOf.issueCertificate(request);
      const certificate = pemOf(der);
      const signer = {
        sign: async (data: Buffer) => ({
          signature: sign("sha256", data, leaf.privateKey),
          key: { $case: "x509Certificate" as const, certificate },
        }),
      };
      const tlog = await initializeTLog(logUrl, keys.tlog, wish.loggedAt);
      const logged = {
        testify: async (content: Bundle["content"]) => ({
          tlogEntries: [entryOf(await tlog.log(proposed(content, certificate)), content.$case)],
        }),
      };
      const stamped = {
        testify: async (content: Bundle["content"]) => ({
          rfc3161Timestamps: [{ signedTimestamp: await stampOf(stampAt(stampMs), content) }],
        }),
      };
      const witnesses = time === "stamp" ? [logged, stamped] : [logged];
      const Builder = wish.plain ? MessageSignatureBundleBuilder : DSSEBundleBuilder;
      const made = await new Builder({ signer, witnesses }).create({
        data: Buffer.from(payload),
        type: wish.payloadType ?? "application/vnd.in-toto+json",
      });
      const json: Document = bundleToJSON(made);
      if (time !== "promise") delete json.verificationMaterial.tlogEntries[0].inclusionPromise;
      return json;
    },
  };
}

/** A statement; `change` says how it differs from the usual one. */
export function statement(hash: string, change: Record<string, unknown> = {}): string {
  return JSON.stringify({
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: "guard", digest: { sha256: hash.replace("sha256:", "") } }],
    predicateType: provenance,
    predicate: {},
    ...change,
  });
}

function pemOf(der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return ["-----BEGIN CERTIFICATE-----", ...lines, "-----END CERTIFICATE-----", ""].join("\n");
}

function signatureIn(content: Bundle["content"]): Buffer {
  return content.$case === "dsseEnvelope"
    ? (content.dsseEnvelope.signatures[0]?.sig as Buffer)
    : content.messageSignature.signature;
}

/** The entry as Sigstore's log records it. */
function proposed(content: Bundle["content"], certificate: string): object {
  const signature = signatureIn(content).toString("base64");
  const verifier = Buffer.from(certificate).toString("base64");
  if (content.$case === "messageSignature") {
    const value = content.messageSignature.messageDigest.digest.toString("hex");
    const data = { hash: { algorithm: "sha256", value } };
    const spec = { signature: { content: signature, publicKey: { content: verifier } }, data };
    return { apiVersion: "0.0.1", kind: "hashedrekord", spec };
  }
  const value = createHash("sha256").update(content.dsseEnvelope.payload).digest("hex");
  const payloadHash = { algorithm: "sha256", value };
  return {
    apiVersion: "0.0.1",
    kind: "dsse",
    spec: { signatures: [{ signature, verifier }], payloadHash },
  };
}

/** What the log answers, by the id of the entry. The mock's types leave it open. */
interface LogEntry {
  readonly body: string;
  readonly integratedTime: number;
  readonly logID: string;
  readonly logIndex: number;
  readonly verification: {
    readonly inclusionProof: {
      readonly checkpoint: string;
      readonly hashes: readonly string[];
      readonly logIndex: number;
      readonly rootHash: string;
      readonly treeSize: number;
    };
    readonly signedEntryTimestamp: string;
  };
}

function entryOf(answer: unknown, content: Bundle["content"]["$case"]): TransparencyLogEntry {
  const [entry] = Object.values(answer as Record<string, LogEntry>);
  if (entry === undefined) throw new Error("The log gave no entry.");
  const proof = entry.verification.inclusionProof;
  const kind = content === "dsseEnvelope" ? "dsse" : "hashedrekord";
  return {
    logIndex: `${entry.logIndex}`,
    logId: { keyId: Buffer.from(entry.logID, "hex") },
    kindVersion: { kind, version: "0.0.1" },
    integratedTime: `${entry.integratedTime}`,
    inclusionPromise: {
      signedEntryTimestamp: Buffer.from(entry.verification.signedEntryTimestamp, "base64"),
    },
    inclusionProof: {
      logIndex: `${proof.logIndex}`,
      rootHash: Buffer.from(proof.rootHash, "hex"),
      treeSize: `${proof.treeSize}`,
      hashes: proof.hashes.map((each) => Buffer.from(each, "hex")),
      checkpoint: { envelope: proof.checkpoint },
    },
    canonicalizedBody: Buffer.from(entry.body, "base64"),
  };
}

function stampOf(
  tsa: Awaited<ReturnType<typeof initializeTSA>>,
  content: Bundle["content"],
): Promise<Buffer> {
  return tsa.timestamp({
    artifactHash: createHash("sha256").update(signatureIn(content)).digest(),
    hashAlgorithmOID: "2.16.840.1.101.3.4.2.1",
    nonce: 7,
    policyOID: "1.3.6.1.4.1.57264.2",
  });
}
