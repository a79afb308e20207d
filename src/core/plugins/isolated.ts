/** Plugins whose code runs in its own thread or process. */
import { append, createStamp, newList } from "../data/intrinsics.ts";
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

const isolations = createStamp<Isolation>();

/** Marks a plugin as isolated, so that the manager reports that, and ends its code on closing. */
export const markIsolated: (plugin: Plugin, isolation: Isolation) => Plugin = isolations.put;

/** Returns how a plugin is isolated; `undefined` if its code runs in the host. */
export const isolationOf: (plugin: unknown) => Isolation | undefined = isolations.of;

/** Ends the code of the isolated plugins among these, all at once. Never throws. */
export async function endIsolated(plugins: readonly unknown[]): Promise<void> {
  const closing = newList<unknown>();
  // By index, because a plugin in the host may have patched the array iterator.
  for (let i = 0; i < plugins.length; i++) append(closing, isolationOf(plugins[i])?.close());
  for (let i = 0; i < closing.length; i++) await closing[i];
}
