/** Signs a tarball for its author, and warns of what those who install it may stumble over. */
import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { procedureKind } from "../../discovery/index.ts";
import { installedNames, readBundled, readPackage, systemCode } from "../../packages/index.ts";
import { type SignPackageOptions, signTarball } from "../../trust/index.ts";
import type { NamedHost } from "../command-host.ts";
import { refusal } from "../failure.ts";
import { texts } from "../texts.ts";

/** `path` is the package's tarball; `host` the one that it is probably for. */
export async function sign(options: SignPackageOptions, host: NamedHost) {
  const { path } = options;
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw refusal("io_failed", texts.noTarball(path, systemCode(error)));
  });
  if (!stats.isFile()) throw refusal("io_failed", texts.notTarball(path));
  const warnings: string[] = [];
  const signed = await signTarball(options, async (folder) => {
    const file = await fileWith(options.key, folder);
    if (file !== undefined) throw refusal("package_refused", texts.keyInTarball(file));
    warnings.push(...(await refusedWarnings(folder, host)), ...(await bundleWarnings(folder)));
  });
  return {
    package: signed.name,
    version: signed.version,
    distribution_hash: signed.hash,
    identity: signed.identity,
    key_id: signed.keyId,
    public_key: signed.publicKey,
    evidence: signed.path,
    warnings,
  };
}

/** Returns the file that has the key in it, which would be published. */
async function fileWith(key: string, folder: string): Promise<string | undefined> {
  for (const file of await readdir(folder, { recursive: true })) {
    // Folders cannot be read.
    const text = await readFile(join(folder, file), "utf8").catch(() => "");
    if (text.includes(key.trim())) return file;
  }
  return undefined;
}

/** Warns if the host refuses it whoever signed it, which its author can still correct. */
async function refusedWarnings(
  path: string,
  { bin, hostName, discovery }: NamedHost,
): Promise<readonly string[]> {
  // A link on the way, such as to the temporary folder, would put every file outside of the package.
  const real = await realpath(path);
  const place = { path: real, foundAt: path, isLinked: false, installedAs: basename(path) };
  const { kinds = [procedureKind] } = discovery;
  const commands = ["glassine", hostName, bin];
  const read = await readPackage(place, { field: hostName, kinds, commands });
  return (read?.rejected ?? []).map(({ code, reason }) =>
    texts.wouldBeRefused(hostName, code, reason),
  );
}

/** Warns if the bundled packages are not those that the signature covers. */
async function bundleWarnings(path: string): Promise<readonly string[]> {
  const bundled = await readBundled(path);
  const folder = join(path, "node_modules");
  const names = await installedNames(folder, (each) => readdir(each).catch(() => []));
  const inside = names.filter((name) => !name.startsWith("."));
  const missing = bundled.filter((name) => !inside.includes(name)).sort();
  const uncovered = inside.filter((name) => !bundled.includes(name)).sort();
  return [
    ...(missing.length === 0 ? [] : [texts.bundledMissing(missing)]),
    ...(uncovered.length === 0 ? [] : [texts.uncovered(uncovered)]),
  ];
}
