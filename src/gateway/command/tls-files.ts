/** Reads the files of `--tls-cert`, `--tls-key` and `--tls-ca`, and checks that they fit together. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { resolve } from "node:path";
import { attempt } from "../../core/data/index.ts";
import { misuse, refusal, say } from "../../operate/cli/index.ts";
import type { EnvoyTls } from "../envoy/index.ts";
import { readNamedFile } from "./named-file.ts";
import type { ExtprocContext } from "./options.ts";

interface TlsPaths {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** Returns undefined if none is given. @throws CommandFailure if only some are */
export function tlsPathsIn({
  tlsCert: cert,
  tlsKey: key,
  tlsCa: ca,
}: Pick<ExtprocContext["options"], "tlsCert" | "tlsKey" | "tlsCa">): TlsPaths | undefined {
  if (cert === undefined && key === undefined && ca === undefined) return undefined;
  if (cert === undefined || key === undefined || ca === undefined)
    throw misuse("--tls-cert, --tls-key and --tls-ca go together");
  return { cert, key, ca };
}

/** @throws CommandFailure `io_failed`, `setting_invalid` */
export async function readTlsFiles(cwd: string, paths: TlsPaths): Promise<EnvoyTls> {
  const certPath = resolve(cwd, paths.cert);
  const keyPath = resolve(cwd, paths.key);
  const caPath = resolve(cwd, paths.ca);
  const cert = await readNamedFile("--tls-cert", certPath);
  const key = await readNamedFile("--tls-key", keyPath);
  const clientCa = await readNamedFile("--tls-ca", caPath);
  const certificate = expectCertificate("--tls-cert", certPath, cert);
  expectCertificate("--tls-ca", caPath, clientCa);
  const privateKey = attempt(() => createPrivateKey(key));
  if (privateKey === undefined)
    throw unusable(say`--tls-key: ${keyPath} has no private key in PEM, or one with a passphrase`);
  if (!certificate.checkPrivateKey(privateKey))
    throw unusable(say`--tls-key: ${keyPath} is not the key of the certificate in ${certPath}`);
  return { cert, key, clientCa };
}

function expectCertificate(flag: string, path: string, bytes: Buffer): X509Certificate {
  // The constructor also takes DER, which gRPC does not.
  const isPem = bytes.includes("-----BEGIN CERTIFICATE-----");
  const found = isPem ? attempt(() => new X509Certificate(bytes)) : undefined;
  if (found === undefined) throw unusable(say`${flag}: ${path} has no certificate in PEM`);
  return found;
}

function unusable(text: string) {
  return refusal("setting_invalid", text);
}
