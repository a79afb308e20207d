/** The laws that a plugin's author can hold their plugin to. */
import type { Plugin } from "../core/plugins/index.ts";
import { needingFastCheck } from "./fast-check.ts";
import type { Law } from "./laws/law.ts";
import type { AnyHost, HostTables } from "./subject.ts";

/** A plugin, and what it is held to its laws with. */
export interface PluginUnderTest extends HostTables {
  /** The plugin; or what makes it, where it keeps something, so that each run has one of its own. */
  readonly plugin: Plugin | (() => Plugin);
  /** The host whose `definePlugin` made it. Default: that of `glassine`. */
  readonly host?: AnyHost;
  /**
   * Plugins that are registered beside it, such as those it depends on. Their handlers do not run:
   * the laws are about this one.
   */
  readonly others?: readonly Plugin[];
  /** Further options of the manager: services, configuration, limits. */
  readonly options?: { readonly [option: string]: unknown };
  /**
   * Whether it gives the same answer to the same input. Default true. False for a plugin that goes
   * by the clock, by chance or by what came before: the laws that compare answers are left out.
   */
  readonly deterministic?: boolean;
}

/**
 * The laws of one plugin, over each of its hooks: that it completes on any valid input, takes no
 * label away, settles in time, and that its answer depends on its input alone: not on what it may
 * not see, and not on earlier requests. What the library sees to for any plugin, such as that a
 * label stays, is tested there; here the plugin is held to not even trying.
 *
 * `payloads` narrows what is tried, `options` are those of the manager. Handlers without a deadline
 * of their own have one second. A plugin that its host does not take, for want of a configuration or
 * of a plugin it depends on, breaks no law: `check` rejects with the host's own error.
 *
 * @throws GlassineError `options_invalid` for a plugin without hooks, for tables that are not the
 *   host's, and for a slot or hook of which no values are found
 * @throws What `createPluginManager` rejects with (as a rejection of `check`)
 * @example
 * ```ts
 * import { definePlugin } from "glassine";
 * import { pluginLaws } from "glassine/testing";
 *
 * const stamp = definePlugin({
 *   name: "stamp",
 *   version: "1.0.0",
 *   capabilities: ["append_labels"],
 *   hooks: {
 *     tool_pre_invoke: (_payload, _context, extensions) => ({
 *       modifiedExtensions: { security: { labels: [...extensions.security.labels, "SEEN"] } },
 *     }),
 *   },
 * });
 * const laws = pluginLaws({ plugin: stamp });
 * for (const law of laws) await law.check({ numRuns: 10 });
 * console.log(laws.map(({ id }) => id).join()); // L37,L8,P1,L13,L36
 * ```
 */
export function pluginLaws(test: PluginUnderTest): readonly Law[] {
  return needingFastCheck("pluginLaws").lawsOfPlugin(test);
}
