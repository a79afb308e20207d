/** The names of a command line, with which a host can ship its own. */

import { expectOptions } from "../../core/data/index.ts";
import { optionsInvalid } from "../../core/errors/index.ts";
import { standardHost, surfaceOf } from "../../core/host/index.ts";
import { type AuditOptions, readAuditOptions } from "../../core/observe/index.ts";
import type { Environment } from "../../core/plugins/index.ts";
import type { DiscoverOptions } from "../discovery/index.ts";
import { type CatalogEntry, readCatalog } from "./catalog.ts";
import type { Progress } from "./progress.ts";

/** The options of `createCommand`. */
export interface CommandHost {
  /**
   * The command's name, such as `glassine`. If it is not the host's name, the host passes it to
   * `discoverPlugins` as `bin`, so that both look for the same lockfile.
   */
  readonly bin: string;
  /**
   * The host that plugins are checked against, made by `defineHost`. Its profile has the names in
   * messages, of environment variables, and of the `package.json` field that names plugins.
   * Default: the standard one.
   */
  readonly host?: object | undefined;
  /** The options that the host passes to `discoverPlugins`, so that both judge plugins alike. */
  readonly discovery?: CommandDiscovery | undefined;
  /**
   * The services that the host's manager supplies to plugins. If omitted, they are unknown, and
   * `doctor` does not report capabilities for which nothing is supplied.
   */
  readonly services?: object | undefined;
  /** The audit options of the host's manager, for changes of trust. Default: not recorded. */
  readonly audit?: AuditOptions | undefined;
  /** Plugins that `search` and `enable` know. Default: none. */
  readonly catalog?: readonly CatalogEntry[] | undefined;
  /** A URL at which people can read about plugins. Printed if nothing is found. */
  readonly catalogUrl?: string | undefined;
  /** The versions of plugins to install, as an npm range. Default: `>=0.1.0 <2.0.0`. */
  readonly installRange?: string | undefined;
  /** What `--version` prints. Default: the version of this package. */
  readonly version?: string | undefined;
}

/** The options of `discoverPlugins` that do not come from the operator. */
type CommandDiscovery = Pick<
  DiscoverOptions,
  "builtins" | "reserved" | "verifiers" | "isolate" | "kinds" | "loadTimeoutMs"
>;

type Filled = "host" | "discovery" | "catalog" | "installRange";

const optionNames: readonly (keyof CommandHost)[] = [
  ...(["bin", "host", "discovery", "services", "audit"] as const),
  ...(["catalog", "catalogUrl", "installRange", "version"] as const),
];

/** A host with its names, and with defaults for what it left out. */
export type NamedHost = Omit<CommandHost, Filled> & {
  readonly [Name in Filled]: NonNullable<CommandHost[Name]>;
} & {
  /** The host's name in messages, and the `package.json` field that names plugins. */
  readonly hostName: string;
  /** The prefix of every environment variable, such as `GLASSINE_`. */
  readonly prefix: string;
};

/** What every command that looks at plugins needs. Paths are absolute. */
export interface CommandScope extends NamedHost {
  readonly env: Environment;
  readonly cwd: string;
  /** The folder in which to look for installed plugins. */
  readonly root: string;
  /** The path from `--plugins-lock`; `undefined` for the default places. */
  readonly lockfile: string | undefined;
  /** A folder with plugins that are not installed. */
  readonly localPlugins: string | undefined;
  readonly progress: (step: Progress) => void;
}

const namePattern = /^[a-z][a-z0-9-]{0,63}$/;
/** The characters of an npm range. */
const rangePattern = /^[0-9A-Za-z .<>=^~|*+-]{1,100}$/;

/** @throws GlassineError `options_invalid` */
export function readCommandHost(given: CommandHost): NamedHost {
  expectOptions(given, optionNames, "createCommand");
  const { bin, host = standardHost, discovery = {}, installRange = ">=0.1.0 <2.0.0" } = given;
  readAuditOptions(given.audit);
  expectText("bin", bin, namePattern, 'a name such as "glassine"');
  expectText("installRange", installRange, rangePattern, "a range of versions");
  const names = namesOf(host);
  if (names === undefined)
    throw optionsInvalid("createCommand expects host to be what defineHost made.");
  const catalog = readCatalog(given.catalog ?? [], "The catalog of a command");
  return { ...given, host, ...names, discovery, catalog, installRange };
}

/** The names in the profile of a host; `undefined` for anything else. */
export function namesOf(host: unknown): Pick<NamedHost, "hostName" | "prefix"> | undefined {
  const profile = surfaceOf(host)?.profile;
  return profile && { hostName: profile.hostName, prefix: profile.envPrefix };
}

function expectText(field: string, value: unknown, pattern: RegExp, expected: string): void {
  if (typeof value === "string" && pattern.test(value)) return;
  throw optionsInvalid(`createCommand expects ${field} to be ${expected}.`);
}
