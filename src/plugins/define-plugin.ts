import { createStamp } from "../admit/index.ts";
import { type ReadManifest, readManifest, type Surface } from "./read-manifest.ts";
import type { Plugin } from "./types.ts";

/** What was read of a plugin, and against which host. Only the manager asks for it. */
export interface Definition {
  readonly surface: Surface;
  readonly manifest: ReadManifest;
}

const definitions = createStamp<Definition>();

/** What a plugin was defined as, or `undefined` for anything `definePlugin` did not make. */
export const definitionOf: (value: unknown) => Definition | undefined = definitions.of;

export function definePluginFor(surface: Surface, input: unknown): Plugin {
  const manifest = readManifest(surface, input);
  const plugin: Plugin = {
    name: manifest.name,
    version: manifest.version,
    description: manifest.description,
    capabilities: manifest.capabilities,
    hooks: Object.freeze(manifest.hooks.map(({ hook }) => hook).sort()),
    dependsOn: manifest.dependsOn,
  };
  return Object.freeze(definitions.put(plugin, { surface, manifest }));
}
