/** Which migrations a handler may touch. */

/** The fields of a migration that the rule compares. */
interface MigrationEntry {
  readonly plugin_name: string;
  readonly migration_id: number;
  readonly sql: string;
  readonly description: string;
  readonly plugin_version: string;
  readonly backend: string;
}

/**
 * Describes what a handler of `migration_register` did to other plugins' migrations; returns
 * `undefined` if it changed only its own.
 *
 * Every entry of another plugin must stay as it was, and no entry may be added under another name.
 * Other plugins' entries keep their order; a plugin's own entries may be anywhere, and it may
 * change them.
 */
export function keepsMigrations(
  given: readonly MigrationEntry[],
  got: readonly MigrationEntry[],
  plugin: string,
): string | undefined {
  let at = nextOfOthers(given, 0, plugin);
  let to = nextOfOthers(got, 0, plugin);
  for (;;) {
    // Only own elements: an index on `Array.prototype` would hide that an entry was removed.
    const before = at < given.length ? given[at] : undefined;
    const after = to < got.length ? got[to] : undefined;
    if (after === undefined) return before && changeText(plugin, "removed", before);
    if (before === undefined) return changeText(plugin, "added", after);
    if (!isSame(before, after)) return breach(given, got, before, after, plugin);
    at = nextOfOthers(given, at + 1, plugin);
    to = nextOfOthers(got, to + 1, plugin);
  }
}

/** The index of the next entry that is not the plugin's; the length if there is none. */
function nextOfOthers(entries: readonly MigrationEntry[], from: number, plugin: string): number {
  let at = from;
  while (at < entries.length && entries[at]?.plugin_name === plugin) at += 1;
  return at;
}

/** Describes the change if two other plugins' entries at the same place differ. */
function breach(
  given: readonly MigrationEntry[],
  got: readonly MigrationEntry[],
  before: MigrationEntry,
  after: MigrationEntry,
  plugin: string,
): string {
  if (isSameMigration(before, after)) return changeText(plugin, "altered", before);
  if (!has(got, before)) return changeText(plugin, "removed", before);
  if (!has(given, after)) return changeText(plugin, "added", after);
  return changeText(plugin, "moved", before);
}

function has(entries: readonly MigrationEntry[], entry: MigrationEntry): boolean {
  for (let i = 0; i < entries.length; i++) {
    if (isSameMigration(entries[i] as MigrationEntry, entry)) return true;
  }
  return false;
}

/** For each backend, a plugin has one migration with a given number. */
function isSameMigration(a: MigrationEntry, b: MigrationEntry): boolean {
  return (
    a.plugin_name === b.plugin_name && a.migration_id === b.migration_id && a.backend === b.backend
  );
}

function isSame(a: MigrationEntry, b: MigrationEntry): boolean {
  return (
    isSameMigration(a, b) &&
    a.sql === b.sql &&
    a.description === b.description &&
    a.plugin_version === b.plugin_version
  );
}

function changeText(plugin: string, did: string, entry: MigrationEntry): string {
  const owner = JSON.stringify(entry.plugin_name);
  return `${JSON.stringify(plugin)} ${did} migration ${entry.migration_id} of ${owner}; a plugin may change only its own`;
}
