/** Adds up counts of requests. */
import type { GatewayCounts } from "./parts.ts";

export const none: GatewayCounts = {
  started: 0,
  allowed: 0,
  denied: 0,
  errored: 0,
  aborted: 0,
  open: 0,
  dropped: 0,
};

export function sum(one: GatewayCounts, other: GatewayCounts): GatewayCounts {
  const names = Object.keys(none) as (keyof GatewayCounts)[];
  const added = names.map((name) => [name, one[name] + other[name]] as const);
  return { ...none, ...Object.fromEntries(added) };
}
