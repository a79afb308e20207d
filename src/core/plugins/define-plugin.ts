import { sharedNotes } from "../data/index.ts";
import { createStamp } from "../data/intrinsics.ts";
import type { Surface } from "./profile.ts";
import { type ReadManifest, readManifest } from "./read-manifest.ts";
import { withoutMissing } from "./read-plain.ts";
import type { Plugin } from "./types.ts";

/** What was read from a plugin's manifest, and for which host. */
export interface Definition {
  readonly plugin: Plugin;
  readonly surface: Surface;
  readonly manifest: ReadManifest;
  /** Unique in the process. Keys private state, because anyone can take a plugin's name. */
  readonly id: number;
}

const definitions = createStamp<Definition>();

/** Returns the definition of a plugin; `undefined` for anything `definePlugin` did not make. */
export const definitionOf: (value: unknown) => Definition | undefined = definitions.of;

/** Kept apart from the plugins, so that code that walks over a plugin finds no handler. */
const manifests = sharedNotes("manifests");

/**
 * Returns the manifest of a plugin that any copy of this library made; `undefined` for anything
 * else. A plugin package may bring its own copy. The caller must read and check the manifest again.
 */
export const manifestCarriedBy: (value: unknown) => unknown = manifests.get;

let lastId = 0;

export function definePluginFor(surface: Surface, input: unknown): Plugin {
  return definitionFrom(surface, input).plugin;
}

export function definitionFrom(surface: Surface, input: unknown): Definition {
  const manifest = readManifest(surface, input);
  lastId += 1;
  const plugin: Plugin = {
    name: manifest.name,
    version: manifest.version,
    description: manifest.description,
    requiresHost: manifest.requiresHost,
    capabilities: manifest.capabilities,
    asyncSafe: manifest.asyncSafe,
    hooks: Object.freeze(manifest.hooks.map(({ hook }) => hook).sort()),
    dependsOn: manifest.dependsOn,
  };
  manifests.set(plugin, portable(manifest));
  const definition = { plugin, surface, manifest, id: lastId };
  Object.freeze(definitions.put(plugin, definition));
  return definition;
}

/** The manifest for `definePlugin`, made of what was read, so that no getter runs again. */
function portable({ hooks, configSchema, ...fields }: ReadManifest): object {
  const entries = hooks.map(({ hook, handler, extensions, settings }) => [
    hook,
    Object.freeze({ handler, extensions, ...settings }),
  ]);
  return Object.freeze({
    ...withoutMissing({ ...fields, configSchema: configSchema?.schema }),
    hooks: Object.freeze(Object.fromEntries(entries)),
  });
}
