/**
 * The first of two stages: everything that can be known of installed plugins without running them.
 * What is refused here is never imported.
 */
import { realpath } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { GlassineError } from "../errors/index.ts";
import {
  findPackages,
  hashPackage,
  type InstalledPackage,
  type PackageEntry,
  type PackageHash,
  type Rejection,
  type RejectionCode,
} from "../packages/index.ts";
import { byUnits } from "../plugins/index.ts";
import { checkEvidence, decideTrust, driftOf, type InstalledPlugin } from "../trust/index.ts";
import { clashesIn } from "./claims.ts";
import { defaultVerifiers } from "./default-verifiers.ts";
import { lockRefusal } from "./lock-gate.ts";
import { changedPlugins } from "./lost-plugins.ts";
import type { ReadDiscoverOptions } from "./static-options.ts";
import type { PluginTrust, Refused, StaticPlugin, StaticReport } from "./types.ts";

/** What is known of a package, and whether anything is wrong with all of it. */
interface Surveyed {
  readonly package: InstalledPackage;
  readonly isBuiltin: boolean;
  readonly isLocal: boolean;
  readonly hash: PackageHash | undefined;
  readonly fault: { readonly code: RejectionCode; readonly reason: string } | undefined;
}

/** How many packages are read at a time. */
const atATime = 4;

export async function staticStage(options: ReadDiscoverOptions): Promise<StaticReport> {
  const { mode, settings, lock, candidates, surface } = options;
  const known = { mode, settings, lock, candidates };
  const { profile } = surface;
  const { envPrefix, hostName } = profile;
  if (!settings.autoDiscovery) {
    const note = `${envPrefix}PLUGIN_AUTO_DISCOVERY_ENABLED=false: no installed plugin is read`;
    const nothing = { found: [], accepted: [], refused: [], drift: [] };
    return { ...known, ...nothing, warnings: [...options.warnings, note] };
  }
  const { root, local: folders, kinds } = options;
  const builtins = await Promise.all(options.builtins.map(realPath));
  const asked = { root, field: hostName, kinds, own: builtins, local: folders };
  const found = await findPackages(asked);
  const surveyed = await survey(found.packages, (path) => builtins.includes(path));
  const local = found.local.map((each) => surveyOfLocal(each));
  const everything = [...surveyed, ...local].flatMap((each) =>
    each.package.entries.map((entry) => ({ entry, survey: each })),
  );
  everything.sort(
    (a, b) =>
      byUnits(a.entry.id, b.entry.id) || byUnits(a.survey.package.name, b.survey.package.name),
  );
  const clashes = clashesIn(everything, options.reserved);
  const entries = lock?.entries ?? [];
  const present = everything.flatMap(({ entry, survey: of }) =>
    of.isLocal ? [] : [installed(entry, of)],
  );
  const ids = new Set(present.map(({ id }) => id));
  const changed = await changedPlugins(entries, { root, packages: found.packages, ids });
  const drift = driftOf(entries, [...present, ...changed]);
  const verifiers = options.verifiers ?? (await defaultVerifiers(settings));
  const accepted: StaticPlugin[] = [];
  const refused: Refused[] = found.rejected.map((each) => ({ ...each, message: messageOf(each) }));
  const all: StaticPlugin[] = [];
  for (const each of everything) {
    const { entry, survey: of } = each;
    const plugin = { entry, package: of.package, isBuiltin: of.isBuiltin, isLocal: of.isLocal };
    const refuse = (code: RejectionCode, reason: string, message?: string) => {
      const rejection = { ...nameOf(entry, of.package), code, reason };
      refused.push({ ...rejection, message: message ?? messageOf(rejection) });
      all.push({ ...plugin, hash: of.hash, trust: undefined });
    };
    const clash = clashes.get(entry);
    if (clash !== undefined) {
      refuse(clash.code, clash.reason, clash.message);
      continue;
    }
    if (of.fault !== undefined) {
      refuse(of.fault.code, of.fault.reason);
      continue;
    }
    if (of.hash !== undefined && !of.hash.files.has(await realFile(of.package, entry))) {
      refuse("invalid_entry_point", "its file is no part of what is hashed");
      continue;
    }
    let trust: PluginTrust | undefined;
    if (of.hash !== undefined && entry.kind === "hooks" && !of.isBuiltin && !of.isLocal) {
      const { name, version, path } = of.package;
      const evidence = await checkEvidence({ name, version, path, ...of.hash }, verifiers);
      const decided = decideTrust({ plugin: entry.id, evidence, settings, profile });
      if (!decided.accepted) {
        refuse(decided.code, decided.message, decided.message);
        continue;
      }
      trust = { decision: decided.decision, reason: decided.reason, signedBy: decided.signedBy };
    }
    const gate = lockRefusal(options, { ...plugin, drift });
    if (gate !== undefined) {
      refuse(gate.code, gate.reason);
      continue;
    }
    const whole = { ...plugin, hash: of.hash, trust };
    accepted.push(whole);
    all.push(whole);
  }
  const warnings = [...options.warnings, ...found.warnings, ...linksAmong(accepted)];
  return { ...known, found: all, accepted, refused, drift: ofMode(drift, options), warnings };
}

