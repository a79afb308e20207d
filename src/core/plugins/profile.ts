/** The names and figures by which a host speaks, so that it can carry those of another system. */
import * as z from "zod/mini";
import { longestTimerMs } from "../data/index.ts";
import { optionsInvalid, quoted, suggestion } from "../errors/index.ts";
import type { HookTable } from "../hooks/index.ts";
import type { CapabilityBits } from "../slots/index.ts";
import type { ServiceTable } from "./define-services.ts";
import { withoutMissing } from "./read-plain.ts";

/** What `defineHost({ profile })` takes. */
export interface HostProfile {
  /** In messages and as key of discovery. Default `glassine`. */
  readonly hostName: string;
  /** In front of every environment variable. Default `GLASSINE_`. */
  readonly envPrefix: string;
  /** The version that `requiresHost` of a manifest must match. Default: that of this package. */
  readonly hostVersion: string;
  /**
   * Whether a version is in a range, for a host whose versions are not those of npm. A range for
   * which it returns `undefined` is read as npm does. Default: all are.
   */
  readonly isInRange: (version: string, range: string) => boolean | undefined;
  /**
   * The word for `requiresHost` in messages and audit metadata. Default: `requires_` and the
   * `hostName`, with underscores for its hyphens.
   */
  readonly requiresField: string;
  /** The `requiresHost` of a manifest that has none. Default `*`. */
  readonly requiresDefault: string;
  /** How accessors are spelled in messages. Default `camel`. */
  readonly accessorSpelling: "camel" | "snake";
  /** The longest deadline that a handler may have, in milliseconds. Default 2^31 - 1. */
  readonly maxTimeoutMs: number;
  /** In front of the names of metrics. Default `glassine_plugin_`. */
  readonly metricPrefix: string;
  /** What a plugin without a signature lacks, in messages. Default `a verified signature`. */
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

const letterFirst = "lower-case letters, digits and underscores, a letter first";

/** What is expected of each, as docs/embed.md has it. */
const schema = z.partial(
  z.object({
    hostName: text(
      /^[a-z][a-z0-9-]{0,63}$/,
      "at most 64 lower-case letters, digits and hyphens, a letter first",
    ),
    envPrefix: text(
      /^[A-Z][A-Z0-9_]{0,63}_$/,
      "at most 65 upper-case letters, digits and underscores, a letter first and an underscore last",
    ),
    hostVersion: text(
      /^\d+\.\d+\.\d+[0-9A-Za-z.+-]{0,64}$/,
      "a version, such as 1.2.0 or 1.2.0-rc.1",
    ),
    isInRange: z.custom<HostProfile["isInRange"]>(
      (value) => typeof value === "function",
      "a function",
    ),
    requiresField: text(/^[a-z][a-z0-9_]{0,79}$/, `at most 80 ${letterFirst}`),
    requiresDefault: text(
      /^\S[\x20-\x7e]{0,127}$/,
      "a range of at most 128 printable ASCII characters, such as * or >=1.2.0",
    ),
    accessorSpelling: z.enum(["camel", "snake"], "camel or snake"),
    maxTimeoutMs: z.custom<number>(
      (value) => typeof value === "number" && value > 0 && value <= longestTimerMs,
      `a number above 0, at most ${longestTimerMs}`,
    ),
    metricPrefix: text(
      /^[a-z][a-z0-9_]{0,63}_$/,
      `at most 65 ${letterFirst} and an underscore last`,
    ),
    evidenceName: text(
      /^[A-Za-z][\x20-\x7e]{0,63}$/,
      "at most 64 printable ASCII characters, a letter first",
    ),
  }),
);

function text(pattern: RegExp, expects: string) {
  return z.string(expects).check(z.regex(pattern, expects));
}

/** @throws GlassineError `options_invalid` */
export function readProfile(given: Partial<HostProfile> = {}): HostProfile {
  for (const field of Object.keys(given)) {
    if (Object.hasOwn(schema.shape, field)) continue;
    const near = suggestion(field, Object.keys(schema.shape));
    throw optionsInvalid(`A profile has no ${quoted(field)}.${near}`);
  }
  const { data, error } = z.safeParse(schema, given);
  const [issue] = error?.issues ?? [];
  if (issue !== undefined) {
    const field = String(issue.path[0]);
    const value: unknown = Object.entries(given).find(([name]) => name === field)?.[1];
    const fault = `The ${field} of the profile: expected ${issue.message}, got ${shown(value)}.`;
    throw optionsInvalid(fault, { field });
  }
  const own: Partial<HostProfile> = withoutMissing(data ?? {});
  const { hostName = standardProfile.hostName } = own;
  const requiresField = `requires_${hostName.replaceAll("-", "_")}`;
  return Object.freeze({ ...standardProfile, requiresField, ...own });
}

function shown(value: unknown): string {
  if (typeof value === "string") return quoted(value);
  return typeof value === "number" ? `${value}` : `a value of type ${typeof value}`;
}

/** What a host knows, to check a manifest against. */
export interface Surface {
  readonly hooks: HookTable;
  /** The capabilities of slots. */
  readonly capabilities: CapabilityBits;
  /** The services by the capabilities that open them. */
  readonly services: ServiceTable;
  readonly profile: HostProfile;
}
