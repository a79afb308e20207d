import type { Plugin } from "../core/plugins/index.ts";
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
