/** What capabilities and hooks let a plugin do, in words that need no documentation. */

import type { StreamMode } from "../../core/hooks/index.ts";
import { tablesOf } from "../../core/host/index.ts";
import { describePermissions, highImpact, standardTables } from "../discovery/index.ts";
import type { LockedFacts, PluginFacts } from "./reports.ts";

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

/** When the text of a streamed message is forwarded, given what a plugin on the hook needs to see. */
export function streamWords(hook: string, stream: StreamMode): string {
  if (typeof stream === "object") {
    const held = `all but its last ${stream.window} UTF-16 units`;
    return `On ${hook}, text of a streamed message is forwarded once the plugin has judged it, ${held}.`;
  }
  return `On ${hook}, text of a streamed message is forwarded ${streamTimes[stream]}.`;
}

const streamTimes: Readonly<Record<Extract<StreamMode, string>, string>> = {
  buffer: "when the plugin has judged the whole message",
  sentence: "sentence by sentence, once the plugin has judged it",
  pass: "before the plugin judges it, which it does at the end",
};

/** What a plugin asks for and who signed it, as far as that is known. */
interface Terms {
  readonly capabilities?: readonly string[] | null | undefined;
  readonly hooks?: readonly string[] | null | undefined;
  readonly signer?: string | null | undefined;
}

/** How the terms of a plugin differ from those on which it was trusted, as documents have it. */
export function changesSince(was: Terms | null, now: Terms) {
  return {
    permission_change: namesChange(was?.capabilities, now.capabilities),
    hook_change: namesChange(was?.hooks, now.hooks),
    signer_change:
      was?.signer && now.signer && was.signer !== now.signer
        ? { was: was.signer, now: now.signer }
        : null,
  };
}

/** Those of the entry of a plugin in the lockfile. */
export function trustedTerms(facts: PluginFacts): Terms {
  const { granted_capabilities: capabilities, granted_hooks: hooks, trusted_signer } = facts;
  return { capabilities, hooks, signer: trusted_signer };
}

/** Nothing has changed where one of the two is not known. */
function namesChange(granted: Terms["hooks"], asked: Terms["hooks"]) {
  return {
    added: granted ? (asked ?? []).filter((name) => !granted.includes(name)).sort() : [],
    removed: asked ? (granted ?? []).filter((name) => !asked.includes(name)).sort() : [],
  };
}

/** A package that a plugin needs. */
type Needed = LockedFacts["dependencies"][number];

/**
 * What a plugin needs otherwise than when it was trusted. A package has `changed` where the one
 * copy of its name is another now.
 */
export function dependencyChange(was: readonly Needed[], now: readonly Needed[]) {
  const isIn = (all: readonly Needed[], one: Needed) =>
    all.some(
      ({ name, version, hash }) =>
        name === one.name && version === one.version && hash === one.hash,
    );
  const came = now.filter((each) => !isIn(was, each));
  const went = was.filter((each) => !isIn(now, each));
  const named = (all: readonly Needed[], name: string) => all.filter((each) => each.name === name);
  const changed = came.flatMap((each) => {
    const [gone, ...more] = named(went, each.name);
    const isAlone = more.length === 0 && named(came, each.name).length === 1;
    return gone === undefined || !isAlone ? [] : [{ was: gone, now: each }];
  });
  return {
    changed,
    added: came.filter((each) => !changed.some((pair) => pair.now === each)),
    removed: went.filter((each) => !changed.some((pair) => pair.was === each)),
  };
}

/** Whom a sentence names as the signer. */
export function signerName(signer: string): string {
  return signer === "unsigned" ? "nobody" : signer;
}
