/** A certificate log. The mock's own omits the signature with the current ASN.1 library. */
import { createHash, type KeyObject, sign } from "node:crypto";
import type { initializeCTLog } from "@sigstore/mock";

type CertificateLog = Awaited<ReturnType<typeof initializeCTLog>>;

/** A log that signs whatever certificate it is shown. */
export function certificateLog(keys: {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}): CertificateLog {
  const publicKey = keys.publicKey.export({ format: "der", type: "spki" });
  const logID = createHash("sha256").update(publicKey).digest();
  return {
    publicKey,
    logID,
    async log(certificate, issuerId) {
      const tbs = firstElement(Buffer.from(certificate));
      const version = Buffer.from([0]);
      const time = Buffer.alloc(8);
      time.writeBigUInt64BE(BigInt(Date.now()));
      const noExtensions = Buffer.from([0, 0]);
      // RFC 6962 §3.2: an entry for a certificate that is not issued yet.
      const precertEntry = Buffer.from([0, 1]);
      const signed = Buffer.concat([
        version,
        Buffer.from([0]),
        time,
        precertEntry,
        Buffer.from(issuerId),
        bigEndian(tbs.length, 3),
        tbs,
        noExtensions,
      ]);
      const signature = sign("sha256", signed, keys.privateKey);
      // RFC 5246 §7.4.1.4.1: SHA-256 and ECDSA.
      const algorithm = Buffer.from([4, 3]);
      const timestamp = Buffer.concat([
        version,
        logID,
        time,
        noExtensions,
        algorithm,
        bigEndian(signature.length, 2),
        signature,
      ]);
      const bytes = Buffer.concat([bigEndian(timestamp.length, 2), timestamp]);
      return new Uint8Array(bytes).buffer;
    },
  };
}

/** The first element of a DER sequence, with its tag and length. */
function firstElement(der: Buffer): Buffer {
  const start = headerLength(der);
  const rest = der.subarray(start);
  const header = headerLength(rest);
  const size = header === 2 ? (rest[1] as number) : rest.readUIntBE(2, header - 2);
  return rest.subarray(0, header + size);
}

function headerLength(der: Buffer): number {
  const first = der[1] as number;
  return first < 0x80 ? 2 : 2 + (first & 0x7f);
}

function bigEndian(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}
