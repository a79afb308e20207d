/** The part of a plugin's configuration that stands in the environment. */

import { hostSettings } from "./host-settings.ts";
import { quoteName } from "./read-plain.ts";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What of the environment belongs to whom. */
interface EnvironmentOf {
  readonly plugin: string;
  /** The names of all plugins: a variable belongs to the longest that fits. */
  readonly names: readonly string[];
  readonly env: Environment;
  /** In front of every variable: `GLASSINE_`. */
  readonly prefix: string;
  /** The keys of the schema, where they are known. */
  readonly keys: readonly string[] | undefined;
}

/** One value, the variable it comes from, and the key it is for. */
export interface FromEnvironment {
  readonly key: string;
  readonly variable: string;
  readonly value: string;
}

/** The variables of a plugin in order of their names, or two that are for the same key. */
export function readEnvironment(
  of: EnvironmentOf,
): { readonly values: readonly FromEnvironment[] } | { readonly fault: string } {
  const byKey = new Map<string, FromEnvironment>();
  for (const variable of Object.keys(of.env).sort()) {
    const value = of.env[variable];
    const suffix = suffixOf(of, variable);
    if (suffix === undefined || typeof value !== "string") continue;
    const key = keyFor(suffix, of.keys);
    const other = byKey.get(key);
    if (other !== undefined) {
      return {
        fault: `the variables ${inText(other.variable)} and ${inText(variable)} are both for one key`,
      };
    }
    byKey.set(key, { key, variable, value });
  }
  return { values: [...byKey.values()] };
}

/** The part of a variable that names a key, where the variable is the plugin's. */
function suffixOf({ plugin, names, prefix }: EnvironmentOf, variable: string): string | undefined {
  const begin = `${prefix}PLUGIN_`;
  if (!variable.startsWith(begin)) return undefined;
  if (Object.hasOwn(hostSettings, variable.slice(prefix.length))) return undefined;
  const rest = variable.slice(begin.length);
  let owner = "";
  for (const name of [plugin, ...names]) {
    if (name.length > owner.length && rest.startsWith(`${inVariable(name)}_`)) owner = name;
  }
  const suffix = rest.slice(owner.length + 1);
  return owner === plugin && suffix !== "" ? suffix : undefined;
}

/** A variable as messages name it. Its name is longer than most. */
export function inText(variable: string): string {
  return quoteName(variable, 200);
}

/** `foo-bar` → `FOO_BAR`. */
function inVariable(name: string): string {
  return name.toUpperCase().replaceAll("-", "_");
}

/** The key of the schema that is the same but for case and underscores, else the lower case. */
function keyFor(suffix: string, keys: readonly string[] | undefined): string {
  const plain = folded(suffix);
  const fitting = (keys ?? []).filter((key) => folded(key) === plain);
  const lower = suffix.toLowerCase();
  // Of two keys that differ in nothing else, the one that is spelled so.
  return fitting.find((key) => key.toLowerCase() === lower) ?? fitting[0] ?? lower;
}

function folded(text: string): string {
  return text.replaceAll("_", "").toLowerCase();
}
