import * as z from "zod/mini";
import { amount, instant, limited, nowInstant, withDefault } from "../../schema/index.ts";
import type { Derive } from "../types.ts";
import { anyJson, count, optionalCount, optionalText, optionalTexts, text } from "./leaves.ts";

/** Unknown fields of a detail are data, and are kept. */
const authorizationDetailSchema = z.catchall(
  z.object({
    type: text,
    locations: optionalTexts,
    actions: optionalTexts,
    datatypes: optionalTexts,
    identifier: optionalText,
    privileges: optionalTexts,
  }),
  anyJson,
);

const hopSchema = z.object({
  subject_id: text,
  subject_type: text,
  audience: optionalText,
  scopes_granted: z._default(limited(z.array(text), "hopScopes"), []),
  timestamp: z._default(instant(), nowInstant),
  ttl_seconds: optionalCount,
  strategy: optionalText,
  from_cache: withDefault(z.boolean(), false),
  authorization_details: z.optional(z.array(authorizationDetailSchema)),
});

export const delegationSchema = z.object({
  chain: z._default(limited(z.array(hopSchema), "hops"), []),
  depth: withDefault(count, 0),
  origin_subject_id: optionalText,
  actor_subject_id: optionalText,
  delegated: withDefault(z.boolean(), false),
  age_seconds: withDefault(amount(), 0),
});

interface Hop {
  readonly subject_id: string;
}

/**
 * Derives the other fields from the chain. The first origin stays; so does the age of an existing
 * chain, because no plugin knows it better than whoever made the chain.
 */
export const deriveDelegation: Derive = ({ current, list, proposed }) => {
  const { length } = list;
  // Reading a missing element would look it up on a prototype.
  const first = length === 0 ? undefined : (list[0] as Hop);
  const last = length === 0 ? undefined : (list[length - 1] as Hop);
  return {
    depth: length,
    origin_subject_id: current?.origin_subject_id ?? first?.subject_id,
    actor_subject_id: last?.subject_id,
    delegated: length > 0,
    age_seconds: current === undefined ? (proposed.age_seconds ?? 0) : current.age_seconds,
  };
};
