/** Plugins that were found in installed packages, and those of them that were refused. */
import { createStamp } from "../data/index.ts";
import type { GlassineError } from "../errors/index.ts";
import type { RegistrationFailure } from "../observe/index.ts";
import type { Plugin } from "./types.ts";

/** Why a plugin of a package is loaded. */
export type TrustDecision =
  | "trusted_publisher"
  | "operator_override"
  | "development_unsigned_override";

/** Where a plugin came from. */
export interface PluginOrigin {
  readonly package: string;
  readonly packageVersion: string;
  /** `undefined` where the package could not be hashed. */
  readonly packageHash: string | undefined;
  readonly entryPointName: string;
  readonly entryPointValue: string;
  /** The identity that signed it, or `unsigned`. */
  readonly signedBy: string;
  /** `undefined` for what was not asked: a package of the host's own, a local one, a refused one. */
  readonly decision: TrustDecision | undefined;
  readonly decisionReason: string | undefined;
}

/** A plugin that discovery refused. */
export interface RefusedPackage {
  /** Its id, or the name of its package. */
  readonly name: string;
  readonly reason: RegistrationFailure;
  /** As `plugins list` has it. */
  readonly code: string;
  readonly error: GlassineError;
  readonly origin: PluginOrigin | undefined;
}

/** What a discovery found, for the manager. */
export interface DiscoveryFacts {
  readonly plugins: readonly { readonly plugin: Plugin; readonly origin: PluginOrigin }[];
  /** Ids of plugins of other kinds that nobody's signature vouches for. */
  readonly unsignedOthers: readonly string[];
  readonly refused: readonly RefusedPackage[];
  /** Whether the manager is made without those that were refused. */
  readonly skipsRefused: boolean;
  /** The name of the variable that switches signing off. */
  readonly signingVariable: string;
  /** For the log. */
  readonly warnings: readonly string[];
}

const discoveries = createStamp<DiscoveryFacts>();

/** Marks what `discoverPlugins` gives, so that the manager knows it from a look-alike. */
export const markDiscovery: <D extends object>(discovery: D, facts: DiscoveryFacts) => D =
  discoveries.put;

export const discoveryFactsOf: (value: unknown) => DiscoveryFacts | undefined = discoveries.of;

/** The type of what `createPluginManager` takes as `discovered`. Made by `discoverPlugins` only. */
export interface Discovered {
  readonly plugins: readonly Plugin[];
}