/** In dev links are loaded, and told of. */
function linksAmong(accepted: readonly StaticPlugin[]): readonly string[] {
  const links = accepted.filter(
    (each) => each.package.isLinked && !each.isLocal && !each.isBuiltin,
  );
  const packages = new Set(links.map((each) => each.package));
  return [...packages].map(
    ({ name, path }) => `the package '${name}' is a link to ${path}: production does not load it`,
  );
}

/** Without a lockfile there is nothing to drift from. */
function ofMode(drift: StaticReport["drift"], { lock }: ReadDiscoverOptions) {
  return lock === undefined ? [] : drift;
}

function nameOf({ id, entryPoint }: PackageEntry, { name }: InstalledPackage) {
  return { id, package: name, entryPoint };
}

/** The sentence of a host that does not start. */
function messageOf({ id, package: name, code, reason }: Rejection): string {
  if (code === "invalid_metadata" && reason.startsWith("package ")) return reason;
  const who = id === undefined ? `package '${name}'` : `plugin '${id}' of package '${name}'`;
  return `${who} is rejected: ${code}: ${reason}`;
}

/** The file that an entry point leads to, from the root of the package. */
async function realFile({ path }: InstalledPackage, { file }: PackageEntry): Promise<string> {
  const real = await realpath(join(path, ...file.split("/")));
  return relative(path, real).split(sep).join("/");
}

async function realPath(path: string): Promise<string> {
  return await realpath(path).catch(() => path);
}

function installed(
  { id, entryPoint }: PackageEntry,
  { package: { name, version, capabilities }, hash, isBuiltin }: Surveyed,
): InstalledPlugin {
  return {
    id,
    package: name,
    version,
    entryPoint,
    hash: hash?.hash,
    builtin: isBuiltin,
    ...(capabilities === undefined ? {} : { capabilities }),
  };
}

async function survey(
  packages: readonly InstalledPackage[],
  isBuiltin: (path: string) => boolean,
): Promise<readonly Surveyed[]> {
  const surveyed: Surveyed[] = [];
  for (let at = 0; at < packages.length; at += atATime) {
    const some = packages.slice(at, at + atATime);
    surveyed.push(...(await Promise.all(some.map((each) => surveyOf(each, isBuiltin)))));
  }
  return surveyed;
}

async function surveyOf(
  found: InstalledPackage,
  isBuiltin: (path: string) => boolean,
): Promise<Surveyed> {
  const known = { package: found, isBuiltin: isBuiltin(found.path), isLocal: false };
  try {
    const hash = await hashPackage(found.path, { bundled: found.bundled });
    return { ...known, hash, fault: undefined };
  } catch (error) {
    if (!(error instanceof GlassineError) || error.code !== "package_refused") throw error;
    const { code } = error.data as { readonly code: RejectionCode };
    return { ...known, hash: undefined, fault: { code, reason: error.message } };
  }
}

function surveyOfLocal(found: InstalledPackage): Surveyed {
  return { package: found, isBuiltin: false, isLocal: true, hash: undefined, fault: undefined };
}
