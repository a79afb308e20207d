/** The names that a command goes by, so that a host can ship one of its own. */

import { optionsInvalid } from "../../core/errors/index.ts";
import { defineHost, surfaceOf } from "../../core/host/index.ts";
import { type AuditOptions, readAuditOptions } from "../../core/observe/index.ts";
import type { Environment } from "../../core/plugins/index.ts";
import type { DiscoverOptions } from "../discovery/index.ts";
import { type CatalogEntry, readCatalog } from "./catalog.ts";
import type { Progress } from "./progress.ts";

/** What `createCommand` takes. */
export interface CommandHost {
  /**
   * The command's name: `glassine`. Where it is not the host's, the host hands it to
   * `discoverPlugins` as `bin`, so that both look for the same lockfile.
   */
  readonly bin: string;
  /** The host's name in sentences, and the field of `package.json` that names plugins. */
  readonly hostName: string;
  /** In front of every environment variable: `GLASSINE_`. */
  readonly prefix: string;
  /**
   * The host that plugins have to fit, made by `defineHost` under the same names. Default: one with
   * the standard hooks.
   */
  readonly host?: object | undefined;
  /** What the host hands to `discoverPlugins`, so that the command judges plugins as it does. */
  readonly discovery?: CommandDiscovery | undefined;
  /**
   * What the host supplies to plugins, as its manager gets it. Default: not known, and `doctor` says
   * nothing of capabilities that nothing is supplied for.
   */
  readonly services?: object | undefined;
  /** Where changes of trust are recorded, as the host's manager has it. Default: nowhere. */
  readonly audit?: AuditOptions | undefined;
  /** Plugins that `search` and `enable` know. Default: none. */
  readonly catalog?: readonly CatalogEntry[] | undefined;
  /** Where people read about plugins. Printed if nothing is found. */
  readonly catalogUrl?: string | undefined;
  /** The versions of plugins that fit: a range of npm. Default: `>=0.1.0 <2.0.0`. */
  readonly installRange?: string | undefined;
  /** What `--version` prints. Default: the version of this package. */
  readonly version?: string | undefined;
}

/** The options of `discoverPlugins` that a command does not have from its operator. */
type CommandDiscovery = Pick<
  DiscoverOptions,
  "builtins" | "reserved" | "verifiers" | "isolate" | "kinds" | "loadTimeoutMs"
>;

type Filled = "host" | "discovery" | "catalog" | "installRange";

/** A host whose names were checked, with what it left out. */
export type NamedHost = Omit<CommandHost, Filled> & {
  readonly [Name in Filled]: NonNullable<CommandHost[Name]>;
};

/** What every command that looks at plugins needs. Paths are absolute. */
export interface CommandScope extends NamedHost {
  readonly env: Environment;
  readonly cwd: string;
  /** Where installed plugins are looked for. */
  readonly root: string;
  /** As `--plugins-lock` names it; `undefined` for the usual places. */
  readonly lockfile: string | undefined;
  /** A folder with plugins that are not installed. */
  readonly localPlugins: string | undefined;
  readonly progress: (step: Progress) => void;
}

const namePattern = /^[a-z][a-z0-9-]{0,63}$/;
const prefixPattern = /^[A-Z][A-Z0-9_]{0,63}_$/;
/** What a range of npm is made of. */
const rangePattern = /^[0-9A-Za-z .<>=^~|*+-]{1,100}$/;

/** @throws GlassineError `options_invalid` */
export function readCommandHost(given: CommandHost): NamedHost {
  const { bin, hostName, prefix, discovery = {}, installRange = ">=0.1.0 <2.0.0" } = given;
  readAuditOptions(given.audit);
  expectText("bin", bin, namePattern, 'a name such as "glassine"');
  expectText("hostName", hostName, namePattern, 'a name such as "glassine"');
  expectText("prefix", prefix, prefixPattern, 'capitals that end with "_", such as "GLASSINE_"');
  expectText("installRange", installRange, rangePattern, "a range of versions");
  const catalog = readCatalog(given.catalog ?? [], "The catalog of a command");
  return { ...given, host: hostOf(given), discovery, catalog, installRange };
}

/** Settings and the field of package.json go by the profile: two names would be two commands. */
function hostOf({ host, hostName, prefix }: CommandHost): object {
  if (host === undefined) return defineHost({ profile: { hostName, envPrefix: prefix } });
  const profile = surfaceOf(host)?.profile;
  if (profile?.hostName === hostName && profile.envPrefix === prefix) return host;
  throw optionsInvalid(
    "createCommand expects as host what defineHost returns, with a profile of the same hostName and prefix.",
  );
}

function expectText(field: string, value: unknown, pattern: RegExp, expected: string): void {
  if (typeof value === "string" && pattern.test(value)) return;
  throw optionsInvalid(`createCommand expects as ${field} ${expected}.`);
}
