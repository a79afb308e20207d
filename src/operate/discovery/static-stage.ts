/**
 * The first of two stages: everything that can be known of installed plugins without running them.
 * What is refused here is never imported.
 */
import { realpath } from "node:fs/promises";
import { GlassineError, quoted } from "../../core/errors/index.ts";
import { byUnits } from "../../core/plugins/index.ts";
import {
  closureHasher,
  expectManifest,
  findPackages,
  hashPackage,
  type InstalledPackage,
  memberText,
  type PackageClosure,
  pathFrom,
  type RejectionCode,
} from "../packages/index.ts";
import {
  checkEvidence,
  dayOf,
  driftOf,
  endingSoon,
  type InstalledPlugin,
  type LockEntry,
  printable,
  type SignatureVerifier,
} from "../trust/index.ts";
import { refusedFor, withMessage } from "./fault.ts";
import { judge, signerIn } from "./judge.ts";
import { lostPlugins } from "./lost-plugins.ts";
import type { ReadDiscoverOptions } from "./static-options.ts";
import type { Candidate, OnStep, StaticPlugin, StaticReport, SurveyedPackage } from "./types.ts";
import { verifiersFor } from "./verifiers.ts";

export async function staticStage(
  options: ReadDiscoverOptions,
  onStep: OnStep = () => {},
): Promise<StaticReport> {
  const { mode, settings, lock, candidates, root, kinds } = options;
  const known = { mode, settings, lock, candidates };
  const { envPrefix, hostName } = options.surface.profile;
  const isOff = !settings.autoDiscovery;
  const off = `${envPrefix}PLUGIN_AUTO_DISCOVERY_ENABLED=false`;
  if (isOff && !options.looksAlways) {
    const note = `${off}: no installed plugin is read`;
    const none = { found: [], accepted: [], refused: [], drift: [], ofOthers: [], unreadable: [] };
    const warnings = [...options.warnings, note];
    const { settingFaults: faults } = options;
    return { ...known, ...none, faults, signaturesUnchecked: note, warnings };
  }
  const { verifiers, faults } = await verifiersFor(options);
  const builtins = await Promise.all(
    options.builtins.map((path) => realpath(path).catch(() => path)),
  );
  const commands = ["glassine", hostName, options.bin];
  const search = { root, field: hostName, kinds, commands, own: builtins, local: options.local };
  const found = await findPackages(search);
  const { packages, unreadable } = found;
  const isBuiltin = ({ path }: { readonly path: string }) => builtins.includes(path);
  const ownNames = packages.filter(isBuiltin).map(({ name }) => name);
  const names = [...new Set(["glassine", hostName, ...ownNames])];
  const plugins = packages.filter((each) => !isBuiltin(each)).map(({ path }) => path);
  const hashClosure = closureHasher({ root, names, plugins });
  const surveyed: SurveyedPackage[] = [];
  const total = packages.length;
  while (surveyed.length < total) {
    const done = surveyed.length;
    const batch = packages.slice(done, done + atATime).map((each) => {
      onStep({ done, total, name: each.name });
      return surveyOf(each, { builtins, hashClosure, verifiers });
    });
    surveyed.push(...(await Promise.all(batch)));
  }
  const signers = new Map((lock?.entries ?? []).map(({ id, signer }) => [id, signer]));
  const all = [...surveyed, ...found.local.map(surveyOfLocal)]
    .flatMap((each): readonly Candidate[] =>
      each.package.entries.map((entry) => {
        const locked = signers.get(entry.id);
        const signer = signerIn(each.evidence, locked, settings, faults.length > 0);
        return { ...each, entry, signer };
      }),
    )
    .sort((a, b) => byUnits(a.entry.id, b.entry.id) || byUnits(a.package.name, b.package.name));
  const present = all.filter(({ isLocal }) => !isLocal).map(installed);
  const ids = new Set(present.map(({ id }) => id));
  const entries = (lock?.entries ?? []).filter(({ kind }) => kind === undefined);
  const lost = await lostPlugins(entries, { root, packages, ids, field: hostName });
  const own = entries.filter(({ id }) => !lost.ofOthers.has(id));
  const now = new Date();
  const drift = driftOf(own, [...present, ...lost.changed], dayOf(now));
  const judged = await judge(all, options, drift);
  const accepted = judged.flatMap(({ source, fault }) => (fault === undefined ? [source] : []));
  const warnings = [
    ...options.warnings,
    ...endingSoon(
      own.filter(({ id }) => ids.has(id)),
      now,
    ),
    ...unenforced(own, drift, options),
    ...(isOff ? [`${off}: a host loads none of what is installed`] : []),
    ...found.warnings,
    ...linksAmong(accepted),
    ...partlyIsolated(accepted, (id) => options.isolated.has(id)),
  ];
  return {
    ...known,
    found: judged.map(({ source }) => source),
    accepted,
    refused: [
      ...found.rejected.map(withMessage),
      ...judged.flatMap(({ source, fault }) =>
        fault === undefined ? [] : [refusedFor(source, fault)],
      ),
    ],
    // Without a lockfile there is nothing to drift from.
    drift: lock === undefined ? [] : drift,
    ofOthers: [...lost.ofOthers],
    unreadable,
    faults,
    signaturesUnchecked: whyUnchecked(settings, verifiers, envPrefix),
    // Folder names can contain any characters.
    warnings: warnings.map(printable),
  };
}

