/**
 * The policies on appended hops, on with `strictDelegation`: a chain starts with the subject, scopes
 * only narrow, and times are plausible. Hops are judged as joined with those of other plugins.
 */
import { asSet, hasAll } from "../data/index.ts";
import { dateNow, indexOf, parseDate, some, valueAt } from "../data/intrinsics.ts";
import type { ErrorCode } from "../errors/index.ts";
import type { Node } from "../slots/index.ts";
import type { Slots } from "./filter.ts";
import { type MergeState, refuse } from "./merge-state.ts";

/** The standard hop, as its schema reads it. */
interface Hop {
  readonly subject_id: string;
  readonly scopes_granted: readonly string[];
  readonly timestamp: string;
  readonly ttl_seconds: number | undefined;
}

/** How far clocks may differ, and plugins that run at the same time be apart. */
const toleranceMs = 60_000;
const longestSeconds = 365 * 86_400;

const reasons = {
  delegation_origin:
    "The first hop must name the subject: the `security.subject.id` that read_subject shows.",
  delegation_scope: "A hop has a scope that the hop before it lacks, or one with `*`.",
  delegation_time:
    "A hop is over a minute older than the hop before it or in the future, or lasts over a year.",
} satisfies Partial<Record<ErrorCode, string>>;

/** Refuses the proposal if a hop from `from` on may not follow what is before it. */
export function checkHops(state: MergeState, list: Node, hops: readonly unknown[], from: number) {
  const { hopView } = state;
  if (hopView === undefined || list.path !== "delegation.chain") return;
  for (let i = from; i < hops.length; i++) {
    // Reading a missing element would look it up on a prototype.
    const before = i === 0 ? undefined : (hops[i - 1] as Hop);
    const code = faultOf(hops[i] as Hop, before, hopView);
    if (code === undefined) continue;
    refuse(state, list, code, reasons[code]);
    return;
  }
}

function faultOf(
  { subject_id, scopes_granted, timestamp, ttl_seconds = 0 }: Hop,
  before: Hop | undefined,
  view: Slots,
): keyof typeof reasons | undefined {
  if (before === undefined && subject_id !== shownSubject(view)) return "delegation_origin";
  // What a wildcard covers, its reader decides, so nobody can tell here whether it widens.
  if (some(scopes_granted, (scope) => indexOf(scope, "*") >= 0)) return "delegation_scope";
  if (before !== undefined && !hasAll(asSet(before.scopes_granted), asSet(scopes_granted)))
    return "delegation_scope";
  const time = parseDate(timestamp);
  const earliest = before === undefined ? time : parseDate(before.timestamp) - toleranceMs;
  const isPlausible = time >= earliest && time <= dateNow() + toleranceMs;
  return isPlausible && ttl_seconds <= longestSeconds ? undefined : "delegation_time";
}

/** From the view: a refusal must not reveal to the plugin whether it guessed a hidden subject. */
function shownSubject(view: Slots): unknown {
  return valueAt(view, ["security", "subject", "id"]);
}
