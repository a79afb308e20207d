/** Reads a plugin's configuration from host, operator and environment; checks and freezes it. */
import { admit, extensionsLimits, isRecord, writeText } from "../data/index.ts";
import { enumerableKeys, hasOwn, parseJson } from "../data/intrinsics.ts";
import { formatPath, formatProblems, quoteName } from "../errors/index.ts";
import { type Needles, needlesOf, withoutParts } from "../observe/index.ts";
import { compileSchema, jsonValue } from "../schema/index.ts";
import { faultsOf, listed, placeOf } from "./config-faults.ts";
import { ask, knownKeys, type ReadSchema, readSchema, unknownKeys } from "./config-schema.ts";
import { orClause } from "./read-plain.ts";
import { secretsOf } from "./secrets.ts";

interface ConfigSources {
  readonly plugin: string;
  /** The names of all the host's plugins. A variable belongs to the longest name that matches. */
  readonly names: readonly string[];
  readonly schema: ReadSchema | undefined;
  /** For an isolated plugin: what its code was started with. */
  readonly startedWith?: { readonly config: unknown } | undefined;
  /** The host's section for the plugin. */
  readonly section: Data;
  /** The configuration that the operator lists with the plugin. It overrides the section. */
  readonly item: Data;
  /** Overrides both, key by key. */
  readonly env: Environment | undefined;
  /** The prefix of environment variables: `GLASSINE_`. */
  readonly prefix: string;
}

/** A configuration, or why there is none. */
type ReadConfig =
  | {
      /** Frozen JSON data; `undefined` if none was given. */
      readonly config: unknown;
      readonly warnings: readonly string[];
      /** The strings and long numbers of the configuration, to be kept out of records and logs. */
      readonly secrets: readonly string[];
    }
  | { readonly fault: string };

/**
 * Reads a configuration. That of an isolated plugin can only be repeated here. Without a schema it
 * is passed on as given, with a warning unless all of it was listed with the plugin, where the
 * operator sees both. A schema gets an object (empty if nothing was given), and must return JSON
 * data synchronously. Faults name keys and what was expected; values are removed from whatever the
 * schema adds.
 */
export function readConfig(sources: ConfigSources): ReadConfig {
  const { plugin, schema, startedWith } = sources;
  const merged = mergedOf(sources);
  if ("fault" in merged) return failed(plugin, merged.fault, needlesOf([]));
  const { given, variables, isSetElsewhere } = merged;
  if (startedWith !== undefined) {
    const started = readData(startedWith.config);
    const config = "value" in started ? started.value : undefined;
    if (!isRepeated(given, config)) return failed(plugin, notHere, needlesOf([]));
    return { config, warnings: [], secrets: secretsOf(startedWith.config) };
  }
  if (schema === undefined) {
    const text = `plugin ${quoteName(plugin)} has configuration but no configSchema`;
    const warnings = isSetElsewhere ? [text] : [];
    return { config: given, warnings, secrets: secretsOf(given) };
  }
  const schemaInput = given === undefined ? {} : given;
  const values = secretsOf(given);
  const secrets = needlesOf(values);
  const unknown = unknownKeys(schema, schemaInput);
  const faults = unknown.map(({ path, key, known }) => {
    const from = path.length === 0 ? variables.get(key) : undefined;
    const place = path.length === 0 ? "" : `${placeOf(path, secrets)}: `;
    const of = from === undefined ? "" : ` of the variable ${inText(from.variable)}`;
    return `${place}unknown key ${quoteName(withoutParts(key, secrets))}${of}${orClause(key, known)}`;
  });
  const reported = new Set(unknown.map(({ path }) => formatPath(path)));
  // A copy, because some schemas change what they are given.
  const answer = ask(schema, parseJson(writeText(schemaInput)));
  if (answer.kind === "breach") faults.push(answer.text);
  if (answer.kind === "error")
    faults.push(...faultsOf(answer.error, { config: schemaInput, secrets, reported }));
  if (answer.kind !== "value") return failed(plugin, listed(faults), secrets);
  const read = readData(answer.value);
  if ("problem" in read)
    faults.push(`configSchema returned a value that is not JSON data: ${read.problem}`);
  else if (read.value === undefined)
    faults.push("configSchema returned nothing; expected JSON data");
  if ("problem" in read || faults.length > 0) return failed(plugin, listed(faults), secrets);
  const ofAll = new Set([...values, ...secretsOf(madeOf(read.value, schemaInput))]);
  return { config: read.value, warnings: [], secrets: [...ofAll] };
}

const notHere =
  "its code is isolated and was started with another configuration, so pass this one to isolatePlugin, or to what started it, and set no variable for it";

/** Whether a manager was given nothing, or what an isolated plugin's schema has already read. */
function isRepeated(given: unknown, started: unknown): boolean {
  if (given === undefined || (isRecord(given) && enumerableKeys(given).length === 0)) return true;
  // What equals the earlier value is read as that same object.
  const read = admit(anyJson.read, given, reading, started as object | undefined);
  return read.ok && read.value === started;
}

/** Reads the configuration of one plugin by its schema, for a plugin in another process. */
export function readOwnConfig(plugin: string, configSchema: unknown, config: unknown): ReadConfig {
  return readConfig({
    plugin,
    names: [plugin],
    schema: readSchema(configSchema),
    section: readData(undefined),
    item: readData(config),
    env: undefined,
    prefix: "",
  });
}

/** Removes long secrets only: a short one may be a word of the sentence. */
function failed(plugin: string, detail: string, secrets: Needles): ReadConfig {
  const safe = withoutParts(detail, secrets);
  return { fault: `plugin ${quoteName(plugin)} failed config validation: ${safe}` };
}

