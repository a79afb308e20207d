/** What capabilities and hooks let a plugin do, in words that need no documentation beside them. */
import { describePermissions, highImpact, standardTables } from "../discovery/index.ts";
import { tablesOf } from "../host/index.ts";

/** The words for what a host knows. */
export interface Words {
  /** What a capability permits, in a sentence or two. */
  readonly of: (capability: string) => string;
  /** What is called of a plugin that is on a hook, what it sees there and what it may change. */
  readonly ofHook: (hook: string) => string;
  /** What every plugin sees and changes, whatever it asks for. */
  readonly always: readonly string[];
  /** Those that a reviewer looks at first, sorted. */
  readonly highImpact: (capabilities: readonly string[]) => readonly string[];
}

/** Without a host, those of the standard one. */
export function wordsOf(host: object | undefined): Words {
  const tables = tablesOf(host) ?? standardTables;
  return {
    of(capability) {
      const grant = { capabilities: [capability], hooks: [] };
      const { sees, changes, uses, unknown } = describePermissions(tables, grant);
      return [...sees, ...changes, ...uses, ...unknown].join(" ");
    },
    ofHook(hook) {
      const { runsOn, unknown } = describePermissions(tables, { capabilities: [], hooks: [hook] });
      return [...runsOn, ...unknown].join(" ");
    },
    always: describePermissions(tables, { capabilities: [], hooks: [] }).always,
    highImpact: (capabilities) => highImpact(tables, capabilities),
  };
}

/** What came and went between what was granted and what is asked for. */
export function permissionChange(
  granted: readonly string[] | null,
  asked: readonly string[],
): { readonly added: readonly string[]; readonly removed: readonly string[] } {
  if (granted === null) return { added: [], removed: [] };
  return {
    added: asked.filter((name) => !granted.includes(name)).sort(),
    removed: granted.filter((name) => !asked.includes(name)).sort(),
  };
}
