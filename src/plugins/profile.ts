/** The names and figures by which a host speaks, so that it can carry those of another system. */
import { longestTimerMs } from "../admit/index.ts";
import { GlassineError, quoted, suggestion } from "../errors/index.ts";

/** What `defineHost({ profile })` takes. */
export interface HostProfile {
  /** In messages and as key of discovery. Default `glassine`. */
  readonly hostName: string;
  /** In front of every environment variable. Default `GLASSINE_`. */
  readonly envPrefix: string;
  /** What `requiresHost` of a manifest is held against. Default: the version of this package. */
  readonly hostVersion: string;
  /** The word for `requiresHost` in messages and audit metadata. Default `requires_glassine`. */
  readonly requiresField: string;
  /** The `requiresHost` of a manifest that has none. Default `*`. */
  readonly requiresDefault: string;
  /** How accessors are spelled in messages. Default `camel`. */
  readonly accessorSpelling: "camel" | "snake";
  /** The longest deadline that a handler may have, in milliseconds. Default 2^31 - 1. */
  readonly maxTimeoutMs: number;
  /** In front of the names of metrics. Default `glassine_plugin_`. */
  readonly metricPrefix: string;
}

/** The version of this package, held to package.json by a test. */
export const packageVersion = "0.1.0";

export const standardProfile: HostProfile = Object.freeze({
  hostName: "glassine",
  envPrefix: "GLASSINE_",
  hostVersion: packageVersion,
  requiresField: "requires_glassine",
  requiresDefault: "*",
  accessorSpelling: "camel",
  maxTimeoutMs: longestTimerMs,
  metricPrefix: "glassine_plugin_",
});

const rules: { readonly [Field in keyof HostProfile]: (value: unknown) => boolean } = {
  hostName: (value) => isText(value, /^[a-z][a-z0-9-]{0,63}$/),
  envPrefix: (value) => isText(value, /^[A-Z][A-Z0-9_]{0,63}_$/),
  hostVersion: (value) => isText(value, /^\d+\.\d+\.\d+[0-9A-Za-z.+-]{0,64}$/),
  requiresField: (value) => isText(value, /^[a-z][a-z0-9_]{0,63}$/),
  requiresDefault: (value) => isText(value, /^\S[\x20-\x7e]{0,127}$/),
  accessorSpelling: (value) => value === "camel" || value === "snake",
  maxTimeoutMs: (value) =>
    typeof value === "number" && value > 0 && value <= standardProfile.maxTimeoutMs,
  metricPrefix: (value) => isText(value, /^[a-z][a-z0-9_]{0,63}_$/),
};

function isText(value: unknown, pattern: RegExp): boolean {
  return typeof value === "string" && pattern.test(value);
}

/** @throws GlassineError `options_invalid` */
export function readProfile(given: Partial<HostProfile> = {}): HostProfile {
  const names = Object.keys(rules);
  for (const [field, value] of Object.entries(given)) {
    if (!Object.hasOwn(rules, field)) {
      const near = suggestion(field, names);
      throw new GlassineError("options_invalid", `A profile has no ${quoted(field)}.${near}`);
    }
    if (value === undefined || rules[field as keyof HostProfile](value)) continue;
    throw new GlassineError("options_invalid", `The ${field} of the profile cannot be one.`);
  }
  const set = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.freeze({ ...standardProfile, ...Object.fromEntries(set) });
}
