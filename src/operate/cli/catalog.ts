/**
 * The catalog of plugins for `search`, `enable` and `doctor`. Hosts or operators supply it; this
 * package ships none.
 */
import { isRecord } from "../../core/data/index.ts";
import { optionsInvalid } from "../../core/errors/index.ts";
import type { Environment } from "../../core/plugins/index.ts";
import { readJsonFile } from "../packages/index.ts";
import { printable } from "./print/printable.ts";

/** A plugin of a catalog. */
export interface CatalogEntry {
  readonly slug: string;
  /** The name of its package. */
  readonly package: string;
  /** The environment variable that enables it; null if the host's code does. */
  readonly env_var: string | null;
  /** One sentence. */
  readonly summary: string;
}

const maxBytes = 1024 * 1024;
const fields: readonly string[] = ["slug", "package", "env_var", "summary"];
const slugPattern = /^[a-z0-9][a-z0-9._-]{0,213}$/;
/** The package names that npm accepts today. */
const packagePattern = /^(?:@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]{0,213}$/;
/** Strict, because the name is printed into shell commands. */
const variablePattern = /^[A-Z_][A-Z0-9_]{0,127}$/;
const yes: readonly string[] = ["1", "true", "yes", "on"];

/**
 * `setting` is where the path comes from, if it is not an option.
 *
 * @throws GlassineError `options_invalid`, naming the file and each row at fault
 */
export async function readCatalogFile(
  path: string,
  setting: string,
): Promise<readonly CatalogEntry[]> {
  const where = `The catalog ${printable(path)}${setting}`;
  const file = await readJsonFile(path, { maxBytes, followLinks: true });
  if ("fault" in file) throw optionsInvalid(`${where} ${file.fault}.`);
  return readCatalog(file.value, where);
}

/** @throws GlassineError `options_invalid` */
export function readCatalog(value: unknown, where: string): readonly CatalogEntry[] {
  if (!Array.isArray(value)) throw optionsInvalid(`${where} is not a list of plugins.`);
  const problems = value.flatMap((row: unknown, at) => {
    const fault = faultOf(row, value.slice(0, at) as readonly unknown[]);
    return fault === undefined ? [] : [`row ${at + 1}: ${fault}`];
  });
  if (problems.length > 0) throw optionsInvalid(`${where} is not valid: ${problems.join("; ")}.`);
  return value as readonly CatalogEntry[];
}

function faultOf(row: unknown, before: readonly unknown[]): string | undefined {
  if (!isRecord(row)) return "not an object";
  const unknown = Object.keys(row).find((key) => !fields.includes(key));
  if (unknown !== undefined) return `unknown field ${printable(unknown)}`;
  const { slug, package: name, env_var: variable, summary } = row;
  if (!isText(slug, slugPattern)) return "slug is not a name";
  if (!isText(name, packagePattern)) return "package is not the name of a package";
  if (variable !== null && !isText(variable, variablePattern))
    return "env_var is neither the name of a variable nor null";
  if (!isText(summary, /\S/)) return "summary is empty";
  const twin = (before as readonly Partial<CatalogEntry>[]).some(
    (other) => other?.slug === slug || other?.package === name,
  );
  return twin ? "slug or package is there twice" : undefined;
}

function isText(value: unknown, pattern: RegExp): value is string {
  return typeof value === "string" && pattern.test(value);
}

/** Finds an entry by slug or package, with or without the prefix `HOST-plugin-`. */
export function entryOf(
  catalog: readonly CatalogEntry[],
  name: string,
  hostName: string,
): CatalogEntry | undefined {
  const prefix = `${hostName}-plugin-`;
  const short = (text: string) => (text.startsWith(prefix) ? text.slice(prefix.length) : text);
  return (
    catalog.find(({ slug }) => slug === name) ??
    catalog.find((entry) => entry.package === name) ??
    catalog.find((entry) => [entry.slug, entry.package].some((each) => short(each) === short(name)))
  );
}

/** Returns the entries whose slug, package or summary contains `query`, ignoring case. */
export function matching(catalog: readonly CatalogEntry[], query: string): readonly CatalogEntry[] {
  const wanted = query.toLowerCase();
  return catalog.filter((entry) =>
    [entry.slug, entry.package, entry.summary].some((text) => text.toLowerCase().includes(wanted)),
  );
}

/** Whether an entry's variable is on; `undefined` if there is none. */
export function isEnabled(entry: CatalogEntry | undefined, env: Environment) {
  const variable = entry?.env_var ?? null;
  if (variable === null) return undefined;
  return yes.includes((env[variable] ?? "").trim().toLowerCase());
}

/** Quotes `text`, if needed, as one word of a shell command. */
function shellQuoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The command that installs an entry. */
export function installCommand(entry: CatalogEntry, range: string): string {
  return `npm install ${shellQuoted(`${entry.package}@${range}`)}`;
}

/** The command that enables an entry; null if no variable switches it. */
export function enableCommand({ env_var: variable }: CatalogEntry): string | null {
  return variable === null ? null : `export ${variable}=1`;
}

/** Printed instead of a command that enables or disables the plugin. */
export function noVariable({ package: name }: CatalogEntry): string {
  return `# no enable variable: ${name} is enabled by the host application`;
}
