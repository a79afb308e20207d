/** Discovery as a host uses it: from installed packages to the options of its manager. */

import {
  GlassineError,
  PluginDiscoveryError,
  PluginSignatureError,
  quoted,
  suggestion,
} from "../../core/errors/index.ts";
import { type RegistrationFailure, registrationFailures } from "../../core/observe/index.ts";
import {
  type Discovered,
  endIsolated,
  markDiscovery,
  type Plugin,
  type PluginOrigin,
  type RefusedPackage,
} from "../../core/plugins/index.ts";
import type { Rejection, RejectionCode } from "../packages/index.ts";
import {
  type Drift,
  driftLabels,
  isSignatureCode,
  type PluginMode,
  printable,
} from "../trust/index.ts";
import { withMessage } from "./fault.ts";
import { loadStage } from "./load-stage.ts";
import {
  type DiscoverOptions,
  type ReadDiscoverOptions,
  readDiscoverOptions,
} from "./static-options.ts";
import { staticStage } from "./static-stage.ts";
import type { LoadedPlugin, Refused, StaticPlugin, StaticReport } from "./types.ts";

/** What was found, to be passed to `createPluginManager({ discovered })`. */
export interface Discovery extends Discovered {
  readonly mode: PluginMode;
  /** Hook plugins that passed every gate, by name. */
  readonly plugins: readonly Plugin[];
  /** Plugins of other kinds that passed every gate, such as procedures, by id. */
  readonly others: readonly DiscoveredPlugin[];
  /** The plugins that are not loaded, and why. */
  readonly rejected: readonly Rejection[];
  /** Where installed packages differ from plugins.lock. */
  readonly drift: readonly Drift[];
  /** The path of plugins.lock, if there is one. */
  readonly lock: string | undefined;
  readonly warnings: readonly string[];
  /**
   * Ends the code of isolated plugins. A manager that was given the discovery does that when it is
   * closed, so this is for a host that creates none, or whose manager cannot be created.
   */
  close(): Promise<void>;
}

/** A plugin of one of the host's kinds, such as a procedure. */
export interface DiscoveredPlugin {
  readonly kind: string;
  readonly id: string;
  readonly package: string;
  /** The package's version. */
  readonly version: string;
  /** What its kind's check returned for it. */
  readonly plugin: object;
}

/**
 * Finds installed plugins and loads those that pass every gate, in two stages: the first checks all
 * that can be known without running anything, and the second loads the code of what was accepted.
 * No code of a package that the first stage refuses runs.
 *
 * Pass the result to the manager: it registers the plugins and records the refused ones in the
 * audit trail. If there are any, it cannot be created unless `onRejected` is `skip`.
 *
 * @throws GlassineError (as a rejection) `lockfile_missing`: production mode without plugins.lock
 * @throws GlassineError (as a rejection) `options_invalid`, `setting_invalid`, `plugin_missing`,
 *   `lockfile_invalid`, `lockfile_newer`, `lockfile_failed`
 * @see spec `discovery:stages`
 * @example
 * ```ts
 * import { createPluginManager } from "glassine";
 * import { discoverPlugins } from "glassine/node";
 * import { installFixturePackage } from "glassine/testing";
 *
 * const fixture = await installFixturePackage({
 *   name: "guard",
 *   version: "1.0.0",
 *   files: { "plugin.js": "export default () => undefined;" },
 *   glassine: { plugin: "./plugin.js" },
 * });
 * const discovered = await discoverPlugins({ root: fixture.root, env: {}, onRejected: "skip" });
 * console.log(discovered.rejected.map(({ id, code }) => `${id}: ${code}`)); // [ 'guard: unsigned' ]
 * const manager = await createPluginManager({ plugins: [], discovered, logger: {} });
 * await manager.close();
 * await fixture.remove();
 * ```
 */
export async function discoverPlugins(given: DiscoverOptions = {}): Promise<Discovery> {
  const options = await readDiscoverOptions(given);
  const whole = await staticStage(options);
  expectLock(whole);
  const refusedThere = [...whole.refused, ...missingIn(whole)];
  const report = onlyWanted({ ...whole, refused: refusedThere }, options);
  const { loaded, refused } = await loadStage(options, report);
  const plugins = loaded.flatMap(({ source, loaded: of }) =>
    of.kind === "hooks" ? [{ plugin: of.plugin, origin: originOf(source) }] : [],
  );
  const others = loaded.filter((each) => each.loaded.kind === "other");
  const warnings = [...lockGone(given, options), ...report.warnings, ...optionalGone(report)];
  const discovery: Discovery = {
    mode: report.mode,
    plugins: Object.freeze(plugins.map(({ plugin }) => plugin)),
    others: Object.freeze(others.map(otherOf)),
    rejected: Object.freeze(
      refused.map(({ message: _, source: __, ...rejection }) => Object.freeze(rejection)),
    ),
    drift: Object.freeze([...report.drift]),
    lock: report.lock?.path,
    warnings: Object.freeze(warnings),
    close: () => endIsolated(plugins.map(({ plugin }) => plugin)),
  };
  const marked = markDiscovery(discovery, {
    plugins,
    unsignedOthers: others
      .filter(({ source }) => source.trust?.decision === "development_unsigned_override")
      .map(({ source }) => source.entry.id),
    refused: refused.map(refusedPackage),
    skipsRefused: options.skipsRefused,
    needsSink: report.mode === "production",
    signingVariable: `${options.surface.profile.envPrefix}PLUGIN_SIGNING_REQUIRED`,
    warnings,
  });
  return Object.freeze(marked);
}

