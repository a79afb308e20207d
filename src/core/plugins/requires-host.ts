/** Whether a plugin runs on this version of the host. */
import { attempt } from "../data/index.ts";
import { optionsInvalid, quoteName } from "../errors/index.ts";
import type { HostProfile } from "./profile.ts";
import type { Plugin } from "./types.ts";

type Requiring = Pick<Plugin, "name" | "requiresHost">;
type Naming = Pick<
  HostProfile,
  "hostName" | "hostVersion" | "requiresField" | "requiresDefault" | "isInRange"
>;

const maxRange = 256;

/**
 * Returns why a plugin does not run on this host, or `undefined` if it does.
 *
 * A range is an npm range, or comparators with commas between them, each of which must hold.
 * `1.2.0a1`, `1.2.0b2` and `1.2.0rc3` are pre-releases, in that order. A pre-release of the host is
 * a version like any other: `1.2.0rc3` is in `>=1.2.0a1`. The profile's `isInRange` is asked first.
 *
 * @throws GlassineError `options_invalid` for a profile whose `hostVersion` is not a version
 */
export async function hostFault(plugin: Requiring, profile: Naming): Promise<string | undefined> {
  const range = plugin.requiresHost ?? profile.requiresDefault;
  if (range === "*") return undefined;
  const who = `plugin ${quoteName(plugin.name)}`;
  const fault =
    faultOfText(range) ??
    profile.isInRange(profile.hostVersion, range) ??
    (await isMetAsOfNpm(range, profile.hostVersion));
  if (fault === true) return undefined;
  if (fault === false)
    return `${who} requires ${profile.hostName} ${quoteName(range, maxRange)}, but current version is ${profile.hostVersion}`;
  return `${who} has invalid ${profile.requiresField} ${quoteName(range, maxRange)}: ${fault}`;
}

/** Returns whether the host's version is in a range, or a phrase for why that is not a range. */
async function isMetAsOfNpm(range: string, hostVersion: string): Promise<boolean | string> {
  // Loaded only when a range is given, because most hosts have none. Imported by file, because the
  // whole package is five times as large in a bundle.
  const { default: Range } = await import("semver/classes/range.js");
  const { default: SemVer } = await import("semver/classes/semver.js");
  const version = attempt(() => new SemVer(asSemver(hostVersion)));
  if (version === undefined)
    throw optionsInvalid(
      `The hostVersion ${quoteName(hostVersion)} of the profile is not a version.`,
    );
  let isMet = false;
  for (const alternative of range.split("||")) {
    let holds = true;
    for (const given of alternative.split(",")) {
      const part = given.trim();
      if (part === "") return "it has an empty part";
      const parsed = attempt(
        () => new Range(part.split(/ +/).map(asSemver).join(" "), { includePrerelease: true }),
      );
      if (parsed === undefined) return `${quoteName(part)} is not a range of versions`;
      holds &&= parsed.test(version);
    }
    isMet ||= holds;
  }
  return isMet;
}

/** Returns why a range is not parsed at all, or `undefined`. */
function faultOfText(range: string): string | undefined {
  if (range.length > maxRange) return `it has more than ${maxRange} characters`;
  if (range.trim() === "") return "it is empty; say * for any version";
  return /^[\x20-\x7e]*$/.test(range)
    ? undefined
    : "it has characters that are not allowed in a range";
}

/** Turns `>=1.2.0rc3` into `>=1.2.0-rc.3`, where the 3 is compared as a number. */
function asSemver(comparator: string): string {
  return comparator.replace(/^([<>=~^v]*\d+\.\d+\.\d+)(a|b|rc)(\d+)$/, "$1-$2.$3");
}
