/** Reads the operator's trust settings from the environment. Invalid values are refused. */
import { isRecord, typeName } from "../../core/data/index.ts";
import { closest, GlassineError, quoteName } from "../../core/errors/index.ts";
import {
  type Environment,
  type HostSetting,
  hostSettings,
  standardProfile,
} from "../../core/plugins/index.ts";
import { identityFault, maxIdentityUnits } from "./signing/identity.ts";

/** In `production`, only plugins that `plugins.lock` trusts are loaded. */
export type PluginMode = "dev" | "production";

/** The value of `PLUGIN_UNSIGNED_ACK` with which the operator accepts unsigned plugins. */
export const unsignedAcknowledgement = "i-understand-plugins-are-unsigned";

/** The operator's settings for trust in plugins. */
export interface TrustSettings {
  /** Whether a plugin without a verified signature is refused. Default true. */
  readonly signingRequired: boolean;
  /** Whether the operator acknowledged, in the exact words, what loading unsigned plugins means. */
  readonly unsignedAck: boolean;
  /** Signers whose plugins are loaded. */
  readonly trustedPublishers: readonly string[];
  /** Signers whose plugins are loaded as an exception, which the audit trail records. */
  readonly overridePublishers: readonly string[];
  /** The path of the file for `readPublisherKeys`. */
  readonly publisherKeys: string | undefined;
  /** The path of the trusted root against which Sigstore bundles are checked. */
  readonly sigstoreTrustedRoot: string | undefined;
  /** The only issuer accepted in Sigstore certificates. Requires a trusted root. */
  readonly sigstoreIssuer: string | undefined;
  /** Whether the host looks for installed packages at all. Default true. */
  readonly autoDiscovery: boolean;
  /** Default `dev`. */
  readonly mode: PluginMode;
}

/**
 * Reads `PREFIXPLUGIN_SIGNING_REQUIRED`, `…_UNSIGNED_ACK`, `…_TRUSTED_PUBLISHERS`,
 * `…_TRUST_OVERRIDE_PUBLISHERS`, `…_PUBLISHER_KEYS`, `…_SIGSTORE_TRUSTED_ROOT`,
 * `…_SIGSTORE_ISSUER`, `…_AUTO_DISCOVERY_ENABLED` and `…_MODE`.
 *
 * An empty variable counts as not set. Lists are separated by commas, and their items are trimmed.
 * Any other variable that begins with `PREFIXPLUGIN_` is the configuration of a plugin, `NAME_KEY`.
 * It is refused if it cannot be one, or if its name is similar to that of a setting, even if such a
 * plugin exists.
 *
 * @throws GlassineError `setting_invalid`: one error that names every invalid variable, with its
 *   valid values or the name that was probably meant; `data.settingProblems` lists them
 * @see spec `signing:settings`, `signing:settings-lists`, `signing:settings-mistyped`,
 *   `signing:settings-mistyped-prefix`
 * @example
 * ```ts
 * import { readTrustSettings } from "glassine/node";
 *
 * const settings = readTrustSettings({
 *   GLASSINE_PLUGIN_TRUSTED_PUBLISHERS: " builder@example.com , ,release-bot@example.com",
 *   GLASSINE_PLUGIN_MODE: "Production",
 * });
 * console.log(settings.trustedPublishers.length, settings.mode); // 2 production
 * ```
 */
export function readTrustSettings(
  env: Environment,
  prefix = standardProfile.envPrefix,
): TrustSettings {
  if (!isRecord(env))
    throw new GlassineError(
      "setting_invalid",
      `readTrustSettings expects variables in an object, such as process.env, got ${typeName(env)}`,
    );
  const problems: SettingProblem[] = [];
  const read = <Value>(name: HostSetting, missing: Value, parse: Parse<Value>): Value => {
    const variable = `${prefix}${name}`;
    const text: unknown = Object.hasOwn(env, variable) ? env[variable] : undefined;
    if (text === undefined || text === "") return missing;
    const refuse = (message: string) => {
      problems.push({ variable, message });
      return missing;
    };
    if (typeof text === "string") return parse(text, variable, refuse);
    return refuse(`${variable} is not a string; write it as one`);
  };

  const settings: TrustSettings = Object.freeze({
    signingRequired: read("PLUGIN_SIGNING_REQUIRED", true, parseBoolean),
    unsignedAck: read("PLUGIN_UNSIGNED_ACK", false, parseAcknowledgement),
    trustedPublishers: read("PLUGIN_TRUSTED_PUBLISHERS", noIdentities, parseIdentities),
    overridePublishers: read("PLUGIN_TRUST_OVERRIDE_PUBLISHERS", noIdentities, parseIdentities),
    publisherKeys: read("PLUGIN_PUBLISHER_KEYS", undefined, parsePath),
    sigstoreTrustedRoot: read("PLUGIN_SIGSTORE_TRUSTED_ROOT", undefined, parsePath),
    sigstoreIssuer: read("PLUGIN_SIGSTORE_ISSUER", undefined, parseIssuer),
    autoDiscovery: read("PLUGIN_AUTO_DISCOVERY_ENABLED", true, parseBoolean),
    mode: read("PLUGIN_MODE", "dev", parseMode),
  });
  if (settings.sigstoreIssuer !== undefined && settings.sigstoreTrustedRoot === undefined) {
    const variable = `${prefix}PLUGIN_SIGSTORE_ISSUER`;
    const message = `${variable} is set without ${prefix}PLUGIN_SIGSTORE_TRUSTED_ROOT, so no Sigstore bundle would be checked; set it too`;
    if (!problems.some((each) => each.variable === `${prefix}PLUGIN_SIGSTORE_TRUSTED_ROOT`))
      problems.push({ variable, message });
  }
  problems.push(...mistypedSettings(env, prefix));
  if (problems.length === 0) return settings;
  const text = problems.map(({ message }) => message).join("; ");
  throw new GlassineError("setting_invalid", text, { settingProblems: problems });
}

