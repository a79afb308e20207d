// Only in test:all: it checks many signatures.
import { beforeAll, describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { type Document, statement } from "./sigstore-authority.ts";
import { authority, bent, type Fault, invalid, put, verdict } from "./sigstore-cases.ts";

const entry = "verificationMaterial.tlogEntries.0";
const checkpoint = `${entry}.inclusionProof.checkpoint.envelope`;
const base64 = (text: string) => Buffer.from(text).toString("base64");
const later = (seconds: string) => `${Number(seconds) + 1}`;

/** A certificate that is older than every log entry here: a younger one would not be valid yet. */
let earlier: Document;
beforeAll(async () => {
  earlier = await authority.bundle("{}");
});

/** Replaces a part of a bundle with that of a bundle over something else. */
const fromAnother = (part: "certificate" | "tlogEntries") => async (bundle: Document) => {
  const another = part === "certificate" ? earlier : await authority.bundle("{}");
  bundle.verificationMaterial[part] = another.verificationMaterial[part];
};

describe("PH-088: a tampered Sigstore bundle", () => {
  const faults: readonly Fault[] = [
    [
      "payload",
      { tamper: put("dsseEnvelope.payload", base64(statement(`sha256:${"0".repeat(64)}`))) },
      "DSSE payload hash mismatch",
    ],
    [
      "signature",
      { tamper: put("dsseEnvelope.signatures.0.sig", bent) },
      "entry signature mismatch",
    ],
    [
      "list of signatures",
      { tamper: put("dsseEnvelope.signatures", (own: readonly unknown[]) => [...own, ...own]) },
      "invalid bundle",
    ],
    [
      "certificate",
      {
        tamper: put("verificationMaterial.certificate.rawBytes", (own: string) => {
          const der = Buffer.from(own, "base64");
          der.write("evil", der.indexOf("main"));
          return der.toString("base64");
        }),
      },
      "Failed to verify certificate chain",
    ],
    [
      "key of the certificate",
      { tamper: fromAnother("certificate") },
      "signature verification failed",
    ],
    [
      "entry of the log for another",
      { tamper: fromAnother("tlogEntries") },
      "entry signature mismatch",
    ],
    [
      "time of the log",
      { tamper: put(`${entry}.integratedTime`, "1000000000") },
      "Failed to verify certificate chain",
    ],
    [
      "time of the log, a second later",
      { tamper: put(`${entry}.integratedTime`, later) },
      "inclusion promise could not be verified",
    ],
    [
      "promise of the log",
      { tamper: put(`${entry}.inclusionPromise.signedEntryTimestamp`, bent) },
      "inclusion promise could not be verified",
    ],
    [
      "state of the log",
      { tamper: put(checkpoint, (own: string) => own.replace("\n1\n", "\n2\n")) },
      "invalid checkpoint signature",
    ],
    ["place in the log", { tamper: put(`${entry}.inclusionProof.logIndex`, "1") }, "invalid index"],
    [
      "proof with a hash too many",
      { tamper: put(`${entry}.inclusionProof.hashes`, [base64("x".repeat(32))]) },
      "invalid hash count",
    ],
    [
      "body in the log",
      {
        tamper: put(`${entry}.canonicalizedBody`, (own: string) =>
          base64(`${Buffer.from(own, "base64")} `),
        ),
      },
      "could not be verified",
    ],
    ["text", { tamper: (bundle) => JSON.stringify(bundle).slice(0, -1) }, "cannot be used"],
    [
      "text with a name twice",
      { tamper: (bundle) => JSON.stringify(bundle).replace("{", '{"mediaType":"a",') },
      "twice",
    ],
  ];

  it.each(faults)("%s is invalid", async (_name, of, detail) => {
    verifies("signing:sigstore-certificate", "signing:sigstore-log");
    expect(await verdict(of)).toEqual(invalid(detail));
  });
});

describe("a Sigstore bundle that lacks something", () => {
  const ended = (validFor: { readonly start: string }) => ({ ...validFor, end: validFor.start });
  const faults: readonly Fault[] = [
    ["an authority that is known", { by: "other" }, "Failed to verify certificate chain"],
    [
      "a certificate that a log has seen",
      { wish: { certificatesOf: "unlogged" } },
      "expected 1 SCTs, got 0",
    ],
    [
      "a certificate log that is known",
      { root: put("ctlogs.0.logId.keyId", bent) },
      "SCT verification failed",
    ],
    [
      "a certificate log of that time",
      { root: put("ctlogs.0.publicKey.validFor", ended) },
      "SCT verification failed",
    ],
    ["a log that is known", { root: put("tlogs.0.logId.keyId", bent) }, "could not be verified"],
    [
      "a log of that time",
      { root: put("tlogs.0.publicKey.validFor", ended) },
      "could not be verified",
    ],
    [
      "an authority of that time",
      { root: put("certificateAuthorities.0.validFor", ended) },
      "Failed to verify certificate chain",
    ],
    [
      "a certificate of that time",
      { wish: { loggedAt: new Date(Date.now() + 20 * 60_000) } },
      "Failed to verify certificate chain",
    ],
    [
      "an entry of a log",
      { tamper: put("verificationMaterial.tlogEntries", []) },
      "expected 1 timestamps, got 0",
    ],
    [
      // DER omits trailing zeros. The peer library reads three decimals or none.
      "the last decimal of a stamp's time",
      { wish: { time: "stamp", stampMs: 120 } },
      "invalid time",
    ],
    [
      "a log, though a timestamp authority has seen it",
      { wish: { time: "stamp" }, tamper: put("verificationMaterial.tlogEntries", []) },
      "expected 1 tlog entries, got 0",
    ],
    [
      "a proof of the log, in a form of old that needs none",
      {
        tamper: (bundle) => {
          put("mediaType", "application/vnd.dev.sigstore.bundle+json;version=0.1")(bundle);
          put(`${entry}.inclusionProof`, undefined)(bundle);
        },
      },
      "it has no proof of inclusion in the log",
    ],
    ["a statement", { wish: { plain: true } }, "it does not contain an in-toto statement"],
    [
      "the media type of a statement",
      { wish: { payloadType: "application/json" } },
      "it does not contain an in-toto statement",
    ],
    [
      "a certificate",
      {
        tamper: (bundle) => {
          put("verificationMaterial.certificate", undefined)(bundle);
          put("verificationMaterial.publicKey", { hint: "k1" })(bundle);
        },
      },
      "it is signed with a bare key, without a certificate",
    ],
    [
      // The peer library takes the name for a pattern. The name itself is not signed.
      "a plain name under the state of the log",
      { tamper: put(checkpoint, (own: string) => own.replace(/\u2014 \S+/, "\u2014 .*")) },
      "the log's checkpoint is signed under a name that is not accepted",
    ],
    ["an object", { tamper: () => "[]" }, "glassine.sigstore.json: "],
    ["everything", { tamper: () => "{}" }, "glassine.sigstore.json: "],
  ];

  it.each(faults)("%s, is invalid", async (_name, of, detail) => {
    verifies("signing:sigstore-certificate", "signing:sigstore-log");
    expect(await verdict(of)).toEqual(invalid(detail));
  });

  it("is invalid over 256 KiB, and read up to there", async () => {
    verifies("signing:sigstore");
    const limit = 256 * 1024;
    const padded = (size: number) => (bundle: Document) => {
      const text = JSON.stringify(bundle);
      return text + " ".repeat(size - Buffer.byteLength(text));
    };
    expect(await verdict({ tamper: padded(limit) })).toMatchObject({ kind: "verified" });
    expect(await verdict({ tamper: padded(limit + 1) })).toEqual(invalid("larger than 256 KiB"));
  });
});
