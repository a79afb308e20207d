/** Plugins whose code runs in its own thread or process. */
import { append, forEach, newList, weakGet, weakSet } from "../data/intrinsics.ts";
import { optionsInvalid, quoteName } from "../errors/index.ts";
import type { Plugin } from "./types.ts";

/** Where the code of a plugin runs, for the manager. */
export interface Isolation {
  /** `worker`, `process` and the like. */
  readonly kind: string;
  /** What its code can do although its kind should prevent that. An operator accepted it. */
  readonly open: readonly string[];
  /** The configuration that its code was started with, which no log or record may contain. */
  readonly config: unknown;
  readonly close: () => Promise<void>;
}

/** An isolation, and whether a manager can still take the plugin. */
interface Noted extends Isolation {
  use: "free" | "taken" | "closed";
}

/** Not a stamp on the plugin, which is frozen when it is marked. */
const isolations = new WeakMap<object, Noted>();

/** Marks a plugin as isolated, so that the manager reports that, and ends its code on closing. */
export function markIsolated(plugin: Plugin, { kind, open, close, config }: Isolation): Plugin {
  const own: Noted = {
    kind,
    open,
    config,
    use: "free",
    close: () => {
      own.use = "closed";
      return close();
    },
  };
  weakSet(isolations, plugin, own);
  return plugin;
}

/** Returns how a plugin is isolated; `undefined` if its code runs in the host. */
export function isolationOf(plugin: unknown): Isolation | undefined {
  return weakGet(isolations, plugin as object);
}

/**
 * Refuses an isolated plugin that a manager already has, or whose code was ended: when the other
 * manager closes, all its turns would fail.
 *
 * @throws GlassineError `options_invalid`
 */
export function expectFree(plugin: Plugin): void {
  const use = weakGet(isolations, plugin)?.use ?? "free";
  if (use === "free") return;
  const why = use === "taken" ? "belongs to another manager" : "was closed";
  throw optionsInvalid(
    `plugin ${quoteName(plugin.name)} is isolated and ${why}. Start another instance for this manager, with isolatePlugin or with what started this one.`,
  );
}

/**
 * Makes a manager the owner of the isolated plugins among these: all of them, or none.
 *
 * @throws GlassineError `options_invalid`
 */
export function takeIsolated(plugins: readonly Plugin[]): void {
  forEach(plugins, expectFree);
  forEach(plugins, (plugin) => {
    const isolation = weakGet(isolations, plugin);
    if (isolation !== undefined) isolation.use = "taken";
  });
}

/** Ends the code of the isolated plugins among these, all at once. Never throws. */
export async function endIsolated(plugins: readonly unknown[]): Promise<void> {
  const closing = newList<unknown>();
  // By index, because a plugin in the host may have patched the array iterator.
  for (let i = 0; i < plugins.length; i++) append(closing, isolationOf(plugins[i])?.close());
  for (let i = 0; i < closing.length; i++) await closing[i];
}