/**
 * Reads a mode, trimmed and in any case.
 *
 * @throws GlassineError `setting_invalid`: the string is not a mode
 * @see spec `signing:settings-mode`
 * @example
 * ```ts
 * import { readPluginMode } from "glassine/node";
 *
 * console.log(readPluginMode(" Production ")); // production
 * ```
 */
export function readPluginMode(text: string): PluginMode {
  if (typeof text !== "string") {
    const message = `invalid plugin mode: expected dev or production, got ${typeName(text)}`;
    throw new GlassineError("setting_invalid", message);
  }
  return parseMode(text, "", (message) => {
    throw new GlassineError("setting_invalid", message);
  });
}

const noIdentities: readonly string[] = Object.freeze([]);

/** Parses a non-empty string. For an invalid one, returns what `refuse` returns for the message. */
type Parse<Value> = (text: string, variable: string, refuse: (message: string) => Value) => Value;

const parseBoolean: Parse<boolean> = (text, variable, refuse) => {
  const word = text.trim().toLowerCase();
  if (["true", "1", "yes", "on"].includes(word)) return true;
  if (["false", "0", "no", "off"].includes(word)) return false;
  return refuse(
    `${variable} is ${quoteName(text)}; it takes true, false, 1, 0, yes, no, on or off`,
  );
};

/** Requires an exact match: anyone who writes something else has not read what it means. */
const parseAcknowledgement: Parse<boolean> = (text) => text === unsignedAcknowledgement;

const parseIdentities: Parse<readonly string[]> = (text, variable, refuse) => {
  const items = text.split(",").map((item) => item.trim());
  const identities = [...new Set(items.filter((item) => item !== ""))];
  const wrong = identities.find((each) => identityFault(each) !== undefined);
  if (wrong === undefined) return Object.freeze(identities);
  const shown = quoteName(wrong, maxIdentityUnits);
  return refuse(`${variable} names ${shown}, which ${identityFault(wrong)}`);
};

const parsePath: Parse<string | undefined> = (text, variable, refuse) =>
  text.trim() !== "" && !text.includes("\0")
    ? text
    : refuse(`${variable} is ${quoteName(text)}; it takes the path of a file`);

const parseIssuer: Parse<string | undefined> = (text, variable, refuse) => {
  const issuer = text.trim();
  const fault = identityFault(issuer);
  if (fault === undefined) return issuer;
  return refuse(`${variable} is ${quoteName(issuer, maxIdentityUnits)}, which ${fault}`);
};

const parseMode: Parse<PluginMode> = (text, _, refuse) => {
  const mode = text.trim().toLowerCase();
  if (mode === "dev" || mode === "production") return mode;
  return refuse(`invalid plugin mode ${quoteName(text)}: expected dev or production`);
};

interface SettingProblem {
  readonly variable: string;
  readonly message: string;
}

const pluginPrefix = "PLUGIN_";
const suffixes = hostSettings.map((name) => name.slice(pluginPrefix.length));

/** One problem for each variable that is a mistyped setting, or that nothing reads. */
function mistypedSettings(env: Environment, prefix: string): readonly SettingProblem[] {
  return Object.keys(env)
    .filter((variable) => variable.startsWith(prefix))
    .filter((variable) => env[variable] !== undefined && env[variable] !== "")
    .sort()
    .flatMap((variable) => {
      if (!variable.startsWith(`${prefix}${pluginPrefix}`)) return mistypedPrefix(variable, prefix);
      const suffix = variable.slice(prefix.length + pluginPrefix.length);
      if (suffixes.includes(suffix)) return [];
      const meant = closest(suffix, suffixes);
      if (meant === undefined && isConfiguration(suffix)) return [];
      const name = quoteName(variable, 200);
      const fault =
        meant === undefined
          ? "neither a setting nor plugin configuration of the form NAME_KEY"
          : `not a setting; did you mean ${prefix}${pluginPrefix}${meant}?`;
      return [{ variable, message: `${name} is ${fault}` }];
    });
}

/**
 * Reports a variable that resembles a setting without its prefix: `PLUGINS_MODE`, `PLUGINMODE`,
 * `PULGIN_MODE`, and `GLASSINE_MODE`. First word and rest must both be similar: `LOGIN_MODE` is
 * another program's, as `ACME_MODE` may be.
 */
function mistypedPrefix(variable: string, prefix: string): readonly SettingProblem[] {
  const name = variable.slice(prefix.length);
  const [, word = "", rest = ""] =
    /^(PLUGINS?)_*([A-Z].*)$/s.exec(name) ?? /^([A-Z]+)_(.+)$/s.exec(name) ?? [];
  const isOurs = prefix === standardProfile.envPrefix && suffixes.includes(name);
  const isSimilar = closest(word, ["PLUGIN"]) !== undefined;
  const meant = isOurs ? name : isSimilar ? closest(rest, suffixes) : undefined;
  if (meant === undefined) return [];
  const message = `${quoteName(variable, 200)} is not a setting; did you mean ${prefix}${pluginPrefix}${meant}?`;
  return [{ variable, message }];
}

/** A plugin's name has at least three characters, and a key at least one. */
function isConfiguration(suffix: string): boolean {
  return /^[A-Z][A-Z0-9_]{2,}_.+$/s.test(suffix);
}
