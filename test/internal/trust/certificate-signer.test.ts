/** The names in a certificate, read from its bytes. */
import { describe, expect, it } from "vitest";
import { certificateSigner } from "../../../src/operate/trust/signing/certificate-signer.ts";
import { verifies } from "../../support/verifies.ts";

describe("the signer of a Sigstore bundle", () => {
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
