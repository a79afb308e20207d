/** Signs a package for its author: adds `glassine.sig.json` to its folder or its tarball. */
import { sign } from "node:crypto";
import { mkdtemp, readFile, realpath, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectOptions, isRecord } from "../../../core/data/index.ts";
import { type GlassineError, quoted } from "../../../core/errors/index.ts";
import { hashPackage, packageRefused, readJsonFile } from "../../packages/index.ts";
import { newMode, putInPlace, statsOf } from "../change/files.ts";
import { oneLine } from "../printable.ts";
import { signedBytes } from "./ed25519-verifier.ts";
import { ed25519File } from "./evidence.ts";
import { expectIdentity, readKeyId, readSigningKey } from "./signing-key.ts";
import { readTarball, unpackTarball, withFile } from "./tarball.ts";

/** Options of `signPackage`. */
export interface SignPackageOptions {
  /** The folder of the package, with exactly the files that will be installed. */
  readonly path: string;
  /** The Ed25519 private key: PKCS #8 in PEM, not encrypted. */
  readonly key: string;
  /** The signer, such as `builder@example.com`. */
  readonly identity: string;
  /** The key's id for operators. Default: the first 32 hex digits of the public key's SHA-256. */
  readonly keyId?: string | undefined;
}

/** What was signed, and what an operator needs to verify it. None of it is secret. */
export interface SignedEvidence {
  /** The file that was written. */
  readonly path: string;
  readonly name: string;
  readonly version: string;
  /** The package's hash: `sha256:` and 64 digits. */
  readonly hash: string;
  readonly identity: string;
  readonly keyId: string;
  /** The 32 bytes of the public key in base64: `public_key` in a file of publisher keys. */
  readonly publicKey: string;
}

/**
 * Signs the files of a package, with its name and version, and writes `glassine.sig.json` into its
 * folder, replacing one that exists. The file is written whole or not at all.
 *
 * The signature covers every file that `hashPackage` hashes. A folder with unpublished files has a
 * different hash than the installed package: sign the unpacked tarball, then pack it again with the
 * evidence in it. The key is not kept, and no message quotes any part of it.
 *
 * @throws GlassineError (as a rejection) `options_invalid`: a key that is encrypted or not an
 *   Ed25519 private key in PEM, or an identity or key id that operators could not list
 * @throws GlassineError (as a rejection) `package_refused`: the folder is not a package, cannot be
 *   hashed safely, or has something else in place of the evidence
 * @throws (as a rejection) the system's error if the file cannot be written: `EACCES`, `ENOSPC`
 * @see spec `signing:evidence`, `signing:bytes`, `signing:key-id`, `signing:written`
 * @example
 * ```ts
 * import { readFile } from "node:fs/promises";
 * import { signPackage } from "glassine/node";
 *
 * async function sign(path: string) {
 *   const key = await readFile("../signing.pem", "utf8");
 *   const { hash, keyId } = await signPackage({ path, key, identity: "builder@example.com" });
 *   return `${hash} by ${keyId}`;
 * }
 * ```
 */
export async function signPackage(options: SignPackageOptions): Promise<SignedEvidence> {
  expectOptions(options, ["path", "key", "identity", "keyId"], "signPackage");
  const { path, identity } = options;
  const { privateKey, publicKey, keyId: ownKeyId } = readSigningKey(options.key);
  const keyId = readKeyId(options.keyId ?? ownKeyId);
  expectIdentity(identity);
  const target = join(path, ed25519File);
  // Replaces evidence, but never a link, folder or pipe that somebody put in its place.
  if ((await statsOf(target))?.isFile() === false)
    throw refused(`${ed25519File} exists but is not a regular file. Remove it.`);
  const { name, version } = await readNameAndVersion(path);
  const { hash } = await hashPackage(path);
  const bytes = signedBytes({ name, version, hash });
  if (bytes === undefined) throw refused("The name or version in package.json cannot be signed.");
  const evidence = {
    schema: 1,
    algorithm: "ed25519",
    identity,
    key_id: keyId,
    signature: sign(null, bytes, privateKey).toString("base64"),
  };
  const text = `${JSON.stringify(evidence, null, 2)}\n`;
  await putInPlace(target, new TextEncoder().encode(text), newMode);
  return Object.freeze({ path: target, name, version, hash, identity, keyId, publicKey });
}

const maxManifestBytes = 1024 * 1024;

async function readNameAndVersion(
  path: string,
): Promise<{ readonly name: string; readonly version: string }> {
  const rules = { maxBytes: maxManifestBytes, followLinks: false };
  const json = await readJsonFile(join(path, "package.json"), rules);
  const where = `The package.json of ${quoted(path, 300)}`;
  if ("fault" in json) throw refused(`${where} ${oneLine(json.fault, 200)}.`);
  const { name, version } = isRecord(json.value) ? json.value : {};
  const isNamed = typeof name === "string" && typeof version === "string";
  if (isNamed && name !== "" && version !== "") return { name, version };
  throw refused(`${where} has no name or no version.`);
}

function refused(text: string): GlassineError {
  return packageRefused("invalid_metadata", "", text);
}

/**
 * Signs the package in the tarball at `path`. Replaces the tarball, whole or not at all, with one
 * that contains `glassine.sig.json`, so that whatever is published or installed from it is signed.
 *
 * @param inspect called with the package's folder while it is unpacked
 * @throws GlassineError (as a rejection) `package_refused`, `options_invalid`, as for `signPackage`
 * @see spec `signing:tarball`
 */
export async function signTarball(
  { path, ...options }: SignPackageOptions,
  inspect: (folder: string) => Promise<void> = async () => {},
): Promise<SignedEvidence> {
  const target = await realpath(path);
  const tarball = await readTarball(target);
  const folder = await mkdtemp(join(tmpdir(), "glassine-sign-"));
  try {
    await unpackTarball(tarball, folder);
    const unpacked = join(folder, tarball.folder);
    const signed = await signPackage({ ...options, path: unpacked });
    await inspect(unpacked);
    const bytes = await withFile(tarball, ed25519File, await readFile(signed.path));
    await putInPlace(target, bytes, await stat(target));
    return Object.freeze({ ...signed, path: target });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
