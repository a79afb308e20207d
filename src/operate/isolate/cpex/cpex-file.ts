/** Turns a CPEX configuration into plugins of this host. */
import { readFile } from "node:fs/promises";
import { expectOptions, isRecord } from "../../../core/data/index.ts";
import { optionsInvalid, quoted, suggestion } from "../../../core/errors/index.ts";
import type { Conditions } from "../../../core/hooks/index.ts";
import type { RunSettings } from "../../../core/plugins/index.ts";
import { systemCode } from "../../packages/index.ts";
import {
  type CpexHost,
  type CpexHostOptions,
  type CpexPlugin,
  type EnvironmentCheck,
  hostOptionNames,
  openHost,
  type PlannedGuest,
  planGuest,
} from "./cpex-plugin.ts";
import { type GuestEntry, pluginName, type Unsupported } from "./guest.ts";
import { readYaml } from "./python.ts";

export type { PlannedGuest } from "./cpex-plugin.ts";

export interface CpexFileOptions extends CpexHostOptions {
  /** Which of its plugins to run, by the names in the file. Default: all that are not disabled. */
  readonly only?: readonly string[] | undefined;
  /** The value of `env` in the file, which is a Jinja template. Default: empty. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

const optionNames = [...hostOptionNames, "only", "env"];

type Data = Readonly<Record<string, unknown>>;

/**
 * Runs the plugins of a CPEX or ContextForge configuration, each in its own Python process, with
 * the modes, priorities and conditions of the file. Disabled ones are left out.
 *
 * @throws GlassineError (as a rejection) as `cpexPlugin` does; if one plugin does not start, none
 *   runs
 * @see spec `cpex:hooks`
 * @example
 * ```ts
 * import { createPluginManager } from "glassine";
 * import { cpexPlugins } from "glassine/isolate";
 *
 * async function managerFor(python: string) {
 *   const guests = await cpexPlugins("plugins/config.yaml", { python });
 *   return await createPluginManager({ plugins: guests.map(({ plugin }) => plugin) });
 * }
 * ```
 */
export async function cpexPlugins(
  file: string,
  options: CpexFileOptions,
): Promise<readonly CpexPlugin[]> {
  expectOptions(options, optionNames, "cpexPlugins");
  return await startGuests(await planGuests(file, options));
}

/**
 * Reads the plugins of a configuration without running any.
 *
 * @param check as for `openHost`
 * @throws GlassineError (as a rejection) as `cpexPlugin` does
 */
export async function planGuests(
  file: string,
  options: CpexFileOptions,
  check?: EnvironmentCheck,
): Promise<readonly PlannedGuest[]> {
  const host = await openHost(options, check);
  const document = await readConfig(file, host, options.env ?? {});
  const entries = entriesOf(file, document, options.only);
  return await Promise.all(entries.map(async (entry) => await planGuest(host, entry)));
}

/** Starts all of them, or none. @throws GlassineError (as a rejection) as `cpexPlugin` does */
export async function startGuests(guests: readonly PlannedGuest[]): Promise<readonly CpexPlugin[]> {
  const started = await Promise.allSettled(guests.map(async (each) => await each.start()));
  const running = started.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const failed = started.find((each) => each.status === "rejected");
  if (failed === undefined) return running;
  await Promise.all(running.map((each) => each.close()));
  throw failed.reason;
}

async function readConfig(
  file: string,
  { python, options }: CpexHost,
  env: Readonly<Record<string, string>>,
): Promise<Data> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    throw optionsInvalid(`${quoted(file)} cannot be read: ${systemCode(error)}.`);
  });
  const what = quoted(file);
  const { startTimeoutMs: timeoutMs, onOutput } = options;
  const document = await readYaml(python, { text, env }, { what, timeoutMs, onOutput });
  if (isRecord(document)) return document;
  throw optionsInvalid(`${what} expects a mapping with plugins, as a configuration of CPEX.`);
}

/** @throws GlassineError `options_invalid` */
function entriesOf(
  file: string,
  { plugins, plugin_dirs: dirs }: Data,
  only: readonly string[] | undefined,
): readonly GuestEntry[] {
  if (!Array.isArray(plugins))
    throw optionsInvalid(`${quoted(file)} expects a list of plugins under plugins.`);
  const all = plugins.map((entry: unknown, index): RawEntry => {
    const where = `plugins[${index}] of ${quoted(file)}`;
    if (!isRecord(entry)) throw optionsInvalid(`${where} expects a mapping.`);
    return { entry, where, title: stringOf(entry.name, `name in ${where}`) };
  });
  const titles = all.map(({ title }) => title);
  for (const name of only ?? [])
    if (!titles.includes(name))
      throw optionsInvalid(
        `\`only\` names ${quoted(name)}, which is not in ${quoted(file)}.${suggestion(name, titles)}`,
      );
  const isChosen = ({ entry, title }: RawEntry) =>
    entry.mode !== "disabled" && (only?.includes(title) ?? true);
  const chosen = all.filter(isChosen).map(readEntry);
  const names = chosen.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined)
    throw optionsInvalid(
      `${quoted(file)} has two plugins that would be ${quoted(twice)} here. Rename one.`,
    );
  if (!Array.isArray(dirs) || dirs.length === 0) return chosen;
  const lost = setting(
    "plugin_dirs",
    "Code is read from the virtual environment: install it there. A program can pass its folders in the option pluginDirs.",
  );
  return chosen.map((each) => ({ ...each, unsupported: [...each.unsupported, lost] }));
}

