/** What capabilities and hooks let a plugin do, in words that need no documentation beside them. */

import { tablesOf } from "../../core/host/index.ts";
import { describePermissions, highImpact, standardTables } from "../discovery/index.ts";

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

/** Names that came or went since a plugin was trusted. */
export interface NamesChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Another signer than when the plugin was trusted. */
export interface SignerChange {
  readonly was: string;
  readonly now: string;
}

/** What came and went between what was granted and what is asked for, where both are known. */
export function permissionChange(
  granted: readonly string[] | null,
  asked: readonly string[] | null,
): NamesChange {
  if (granted === null || asked === null) return { added: [], removed: [] };
  return {
    added: asked.filter((name) => !granted.includes(name)).sort(),
    removed: granted.filter((name) => !asked.includes(name)).sort(),
  };
}

/** A package that a plugin needs, as the lockfile has it. */
interface Needed {
  readonly name: string;
  readonly version: string;
  readonly hash: string;
}

/** What a plugin needs otherwise than when it was trusted. */
export interface DependencyChange {
  /** The one copy of a name that is another now. */
  readonly changed: readonly { readonly was: Needed; readonly now: Needed }[];
  readonly added: readonly Needed[];
  readonly removed: readonly Needed[];
}

/** Copies of one name pair up where one came and one went. */
export function dependencyChange(was: readonly Needed[], now: readonly Needed[]): DependencyChange {
  const isIn = (all: readonly Needed[], one: Needed) =>
    all.some(
      ({ name, version, hash }) =>
        name === one.name && version === one.version && hash === one.hash,
    );
  const came = now.filter((each) => !isIn(was, each));
  const went = was.filter((each) => !isIn(now, each));
  const pairs = came.flatMap((each) => {
    const [gone, ...more] = went.filter(({ name }) => name === each.name);
    const isAlone = came.filter(({ name }) => name === each.name).length === 1;
    return gone === undefined || more.length > 0 || !isAlone ? [] : [{ was: gone, now: each }];
  });
  return {
    changed: pairs,
    added: came.filter((each) => !pairs.some((pair) => pair.now === each)),
    removed: went.filter((each) => !pairs.some((pair) => pair.was === each)),
  };
}

/** Whom a sentence names as the signer. */
export function signerName(signer: string): string {
  return signer === "unsigned" ? "nobody" : signer;
}

/** Who signed it then and now, where both are known and differ. */
export function signerChange(was: string | null, now: string | null): SignerChange | null {
  return was === null || now === null || was === now ? null : { was, now };
}
