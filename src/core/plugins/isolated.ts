/** Plugins whose code runs in a thread or a process of its own. */
import { createStamp } from "../data/intrinsics.ts";
import type { Plugin } from "./types.ts";

/** Where the code of a plugin runs, for the manager. */
export interface Isolation {
  /** `worker`, `process` and the like. */
  readonly kind: string;
  /** What its code can do although its kind says otherwise: an operator accepted that. */
  readonly open: readonly string[];
  readonly close: () => Promise<void>;
}

const isolations = createStamp<Isolation>();

/** Marks a plugin as isolated, so that the manager shows that, and ends its code when it closes. */
export const markIsolated: (plugin: Plugin, isolation: Isolation) => Plugin = isolations.put;

/** `undefined` for a plugin whose code runs in the host. */
export const isolationOf: (plugin: unknown) => Isolation | undefined = isolations.of;

/** Ends the code of those plugins that are isolated. None of them throws. */
export async function endIsolated(plugins: readonly unknown[]): Promise<void> {
  // By index: a plugin in the host may have patched how arrays are walked.
  for (let i = 0; i < plugins.length; i++) await isolationOf(plugins[i])?.close();
}
