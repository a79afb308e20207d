/**
 * Variables that look like a mistyped setting of trust.
 *
 * An operator who mistypes a setting believes in a protection that is not there, so it is refused.
 * The configuration of plugins begins with the same prefix: `PREFIXPLUGIN_NAME_KEY`.
 */
import { closest } from "../../core/errors/index.ts";
import { quoteName } from "../../core/hooks/index.ts";
import { type Environment, hostSettings } from "../../core/plugins/index.ts";

/** One variable that is at fault. */
export interface SettingProblem {
  readonly variable: string;
  readonly message: string;
}

const begin = "PLUGIN_";
const suffixes = Object.keys(hostSettings).map((name) => name.slice(begin.length));

/** One problem for each variable that is meant for a setting, or for nothing at all. */
export function mistypedSettings(
  env: Environment,
  prefix: string,
  plugins: readonly string[],
): readonly SettingProblem[] {
  return Object.keys(env)
    .filter((variable) => variable.startsWith(prefix) && env[variable] !== "")
    .filter((variable) => env[variable] !== undefined)
    .sort()
    .flatMap((variable) => {
      if (!variable.startsWith(`${prefix}${begin}`)) return misbegun(variable, prefix);
      const suffix = variable.slice(prefix.length + begin.length);
      if (suffixes.includes(suffix) || plugins.some((plugin) => isOf(plugin, suffix))) return [];
      const meant = closest(suffix, suffixes);
      if (meant === undefined && isConfiguration(suffix)) return [];
      const name = quoteName(variable, 200);
      const fault =
        meant === undefined
          ? "neither a setting nor the configuration of a plugin, NAME_KEY"
          : `not a setting; did you mean ${prefix}${begin}${meant}?`;
      return [{ variable, message: `${name} is ${fault}` }];
    });
}

/**
 * Another begin, and nearly a setting all the same: `PLUGINS_MODE`, `PLUGINMODE`, `PULGIN_MODE`.
 * What is not near both is a variable of somebody else's, such as `LOGIN_MODE`.
 */
function misbegun(variable: string, prefix: string): readonly SettingProblem[] {
  const name = variable.slice(prefix.length);
  const [, word = "", rest = ""] =
    /^(PLUGINS?)_*([A-Z].*)$/s.exec(name) ?? /^([A-Z]+)_(.+)$/s.exec(name) ?? [];
  const meant = closest(word, ["PLUGIN"]) === undefined ? undefined : closest(rest, suffixes);
  if (meant === undefined) return [];
  const message = `${quoteName(variable, 200)} is not a setting; did you mean ${prefix}${begin}${meant}?`;
  return [{ variable, message }];
}

function isOf(plugin: string, suffix: string): boolean {
  const owner = `${plugin.toUpperCase().replaceAll("-", "_")}_`;
  return suffix.startsWith(owner) && suffix.length > owner.length;
}

/** The name of a plugin has at least three characters, and a key at least one. */
function isConfiguration(suffix: string): boolean {
  return /^[A-Z][A-Z0-9_]{2,}_.+$/s.test(suffix);
}
