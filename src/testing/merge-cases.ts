/** Plugin answers and envelopes to merge them into: those that the plugins saw, or later ones. */
import * as fc from "fast-check";
import { type Level, type Outcome, outcomeOf } from "./data.ts";
import { printedBriefly } from "./difference.ts";
import { documentsOf, grantsOf } from "./documents.ts";
import { partValue } from "./parts.ts";
import { type Plan, plansOf, propose } from "./proposals.ts";
import type { Subject } from "./subject.ts";

export interface MergeCase {
  readonly current: Level;
  /** What the plugin saw, perhaps before another plugin's answer was merged. */
  readonly view: Level;
  readonly grant: readonly string[];
  readonly returned: unknown;
}

export function mergeCasesOf(subject: Subject, among?: Plan["among"]): fc.Arbitrary<MergeCase> {
  const { slots, host } = subject;
  const plans = plansOf(slots, 1, among);
  return fc
    .tuple(documentsOf(slots), grantsOf(slots), plans, fc.option(plans))
    .map(([document, grant, plan, between]) => {
      const before = host.createExtensions(document);
      const view = host.filterExtensions(before, grant);
      const returned = propose(slots, view, plan);
      const current = between === null ? before : after(subject, before, between);
      return printedBriefly({ current, view, grant, returned });
    });
}

/** The envelope after another plugin, with every capability, has changed it. */
function after({ slots, host }: Subject, envelope: Level, plan: Plan): Level {
  const { names } = slots.capabilities;
  const returned = propose(slots, host.filterExtensions(envelope, names), plan);
  const outcome = outcomeOf(() => host.mergeExtensions(envelope, returned, names));
  return outcome.ok ? outcome.value.extensions : envelope;
}

/** Merges what the plugin returned into the current envelope. */
export function mergeOf({ host }: Subject, { current, view, grant, returned }: MergeCase) {
  return outcomeOf(() => host.mergeExtensions(current, returned, grant, { view }));
}

/**
 * Merges one part, as proposed by a plugin that has every capability and saw `current`. Returns the
 * part as it is afterwards, or its default if its parent is absent.
 */
export function mergedPart(
  { slots, host }: Subject,
  current: Level,
  path: readonly string[],
  value: unknown,
): Outcome<unknown> {
  const { names } = slots.capabilities;
  const view = host.filterExtensions(current, names);
  const returned = path.reduceRight<unknown>((inside, key) => ({ [key]: inside }), value);
  return outcomeOf(() =>
    partValue(slots, host.mergeExtensions(current, returned, names, { view }).extensions, path),
  );
}