/** @throws GlassineError `lockfile_missing` */
function expectLock({ mode, lock, candidates, settings }: StaticReport): void {
  if (mode !== "production" || lock !== undefined || !settings.autoDiscovery) return;
  throw new GlassineError(
    "lockfile_missing",
    `production plugin mode requires a plugins.lock; pass --plugins-lock or place one at ${candidates.map(printable).join(" or ")}`,
    { candidates },
  );
}

/**
 * Returns the report without the plugins that nobody asked for.
 *
 * @throws GlassineError `plugin_missing`: no installed plugin has a wanted id
 */
function onlyWanted(report: StaticReport, options: ReadDiscoverOptions): StaticReport {
  const { only, isolationSettings, surface } = options;
  const isWanted = (id: string | undefined) => id !== undefined && only?.includes(id) !== false;
  const refused = report.refused.filter(({ id }) => isWanted(id));
  const known = [...report.found.map(({ entry }) => entry.id), ...refused.map(({ id }) => id)];
  const missing = [...(only ?? []), ...Object.keys(isolationSettings)].find(
    (id) => !known.includes(id),
  );
  if (missing === undefined) {
    const accepted = report.accepted.filter(({ entry }) => isWanted(entry.id));
    return only === undefined ? report : { ...report, refused, accepted };
  }
  const ids = known.filter((id) => id !== undefined);
  const off = `${surface.profile.envPrefix}PLUGIN_AUTO_DISCOVERY_ENABLED=false: no installed plugin is read.`;
  // The plugin may be in a package whose package.json is invalid.
  const unknown = report.refused.filter(({ id }) => id === undefined);
  const more = report.settings.autoDiscovery ? unknown.map(({ message }) => `${message}.`) : [off];
  // An operator may have written the name of the package.
  const ofPackage = report.found.find((each) => each.package.name === missing);
  const hint = suggestion(ofPackage?.entry.id ?? missing, ids);
  const text = `no installed plugin has the id ${quoted(missing)}.${hint}`;
  throw new GlassineError("plugin_missing", [text, ...more].map(printable).join(" "), {
    plugin: missing,
  });
}

/** Missing plugins without which production does not start, since one may be a needed guard. */
function missingIn({ mode, lock, drift, found }: StaticReport): readonly Refused[] {
  if (mode !== "production") return [];
  const named = new Set(found.map(({ entry }) => entry.id));
  const gone = (lock?.entries ?? []).filter(({ id }) => !named.has(id));
  return gone.flatMap(({ id, package: name, version }) => {
    const differs = drift.find((each) => each.id === id);
    if (differs?.blocking !== true) return [];
    const isGone = differs.kind === "missing_from_install";
    const code = isGone ? "missing_from_install" : "hash_mismatch";
    const what = isGone
      ? "it is not installed"
      : `its package was changed and does not name it: reinstall what was trusted, or run \`plugins untrust ${printable(id)} --reason TEXT\``;
    const reason = `plugins.lock trusts ${name}==${version}, and ${what}`;
    return [withMessage({ id, package: name, entryPoint: undefined, code, reason })];
  });
}

/** Production needs a lockfile anyway; in dev mode it also says which plugins are isolated. */
function lockGone(
  { lock: named }: DiscoverOptions,
  { lock, lockPath }: ReadDiscoverOptions,
): readonly string[] {
  if (named === undefined || lock !== undefined) return [];
  return [
    `plugins.lock not found: ${printable(lockPath)}; nothing is compared with it, or isolated because of it`,
  ];
}

function optionalGone({ mode, drift }: StaticReport): readonly string[] {
  if (mode !== "production") return [];
  return drift
    .filter(({ kind, blocking }) => kind === "missing_from_install" && !blocking)
    .map(
      ({ id, expected }) =>
        `the plugin '${id}' is optional in plugins.lock, and ${expected} is not installed`,
    );
}

function otherOf({ source, loaded: { plugin } }: LoadedPlugin): DiscoveredPlugin {
  const { entry, package: found } = source;
  const { name, version } = found;
  return Object.freeze({ kind: entry.kind, id: entry.id, package: name, version, plugin });
}

function originOf({ entry, package: found, hash, trust, signer }: StaticPlugin): PluginOrigin {
  return {
    package: found.name,
    packageVersion: found.version,
    packageHash: hash?.hash,
    entryPointName: entry.id,
    entryPointValue: entry.entryPoint,
    signedBy: trust?.signedBy ?? signer,
    decision: trust?.decision,
    decisionReason: trust?.reason,
  };
}

function refusedPackage({ id, package: of, code, message: text, source }: Refused): RefusedPackage {
  const message = printable(text);
  return {
    name: id ?? of,
    reason: failureOf(code),
    code,
    error: isSignatureCode(code)
      ? new PluginSignatureError(message, { plugin: id, code })
      : new PluginDiscoveryError(message, [{ id, package: of, code, message }]),
    origin: source && originOf(source),
  };
}

/** What the audit trail calls codes for which it has no word of its own. */
const recordedAs: { readonly [Code in RejectionCode]?: RegistrationFailure } = {
  lock_missing: "lock_missing_entry",
  missing_from_lock: "lock_missing_entry",
  foreign_package: "discovery",
  dependency_missing: "dependency",
  dependency_cycle: "dependency",
  duplicate_id: "duplicate",
  incompatible_host: "manifest_invalid",
  config_rejected: "config_validate",
};

function failureOf(code: RejectionCode): RegistrationFailure {
  const same = registrationFailures.find((reason) => reason === code);
  const other = Object.hasOwn(driftLabels, code) ? "lock_drift" : "discovery";
  return recordedAs[code] ?? same ?? other;
}
