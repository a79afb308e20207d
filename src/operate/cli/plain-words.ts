/** What capabilities and hooks let a plugin do, in words that need no documentation. */

import type { StreamMode } from "../../core/hooks/index.ts";
import { tablesOf } from "../../core/host/index.ts";
import { describePermissions, highImpact, standardTables } from "../discovery/index.ts";
import { listed } from "./print/printable.ts";
import { texts } from "./texts.ts";

export type Words = ReturnType<typeof wordsOf>;

/** Descriptions for a host's capabilities and hooks; without a host, for the standard one's. */
export function wordsOf(host: object | undefined) {
  const tables = tablesOf(host) ?? standardTables;
  return {
    /** What a capability permits, in a sentence or two. */
    of(capability: string): string {
      const grant = { capabilities: [capability], hooks: [] };
      const { sees, changes, uses, unknown } = describePermissions(tables, grant);
      return [...sees, ...changes, ...uses, ...unknown].join(" ");
    },
    /** When a plugin on the hook runs, what it sees there and what it may change. */
    ofHook(hook: string): string {
      const { runsOn, unknown } = describePermissions(tables, { capabilities: [], hooks: [hook] });
      return [...runsOn, ...unknown].join(" ");
    },
    /** What every plugin sees and changes, regardless of what it asks for. */
    always: describePermissions(tables, { capabilities: [], hooks: [] }).always,
    /** The capabilities that a reviewer should look at first, sorted. */
    highImpact: (capabilities: readonly string[]) => highImpact(tables, capabilities),
  };
}

/** Says when the text of a streamed message is forwarded, given what the plugin needs to see. */
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

/** What a plugin asks for and who signed it, as far as known. */
interface Terms {
  readonly capabilities?: readonly string[] | null | undefined;
  readonly hooks?: readonly string[] | null | undefined;
  readonly signer?: string | null | undefined;
}

/** Compares a plugin's terms with those on which it was trusted, in the form that documents use. */
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

/** What `changesSince` found, a phrase each. `alarm` paints all but what the plugin gave up. */
export function changeTexts(
  {
    permission_change: capabilities,
    hook_change: hooks,
    signer_change: signer,
  }: ReturnType<typeof changesSince>,
  alarm: (text: string) => string = String,
): readonly string[] {
  const all = [
    ["asks for", capabilities.added, alarm],
    ["no longer asks for", capabilities.removed, String],
    ["runs on", hooks.added, alarm],
    ["no longer runs on", hooks.removed, String],
  ] as const;
  return [
    ...all.flatMap(([what, names, paint]) =>
      names.length === 0 ? [] : [paint(`${what} ${listed(names)}`)],
    ),
    ...(signer === null ? [] : [alarm(texts.otherSigner(signer))]),
  ];
}

/** The same as a block of lines; none if nothing has changed. */
export function changeLines(
  was: Terms | null,
  now: Terms,
  alarm?: (text: string) => string,
): readonly string[] {
  const lines = changeTexts(changesSince(was, now), alarm).map((text) => `  ${text}`);
  return lines.length === 0 ? [] : ["since it was trusted:", ...lines];
}

/** If one of the two is unknown, nothing counts as changed. */
function namesChange(granted: Terms["hooks"], requested: Terms["hooks"]) {
  return {
    added: granted ? (requested ?? []).filter((name) => !granted.includes(name)).sort() : [],
    removed: requested ? (granted ?? []).filter((name) => !requested.includes(name)).sort() : [],
  };
}