/** Returns what a schema made of the given keys. Its defaults are not secrets. */
function madeOf(value: unknown, given: unknown): unknown {
  if (!isRecord(value) || !isRecord(given)) return value;
  return Object.entries(value)
    .filter(([key]) => hasOwn(given, key))
    .map(([, item]) => item);
}

/** The environment variables, each under the key that it sets. */
type Variables = ReadonlyMap<string, { readonly variable: string; readonly value: string }>;

type Merged =
  | {
      readonly given: unknown;
      readonly variables: Variables;
      /** Whether any key was set elsewhere than with the plugin. */
      readonly isSetElsewhere: boolean;
    }
  | { readonly fault: string };

function mergedOf(sources: ConfigSources): Merged {
  const { section, item } = sources;
  if ("problem" in section) return { fault: `the section is not JSON data: ${section.problem}` };
  if ("problem" in item) return { fault: `its config is not JSON data: ${item.problem}` };
  const variables = readEnvironment(sources);
  if ("fault" in variables) return variables;
  if (section.value !== undefined && !isRecord(section.value))
    return { fault: "the section must be an object" };
  const isSetElsewhere = variables.size > 0 || Object.keys(section.value ?? {}).length > 0;
  if (section.value === undefined && !isSetElsewhere)
    return { given: item.value, variables, isSetElsewhere };
  if (item.value !== undefined && !isRecord(item.value))
    return {
      fault: "its config must be an object, because it overrides configuration from elsewhere",
    };
  // No prototype, because its keys are data.
  const fromEnv = Object.fromEntries([...variables].map(([key, { value }]) => [key, value]));
  const over = { __proto__: null, ...section.value, ...item.value, ...fromEnv };
  const whole = readData(over);
  if ("problem" in whole) return { fault: `it is not JSON data: ${whole.problem}` };
  return { given: whole.value, variables, isSetElsewhere };
}

const anyJson = compileSchema(jsonValue(), { closed: true, shownWhole: true });
const reading = {
  // So that a `__proto__` key is refused, whoever set it.
  origin: "plugin",
  limits: extensionsLimits,
  shapeCode: "options_invalid",
  strict: true,
} as const;

/** JSON data, or why a value is not JSON data. */
export type Data = { readonly value: unknown } | { readonly problem: string };

/** Returns a frozen copy of JSON data, `undefined` for `undefined`, or why it is not JSON data. */
export function readData(value: unknown): Data {
  if (value === undefined) return { value };
  const admitted = admit(anyJson.read, value, reading);
  return admitted.ok ? { value: admitted.value } : { problem: formatProblems(admitted.problems) };
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Returns a plugin's variables in order of their names, or a fault if two set the same key. */
function readEnvironment(sources: ConfigSources): Variables | { readonly fault: string } {
  const { env = {}, schema } = sources;
  const keys = schema && knownKeys(schema);
  const variables = new Map<string, { readonly variable: string; readonly value: string }>();
  for (const variable of Object.keys(env).sort()) {
    const value = env[variable];
    const suffix = suffixOf(sources, variable);
    if (suffix === undefined || typeof value !== "string") continue;
    const key = keyFor(suffix, keys);
    const other = variables.get(key);
    if (other !== undefined) {
      const both = `${inText(other.variable)} and ${inText(variable)}`;
      return { fault: `the variables ${both} set the same key` };
    }
    variables.set(key, { variable, value });
  }
  return variables;
}

/** The host's own settings in the environment, without its prefix. They belong to no plugin. */
export const hostSettings = [
  "PLUGIN_SIGNING_REQUIRED",
  "PLUGIN_UNSIGNED_ACK",
  "PLUGIN_TRUSTED_PUBLISHERS",
  "PLUGIN_TRUST_OVERRIDE_PUBLISHERS",
  "PLUGIN_PUBLISHER_KEYS",
  "PLUGIN_SIGSTORE_TRUSTED_ROOT",
  "PLUGIN_SIGSTORE_ISSUER",
  "PLUGIN_AUTO_DISCOVERY_ENABLED",
  "PLUGIN_MODE",
  "PLUGIN_HOST",
  "PLUGIN_CATALOG",
] as const;

/** The name of a setting, without the prefix. */
export type HostSetting = (typeof hostSettings)[number];

/** Returns the part of a variable that names a key, if the variable belongs to the plugin. */
function suffixOf({ plugin, names, prefix }: ConfigSources, variable: string): string | undefined {
  const begin = `${prefix}PLUGIN_`;
  if (!variable.startsWith(begin)) return undefined;
  if (hostSettings.some((name) => variable === `${prefix}${name}`)) return undefined;
  const rest = variable.slice(begin.length);
  let owner = "";
  for (const name of [plugin, ...names]) {
    const inVariable = name.toUpperCase().replaceAll("-", "_");
    if (name.length > owner.length && rest.startsWith(`${inVariable}_`)) owner = name;
  }
  const suffix = rest.slice(owner.length + 1);
  return owner === plugin && suffix !== "" ? suffix : undefined;
}

/** Quotes the name of a variable for a message. It is longer than most names. */
function inText(variable: string): string {
  return quoteName(variable, 200);
}

/** Returns the schema's key that differs only in case and underscores, or else the lower case. */
function keyFor(suffix: string, keys: readonly string[] | undefined): string {
  const plain = folded(suffix);
  const fitting = (keys ?? []).filter((key) => folded(key) === plain);
  const lower = suffix.toLowerCase();
  // If several match, prefer the one that differs only in case.
  return fitting.find((key) => key.toLowerCase() === lower) ?? fitting[0] ?? lower;
}

function folded(text: string): string {
  return text.replaceAll("_", "").toLowerCase();
}
