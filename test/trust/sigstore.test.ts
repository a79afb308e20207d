/** Packages with Sigstore bundles: what a bundle must say, and who signed it. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sigstoreVerifier } from "glassine/node";
import { describe, expect, it } from "vitest";
import { folderWith } from "../support/folder.ts";
import { verifies } from "../support/verifies.ts";
import { decisionOn, saying } from "./decision.ts";
import { packageOf, signedAt } from "./signing-support.ts";
import { type Document, issuer, statement, subject } from "./sigstore-authority.ts";
import { authority, type Fault, invalid, put, verdict } from "./sigstore-cases.ts";

/** The verdict on a package whose bundle has the statement that is made for its hash. */
async function verdictOn(statementFor: (hash: string) => string | Buffer) {
  const path = await packageOf();
  const signed = await signedAt(path);
  const bundle = await authority.bundle(statementFor(signed.hash));
  await writeFile(join(path, "glassine.sigstore.json"), JSON.stringify(bundle));
  const trustedRoot = join(await folderWith(), "trusted_root.json");
  await writeFile(trustedRoot, JSON.stringify(authority.root));
  return sigstoreVerifier({ trustedRoot }).verify(signed);
}

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
    const tamperless = (more: Document) =>
      verdictOn((hash) => {
        const own = { name: "guard", digest: { sha256: hash.slice(7) } };
        return statement(hash, { subject: [more, own] });
      });
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

  it("with a duplicate key is invalid, and so is one that is no text or no object", async () => {
    verifies("signing:sigstore-statement");
    expect(await verdictOn(statement)).toMatchObject({ kind: "verified" });
    const twice = (hash: string) => statement(hash).replace("{", '{"subject":[],');
    expect(await verdictOn(twice)).toEqual(invalid("twice"));
    const bytes = Buffer.from([0xff]);
    expect(await verdictOn(() => bytes)).toEqual(invalid("its statement is not UTF-8"));
    expect(await verdictOn(() => "[]")).toEqual(invalid("its payload is not an in-toto statement"));
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
    const decided = async (trusted: string) => {
      const env = { GLASSINE_PLUGIN_TRUSTED_PUBLISHERS: trusted };
      return decisionOn(await packageOf(), { env, verifiers: [saying(evidence)] });
    };
    expect(await decided(`${issuer}#${subject}`)).toMatchObject({
      decision: "trusted_publisher",
    });
    for (const near of [
      subject,
      issuer,
      `${issuer}#`,
      `${issuer}/#${subject}`,
      `${issuer}#${subject}2`,
    ])
      expect(await decided(near)).toMatchObject({ code: "untrusted_identity" });
  });
});

describe("options of sigstoreVerifier", () => {
  const trustedRoot = "trusted_root.json";
  it.each([
    [{}, '"trustedRoot" expects a non-empty string'],
    [{ trustedRoot: "" }, '"trustedRoot" expects a non-empty string'],
    [{ trustedRoot, issuer: "" }, '"issuer" is empty'],
    [{ trustedRoot, issuer: "a,b" }, '"issuer" contains a comma'],
    [{ trustedRoot, issuer: /a/ }, '"issuer" is not a string'],
    [{ trustedRoot, predicateTypes: [""] }, '"predicateTypes" expects'],
    [{ trustedRoot, predicateTypes: "https://slsa.dev/provenance/v1" }, '"predicateTypes" expects'],
    [{ trustedRoot, subject: "a" }, 'no option "subject"'],
  ])("%o are refused", (options, message) => {
    expect(() => sigstoreVerifier(options as never)).toThrow(message);
    expect(() => sigstoreVerifier(options as never)).toThrow(
      expect.objectContaining({ code: "options_invalid" }),
    );
  });
});
