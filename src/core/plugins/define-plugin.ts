import { createStamp } from "../data/index.ts";
import { carryManifest } from "./portable-manifest.ts";
import { type ReadManifest, readManifest } from "./read-manifest.ts";
import type { Surface } from "./surface.ts";
import type { Plugin } from "./types.ts";

/** What was read of a plugin, and against which host. Only the manager asks for it. */
export interface Definition {
  readonly surface: Surface;
  readonly manifest: ReadManifest;
  /** Unique in the process: private state goes by it, not by the name, which anyone can take. */
  readonly id: number;
}

const definitions = createStamp<Definition>();

/** What a plugin was defined as, or `undefined` for anything `definePlugin` did not make. */
export const definitionOf: (value: unknown) => Definition | undefined = definitions.of;

let lastId = 0;

export function definePluginFor(surface: Surface, input: unknown): Plugin {
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
  carryManifest(plugin, manifest);
  return Object.freeze(definitions.put(plugin, { surface, manifest, id: lastId }));
}
