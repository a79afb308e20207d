import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { certificateSigner } from "../../../src/operate/trust/signing/certificate-signer.ts";
import { checkEvidence } from "../../../src/operate/trust/signing/check-evidence.ts";
import { decideTrust } from "../../../src/operate/trust/signing/decide-trust.ts";
import {
  sigstoreVerifier,
  statementFault,
} from "../../../src/operate/trust/signing/sigstore-verifier.ts";
import { folderWith } from "../../support/folder.ts";
import { verifies } from "../../support/verifies.ts";
import { packageOf, signedAt } from "../../trust/signing-support.ts";
import { type Document, issuer, statement, subject } from "../../trust/sigstore-authority.ts";
import { authority, type Fault, invalid, put, verdict } from "../../trust/sigstore-cases.ts";

describe("a package with a Sigstore bundle", () => {
  it("is verified as issuer and subject", async () => {
    verifies("signing:sigstore", "signing:sigstore-identity");
    expect(await verdict()).toEqual({ kind: "verified", identity: `${issuer}#${subject}` });
  });

  it("is verified as the subject if one issuer is configured, and any other issuer is refused", async () => {
    verifies("signing:sigstore-identity");
    const options = { issuer };
    expect(await verdict({ options })).toEqual({ kind: "verified", identity: subject });
    expect(await verdict({ options: { issuer: `${issuer}/` } })).toEqual(
      invalid(`the issuer '${issuer}' is not the one that is accepted`),
    );
  });

  it("is verified by a timestamp authority instead of an inclusion promise", async () => {
    verifies("signing:sigstore-certificate");
    const wish = { time: "stamp" } as const;
    expect(await verdict({ wish })).toMatchObject({ kind: "verified" });
    const root = put("timestampAuthorities", []);
    expect(await verdict({ wish, root })).toEqual(invalid("timestamp could not be verified"));
    expect(await verdict({ wish: { time: "none" } })).toEqual(invalid("expected 1 timestamps"));
  });

  it("is verified if any subject of the statement matches", async () => {
    verifies("signing:sigstore-statement");
    const tamperless = async (more: Document) => {
      const path = await packageOf();
      const signed = await signedAt(path);
      const own = { name: "guard", digest: { sha256: signed.hash.slice(7) } };
      const payload = statement(signed.hash, { subject: [more, own] });
      const bundle = await authority.bundle(payload);
      await writeFile(join(path, "glassine.sigstore.json"), JSON.stringify(bundle));
      const trustedRoot = join(await folderWith(), "trusted_root.json");
      await writeFile(trustedRoot, JSON.stringify(authority.root));
      return checkEvidence(signed, [sigstoreVerifier({ trustedRoot })]);
    };
    const digest = { sha256: "0".repeat(64) };
    expect(await tamperless({ name: "b", digest })).toMatchObject({ kind: "verified" });
    expect(await tamperless(null)).toMatchObject({ kind: "verified" });
  });

  it("is unsigned without one", async () => {
    const signed = await signedAt(await packageOf());
    const verifier = sigstoreVerifier({ trustedRoot: "nowhere.json" });
    expect(await verifier.verify(signed)).toEqual({ kind: "unsigned" });
  });
});

describe("the statement of a Sigstore bundle", () => {
  const digest = { sha256: "0".repeat(64) };
  const faults: readonly Fault[] = [
    ["about other files", { says: { subject: [{ digest }] } }, "about different files"],
    ["about nothing", { says: { subject: [] } }, "about different files"],
    ["without subjects", { says: { subject: undefined } }, "about different files"],
    [
      "of another kind",
      { says: { predicateType: "https://in-toto.io/attestation/test-result/v0.1" } },
      "which does not vouch for a package",
    ],
    ["of no kind", { says: { predicateType: undefined } }, "its statement has no predicate type"],
    [
      "of another form",
      { says: { _type: "https://in-toto.io/Statement/v2" } },
      "its payload is not an in-toto statement",
    ],
  ];

  it.each(faults)("%s is invalid", async (_name, of, detail) => {
    verifies("signing:sigstore-statement");
    expect(await verdict(of)).toEqual(invalid(detail));
  });

  it("may have another predicate type if the operator allows it", async () => {
    verifies("signing:sigstore-statement");
    const says = { predicateType: "https://example.test/release/v1" };
    const options = { predicateTypes: ["https://example.test/release/v1"] };
    expect(await verdict({ says, options })).toMatchObject({ kind: "verified" });
    expect(await verdict({ options })).toEqual(invalid("does not vouch"));
  });

  it("PH-090: of another package is invalid", async () => {
    verifies("signing:sigstore-statement", "signing:replay");
    const foreign = await signedAt(await packageOf({ version: "1.0.1" }));
    const of = { says: JSON.parse(statement(foreign.hash)) as Record<string, unknown> };
    expect(await verdict(of)).toEqual(invalid("about different files"));
  });

  it("with a duplicate key is invalid", () => {
    verifies("signing:sigstore-statement");
    const hash = `sha256:${"a".repeat(64)}`;
    const text = statement(hash);
    const kinds = ["https://slsa.dev/provenance/v1"];
    expect(statementFault(Buffer.from(text), hash, kinds)).toBeUndefined();
    const twice = text.replace("{", '{"subject":[],');
    expect(statementFault(Buffer.from(twice), hash, kinds)).toContain("twice");
    expect(statementFault(Buffer.from([0xff]), hash, kinds)).toBe("its statement is not UTF-8");
    expect(statementFault(Buffer.from("[]"), hash, kinds)).toBe(
      "its payload is not an in-toto statement",
    );
  });
});

