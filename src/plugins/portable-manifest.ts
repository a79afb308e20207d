/**
 * A plugin's manifest for another copy of this library: a plugin package may bring its own. Whoever
 * takes it reads and checks it as any manifest.
 */
import type { ReadManifest } from "./read-manifest.ts";
import type { Plugin } from "./types.ts";

/** Registered, so that all copies in a process share it. */
const manifestKey: unique symbol = Symbol.for("glassine.manifest") as never;

/** Has the plugin carry its manifest, out of sight of whoever lists its properties. */
export function carryManifest<P extends object>(plugin: P, manifest: ReadManifest): P {
  return Object.defineProperty(plugin, manifestKey, { value: portable(manifest) });
}

/** The manifest that a copy of this library gave a plugin; `undefined` for anything else. */
export function manifestCarriedBy(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  try {
    return Object.getOwnPropertyDescriptor(value, manifestKey)?.value;
  } catch {
    return undefined;
  }
}

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
