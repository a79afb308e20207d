/** Reads the profile of a custom host. */
import * as z from "zod/mini";
import { expectOptions, longestTimerMs, quotedOrKind } from "../data/index.ts";
import { optionsInvalid } from "../errors/index.ts";
import { type HostProfile, standardProfile } from "./profile.ts";
import { withoutMissing } from "./read-plain.ts";

const letterFirst = "lower-case letters, digits and underscores, a letter first";

/** What is expected of each field, as docs/host.md says. */
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
  expectOptions(given, Object.keys(schema.shape), "The option profile");
  const { data, error } = z.safeParse(schema, given);
  const [issue] = error?.issues ?? [];
  if (issue !== undefined) {
    const field = String(issue.path[0]);
    const value: unknown = Object.entries(given).find(([name]) => name === field)?.[1];
    const fault = `The ${field} of the profile: expected ${issue.message}, got ${typeof value === "number" ? value : quotedOrKind(value)}.`;
    throw optionsInvalid(fault, { field });
  }
  const own: Partial<HostProfile> = withoutMissing(data ?? {});
  const { hostName = standardProfile.hostName } = own;
  const requiresField = `requires_${hostName.replaceAll("-", "_")}`;
  return Object.freeze({ ...standardProfile, requiresField, ...own });
}
