/** The laws that a host can hold its own slots to. */
import { needingFastCheck } from "./fast-check.ts";
import type { Law } from "./laws/law.ts";
import { standardHost } from "./standard-host.ts";
import type { AnyHost, HostTables } from "./subject.ts";

/**
 * The laws of the envelope over a host's slots: what plugins see, what a merge may change, and
 * what is read and written. `tables` has the slots that `defineHost` was given, and values for
 * those whose schemas have rules that the kit cannot guess.
 *
 * They find what a table cannot say and a host has to see to: a transform that changes its own
 * result, a default or `derive` that gives another value each time.
 *
 * @throws GlassineError `options_invalid` for tables that are not the host's, and for a slot of
 *   which no values can be made
 * @example
 * ```ts
 * import { defineHost } from "glassine";
 * import { slotLaws } from "glassine/testing";
 * import * as z from "zod";
 *
 * const slots = {
 *   billing: {
 *     tier: "immutable",
 *     read: "read_billing",
 *     description: "Who pays.",
 *     schema: z.object({ account: z.string() }),
 *   },
 * } as const;
 *
 * const laws = slotLaws(defineHost({ slots }), { slots });
 * for (const law of laws) await law.check({ numRuns: 20 });
 * console.log(laws[0]?.id, laws.length); // L1 21
 * ```
 */
export function slotLaws(host: AnyHost = standardHost, tables?: HostTables): readonly Law[] {
  return needingFastCheck("slotLaws").lawsOfSlots(host, tables);
}