function whyUnchecked(
  { signingRequired }: StaticReport["settings"],
  verifiers: readonly SignatureVerifier[],
  prefix: string,
): string | undefined {
  if (!signingRequired) return `${prefix}PLUGIN_SIGNING_REQUIRED=false`;
  if (verifiers.length > 0) return undefined;
  return `neither ${prefix}PLUGIN_PUBLISHER_KEYS nor ${prefix}PLUGIN_SIGSTORE_TRUSTED_ROOT is set`;
}

/** Warns of links, which are loaded in dev mode only. */
function linksAmong(accepted: readonly StaticPlugin[]): readonly string[] {
  const links = accepted.filter(
    (each) => each.package.isLinked && !each.isLocal && !each.isBuiltin,
  );
  const packages = new Set(links.map((each) => each.package));
  return [...packages].map(
    ({ name, path }) => `the package '${name}' is a link to ${path}: production does not load it`,
  );
}

/** Warns of packages that the host imports although some of their plugins are isolated. */
export function partlyIsolated(
  plugins: readonly StaticPlugin[],
  isIsolated: (id: string) => boolean,
): readonly string[] {
  const packages = new Set(plugins.map((each) => each.package));
  return [...packages].flatMap(({ name, entries }) => {
    const isolated = entries.filter(({ id }) => isIsolated(id));
    const inHost = entries.filter(({ id }) => !isIsolated(id));
    if (isolated.length === 0 || inHost.length === 0) return [];
    const idsOf = (of: typeof entries) => of.map(({ id }) => id).join(", ");
    return [
      `the package '${name}' is isolated only for ${idsOf(isolated)}: the host imports it for ${idsOf(inHost)}, so its code runs in the host too`,
    ];
  });
}

/** Warns in dev mode if production would refuse entries, since the host may be meant for that. */
function unenforced(
  entries: readonly LockEntry[],
  drift: StaticReport["drift"],
  { mode, looksAlways }: ReadDiscoverOptions,
): readonly string[] {
  // Commands that only look at files have no mode.
  if (mode !== "dev" || looksAlways) return [];
  const ids = new Set(drift.filter(({ blocking }) => blocking).map(({ id }) => id));
  const count = entries.filter(({ id }) => ids.has(id)).length;
  if (count === 0) return [];
  const which =
    entries.length === 1
      ? "its only entry differs"
      : `${count} of its ${entries.length} entries ${count === 1 ? "differs" : "differ"}`;
  return [
    `plugin mode is dev: plugins.lock is not enforced; ${which} from what is installed, which production refuses`,
  ];
}

function installed({
  entry,
  package: of,
  hash,
  closure,
  signer,
  isBuiltin,
}: Candidate): InstalledPlugin {
  const { name, version, path, capabilities, hooks } = of;
  return {
    id: entry.id,
    package: name,
    version,
    entryPoint: entry.entryPoint,
    hash: hash?.hash,
    foreign: closure?.foreign.map((each) => pathFrom(path, each)),
    builtin: isBuiltin,
    capabilities,
    hooks,
    signer,
    dependencies: closure?.members.map(memberText),
  };
}

const atATime = 4;

interface SurveyInput {
  readonly builtins: readonly string[];
  readonly hashClosure: ReturnType<typeof closureHasher>;
  readonly verifiers: readonly SignatureVerifier[];
}

const nothing = {
  hash: undefined,
  closure: undefined,
  evidence: undefined,
  packageFault: undefined,
};

async function surveyOf(
  found: InstalledPackage,
  { builtins, hashClosure, verifiers }: SurveyInput,
): Promise<SurveyedPackage> {
  const { name, version, path, isLinked, bundled } = found;
  const isBuiltin = builtins.includes(path);
  let known: SurveyedPackage = { package: found, isBuiltin, isLocal: false, ...nothing };
  try {
    const hash = await hashPackage(path, { bundled });
    known = { ...known, hash };
    expectManifest(found.manifestHash, hash);
    if (isBuiltin) return known;
    const evidence = await checkEvidence({ name, version, path, ...hash }, verifiers);
    known = { ...known, evidence };
    const closure = await hashClosure({ path, hash, isLinked });
    return { ...known, closure, packageFault: closureFault(closure, path) };
  } catch (error) {
    if (!(error instanceof GlassineError) || error.code !== "package_refused") throw error;
    const { code } = error.data as { readonly code: RejectionCode };
    return { ...known, packageFault: { code, reason: error.message } };
  }
}

/** The fault of a package that cannot run, whoever trusts it. */
function closureFault(
  { foreign, missing }: PackageClosure,
  path: string,
): SurveyedPackage["packageFault"] {
  const [first, ...more] = foreign;
  if (first !== undefined) {
    const others = more.length === 0 ? "" : ` (and ${more.length} more like it)`;
    const reason = `${quoted(pathFrom(path, first), 300)} is not something that the plugin asks for${others}`;
    return { code: "foreign_package", reason };
  }
  const [gone] = missing;
  if (gone === undefined) return undefined;
  const reason = `the package '${gone.name}', which ${gone.neededBy} needs, is not installed`;
  return { code: "dependency_missing", reason };
}

function surveyOfLocal(found: InstalledPackage): SurveyedPackage {
  return { package: found, isBuiltin: false, isLocal: true, ...nothing };
}
