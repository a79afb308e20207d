/**
 * Variables that look like a setting of trust and are none.
 *
 * Who mistypes a setting believes in a protection that is not there, so it cannot be ignored. But
 * the configuration of plugins begins alike: `PREFIXPLUGIN_NAME_KEY`.
 */
import { closest } from "../errors/index.ts";
import { hostSettings } from "../plugins/index.ts";
import { single } from "./single-quotes.ts";

/** One variable that is at fault. */
export interface SettingProblem {
  readonly variable: string;
  readonly message: string;
}

const begin = "PLUGIN_";
const suffixes = Object.keys(hostSettings).map((name) => name.slice(begin.length));

/** One problem for each variable that is meant for a setting, or for nothing at all. */
export function mistypedSettings(
  env: Readonly<Record<string, string | undefined>>,
  prefix: string,
  plugins: readonly string[],
): readonly SettingProblem[] {
  return Object.keys(env)
    .filter((variable) => variable.startsWith(`${prefix}${begin}`) && env[variable] !== "")
    .filter((variable) => env[variable] !== undefined)
    .sort()
    .flatMap((variable) => {
      const suffix = variable.slice(prefix.length + begin.length);
      if (suffixes.includes(suffix) || plugins.some((plugin) => isOf(plugin, suffix))) return [];
      const meant = closest(suffix, suffixes);
      if (meant === undefined && isConfiguration(suffix)) return [];
      const name = single(variable, 200);
      const hint =
        meant === undefined
          ? "neither a setting nor the configuration of a plugin, NAME_KEY"
          : `no setting; did you mean ${prefix}${begin}${meant}?`;
      return [{ variable, message: `${name} is ${hint}` }];
    });
}

function isOf(plugin: string, suffix: string): boolean {
  const owner = `${plugin.toUpperCase().replaceAll("-", "_")}_`;
  return suffix.startsWith(owner) && suffix.length > owner.length;
}

/** The name of a plugin has at least three characters, and a key at least one. */
function isConfiguration(suffix: string): boolean {
  return /^[A-Z][A-Z0-9_]{2,}_.+$/s.test(suffix);
}
