/** Plugins that were found in installed packages, and those among them that were refused. */
import { createStamp, monotonicNow } from "../data/intrinsics.ts";
import { type GlassineError, quoteName } from "../errors/index.ts";
import type { RegistrationFailure } from "../observe/index.ts";
import type { ReadLogger } from "./logger.ts";
import { byUnits } from "./order.ts";
import type { Plugin } from "./types.ts";

/** Why a package's plugin is loaded. */
export type TrustDecision =
  | "trusted_publisher"
  | "operator_override"
  | "development_unsigned_override";

/** Where a plugin came from. */
export interface PluginOrigin {
  readonly package: string;
  readonly packageVersion: string;
  /** `undefined` if the package could not be hashed. */
  readonly packageHash: string | undefined;
  readonly entryPointName: string;
  readonly entryPointValue: string;
  /** The identity that signed it, `unsigned`, or `undefined` if nothing was verified. */
  readonly signedBy: string | undefined;
  /** `undefined` if none was made: for the host's own packages, local ones and refused ones. */
  readonly decision: TrustDecision | undefined;
  readonly decisionReason: string | undefined;
}

/** A plugin that discovery refused. */
export interface RefusedPackage {
  /** Its id, or the name of its package. */
  readonly name: string;
  readonly reason: RegistrationFailure;
  /** The code that `plugins list` shows. */
  readonly code: string;
  readonly error: GlassineError;
  readonly origin: PluginOrigin | undefined;
}

/** What a discovery found, for the manager. */
export interface DiscoveryFacts {
  readonly plugins: readonly { readonly plugin: Plugin; readonly origin: PluginOrigin }[];
  /** Ids of plugins of other kinds that have no verified signature. */
  readonly unsignedOthers: readonly string[];
  readonly refused: readonly RefusedPackage[];
  /** Whether the manager is made without the refused plugins, instead of not at all. */
  readonly skipsRefused: boolean;
  /** Whether what the plugins do must be recorded, as in production. */
  readonly needsSink: boolean;
  /** The name of the variable that switches signing off. */
  readonly signingVariable: string;
  /** For the log. */
  readonly warnings: readonly string[];
}

const discoveries = createStamp<DiscoveryFacts>();

/** Marks what `discoverPlugins` returns, so that the manager can tell it from a look-alike. */
export const markDiscovery: <D extends object>(discovery: D, facts: DiscoveryFacts) => D =
  discoveries.put;

export const discoveryFactsOf: (value: unknown) => DiscoveryFacts | undefined = discoveries.of;

/** What `createPluginManager` takes as `discovered`. Only `discoverPlugins` makes it. */
export interface Discovered {
  readonly plugins: readonly Plugin[];
}

/** Returns the sorted names of the plugins that are loaded without a verified signature. */
export function unsignedAmong(discovered: DiscoveryFacts | undefined): readonly string[] {
  const found = discovered?.plugins.filter(
    ({ origin }) => origin.decision === "development_unsigned_override",
  );
  return Object.freeze((found ?? []).map(({ plugin }) => plugin.name).sort(byUnits));
}

/** Warns once about each of them, and about unsigned plugins of other kinds that the host runs. */
export function warnOfUnsigned(
  discovered: DiscoveryFacts | undefined,
  { warn }: Pick<ReadLogger, "warn">,
): void {
  for (const name of [...unsignedAmong(discovered), ...(discovered?.unsignedOthers ?? [])])
    warn(unsignedWarning(name, discovered?.signingVariable ?? ""));
}

/** The warning about a plugin that a setting lets load without a verified signature. */
export function unsignedWarning(name: string, signingVariable: string): string {
  return `SECURITY WARNING: unsigned plugin ${quoteName(name)} loaded because ${signingVariable}=false; do not use this setting in production`;
}

const everyMs = 60_000;

/**
 * Returns a function that warns about plugins without a signature, at most once a minute.
 * `undefined` if there are none.
 */
export function unsignedReminder(
  discovered: DiscoveryFacts | undefined,
  { warn }: ReadLogger,
): (() => void) | undefined {
  const names = unsignedAmong(discovered);
  if (names.length === 0) return undefined;
  const text = `SECURITY WARNING: unsigned plugins active via ${discovered?.signingVariable}=false: ${names.join(", ")}`;
  let due = monotonicNow();
  return () => {
    const now = monotonicNow();
    if (now < due) return;
    due = now + everyMs;
    warn(text);
  };
}
