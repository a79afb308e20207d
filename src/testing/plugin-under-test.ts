import type { Plugin } from "../core/plugins/index.ts";
import type { AnyHost, HostTables } from "./subject.ts";

/** A plugin, and the settings for checking its laws. */
export interface PluginUnderTest extends HostTables {
  /** The plugin; or a function that makes it, for one with state, so that each run has its own. */
  readonly plugin: Plugin | (() => Plugin);
  /** The host whose `definePlugin` made it. Default: `glassine`. */
  readonly host?: AnyHost;
  /**
   * Plugins that are registered with it, such as those it depends on. Their handlers do not run:
   * the laws are about this one.
   */
  readonly others?: readonly Plugin[];
  /** Further options of the manager: services, configuration, limits. */
  readonly options?: { readonly [option: string]: unknown };
  /**
   * Whether it gives the same answer to the same input. Default true. False for a plugin that
   * depends on the clock, chance or earlier calls: the laws that compare answers are left out.
   */
  readonly deterministic?: boolean;
}
