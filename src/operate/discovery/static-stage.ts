/**
 * The first of two stages: everything that can be known of installed plugins without running them.
 * What is refused here is never imported.
 */
import { realpath } from "node:fs/promises";
import { byUnits } from "../../core/plugins/index.ts";
import {
  closureHasher,
  findPackages,
  type InstalledPackage,
  memberText,
  type PackageEntry,
  pathFrom,
  type Rejection,
} from "../packages/index.ts";
import {
  dayOf,
  driftOf,
  endingSoon,
  type InstalledPlugin,
  type LockEntry,
  printable,
} from "../trust/index.ts";
import { type Judged, judge, type Surveyed, signerIn } from "./judge.ts";
import { lostPlugins } from "./lost-plugins.ts";
import type { ReadDiscoverOptions } from "./static-options.ts";
import { survey, surveyOfLocal } from "./survey.ts";
import type { OnStep, Refused, StaticPlugin, StaticReport } from "./types.ts";
import { settingFaults, verifiersFor } from "./verifiers.ts";

export async function staticStage(
  options: ReadDiscoverOptions,
  onStep: OnStep = () => {},
): Promise<StaticReport> {
  const { mode, settings, lock, candidates, surface } = options;
  const known = { mode, settings, lock, candidates };
  const { profile } = surface;
  const { envPrefix, hostName } = profile;
  const isOff = !settings.autoDiscovery;
  const off = `${envPrefix}PLUGIN_AUTO_DISCOVERY_ENABLED=false`;
  if (isOff && !options.looksAlways) {
    const note = `${off}: no installed plugin is read`;
    const nothing = { found: [], accepted: [], refused: [], drift: [], unreadable: [] };
    const faults = settingFaults(options);
    return { ...known, ...nothing, faults, warnings: [...options.warnings, note] };
  }
  const { verifiers, faults } = await verifiersFor(options);
  const { root, local: folders, kinds } = options;
  const builtins = await Promise.all(options.builtins.map(realPath));
  const commands = ["glassine", hostName, options.bin];
  const asked = { root, field: hostName, kinds, commands, own: builtins, local: folders };
  const found = await findPackages(asked);
  const ofHost = found.packages.filter(({ path }) => builtins.includes(path));
  const names = ["glassine", hostName, ...ofHost.map(({ name }) => name)];
  const plugins = found.packages.map(({ path }) => path).filter((path) => !builtins.includes(path));
  const hashClosure = closureHasher({ root, names: [...new Set(names)], plugins });
  const surveyed = await survey(found.packages, { builtins, hashClosure, verifiers, onStep });
  const local = found.local.map((each) => surveyOfLocal(each));
  const everything = [...surveyed, ...local].flatMap((each) =>
    each.package.entries.map((entry) => ({ entry, survey: each })),
  );
  everything.sort(
    (a, b) =>
      byUnits(a.entry.id, b.entry.id) || byUnits(a.survey.package.name, b.survey.package.name),
  );
  const entries = lock?.entries ?? [];
  const present = everything.flatMap(({ entry, survey: of }) =>
    of.isLocal ? [] : [installed(entry, of)],
  );
  const ids = new Set(present.map(({ id }) => id));
  const lost = await lostPlugins(entries, {
    root,
    packages: found.packages,
    ids,
    field: hostName,
  });
  const now = new Date();
  const own = entries.filter(({ id }) => !lost.ofOthers.has(id));
  const drift = driftOf(own, [...present, ...lost.changed], dayOf(now));
  const ending = endingSoon(
    own.filter(({ id }) => ids.has(id)),
    now,
  );
  const judged = await judge(everything, { options, drift });
  const accepted = judged.flatMap(({ source, fault }) => (fault === undefined ? [source] : []));
  const refused: readonly Refused[] = [
    ...found.rejected.map((each) => ({ ...each, message: messageOf(each) })),
    ...judged.flatMap(refusedIn),
  ];
  const differing = unenforced(own, drift, options);
  const notes = isOff ? [`${off}: a host loads none of what is installed`] : [];
  const ofPackages = [...found.warnings, ...linksAmong(accepted)];
  // Folders can have any names.
  const warnings = [...options.warnings, ...ending, ...differing, ...notes, ...ofPackages].map(
    printable,
  );
  const { unreadable } = found;
  const beside = { drift: ofMode(drift, options), unreadable, faults };
  const all = judged.map(({ source }) => source);
  return { ...known, found: all, accepted, refused, ...beside, warnings };
}

function refusedIn({ source, fault }: Judged): readonly Refused[] {
  if (fault === undefined) return [];
  const rejection = { ...nameOf(source.entry, source.package), ...fault };
  return [{ ...rejection, message: fault.message ?? messageOf(rejection), source }];
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

/** A host in dev mode beside a lockfile may be one that was meant for production. */
function unenforced(
  entries: readonly LockEntry[],
  drift: StaticReport["drift"],
  { mode, looksAlways }: ReadDiscoverOptions,
): readonly string[] {
  // Commands that look at files alone have no mode.
  if (mode !== "dev" || looksAlways) return [];
  const ids = new Set(drift.filter(({ blocking }) => blocking).map(({ id }) => id));
  const count = entries.filter(({ id }) => ids.has(id)).length;
  if (count === 0) return [];
  return [
    `plugin mode is dev: plugins.lock is not enforced; ${count} of its ${entries.length} entries differ from what is installed, which production refuses`,
  ];
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

async function realPath(path: string): Promise<string> {
  return await realpath(path).catch(() => path);
}

function installed(
  { id, entryPoint }: PackageEntry,
  { package: of, hash, closure, evidence, isBuiltin }: Surveyed,
): InstalledPlugin {
  const { name, version, path, capabilities, hooks } = of;
  return {
    id,
    package: name,
    version,
    entryPoint,
    hash: hash?.hash,
    foreign: closure?.foreign.map((each) => pathFrom(path, each)),
    builtin: isBuiltin,
    capabilities,
    hooks,
    signer: signerIn(evidence),
    dependencies: closure?.members.map(memberText),
  };
}
