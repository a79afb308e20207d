/** Signs the tarball that `npm pack` made: the evidence goes into it. */
import { mkdtemp, readFile, realpath, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { putInPlace } from "../change/files.ts";
import { type SignedEvidence, type SignPackageOptions, signPackage } from "./sign-package.ts";
import { readTarball, unpackTarball, withFile } from "./tarball.ts";
import { ed25519File } from "./types.ts";

/**
 * Signs the package in a tarball. `path` is that of the tarball, which is replaced, whole or not at
 * all, by one with `glassine.sig.json` in it: what is published from it or installed is signed.
 *
 * @param inspect given the folder of the package while it is unpacked
 * @throws GlassineError (as a rejection) `package_refused`, `options_invalid`, as `signPackage`
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
