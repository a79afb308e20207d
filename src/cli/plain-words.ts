/** What a capability lets a plugin do, in words that need no documentation beside them. */
import { describePermissions, highImpact, standardTables } from "../discovery/index.ts";
import { tablesOf } from "../host/index.ts";

/** The words for what a host knows. */
export interface Words {
  /** What a capability permits, in a sentence or two. */
  readonly of: (capability: string) => string;
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
