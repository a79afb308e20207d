import * as z from "zod";
import {
  amount,
  instant,
  jsonValue,
  limited,
  nowInstant,
  wholeNumber,
  withDefault,
} from "../../admit/index.ts";
import type { Derive } from "../types.ts";

const texts = () => z.array(z.string());

/** Further fields of a detail are data and are kept. */
const authorizationDetailSchema = z
  .object({
    type: z.string(),
    locations: texts().optional(),
    actions: texts().optional(),
    datatypes: texts().optional(),
    identifier: z.string().optional(),
    privileges: texts().optional(),
  })
  .catchall(jsonValue());

export const hopSchema = z.object({
  subject_id: z.string(),
  subject_type: z.string(),
  audience: z.string().optional(),
  scopes_granted: limited(texts(), "hopScopes").default([]),
  timestamp: instant().default(nowInstant),
  ttl_seconds: wholeNumber().optional(),
  strategy: z.string().optional(),
  from_cache: withDefault(z.boolean(), false),
  authorization_details: z.array(authorizationDetailSchema).optional(),
});

export const delegationSchema = z.object({
  chain: limited(z.array(hopSchema), "hops").default([]),
  depth: withDefault(wholeNumber(), 0),
  origin_subject_id: z.string().optional(),
  actor_subject_id: z.string().optional(),
  delegated: withDefault(z.boolean(), false),
  age_seconds: withDefault(amount(), 0),
});

interface Hop {
  readonly subject_id: string;
}

/**
 * What follows from the chain follows from the chain. The first origin stays; the age of a
 * chain that exists stays, since no plugin knows it better than who made the chain.
 */
export const deriveDelegation: Derive = ({ current, list, proposed }) => {
  const { length } = list;
  // An element that is not there would be looked up on a prototype.
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
