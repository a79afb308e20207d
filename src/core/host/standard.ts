/** The standard host: standard slots, standard hooks. The root entry exports its functions. */
import { type StandardHooks, standardHooks } from "../hooks/index.ts";
import { type HookHandler as HandlerOf, type Surface, standardProfile } from "../plugins/index.ts";
import {
  type CapabilityIn,
  compileTable,
  type ExtensionsOf,
  type StandardSlots,
  standardSlots,
  type ViewOf,
} from "../slots/index.ts";
import type { Host } from "./host.ts";
import type { PluginManager } from "./plugin-manager.ts";

/** What the standard host's functions work on. */
export const standardSurface: Surface = {
  slots: /* @__PURE__ */ compileTable(standardSlots),
  hooks: standardHooks,
  services: {},
  profile: standardProfile,
};

export type Standard = Host<StandardSlots, StandardHooks>;

/** Binds a function to the standard host. The type of the constant determines `Bound`. */
export function bind<Bound>(make: (surface: Surface) => unknown): Bound {
  return make(standardSurface) as Bound;
}

/** The envelope of the standard host. */
export type Extensions = ExtensionsOf<StandardSlots>;
/** A capability of the standard host. */
export type Capability = CapabilityIn<StandardSlots>;
/** What a plugin with the capabilities `Caps` sees. */
export type View<Caps extends Capability = never> = ViewOf<StandardSlots, Caps>;
/** A hook of the standard host. */
export type HookName = keyof StandardHooks;
/** The manager of the standard host. */
export type Manager = PluginManager;
/** The type of a standard host's handler, for one that is written apart from its plugin. */
export type HookHandler<Hook extends HookName, Caps extends Capability = never> = HandlerOf<
  Hook,
  Caps,
  StandardHooks,
  StandardSlots
>;
