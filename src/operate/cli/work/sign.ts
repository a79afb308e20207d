/** Signs a package for its author, and warns if that may not be what gets published. */
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { isRecord } from "../../../core/data/index.ts";
import { procedureKind } from "../../discovery/index.ts";
import { installedNames, readBundled, readPackage, systemCode } from "../../packages/index.ts";
import { type SignPackageOptions, signPackage, signTarball } from "../../trust/index.ts";
import type { NamedHost } from "../command-host.ts";
import { refusal } from "../failure.ts";
import { texts } from "../texts.ts";

/** `path` is the package's folder or its tarball; `host` the one that it is probably for. */
export async function sign(options: SignPackageOptions, host: NamedHost) {
  const { path } = options;
  const isTarball = await stat(path).then(
    (stats) => stats.isFile(),
    (error: NodeJS.ErrnoException) => {
      throw refusal("io_failed", texts.noPackage(path, systemCode(error)));
    },
  );
  const warnings: string[] = [];
  const inspect = async (folder: string) => {
    warnings.push(...(await refusedWarnings(folder, host)));
    warnings.push(...(await (isTarball ? bundleWarnings(folder) : warningsOf(folder))));
  };
  const signed = isTarball ? await signTarball(options, inspect) : await signPackage(options);
  if (!isTarball) await inspect(path);
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

/** Warns if the host refuses it whoever signed it, which its author can still correct. */
async function refusedWarnings(
  path: string,
  { bin, hostName, discovery }: NamedHost,
): Promise<readonly string[]> {
  const place = { path, foundAt: path, isLinked: false, installedAs: basename(path) };
  const { kinds = [procedureKind] } = discovery;
  const commands = ["glassine", hostName, bin];
  const read = await readPackage(place, { field: hostName, kinds, commands });
  return (read?.rejected ?? []).map(({ code, reason }) =>
    texts.wouldBeRefused(hostName, code, reason),
  );
}

/** Warns if a folder may not be what npm packs. A tarball is exactly what gets published. */
async function warningsOf(path: string): Promise<readonly string[]> {
  const manifest = JSON.parse(await readFile(join(path, "package.json"), "utf8")) as Manifest;
  const left = await leftOutOf(path, manifest);
  return [
    ...(left.length === 0 ? [] : [texts.workingFolder(left)]),
    ...(left.includes(dependenciesFolder) ? [] : await bundleWarnings(path)),
    ...(packsEvidence(manifest) ? [] : [texts.evidenceLeftOut]),
  ];
}

const dependenciesFolder = "node_modules";

/** Warns if the bundled packages are not those that the signature covers. */
async function bundleWarnings(path: string): Promise<readonly string[]> {
  const bundled = await readBundled(path);
  const folder = join(path, dependenciesFolder);
  const names = await installedNames(folder, (each) => readdir(each).catch(() => []));
  const inside = names.filter((name) => !name.startsWith("."));
  const missing = bundled.filter((name) => !inside.includes(name)).sort();
  const uncovered = inside.filter((name) => !bundled.includes(name)).sort();
  return [
    ...(missing.length === 0 ? [] : [texts.bundledMissing(missing)]),
    ...(uncovered.length === 0 ? [] : [texts.uncovered(uncovered)]),
  ];
}

/** What npm never packs: a folder that contains it is not the package that will be installed. */
const neverPacked = /^(?:\.git|\.gitignore|\.npmignore|\.npmrc|package-lock\.json|.*\.tgz)$/;

/** What npm packs whatever `files` lists, and the evidence, which has a warning of its own. */
const alwaysPacked =
  /^(?:package\.json|node_modules|glassine\.sig(?:store)?\.json|(?:readme|copying|licen[cs]e)(?:\..*)?)$/i;

/** The parts of a package.json by which npm chooses files. Anybody may have written anything. */
type Manifest = Readonly<Record<"files" | "main" | "browser" | "bin", unknown>>;

async function leftOutOf(path: string, manifest: Manifest): Promise<readonly string[]> {
  const bundles = (await readBundled(path)).length > 0;
  const isListed = listedBy(manifest);
  return (await readdir(path))
    .filter(
      (name) =>
        neverPacked.test(name) ||
        (name === dependenciesFolder && !bundles) ||
        !(alwaysPacked.test(name) || isListed(name)),
    )
    .sort();
}

/**
 * Whether `files` has anything of that name in it. Any pattern counts as listing everything. npm
 * packs `main`, `browser` and `bin` too, and ignores case.
 */
function listedBy({ files, main, browser, bin }: Manifest): (name: string) => boolean {
  if (!Array.isArray(files)) return () => true;
  const names = [...files, main, browser, ...(isRecord(bin) ? Object.values(bin) : [bin])]
    .filter((each) => typeof each === "string")
    .map(
      (each) =>
        each
          .replace(/^(?:\.?\/)+/, "")
          .split("/", 1)[0]
          ?.toLowerCase() ?? "",
    );
  const hasPattern = names.some((each) => each === "" || each === "." || /[*?!{[(]/.test(each));
  return (name) => hasPattern || names.includes(name.toLowerCase());
}

/** Whether `files`, if present, includes the evidence. Any pattern counts as including it. */
function packsEvidence({ files }: Manifest): boolean {
  if (!Array.isArray(files)) return true;
  return files.some((each) => /^(?:\.?\/)?(?:glassine\.sig\.json|.*\*.*|\.)$/.test(String(each)));
}
