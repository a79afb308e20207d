/** Reads whom a verified certificate names: the one subject, and the issuer that identified it. */
import type { Signer } from "@sigstore/verify";

/** What `Verifier.verify` returns about the certificate. */
type CertificateIdentity = NonNullable<Signer["identity"]>;

/** Sigstore's certificate extensions for the issuer: as a UTF8String, and as plain bytes. */
const issuerV2 = "1.3.6.1.4.1.57264.1.8";
const issuerV1 = "1.3.6.1.4.1.57264.1.1";
/** RFC 5280 §4.2.1.6. */
const subjectAltName = "2.5.29.17";
const utf8String = 0x0c;
const sequence = 0x30;
const generalNames = { email: 0x81, uri: 0x86 } as const;

/**
 * Returns the issuer and subject, or `undefined` if the certificate has them in another form.
 *
 * The peer dependency clears the high bit of each byte, and takes the first of several names. So
 * what it read is encoded again, and must equal the bytes in the certificate.
 */
export function certificateSigner({
  subjectAlternativeName: subject,
  extensions,
  oids = [],
}: CertificateIdentity) {
  const issuer = extensions?.issuer;
  if (subject === undefined || issuer === undefined) return undefined;
  const extension = (name: string): Buffer | undefined => {
    const found = oids.filter(({ oid }) => oid?.id.join(".") === name);
    return found.length === 1 ? found[0]?.value : undefined;
  };
  const written = extension(subjectAltName);
  const isSubject = Object.values(generalNames).some((tag) =>
    written?.equals(element(sequence, element(tag, Buffer.from(subject)))),
  );
  const isIssuer =
    extension(issuerV2)?.equals(element(utf8String, Buffer.from(issuer))) ??
    extension(issuerV1)?.equals(Buffer.from(issuer)) ??
    false;
  return isSubject && isIssuer ? { issuer, subject } : undefined;
}

/** Encodes a tag, a length and a value in DER. ITU-T X.690 §8.1.3. */
function element(tag: number, value: Buffer): Buffer {
  const { length } = value;
  if (length < 0x80) return Buffer.from([tag, length, ...value]);
  const digits = length < 0x100 ? [length] : [length >> 8, length & 0xff];
  return Buffer.from([tag, 0x80 | digits.length, ...digits, ...value]);
}
