/** What a plugin asks for now and did not before, and the other way round. */
import { highImpact } from "./high-impact.ts";
import { describePermissions, type PermissionTables } from "./words.ts";

/** What is known of a grant. A list that is not known is not compared. */
export interface KnownGrant {
  readonly capabilities?: readonly string[] | undefined;
  readonly hooks?: readonly string[] | undefined;
}

/** A capability or hook that came or went, with what it means. */
export interface GrantChange {
  readonly what: "capability" | "hook";
  readonly name: string;
  /** Sentences, each on one line. */
  readonly words: readonly string[];
  readonly isHighImpact: boolean;
}

/** Each list sorted, capabilities first. */
export interface GrantChanges {
  readonly added: readonly GrantChange[];
  readonly removed: readonly GrantChange[];
}

/**
 * Compares what was granted with what is asked for now.
 *
 * @example
 * ```ts
 * import { compareGrants, standardTables } from "glassine/node";
 *
 * const before = { capabilities: ["read_labels"] };
 * const after = { capabilities: ["read_labels", "write_headers"] };
 * const { added } = compareGrants(standardTables, before, after);
 * console.log(added.map(({ name }) => name)); // [ 'write_headers' ]
 * console.log(added[0]?.words.at(-1)); // Changes http, but not its method, path, host and scheme.
 * ```
 */
export function compareGrants(
  tables: PermissionTables,
  before: KnownGrant,
  after: KnownGrant,
): GrantChanges {
  const changes = (from: KnownGrant, to: KnownGrant): readonly GrantChange[] => [
    ...beyond(from.capabilities, to.capabilities).map((name) => capability(tables, name)),
    ...beyond(from.hooks, to.hooks).map((name) => hook(tables, name)),
  ];
  return { added: changes(before, after), removed: changes(after, before) };
}

function beyond(
  from: readonly string[] | undefined,
  to: readonly string[] | undefined,
): readonly string[] {
  if (from === undefined || to === undefined) return [];
  return [...new Set(to)].filter((name) => !from.includes(name)).sort();
}

function capability(tables: PermissionTables, name: string): GrantChange {
  const { sees, changes, uses, unknown } = describePermissions(tables, {
    capabilities: [name],
    hooks: [],
  });
  const isHighImpact = highImpact(tables, [name]).length > 0;
  return {
    what: "capability",
    name,
    words: [...sees, ...changes, ...uses, ...unknown],
    isHighImpact,
  };
}

function hook(tables: PermissionTables, name: string): GrantChange {
  const { runsOn, unknown } = describePermissions(tables, { capabilities: [], hooks: [name] });
  return { what: "hook", name, words: [...runsOn, ...unknown], isHighImpact: false };
}