const setting = (name: string, why: string): Unsupported => ({ what: "setting", name, why });

/** The former names of CPEX's modes, and what they are called now. */
const olderModes: Readonly<Record<string, Pick<RunSettings, "mode" | "onError">>> = {
  enforce: { mode: "sequential" },
  enforce_ignore_error: { mode: "sequential", onError: "ignore" },
  permissive: { mode: "transform" },
};

/** Fields of an entry that have an effect here, or that are only for people. */
const entryFields = [
  "name",
  "description",
  "author",
  "namespace",
  "version",
  "tags",
  "kind",
  "hooks",
  "mode",
  "on_error",
  "priority",
  "conditions",
  "capabilities",
  "config",
];

/** An entry of a file, where it is, and its name. */
interface RawEntry {
  readonly entry: Data;
  readonly where: string;
  readonly title: string;
}

function readEntry({ entry, where, title }: RawEntry): GuestEntry & { readonly name: string } {
  const kind = stringOf(entry.kind, `kind in ${where}`);
  if (!kind.includes("."))
    throw optionsInvalid(
      `${where} has the kind ${quoted(kind)}, which is not a class. Only plugins in Python run here: leave this one out with \`only\`.`,
    );
  const { version } = entry;
  const hooks = namesOf(entry.hooks ?? [], `hooks in ${where}`);
  const config = entry.config ?? {};
  if (!isRecord(config)) throw optionsInvalid(`config in ${where} must be a mapping.`);
  const { conditions, unsupported } = readConditions(entry.conditions, where);
  const foreign = Object.keys(entry).filter((field) => !entryFields.includes(field));
  return {
    kind,
    title,
    name: pluginName(title),
    settings: { ...settingsIn(entry), conditions },
    version: typeof version === "string" ? version : undefined,
    hooks: hooks.length > 0 ? hooks : undefined,
    capabilities: namesOf(entry.capabilities ?? [], `capabilities in ${where}`),
    config,
    unsupported: [
      ...unsupported,
      ...foreign.map((name) => setting(name, "This host has no such setting.")),
    ],
  };
}

function stringOf(value: unknown, what: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw optionsInvalid(`${what} must be a string.`);
}

function namesOf(value: unknown, what: string): readonly string[] {
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
  throw optionsInvalid(`${what} must be a list of names.`);
}

/**
 * `definePlugin` checks the values. In CPEX a failure ends the call in every mode that it waits for,
 * unless the file says otherwise.
 */
function settingsIn({ mode, on_error: onError, priority }: Data): RunSettings {
  const older = typeof mode === "string" ? olderModes[mode] : undefined;
  const settings = { mode, priority, ...older, onError: onError ?? older?.onError ?? "fail" };
  return settings as RunSettings;
}

const conditionFields: Readonly<Record<string, keyof Conditions>> = {
  server_ids: "servers",
  tenant_ids: "tenants",
  tools: "tools",
  prompts: "prompts",
  resources: "resources",
};

const unmet =
  "This host does not support it, so the plugin also runs where the condition is not met.";

/** Leaves out conditions that are not supported, so that a guard runs too often, not too rarely. */
function readConditions(
  given: unknown,
  where: string,
): { readonly conditions?: Conditions; readonly unsupported: readonly Unsupported[] } {
  const list = given ?? [];
  if (!Array.isArray(list) || !list.every(isRecord))
    throw optionsInvalid(`conditions in ${where} must be a list of mappings.`);
  const [only = {}, another] = list;
  const why = "This host supports only one condition, so the plugin runs on every call.";
  if (another !== undefined) return { unsupported: [setting("conditions", why)] };
  const kept: [string, readonly string[]][] = [];
  const unsupported: Unsupported[] = [];
  for (const [field, value] of Object.entries(only)) {
    if (value === undefined || value === null) continue;
    const kind = conditionFields[field];
    const names = namesOf(value, `conditions.${field} in ${where}`);
    if (names.length === 0) continue;
    // CPEX takes names literally; here `*` is a wildcard.
    if (kind === undefined || names.some((name) => name.includes("*")))
      unsupported.push(setting(`conditions.${field}`, unmet));
    else kept.push([kind, names]);
  }
  return kept.length === 0
    ? { unsupported }
    : { conditions: Object.fromEntries(kept), unsupported };
}
