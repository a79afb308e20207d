/** A plugin's configuration: put together, held against its schema, frozen. */

import { extensionsLimits, intrinsics, writeText } from "../data/index.ts";
import { formatPath, formatProblems } from "../errors/index.ts";
import { type Needles, needlesOf, withoutParts } from "../observe/index.ts";
import { admit, compileSchema, jsonValue } from "../schema/index.ts";
import {
  type Environment,
  type FromEnvironment,
  inText,
  readEnvironment,
} from "./config-environment.ts";
import { faultsOf, joined, nameOf, placeOf } from "./config-faults.ts";
import { ask, knownKeys, type ReadSchema, unknownKeys } from "./config-schema.ts";
import { orClause } from "./near.ts";
import { quoteName } from "./read-plain.ts";
import { secretsOf } from "./secrets.ts";

const { create, freeze, hasOwn, isArray, parseJson } = intrinsics;

/** The sources of one plugin's configuration. */
interface ConfigSources {
  readonly plugin: string;
  /** The names of all plugins of the host. */
  readonly names: readonly string[];
  readonly schema: ReadSchema | undefined;
  /** The host's section for the plugin. */
  readonly section: Data;
  /** What the operator sets with the plugin. It overrides the section. */
  readonly item: Data;
  /** Overrides both, key by key. */
  readonly env: Environment | undefined;
  /** In front of environment variables: `GLASSINE_`. */
  readonly prefix: string;
}

/** A configuration to hand out, or why there is none. */
type ReadConfig =
  | {
      /** Frozen JSON data; `undefined` where none was given. */
      readonly config: unknown;
      readonly warnings: readonly string[];
      /** The strings and long numbers of the configuration, to be kept out of records and logs. */
      readonly secrets: readonly string[];
    }
  | { readonly fault: string };

/**
 * Reads a configuration. Without a schema it is handed out as given, with a warning unless all of it
 * was set with the plugin, where the operator sees both. A schema gets an object, empty
 * where nothing was given, and answers at once with JSON data. What a fault says names keys and what
 * was expected; values are taken out of whatever the schema adds.
 */
export function readConfig(sources: ConfigSources): ReadConfig {
  const { plugin, schema } = sources;
  const merged = mergedOf(sources);
  if ("fault" in merged) return failed(plugin, merged.fault, needlesOf([]));
  const { given, variables, isFromAfar } = merged;
  if (schema === undefined) {
    const text = `plugin ${quoteName(plugin)} has configuration but no configSchema`;
    const warnings = isFromAfar ? [text] : [];
    return { config: given, warnings, secrets: secretsOf(given) };
  }
  const wanting = given === undefined ? {} : given;
  const values = secretsOf(given);
  const secrets = needlesOf(values);
  const unknown = unknownKeys(schema, wanting);
  const faults = unknown.map(({ path, key, known }) => {
    const from = path.length === 0 ? variables.get(key) : undefined;
    const place = path.length === 0 ? "" : `${placeOf(path, secrets)}: `;
    return `${place}unknown key ${nameOf(key, secrets)}${from === undefined ? "" : ` of the variable ${inText(from)}`}${orClause(key, known)}`;
  });
  const reported = new Set(unknown.map(({ path }) => formatPath(path)));
  // A copy of its own: some schemas change what they are handed.
  const answer = ask(schema, parseJson(writeText(wanting)));
  if (answer.kind === "breach") faults.push(answer.text);
  if (answer.kind === "error")
    faults.push(...faultsOf(answer.error, { config: wanting, secrets, reported }));
  if (answer.kind !== "value") return failed(plugin, joined(faults), secrets);
  const read = readData(answer.value);
  if ("problem" in read)
    faults.push(`configSchema returned a value that is not JSON data: ${read.problem}`);
  else if (read.value === undefined)
    faults.push("configSchema returned nothing; expected JSON data");
  if ("problem" in read || faults.length > 0) return failed(plugin, joined(faults), secrets);
  const ofAll = new Set([...values, ...secretsOf(madeOf(read.value, wanting))]);
  return { config: read.value, warnings: [], secrets: [...ofAll] };
}

/** The sentences are ours: a short value is a word of them. */
function failed(plugin: string, detail: string, secrets: Needles): ReadConfig {
  const safe = withoutParts(detail, secrets);
  return { fault: `plugin ${quoteName(plugin)} failed config validation: ${safe}` };
}

/** What a schema made of the given keys; its defaults are not secrets. */
function madeOf(value: unknown, given: unknown): unknown {
  if (!isRecord(value) || !isRecord(given)) return value;
  return Object.entries(value)
    .filter(([key]) => hasOwn(given, key))
    .map(([, item]) => item);
}

type Merged =
  | {
      readonly given: unknown;
      /** The variables of the environment, by key. */
      readonly variables: ReadonlyMap<string, string>;
      /** Whether any key was set elsewhere than with the plugin. */
      readonly isFromAfar: boolean;
    }
  | { readonly fault: string };

function mergedOf(sources: ConfigSources): Merged {
  const { plugin, names, schema, env, prefix } = sources;
  const { section, item } = sources;
  if ("problem" in section) return { fault: `the section is not JSON data: ${section.problem}` };
  if ("problem" in item) return { fault: `its config is not JSON data: ${item.problem}` };
  const keys = schema === undefined ? undefined : knownKeys(schema);
  const fromEnv =
    env === undefined ? { values: [] } : readEnvironment({ plugin, names, env, prefix, keys });
  if ("fault" in fromEnv) return fromEnv;
  const variables = new Map(fromEnv.values.map(({ key, variable }) => [key, variable]));
  if (section.value !== undefined && !isRecord(section.value))
    return { fault: "the section must be an object" };
  const isFromAfar = variables.size > 0 || Object.keys(section.value ?? {}).length > 0;
  if (section.value === undefined && !isFromAfar)
    return { given: item.value, variables, isFromAfar };
  if (item.value !== undefined && !isRecord(item.value))
    return { fault: "its config must be an object, to go over what is configured elsewhere" };
  const whole = readData(over(section.value, item.value, fromEnv.values));
  if ("problem" in whole) return { fault: `it is not JSON data: ${whole.problem}` };
  return { given: whole.value, variables, isFromAfar };
}

/** One record of all, the later over the earlier. Without a prototype: its keys are data. */
function over(
  section: object | undefined,
  item: object | undefined,
  values: readonly FromEnvironment[],
): object {
  const record: Record<string, unknown> = create(null);
  for (const source of [section, item]) {
    for (const [key, value] of Object.entries(source ?? {})) record[key] = value;
  }
  for (const { key, value } of values) record[key] = value;
  return freeze(record);
}

const anyJson = compileSchema(jsonValue(), { closed: true, shownWhole: true });
const reading = {
  // A key `__proto__` is refused, whoever set it.
  origin: "plugin",
  limits: extensionsLimits,
  shapeCode: "options_invalid",
  strict: true,
  previous: undefined,
  partial: false,
} as const;

/** JSON data, or why a value is not. */
export type Data = { readonly value: unknown } | { readonly problem: string };

/** A frozen copy of JSON data, `undefined` for nothing, or why it is not JSON data. */
export function readData(value: unknown): Data {
  if (value === undefined) return { value };
  const admitted = admit(anyJson, value, reading);
  return admitted.ok ? { value: admitted.value } : { problem: formatProblems(admitted.problems) };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !isArray(value);
}
