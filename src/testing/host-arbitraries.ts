/** Makes the arbitraries for a host. */
import * as fc from "fast-check";
import { GlassineError, quoted, suggestion } from "../core/errors/index.ts";
import type { HostArbitraries, HostileProposal } from "./arbitraries.ts";
import { documentsOf, grantsOf } from "./documents.ts";
import { Watch } from "./hostile-values.ts";
import { operationsOf, payloadsOf } from "./payloads.ts";
import { hostiles, places, plant } from "./plant.ts";
import { plansOf, propose } from "./proposals.ts";
import { type AnyHost, type HostValues, subjectOf } from "./subject.ts";
import { headers, jsonValues, labels } from "./words.ts";

export function arbitrariesOf<const H extends AnyHost>(
  host: H,
  values?: HostValues,
): HostArbitraries<H> {
  const subject = subjectOf(host, values);
  const { slots } = subject;
  const documents = documentsOf(slots);
  const plans = plansOf(slots);
  const arbitraries = {
    documents,
    extensions: documents.map((document) => subject.host.createExtensions(document)),
    capabilities: grantsOf(slots),
    labels,
    headers,
    json: jsonValues,
    proposals: (view: object) => plans.map((plan) => propose(slots, view, plan)),
    hostileProposals: (view: object) =>
      fc.tuple(plans, hostiles, places).map(([plan, hostile, place]): HostileProposal => {
        const watch = new Watch();
        const proposal = plant(propose(slots, view, plan), hostile.make(watch), place);
        // Printed by name, because printing the value itself would run its code.
        const printed = { value: () => hostile.name };
        return Object.defineProperty({ proposal, hostile, watch }, fc.toStringMethod, printed);
      }),
    payloads: (hook: string) => payloadsOf(subject, known(host, hook)),
    operations: (hook: string) => operationsOf(subject, known(host, hook)),
  };
  // The host's tables, read at run time, say the same as the type.
  return Object.freeze(arbitraries) as HostArbitraries<H>;
}

function known({ hookNames }: AnyHost, hook: string): string {
  if (typeof hook === "string" && Object.hasOwn(hookNames, hook)) return hook;
  const name = String(hook);
  throw new GlassineError(
    "hook_unknown",
    `The host has no hook ${quoted(name)}.${suggestion(name, Object.keys(hookNames))}`,
    { hook },
  );
}
