/** `plugins search`, `enable` and `disable`: the documents and the lines. */
import { type CatalogEntry, installCommand } from "../catalog.ts";
import type { NamedHost } from "../command-host.ts";
import type { Documents } from "../documents.ts";
import { texts } from "../texts.ts";
import { say } from "./printable.ts";

/** The document of `search --json`: a row for each hit. */
export function searchDocument(
  hits: readonly CatalogEntry[],
  { installRange }: NamedHost,
): Documents["search"] {
  return hits.map((entry) => ({
    ...{ slug: entry.slug, package: entry.package, env_var: entry.env_var, summary: entry.summary },
    install_command: installCommand(entry, installRange),
    enable_command: enableCommand(entry),
  }));
}

/** The lines of `search`. */
export function searchLines(
  query: string,
  hits: readonly CatalogEntry[],
  { installRange, catalogUrl }: NamedHost,
): readonly string[] {
  if (hits.length === 0) return [texts.noMatches(query, catalogUrl)];
  return hits.flatMap((entry) => [
    say`${entry.package} - ${entry.summary}`,
    say`  install: ${installCommand(entry, installRange)}`,
    say`  enable: ${enableCommand(entry) ?? texts.noVariable(entry.package)}`,
  ]);
}

/** What `enable` and `disable` print, line by line. */
export function enableLines(entry: CatalogEntry, host: NamedHost): readonly string[] {
  return [
    installCommand(entry, host.installRange),
    enableCommand(entry) ?? texts.noVariable(entry.package),
    texts.restartAfterEnable(host.hostName),
  ];
}

export function disableLines(entry: CatalogEntry, host: NamedHost): readonly string[] {
  const { env_var: variable } = entry;
  return [
    variable === null ? texts.noVariable(entry.package) : `unset ${variable}`,
    texts.restartAfterDisable(host.hostName),
  ];
}

/** The document of `enable --json` and `disable --json`. */
export function enableDocument(
  action: "enable" | "disable",
  entry: CatalogEntry,
  host: NamedHost,
): Documents["enable"] {
  const lines = action === "enable" ? enableLines(entry, host) : disableLines(entry, host);
  return {
    action,
    ...{ slug: entry.slug, package: entry.package, env_var: entry.env_var },
    commands: lines.slice(0, -1).filter((line) => !line.startsWith("#")),
    note: lines.at(-1) ?? "",
  };
}

function enableCommand({ env_var: variable }: CatalogEntry): string | null {
  return variable === null ? null : `export ${variable}=1`;
}
