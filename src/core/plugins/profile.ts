/** The names and numbers that a host uses, which can be those of another system. */
import { longestTimerMs } from "../data/index.ts";
import type { HookTable } from "../hooks/index.ts";
import type { CompiledSlots } from "../slots/index.ts";
import type { ServiceTable } from "./define-services.ts";

/** What `defineHost({ profile })` takes. */
export interface HostProfile {
  /** The host's name in messages, and the key for discovery. Default `glassine`. */
  readonly hostName: string;
  /** The prefix of every environment variable. Default `GLASSINE_`. */
  readonly envPrefix: string;
  /** The version that a manifest's `requiresHost` must match. Default: this package's version. */
  readonly hostVersion: string;
  /**
   * Whether a version is in a range, for a host whose versions do not follow npm's rules. If it
   * returns `undefined`, npm's rules apply. Default: always `undefined`.
   */
  readonly isInRange: (version: string, range: string) => boolean | undefined;
  /**
   * The word for `requiresHost` in messages and audit metadata. Default: `requires_` and the
   * `hostName`, with underscores instead of hyphens.
   */
  readonly requiresField: string;
  /** The `requiresHost` of a manifest that has none. Default `*`. */
  readonly requiresDefault: string;
  /** How accessors are spelled in messages. Default `camel`. */
  readonly accessorSpelling: "camel" | "snake";
  /** The longest deadline that a handler may have, in milliseconds. Default 2^31 - 1. */
  readonly maxTimeoutMs: number;
  /** The prefix of metric names. Default `glassine_plugin_`. */
  readonly metricPrefix: string;
  /** What messages say that an unsigned plugin lacks. Default `a verified signature`. */
  readonly evidenceName: string;
}

/** The version of this package; a test compares it with package.json. */
export const packageVersion = "0.1.0";

export const standardProfile: HostProfile = Object.freeze({
  hostName: "glassine",
  envPrefix: "GLASSINE_",
  hostVersion: packageVersion,
  isInRange: () => undefined,
  requiresField: "requires_glassine",
  requiresDefault: "*",
  accessorSpelling: "camel",
  maxTimeoutMs: longestTimerMs,
  metricPrefix: "glassine_plugin_",
  evidenceName: "a verified signature",
});

/** What a host knows: all that its functions work on, and that a manifest is checked against. */
export interface Surface {
  readonly slots: CompiledSlots;
  readonly hooks: HookTable;
  /** The services by the capabilities that open them. */
  readonly services: ServiceTable;
  readonly profile: HostProfile;
}