describe("the signer of a Sigstore bundle", () => {
  const faults: readonly Fault[] = [
    ["an issuer with a #", { wish: { issuer: `${issuer}#a` } }, "its issuer contains a #"],
    ["a subject with a comma", { wish: { subject: "https://a.test/b,c" } }, "contains a comma"],
    ["an issuer with a line feed", { wish: { issuer: "https://a.test\n" } }, "contains a control"],
    [
      "an issuer with letters of two bytes",
      { wish: { issuer: "https://\u00e4.test" } },
      "names the signer in a form that is not accepted",
    ],
  ];

  it.each(faults)("with %s is invalid", async (_name, of, detail) => {
    verifies("signing:sigstore-identity");
    expect(await verdict(of)).toEqual(invalid(detail));
  });

  it("is matched exactly against the lists", async () => {
    verifies("signing:sigstore-identity", "signing:identity");
    const evidence = await verdict();
    const decided = (trusted: string) =>
      decideTrust({
        plugin: "guard",
        evidence,
        settings: {
          signingRequired: true,
          unsignedAck: false,
          trustedPublishers: [trusted],
          overridePublishers: [],
        },
      }).accepted;
    expect(decided(`${issuer}#${subject}`)).toBe(true);
    for (const near of [
      subject,
      issuer,
      `${issuer}#`,
      `${issuer}/#${subject}`,
      `${issuer}#${subject}2`,
    ])
      expect(decided(near)).toBe(false);
  });

  const text = (tag: number, value: Buffer) => Buffer.from([tag, value.length, ...value]);
  const names = (...parts: readonly Buffer[]) => text(0x30, Buffer.concat(parts));
  const oid = (id: string, value: Buffer) => ({ oid: { id: id.split(".").map(Number) }, value });
  const signerOf = (subjects: Buffer, issuers: Buffer, oids: readonly object[] = []) =>
    certificateSigner({
      subjectAlternativeName: "a@b.test",
      extensions: { issuer: "https://i.test" },
      oids: [oid("2.5.29.17", subjects), oid("1.3.6.1.4.1.57264.1.8", issuers), ...oids] as never,
    });
  const mail = text(0x81, Buffer.from("a@b.test"));
  const from = text(0x0c, Buffer.from("https://i.test"));

  it("is read byte for byte, from a single name", () => {
    verifies("signing:sigstore-identity");
    expect(signerOf(names(mail), from)).toEqual({ issuer: "https://i.test", subject: "a@b.test" });
    // The peer reads 0xe1 as "a".
    const masked = text(0x81, Buffer.from([0xe1, ...Buffer.from("@b.test")]));
    expect(signerOf(names(masked), from)).toBeUndefined();
    expect(signerOf(names(mail, mail), from)).toBeUndefined();
    expect(signerOf(names(text(0x82, Buffer.from("a@b.test"))), from)).toBeUndefined();
    expect(signerOf(names(mail), text(0x0c, Buffer.from("https://j.test")))).toBeUndefined();
    expect(signerOf(names(mail), text(0x16, Buffer.from("https://i.test")))).toBeUndefined();
    expect(signerOf(names(mail), from, [oid("2.5.29.17", names(mail))])).toBeUndefined();
    expect(certificateSigner({})).toBeUndefined();
  });

  it("may have its issuer in the older extension", () => {
    verifies("signing:sigstore-identity");
    const old = (value: string) =>
      certificateSigner({
        subjectAlternativeName: "a@b.test",
        extensions: { issuer: "https://i.test" },
        oids: [oid("2.5.29.17", names(mail)), oid("1.3.6.1.4.1.57264.1.1", Buffer.from(value))],
      });
    expect(old("https://i.test")).toBeDefined();
    expect(old("https://j.test")).toBeUndefined();
  });
});
