/** What to do about a rejected plugin. */
import { type RejectionCode, rejectionCodes } from "../../packages/index.ts";
import type { NamedHost } from "../command-host.ts";

/** The end of a reason that says that the user may not read a path. */
const forbidden = /[( ](?:EACCES|EPERM)\)?\.?$/;
const filesUnread: readonly string[] = [
  ...(["unsupported_file", "invalid_metadata", "invalid_entry_point"] satisfies RejectionCode[]),
];

/** Returns what to do, in a sentence or two; `undefined` if `reason` says it, or for an unknown code. */
export function responseTo(
  code: string,
  reason: string,
  { prefix }: Pick<NamedHost, "prefix">,
): string | undefined {
  if (filesUnread.includes(code) && forbidden.test(reason))
    return "The user of this process may not read what the reason names: fix its permissions, and look again.";
  // A package that no longer names its plugin cannot be trusted again for it.
  if (code === "hash_mismatch" && reason.includes("plugins untrust")) return undefined;
  return Object.hasOwn(rejectionCodes, code)
    ? rejectionCodes[code as RejectionCode].todo.replaceAll("GLASSINE_", prefix)
    : undefined;
}
