/**
 * A hop that came back from an implementation that cannot hold all of it. The older generation has
 * no `authorization_details` and keeps six fraction digits of a time.
 */
import { canonicalInstant } from "../data/index.ts";
import { isRecord, recordOf } from "./header-secrets.ts";

/** The hop with what its writer could not keep. The rest stays as it came, and is compared whole. */
export function echoedHop(hop: unknown, shown: unknown): unknown {
  if (!isRecord(hop) || !isRecord(shown)) return hop;
  const details = hop.authorization_details ?? shown.authorization_details;
  const restored = new Map<string, unknown>(Object.entries(hop));
  if (details !== undefined) restored.set("authorization_details", details);
  const came = microseconds(hop.timestamp);
  if (came !== undefined && came === microseconds(shown.timestamp)) {
    restored.set("timestamp", shown.timestamp);
  }
  return recordOf(restored);
}

/** The instant in UTC with six fraction digits at the most. */
function microseconds(value: unknown): string | undefined {
  const instant = typeof value === "string" ? canonicalInstant(value) : undefined;
  return instant?.replace(/\.(\d{1,6})\d*Z$/, (_, digits: string) =>
    `.${digits.replace(/0+$/, "")}Z`.replace(".Z", "Z"),
  );
}
