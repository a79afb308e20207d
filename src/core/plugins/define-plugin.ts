import { sharedNotes } from "../data/index.ts";
import { createStamp } from "../data/intrinsics.ts";
import type { Surface } from "./profile.ts";
import { type ReadManifest, readManifest } from "./read-manifest.ts";
import { withoutMissing } from "./read-plain.ts";
import type { Plugin } from "./types.ts";

/** What was read of a plugin, and for which host. */
export interface Definition {
  readonly plugin: Plugin;
  readonly surface: Surface;
  readonly manifest: ReadManifest;
  /** Unique in the process: private state goes by it, not by the name, which anyone can take. */
  readonly id: number;
}

const definitions = createStamp<Definition>();

/** What a plugin was defined as, or `undefined` for anything `definePlugin` did not make. */
export const definitionOf: (value: unknown) => Definition | undefined = definitions.of;

/** Apart from the plugins: whoever walks over a plugin finds no handler. */
const manifests = sharedNotes("manifests");

/**
 * The manifest of a plugin that any copy of this library made; `undefined` for anything else. A
 * plugin package may bring a copy of its own. Whoever takes the manifest reads and checks it again.
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

/** As `definePlugin` takes it. Its parts are those that were read, so no getter runs again. */
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
