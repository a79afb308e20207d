/** Managers over the slot tables under test. */
import { standardHooks } from "../../src/core/hooks/index.ts";
import {
  type AnyManager,
  createManager,
  definePluginFor,
  type Plugin,
  standardProfile,
} from "../../src/core/plugins/index.ts";
import type { World } from "./tables.ts";

/** `definePlugin` and `createPluginManager` of a world. */
export function functionsOf({ slots }: World) {
  const surface = { slots, hooks: standardHooks, services: {}, profile: standardProfile };
  return {
    definePlugin: (manifest: unknown): Plugin => definePluginFor(surface, manifest),
    createPluginManager: (options: unknown): Promise<AnyManager> => createManager(surface, options),
  };
}
