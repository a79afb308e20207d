/**
 * A plugin's manifest for another copy of this library: a plugin package may bring its own. Whoever
 * takes it reads and checks it as any manifest.
 */
import { sharedNotes } from "../data/index.ts";
import type { ReadManifest } from "./read-manifest.ts";
import type { Plugin } from "./types.ts";

/** Beside the plugins and not on them: who walks over a plugin finds no handler. */
const manifests = sharedNotes("manifests");

/** Keeps a plugin's manifest where other copies find it. */
export function carryManifest(plugin: object, manifest: ReadManifest): void {
  manifests.set(plugin, portable(manifest));
}

/** The manifest that a copy of this library gave a plugin; `undefined` for anything else. */
export const manifestCarriedBy: (value: unknown) => unknown = manifests.get;

/** As `definePlugin` takes it. Its parts are those that were read, so no getter is asked again. */
function portable({ hooks, healthCheck, configSchema, ...fields }: ReadManifest): object {
  const entries = hooks.map(({ hook, handler, extensions, settings }) => [
    hook,
    Object.freeze({ handler, extensions, ...settings }),
  ]);
  return Object.freeze({
    ...withoutMissing(fields),
    hooks: Object.freeze(Object.fromEntries(entries)),
    ...withoutMissing({ healthCheck, configSchema: configSchema?.schema }),
  });
}

function withoutMissing(fields: object): Partial<Plugin> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
